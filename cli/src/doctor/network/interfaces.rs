//! The interfaces: which are up, and whether beacons go out and come back.

use std::net::SocketAddr;

use segue_transport::{BeaconPath, InterfaceStatus};

use crate::doctor::{Finding, firewall};

/// `shut`: sockets for beacons that did not open, which has been told.
pub fn judge(interfaces: &[InterfaceStatus], shut: &[SocketAddr], port: u16) -> Vec<Finding> {
    let mut findings: Vec<_> = interfaces
        .iter()
        .flat_map(|interface| one(interface, shut, port))
        .collect();
    if !interfaces.iter().any(|one| one.up && !one.loopback) {
        findings.push(Finding::problem(
            "no network: no interface but the loopback is up with an address",
            "Plug the cable in, or join a wireless network. Programs of this machine find each \
             other all the same",
        ));
    }
    findings
}

/// Whether our own voice came back wherever it went.
pub fn all_heard(interfaces: &[InterfaceStatus]) -> bool {
    let mut paths = interfaces.iter().flat_map(|one| &one.beacons);
    paths.all(|path| path.own_heard_s_ago.is_some())
}

/// Whether another's beacon came from outside of this machine.
pub fn others_heard(interfaces: &[InterfaceStatus]) -> bool {
    let outside = interfaces.iter().filter(|one| !one.loopback);
    let mut paths = outside.flat_map(|one| &one.beacons);
    paths.any(|path| path.others_heard_s_ago.is_some())
}

fn one(interface: &InterfaceStatus, shut: &[SocketAddr], port: u16) -> Vec<Finding> {
    let addresses: Vec<_> = interface
        .addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    let name = format!("{} ({})", interface.name, addresses.join(", "));
    if !interface.up {
        return vec![Finding::ok(format!("{name} is down or not connected"))];
    }
    if interface.beacons.is_empty() {
        return vec![Finding::ok(format!(
            "{name}: no beacons, it can neither broadcast nor multicast; peers there must be \
             named with --peer"
        ))];
    }
    let is_open = |path: &&BeaconPath| !shut.iter().any(|one| one.is_ipv4() == path.to.is_ipv4());
    let open: Vec<_> = interface.beacons.iter().filter(is_open).collect();
    if open.is_empty() {
        return vec![Finding::ok(format!("{name} is up"))];
    }
    let wrong: Vec<_> = open
        .into_iter()
        .filter_map(|path| fault(interface, &name, path, port))
        .collect();
    if wrong.is_empty() {
        return vec![Finding::ok(format!("{name}: own beacons heard back"))];
    }
    wrong
}

/// What is wrong with one way that beacons go.
fn fault(interface: &InterfaceStatus, name: &str, path: &BeaconPath, port: u16) -> Option<Finding> {
    let to = path.to;
    if let Some(error) = &path.error {
        return Some(graded(
            interface,
            to,
            format!("{name}: no beacons go out to {to}: {error}"),
            "Others do not find this machine there. Look at its routes (`ip route`), and for a \
             firewall that forbids it"
                .into(),
        ));
    }
    if path.own_heard_s_ago.is_some() {
        return None;
    }
    Some(graded(
        interface,
        to,
        format!("{name}: own beacons to {to} are not heard back"),
        format!(
            "Beacons of others will not be, either. {}",
            firewall::advice(port)
        ),
    ))
}

/// One family of addresses is enough where it works, and IPv4 is what all have.
fn graded(interface: &InterfaceStatus, to: SocketAddr, text: String, remedy: String) -> Finding {
    let another_works = interface
        .beacons
        .iter()
        .any(|path| path.error.is_none() && path.own_heard_s_ago.is_some());
    if interface.loopback || another_works && to.is_ipv6() {
        Finding::warning(text, remedy)
    } else {
        Finding::problem(text, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict::{self, Ok, Problem, Warning};

    fn path(to: &str, heard: bool) -> BeaconPath {
        BeaconPath {
            to: to.parse().unwrap(),
            sent_s_ago: Some(0.5),
            error: None,
            own_heard_s_ago: heard.then_some(0.5),
            others_heard_s_ago: None,
        }
    }

    fn interface(name: &str, beacons: Vec<BeaconPath>) -> InterfaceStatus {
        InterfaceStatus {
            name: name.into(),
            index: 2,
            up: true,
            loopback: name == "lo",
            addresses: vec!["10.0.0.5".parse().unwrap()],
            beacons,
        }
    }

    fn verdicts(interfaces: &[InterfaceStatus]) -> Vec<Verdict> {
        judge(interfaces, &[], 12000)
            .iter()
            .map(|f| f.verdict)
            .collect()
    }

    const V4: &str = "10.0.0.255:12000";
    const V6: &str = "[ff12::1]:12000";

    #[test]
    fn beacons_that_come_back_are_well() {
        let well = [interface("eth0", vec![path(V4, true), path(V6, true)])];
        assert_eq!(verdicts(&well), [Ok]);
        assert!(all_heard(&well));
    }

    #[test]
    fn beacons_that_do_not_come_back_are_a_problem_unless_only_those_of_ipv6() {
        let deaf = [interface("eth0", vec![path(V4, false), path(V6, true)])];
        assert_eq!(verdicts(&deaf), [Problem]);
        let told = judge(&deaf, &[], 12000).remove(0);
        assert!(told.text.contains("not heard back"), "{told:?}");
        assert!(told.remedy.unwrap().contains("12000"));
        let half = [interface("eth0", vec![path(V4, true), path(V6, false)])];
        assert_eq!(verdicts(&half), [Warning]);
        let none = [interface("eth0", vec![path(V6, false)])];
        assert_eq!(verdicts(&none), [Problem]);
    }

    #[test]
    fn beacons_that_cannot_be_sent_are_a_problem() {
        let mut mute = path(V4, false);
        mute.error = Some("Network is unreachable".into());
        let told = judge(&[interface("eth0", vec![mute])], &[], 12000);
        assert_eq!(told[0].verdict, Problem);
        assert!(told[0].text.contains("unreachable"), "{told:?}");
    }

    #[test]
    fn what_a_shut_socket_explains_is_not_told_again() {
        let deaf = [interface("eth0", vec![path(V4, false), path(V6, false)])];
        let shut: Vec<SocketAddr> = vec!["0.0.0.0:1".parse().unwrap(), "[::]:1".parse().unwrap()];
        let verdicts = |shut: &[SocketAddr]| {
            let told = judge(&deaf, shut, 12000);
            told.iter().map(|one| one.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(&shut), [Ok]);
        // The other family is a matter of its own.
        assert_eq!(verdicts(&shut[..1]), [Problem]);
    }

    #[test]
    fn without_a_network_the_loopback_alone_is_a_problem() {
        let lo = interface("lo", vec![path("127.255.255.255:12000", true)]);
        assert_eq!(verdicts(std::slice::from_ref(&lo)), [Ok, Problem]);
        let mut down = interface("eth0", Vec::new());
        down.up = false;
        assert_eq!(verdicts(&[lo, down]), [Ok, Ok, Problem]);
    }
}
