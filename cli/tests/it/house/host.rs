//! One machine of the house.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use super::ip;
use crate::support::{Sharer, segue};

/// Where `segue share` serves unless told otherwise.
pub const PORT: u16 = 4021;

/// A machine: a namespace with a cable (`eth0`) to the bridge.
pub struct Host {
    pub namespace: String,
    pub(super) lan: String,
    /// The bridge's end of its cable.
    pub(super) plug: String,
    /// Last part of its addresses.
    pub(super) number: u8,
}

/// Which way music goes through a bottleneck.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// To this host.
    In,
    /// From it.
    Out,
}

impl Host {
    pub fn v4(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 0, self.number)
    }

    pub fn v6(&self) -> Ipv6Addr {
        Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, self.number.into())
    }

    /// Hardware address.
    pub fn mac(&self) -> String {
        format!("02:77:00:00:00:{:02x}", self.number)
    }

    /// Where its `segue share` is reached.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.v4().into(), PORT)
    }

    /// Any program in this host.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace])
            .arg(program);
        command
    }

    /// The program, as [`segue`], in this host. `ip netns exec` becomes it, so
    /// signals meet it.
    pub fn segue<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let plain = segue();
        let mut command = self.command(plain.get_program());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.args(arguments).stdin(std::process::Stdio::null());
        command
    }

    /// `segue share` of a file or folder, at [`Host::address`], announced by
    /// broadcast on the port that all programs use.
    pub fn share(&self, path: &Path, more: &[&str]) -> Sharer {
        self.share_at(PORT, path, more)
    }

    /// The same at another port.
    pub fn share_at(&self, port: u16, path: &Path, more: &[&str]) -> Sharer {
        let mut command = self.segue([OsStr::new("share"), path.as_os_str()]);
        command.args(["--json", "--port", &port.to_string()]);
        command.args(more);
        let mut sharer = Sharer::of(command, segue_transport::DISCOVERY_PORT);
        sharer.address = SocketAddr::new(self.v4().into(), port);
        sharer
    }

    // -- what happens to machines ------------------------------------------------

    /// Pulls its cable out: nothing comes, nothing goes, and it sees that.
    pub fn unplug(&self) {
        ip::batch(&self.lan, &format!("link set dev {} down\n", self.plug));
    }

    pub fn plug_in(&self) {
        ip::batch(&self.lan, &format!("link set dev {} up\n", self.plug));
    }

    /// Switches its interface off: it has no address but the loopback's.
    pub fn off(&self) {
        ip::batch(&self.namespace, "link set dev eth0 down\n");
    }

    /// Switches it on again, with its addresses.
    pub fn on(&self) {
        ip::batch(&self.namespace, "link set dev eth0 up\n");
        self.configure();
    }

    /// Gives it other addresses; the old ones are gone.
    pub fn readdress(&mut self, number: u8) {
        self.number = number;
        self.configure();
    }

    pub(super) fn configure(&self) {
        let (v4, v6) = (self.v4(), self.v6());
        ip::batch(
            &self.namespace,
            &format!(
                "address flush dev eth0 scope global\n\
                 address add {v4}/24 broadcast 10.77.0.255 dev eth0\n\
                 address add {v6}/64 dev eth0 nodad\n"
            ),
        );
    }

    /// From now on the bridge loses so many of a hundred datagrams to and from this
    /// machine, each by its own dice (nftables).
    pub fn lose(&self, percent: u32) {
        let plug = &self.plug;
        let lose = format!("numgen random mod 100 < {percent} drop");
        let table = format!(
            "table bridge air {{\n chain both {{\n type filter hook forward priority 0;\n\
             iifname {plug} meta l4proto udp {lose}\n\
             oifname {plug} meta l4proto udp {lose}\n }}\n}}\n"
        );
        ip::tool("ip", &["netns", "exec", &self.lan, "nft", &table]).unwrap();
    }

    /// A slow link with a queue of so many bytes that drops what does not fit
    /// (token bucket). Again for another rate.
    pub fn bottleneck(&self, way: Way, mbit_s: f64, queue_bytes: u32) {
        let (namespace, device) = match way {
            Way::In => (&self.lan, self.plug.as_str()),
            Way::Out => (&self.namespace, "eth0"),
        };
        let rate = format!("{}kbit", (mbit_s * 1000.0).round());
        let queue = queue_bytes.to_string();
        let head = ["-n", namespace, "qdisc", "replace", "dev", device, "root"];
        let tail = ["tbf", "rate", &rate, "burst", "5000", "limit", &queue];
        ip::tool("tc", &[&head[..], &tail[..]].concat()).unwrap();
    }
}

/// How things stand in a namespace, for whoever looks why a test failed.
pub fn state(namespace: &str) -> String {
    [
        ("ip", &["-s", "address"][..]),
        ("ip", &["route"]),
        ("ip", &["-6", "route"]),
        ("ip", &["neighbour"]),
        ("tc", &["-s", "qdisc"]),
    ]
    .map(|(tool, arguments)| {
        let text = ip::tool(tool, &[&["-n", namespace], arguments].concat());
        let text = text.unwrap_or_else(|error| error);
        format!("{namespace}# {tool} {}\n{text}\n", arguments.join(" "))
    })
    .concat()
}
