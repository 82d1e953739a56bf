//! The sockets: open, and with room for what comes.

use std::net::SocketAddr;

use segue_transport::{BeaconSocket, NetworkStatus};

use crate::doctor::Finding;

/// Less room than that, and a burst of music at full speed does not fit.
const LEAST_BUFFER_BYTES: usize = 128 * 1024;

pub fn judge(status: &NetworkStatus, port: u16) -> Vec<Finding> {
    let mut findings = vec![data(status)];
    findings.extend(discovery(&status.discovery, port));
    findings
}

/// The sockets for beacons that did not open.
pub fn shut(sockets: &[BeaconSocket]) -> Vec<SocketAddr> {
    let shut = sockets.iter().filter(|socket| socket.error.is_some());
    shut.map(|socket| socket.address).collect()
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

/// However many of them fail, it is one problem: the port.
fn discovery(sockets: &[BeaconSocket], port: u16) -> Vec<Finding> {
    let (open, failed): (Vec<_>, Vec<_>) =
        sockets.iter().partition(|socket| socket.error.is_none());
    let mut findings = Vec::new();
    if let Some(problem) = unusable(&failed, port) {
        findings.push(problem);
    }
    findings.extend(open.iter().map(|socket| {
        Finding::ok(format!(
            "discovery port open at {}, shared with other Segue programs",
            socket.address
        ))
    }));
    findings
}

fn unusable(failed: &[&BeaconSocket], port: u16) -> Option<Finding> {
    let error = failed.first()?.error.as_deref().unwrap_or_default();
    let at: Vec<_> = failed.iter().map(|one| one.address.to_string()).collect();
    let text = format!(
        "discovery port {port} cannot be used at {}: {error}",
        at.join(" and ")
    );
    let family = match failed {
        [one] if one.address.is_ipv4() => " over IPv4",
        [one] if one.address.is_ipv6() => " over IPv6",
        _ => "",
    };
    let until = format!(
        "Until then no beacon of others is heard{family}: only peers named with --peer are found \
         that way"
    );
    if port < 1024 {
        return Some(Finding::problem(
            text,
            format!(
                "Ports below 1024 belong to the system: `segue config set discovery-port 12000`. \
                 {until}"
            ),
        ));
    }
    let who = if cfg!(target_os = "linux") {
        format!("`sudo ss -lunp 'sport = :{port}'`")
    } else if cfg!(windows) {
        format!("`netstat -ano -p UDP | findstr :{port}`")
    } else {
        format!("`sudo lsof -nP -iUDP:{port}`")
    };
    Some(Finding::problem(
        text,
        format!(
            "Another program holds it and does not share it; {who} shows which. End that one, or \
             give all your Segue programs another port: `segue config set discovery-port {}`. \
             {until}",
            port.checked_add(1).unwrap_or(12000)
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    fn socket(address: &str, error: Option<&str>) -> BeaconSocket {
        BeaconSocket {
            address: address.parse().unwrap(),
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn a_port_that_is_taken_is_one_problem_with_its_consequence() {
        let v4 = |error| socket("0.0.0.0:12000", error);
        let v6 = |error| socket("[::]:12000", error);
        let well = discovery(&[v4(None), v6(None)], 12000);
        assert!(well.iter().all(|one| one.verdict == Verdict::Ok) && well.len() == 2);
        let taken = Some("Address already in use");
        let told = discovery(&[v4(taken), v6(taken)], 12000);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].verdict, Verdict::Problem);
        let whole = format!("{} {}", told[0].text, told[0].remedy.as_ref().unwrap());
        for words in [
            "0.0.0.0:12000 and [::]:12000",
            "in use",
            "discovery-port 12001",
            "no beacon of others is heard:",
        ] {
            assert!(whole.contains(words), "{whole}");
        }
        let half = discovery(&[v4(None), v6(taken)], 12000);
        let verdicts: Vec<_> = half.iter().map(|one| one.verdict).collect();
        assert_eq!(verdicts, [Verdict::Problem, Verdict::Ok]);
        assert!(half[0].remedy.as_ref().unwrap().contains("over IPv6"));
        let low = discovery(&[v4(Some("Permission denied"))], 80);
        assert!(low[0].remedy.as_ref().unwrap().contains("below 1024"));
    }
}
