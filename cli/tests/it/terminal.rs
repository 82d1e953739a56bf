//! The program on a terminal: colours, and a line that changes.

use std::io::Read;
use std::sync::mpsc;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::support::{LIMIT, Sharer, free_port, segue, song};

/// All that a terminal gets of `segue LINE`.
fn on_terminal(line: &[&str]) -> String {
    let size = PtySize {
        rows: 24,
        cols: 100,
        ..PtySize::default()
    };
    let terminal = native_pty_system().openpty(size).unwrap();
    let plain = segue();
    let mut command = CommandBuilder::new(plain.get_program());
    command.args(line);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        }
    }
    // Whatever the tests themselves run in.
    command.env("TERM", "xterm-256color");
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let mut child = terminal.slave.spawn_command(command).unwrap();
    let mut killer = child.clone_killer();
    let mut screen = terminal.master.try_clone_reader().unwrap();
    drop(terminal.slave);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A terminal whose program has ended answers with an error.
        let _ = screen.read_to_end(&mut bytes);
        let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    let text = told.recv_timeout(LIMIT);
    let _ = killer.kill();
    let _ = child.wait();
    text.expect("the program ends")
}

/// What is left of a line that was written over and cleared.
fn last_writing(line: &str) -> &str {
    let line = line.trim_end_matches('\r');
    let starts = ["\r", "\u{1b}[2K", "\u{1b}[1A"].map(|mark| {
        let found = line.rfind(mark);
        found.map_or(0, |at| at + mark.len())
    });
    &line[starts.into_iter().max().unwrap_or(0)..]
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &rest[at + end + 1..]);
    }
    plain + rest
}

#[test]
fn errors_are_red_on_a_terminal() {
    let text = on_terminal(&["plugins", "show", "nothing"]);
    assert!(
        text.contains("\u{1b}[31msegue:") || text.contains("\u{1b}[1m\u{1b}[31msegue:"),
        "{text:?}"
    );
    assert!(
        !on_terminal(&["--color", "never", "plugins", "show", "nothing"]).contains("\u{1b}[31m")
    );
}

#[test]
fn the_log_does_not_tear_the_line_that_changes() {
    let (dir, _) = song(1.0);
    let sharer = Sharer::start(dir.path());
    let (peer, port) = (sharer.address.to_string(), free_port().to_string());
    let line = [
        "list",
        "-v",
        "--wait",
        "1",
        "--peer",
        &peer,
        "--discovery-port",
        &port,
    ];
    let text = on_terminal(&line);
    assert!(text.contains("looking around"), "{text:?}");
    let logged: Vec<_> = text
        .split('\n')
        .filter(|line| line.contains("INFO"))
        .map(|line| without_colours(last_writing(line)))
        .collect();
    assert!(logged.len() >= 2, "{text:?}");
    for line in &logged {
        assert!(
            line.trim_start().starts_with("INFO"),
            "{line:?} in {text:?}"
        );
        assert!(!line.contains("looking around"), "{line:?} in {text:?}");
    }
    // At the end the line is gone, and the result stands alone.
    let result = text.split('\n').find(|line| line.contains("song")).unwrap();
    assert!(!last_writing(result).contains("looking around"), "{text:?}");
}
