//! Completions and the manual, as shells and `man` get them.

use std::path::Path;
use std::process::Command;

use crate::support::run;

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).succeeded().text();
        for word in ["discovery-port", "network-applies-to", "play"] {
            assert!(script.contains(word), "no {word} for {shell}");
        }
    }
    run(&["completions", "dos"]).failed(2, &["powershell"]);
}

/// What bash offers for a line whose last word is still being typed.
fn offered(script: &Path, words: &[&str]) -> Vec<String> {
    let (last, previous) = (words[words.len() - 1], words[words.len() - 2]);
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let program = format!(
        "source '{}' && complete -p segue >/dev/null && COMP_WORDS=({}) COMP_CWORD={} && \
         _segue segue '{last}' '{previous}' && printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        quoted.join(" "),
        words.len() - 1,
    );
    let done = Command::new("bash")
        .args(["--norc", "-c", &program])
        .output();
    let done = done.expect("bash must be there");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let text = String::from_utf8(done.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("segue.bash");
    std::fs::write(&script, run(&["completions", "bash"]).succeeded().text()).unwrap();
    assert_eq!(offered(&script, &["segue", "sh"]), ["share"]);
    assert_eq!(offered(&script, &["segue", "config", "un"]), ["unset"]);
    assert_eq!(
        offered(&script, &["segue", "play", "--net"]),
        ["--network", "--network-applies-to"]
    );
    assert_eq!(
        offered(&script, &["segue", "share", "--order", ""]),
        ["sequential", "random"]
    );
}

#[test]
fn every_command_has_a_page_in_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    run(&["man", pages.to_str().unwrap()]).succeeded();
    for name in ["segue", "segue-play", "segue-share", "segue-config-set"] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(
            page.contains(".SH NAME") && page.contains(".SH OPTIONS"),
            "{page}"
        );
    }
    // A hidden command is no one's business.
    assert!(!pages.join("segue-man.1").exists());
}
