//! The sockets: open, and with room for what comes.

use segue_transport::{BeaconSocket, NetworkStatus};

use crate::doctor::Finding;

/// Less room than that, and a burst of music at full speed does not fit.
const LEAST_BUFFER_BYTES: usize = 128 * 1024;

pub fn judge(status: &NetworkStatus, port: u16) -> Vec<Finding> {
    let mut findings = vec![data(status)];
    findings.extend(
        status
            .discovery
            .iter()
            .map(|socket| discovery(socket, port)),
    );
    findings
}

fn data(status: &NetworkStatus) -> Finding {
    let addresses: Vec<_> = status.data.iter().map(ToString::to_string).collect();
    let text = format!("data sockets open: {}", addresses.join(", "));
    match status.receive_buffer_bytes {
        Some(bytes) if bytes < LEAST_BUFFER_BYTES => Finding::warning(
            format!("{text}, but only {} KiB of receive buffer", bytes / 1024),
            "Fast streams lose packets at this machine. Allow more, on Linux: `sudo sysctl -w \
             net.core.rmem_max=4194304`",
        ),
        Some(bytes) => Finding::ok(format!("{text}, receive buffer {} KiB", bytes / 1024)),
        None => Finding::ok(text),
    }
}

fn discovery(socket: &BeaconSocket, port: u16) -> Finding {
    let Some(error) = &socket.error else {
        return Finding::ok(format!(
            "discovery port open at {}, shared with other Segue programs",
            socket.address
        ));
    };
    let text = format!(
        "discovery port {port} cannot be used at {}: {error}",
        socket.address
    );
    if port < 1024 {
        return Finding::problem(
            text,
            "Ports below 1024 belong to the system: `segue config set discovery-port 12000`",
        );
    }
    let who = if cfg!(target_os = "linux") {
        format!("`sudo ss -lunp 'sport = :{port}'`")
    } else if cfg!(windows) {
        format!("`netstat -ano -p UDP | findstr :{port}`")
    } else {
        format!("`sudo lsof -nP -iUDP:{port}`")
    };
    Finding::problem(
        text,
        format!(
            "Another program holds it and does not share it; {who} shows which. End that one, or \
             give all your Segue programs another port: `segue config set discovery-port {}`",
            port.checked_add(1).unwrap_or(12000)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_port_that_is_taken_names_the_way_to_who_has_it_and_another() {
        let socket = |error: Option<&str>| BeaconSocket {
            address: "0.0.0.0:12000".parse().unwrap(),
            error: error.map(str::to_owned),
        };
        assert_eq!(discovery(&socket(None), 12000).verdict, Verdict::Ok);
        let taken = discovery(&socket(Some("Address already in use")), 12000);
        assert_eq!(taken.verdict, Verdict::Problem);
        assert!(taken.text.contains("in use"), "{taken:?}");
        assert!(taken.remedy.unwrap().contains("discovery-port 12001"));
        let low = discovery(&socket(Some("Permission denied")), 80);
        assert!(low.remedy.unwrap().contains("below 1024"));
    }
}
