//! iproute2: the only tool that this needs, and root.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// Making the first namespace of a boot also mounts their folder: not to be done
/// by two at once.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}

/// Runs a tool; answers what it says, as an error if it failed.
pub fn tool(tool: &str, arguments: &[&str]) -> Result<String, String> {
    match Command::new(tool).args(arguments).output() {
        Ok(output) if output.status.success() => Ok(said(&output)),
        Ok(output) => Err(format!("{tool} {}: {}", arguments.join(" "), said(&output))),
        Err(error) => Err(format!("{tool}: {error}")),
    }
}

/// Runs lines of `ip` commands in a namespace.
#[track_caller]
pub fn batch(namespace: &str, lines: &str) {
    let mut child = Command::new("ip")
        .args(["-n", namespace, "-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "in {namespace}:\n{lines}{}",
        said(&output)
    );
}

/// Makes a namespace with its loopback up.
pub fn add_namespace(name: &str) -> Result<(), String> {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    tool("ip", &["netns", "add", name])?;
    // No waiting until an IPv6 address is known to be nobody else's.
    let quick = "net.ipv6.conf.default.accept_dad=0";
    tool("ip", &["netns", "exec", name, "sysctl", "-qw", quick])?;
    tool("ip", &["-n", name, "link", "set", "dev", "lo", "up"])?;
    Ok(())
}

/// Deletes a namespace, and ends what runs in it.
pub fn delete_namespace(name: &str) {
    if let Ok(pids) = tool("ip", &["netns", "pids", name]) {
        for pid in pids.split_whitespace() {
            let _ = tool("kill", &["-KILL", pid]);
        }
    }
    let _ = tool("ip", &["netns", "del", name]);
}

/// Deletes what killed runs left behind: namespaces that begin with `prefix` and
/// the number of a process that is no more.
pub fn sweep(prefix: &str) {
    let Ok(list) = tool("ip", &["netns", "list"]) else {
        return;
    };
    for name in list.lines().filter_map(|line| line.split(' ').next()) {
        let pid = name
            .strip_prefix(prefix)
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            delete_namespace(name);
        }
    }
}
