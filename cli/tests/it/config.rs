//! The settings file, through the program itself.

use std::path::{Path, PathBuf};

use crate::support::{Done, LIMIT, free_port, segue, start};

/// A folder with a settings file, and `segue` that reads it.
struct Settings {
    folder: tempfile::TempDir,
}

impl Settings {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    fn run(&self, line: &[&str]) -> Done {
        self.run_with(line, &[])
    }

    fn run_with(&self, line: &[&str], variables: &[(&str, &str)]) -> Done {
        let mut command = segue();
        command.args(line).env("SEGUE_CONFIG", self.path());
        command.envs(variables.iter().copied());
        start(&mut command).done(LIMIT)
    }
}

#[test]
fn a_setting_does_what_its_flag_does() {
    let port = free_port();
    let text = format!("discovery-port = {port}\n[list]\nwait = 0.1\npeer = ['nonsense']\n");
    let settings = Settings::new(&text);
    let asked = settings
        .run(&["list"])
        .failed(2, &["nonsense", "HOST:PORT"]);
    // Nobody wrote --peer: the message says who did.
    let told = format!("{}:4: peer is set here", settings.path().display());
    assert!(asked.stderr.contains(&told), "{}", asked.stderr);
    let asked = settings
        .run(&["list", "--peer", "127.0.0.1:9"])
        .failed(1, &["no answer from 127.0.0.1:9"]);
    assert!(!asked.stderr.contains("is set here"), "{}", asked.stderr);
}

#[test]
fn the_flag_names_the_file_and_outweighs_the_variable() {
    let one = Settings::new("[list]\nwait = 1.5");
    let other = Settings::new("[list]\nwait = 2.5");
    let wait = |line: &[&str]| {
        let shown = one.run(line).succeeded().json();
        let all = shown["settings"].as_array().unwrap().clone();
        let is_wait = |s: &&serde_json::Value| s["command"] == "list" && s["key"] == "wait";
        let found = all.iter().find(is_wait).unwrap();
        found["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(wait(&["config", "show", "--json"]), "1.5");
    let path = other.path();
    let path = path.to_str().unwrap();
    assert_eq!(wait(&["config", "show", "--json", "--config", path]), "2.5");
    assert_eq!(wait(&["--config", path, "config", "show", "--json"]), "2.5");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let settings = Settings::new("");
    std::fs::remove_file(settings.path()).unwrap();
    settings
        .run(&["plugins"])
        .failed(2, &["config.toml", "no such file", "config edit"]);
}

#[test]
fn the_platforms_place_need_not_have_one() {
    let home = tempfile::tempdir().unwrap();
    let at = |line: &[&str]| {
        let mut command = segue();
        command
            .env_remove("SEGUE_CONFIG")
            .env_remove("XDG_CONFIG_HOME");
        command.env("HOME", home.path()).args(line);
        start(&mut command).done(LIMIT)
    };
    at(&["plugins"]).succeeded();
    let path = at(&["config", "path"]).succeeded().text();
    let path = Path::new(path.trim());
    assert!(path.starts_with(home.path()), "{}", path.display());
    assert!(path.ends_with("segue/config.toml"), "{}", path.display());
    at(&["config", "set", "list.wait", "3"]).succeeded();
    assert!(std::fs::read_to_string(path).unwrap().contains("wait = 3"));
    assert!(
        at(&["config", "show"])
            .succeeded()
            .text()
            .contains("wait = 3  # file, line 2")
    );
}

#[test]
fn a_wrong_file_stops_what_would_use_it_and_nothing_else() {
    let settings = Settings::new("[list]\nwiat = 3");
    let words = ["config.toml:2:", "did you mean `wait`"];
    settings.run(&["list"]).failed(2, &words);
    settings.run(&["config", "show"]).failed(2, &words);
    settings.run(&["config", "path"]).succeeded();
    settings.run(&["completions", "bash"]).succeeded();
    settings.run(&["--help"]).succeeded();
    settings.run(&["config", "unset", "list.wiat"]).succeeded();
    settings.run(&["config", "show"]).succeeded();
}

#[test]
fn changes_are_refused_where_the_flag_would_be() {
    let settings = Settings::new("# keep me\n");
    settings.run(&["config", "set", "list.wait", "-3"]).failed(
        2,
        &["list.wait: `-3`", "from 0 to 86400", "stays as it was"],
    );
    // The words name the key as it was written, what it takes, and the file, never
    // a line of it that is not there.
    for (key, value, words) in [
        (
            "discovery-port",
            "foo",
            &["discovery-port: `foo`", "from 1 to 65535"][..],
        ),
        (
            "discovery-port",
            "0",
            &["discovery-port: `0`", "from 1 to 65535"],
        ),
        (
            "verbose",
            "true",
            &["verbose: ", "from 0 to 255", "not true"],
        ),
        (
            "share.order",
            "any",
            &["share.order: `any`", "sequential, random"],
        ),
        ("list.json", "maybe", &["list.json: ", "true or false"]),
        ("play.volume", "loud", &["play.volume: `loud`"]),
        ("play", "3", &["`play` is a command", "such as play."]),
        ("play.policy.x", "3", &["`policy` is a key"]),
        ("play.polcy", "x", &["did you mean `policy`"]),
        (".x", "3", &["`.x` is no key", "COMMAND.KEY"]),
    ] {
        let done = settings
            .run(&["config", "set", key, value])
            .failed(2, words);
        assert!(!done.stderr.contains("config.toml:"), "{}", done.stderr);
        assert_eq!(settings.text(), "# keep me\n");
    }
    settings
        .run(&["config", "set", "list.nothing", "3"])
        .failed(2, &["--nothing"]);
    settings
        .run(&["config", "unset", "peer"])
        .failed(2, &["peer is not set", "config.toml"]);
    settings
        .run(&["config", "set", "peer", "a:1", "b:2"])
        .succeeded();
    assert_eq!(settings.text(), "# keep me\npeer = [\"a:1\", \"b:2\"]\n");
}

#[cfg(unix)]
#[test]
fn the_editor_gets_a_template_and_its_work_is_checked() {
    let settings = Settings::new("");
    std::fs::remove_file(settings.path()).unwrap();
    // An editor with arguments, as `code --wait` is one.
    let writes = |line: &str| format!("sh -c 'echo {line} > \"$0\"'");
    let edit = |editor: &str| settings.run_with(&["config", "edit"], &[("VISUAL", editor)]);
    edit("true").succeeded();
    assert!(
        settings.text().contains("# discovery-port = 12000"),
        "{}",
        settings.text()
    );
    edit(&writes("wiat=3")).failed(2, &["did you mean `wait`"]);
    edit("false").failed(1, &["the editor `false`", "$VISUAL"]);
    edit("no-such-editor").failed(1, &["no-such-editor", "$EDITOR"]);
}

#[test]
fn colours_are_for_terminals() {
    let settings = Settings::new("");
    let red = "\u{1b}[";
    let coloured = |line: &[&str], variables: &[(&str, &str)]| {
        settings.run_with(line, variables).stderr.contains(red)
    };
    let fails = ["plugins", "show", "nothing"];
    assert!(!coloured(&fails, &[]));
    assert!(!coloured(&["sing"], &[]));
    for line in [&fails[..], &["sing"]] {
        let always = [&["--color", "always"], line].concat();
        assert!(coloured(&always, &[]));
    }
    assert!(coloured(&fails, &[("CLICOLOR_FORCE", "1")]));
    let never = ["--color", "never", "plugins", "show", "nothing"];
    assert!(!coloured(&never, &[("CLICOLOR_FORCE", "1")]));
    settings
        .run(&["config", "set", "color", "always"])
        .succeeded();
    assert!(coloured(&fails, &[]));
}

#[test]
fn a_plugin_of_neither_kind() {
    let settings = Settings::new("");
    settings.run(&["plugins", "show", "random-dely"]).failed(
        2,
        &[
            "policy or network model `random-dely`",
            "did you mean `random-delay`",
            "stop-1s",
        ],
    );
}
