//! Which firewall may be in the way. Only hints: reading its rules takes more
//! rights than a player should have.

/// What to do so that this UDP port can be reached from outside.
pub fn advice(port: u16) -> String {
    let there = |program| on_path(program);
    if cfg!(windows) {
        format!("Allow segue in Windows Defender Firewall, for private networks (UDP {port})")
    } else if cfg!(target_os = "macos") {
        "Allow incoming connections for segue: System Settings, Network, Firewall".to_owned()
    } else if there("ufw") {
        format!("If it is a firewall of this machine: `sudo ufw allow {port}/udp`")
    } else if there("firewall-cmd") {
        format!(
            "If it is a firewall of this machine: `sudo firewall-cmd --permanent \
             --add-port={port}/udp && sudo firewall-cmd --reload`"
        )
    } else if there("nft") {
        format!(
            "If it is a firewall of this machine: look for it in `sudo nft list ruleset`, and \
             let UDP port {port} in"
        )
    } else {
        format!("If it is a firewall of this machine: let UDP port {port} in")
    }
}

/// Administrators' programs are not on everyone's path.
fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}
