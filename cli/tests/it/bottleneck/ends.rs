//! Both ends of a TCP download with CUBIC, and of probes beside it: this test's
//! program again, in other hosts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::house::Host;
use crate::support::Guarded;

/// What the program is here for: `near`, `far`, and the far end's address.
const ROLE: &str = "SEGUE_TEST_END";
const PORT: u16 = 4055;
const PROBE: Duration = Duration::from_millis(10);

/// One clock for all hosts: they are one machine.
pub fn now_s() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs_f64()
}

/// Times and what was seen then.
type Series = Vec<(f64, f64)>;

pub struct Ends {
    near: Guarded,
    far: Guarded,
    told: mpsc::Receiver<String>,
}

impl Ends {
    /// Probes run at once.
    pub fn start(near: &Host, far: &Host) -> Self {
        let start = |host: &Host, role: &str| {
            let mut command = host.command(std::env::current_exe().unwrap());
            command
                .args(["bottleneck::ends::an_end", "--exact", "--ignored"])
                .args(["--nocapture", "--quiet"])
                .env(ROLE, role)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            Guarded(command.spawn().unwrap())
        };
        let mut far_end = start(far, "far");
        let lines = BufReader::new(far_end.0.stdout.take().unwrap()).lines();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        let limit = Duration::from_secs(20);
        while told.recv_timeout(limit).expect("the far end is up") != "ready" {}
        let at = SocketAddr::new(far.v4().into(), PORT);
        Self {
            near: start(near, &at.to_string()),
            far: far_end,
            told,
        }
    }

    /// Begins the download.
    pub fn download(&self) {
        let mut stdin = self.near.0.stdin.as_ref().unwrap();
        stdin.write_all(b"download\n").unwrap();
    }

    /// Ends both; answers bytes of the download, and delays of probes.
    pub fn seen(self) -> (Series, Series) {
        let Self { near, far, told } = self;
        drop((near, far));
        let (mut download, mut delays) = (Vec::new(), Vec::new());
        for line in told.iter() {
            let fields: Vec<&str> = line.split(' ').collect();
            if let [what, at_s, value] = fields[..]
                && let (Ok(at_s), Ok(value)) = (at_s.parse(), value.parse())
            {
                match what {
                    "came" => download.push((at_s, value)),
                    "delay" => delays.push((at_s, value)),
                    _ => {}
                }
            }
        }
        (download, delays)
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

fn far() {
    let tcp = TcpListener::bind(("0.0.0.0", PORT)).unwrap();
    let udp = UdpSocket::bind(("0.0.0.0", PORT)).unwrap();
    say("\nready");
    thread::spawn(move || {
        let mut probe = [0; 8];
        while udp.recv(&mut probe).is_ok() {
            let at_s = now_s();
            say(&format!(
                "delay {at_s} {}",
                at_s - f64::from_le_bytes(probe)
            ));
        }
    });
    let (mut stream, _) = tcp.accept().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut came, mut told_s) = (0, now_s());
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        came += count;
        if now_s() - told_s > 0.05 {
            told_s = now_s();
            say(&format!("came {told_s} {came}"));
            came = 0;
        }
    }
}

fn near(to: SocketAddr) {
    let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    thread::spawn(move || {
        loop {
            let _ = udp.send_to(&now_s().to_le_bytes(), to);
            thread::sleep(PROBE);
        }
    });
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if line != "download\n" {
        return;
    }
    let mut stream = TcpStream::connect(to).unwrap();
    let socket = socket2::SockRef::from(&stream);
    socket.set_tcp_congestion(b"cubic").unwrap();
    while stream.write_all(&[0; 1 << 16]).is_ok() {}
}

/// No test: what [`Ends::start`] runs.
#[test]
#[ignore = "a part of the tests of bottlenecks"]
fn an_end() {
    match std::env::var(ROLE).as_deref() {
        Ok("far") => far(),
        Ok(to) => near(to.parse().unwrap()),
        Err(_) => {}
    }
}
