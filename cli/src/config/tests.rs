use std::path::Path;

use clap::{CommandFactory, FromArgMatches};

use super::*;
use crate::args::{Args, Command as Chosen};

fn load(text: &str) -> Result<Configured, String> {
    let file = File::parse(Path::new("c.toml"), text).map_err(|error| error.to_string())?;
    apply(Args::command(), &file).map_err(|error| error.to_string())
}

fn run(text: &str, line: &[&str]) -> Args {
    let configured = load(text).unwrap();
    let line = ["segue"].iter().chain(line);
    let matches = configured.command.try_get_matches_from(line).unwrap();
    Args::from_arg_matches(&matches).unwrap()
}

#[track_caller]
fn refused(text: &str, words: &[&str]) {
    let error = load(text).unwrap_err();
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
}

#[test]
fn a_setting_holds_where_its_flag_is_not_given() {
    let text = "discovery-port = 12345\n[list]\nwait = 0.5\n";
    let wait = |args: Args| match args.command {
        Chosen::List(list) => list.wait,
        _ => unreachable!(),
    };
    let args = run(text, &["list"]);
    assert_eq!(args.globals.discovery_port, 12345);
    assert_eq!(wait(args), 0.5);
    let args = run(text, &["list", "--wait", "7", "--discovery-port", "9"]);
    assert_eq!(args.globals.discovery_port, 9);
    assert_eq!(wait(args), 7.0);
    assert_eq!(wait(run("", &["list"])), 2.0);
}

#[test]
fn a_key_at_the_top_is_for_every_command_and_a_table_outweighs_it() {
    let text = "[list]\npeer = ['c:3']\n";
    let text = format!("peer = ['a:1', 'b:2']\n{text}");
    let peers = |line: &[&str]| match run(&text, line).command {
        Chosen::List(list) => list.peers.peers,
        Chosen::Play(play) => play.fetching.peers.peers,
        _ => unreachable!(),
    };
    assert_eq!(peers(&["play", "x"]), ["a:1", "b:2"]);
    assert_eq!(peers(&["list"]), ["c:3"]);
    assert_eq!(peers(&["list", "--peer", "d:4"]), ["d:4"]);
}

#[test]
fn switches_and_counts() {
    let args = run("verbose = 2\n[list]\njson = true", &["list"]);
    assert_eq!(args.verbose, 2);
    assert!(matches!(args.command, Chosen::List(list) if list.json));
    assert_eq!(run("verbose = 2", &["list", "-v"]).verbose, 1);
}

#[test]
fn the_folders_to_share_can_be_set() {
    let args = run("[share]\npaths = ['~/Music', '/m']", &["share"]);
    let Chosen::Share(share) = args.command else {
        unreachable!()
    };
    let home = directories::BaseDirs::new().unwrap();
    assert_eq!(share.paths, [home.home_dir().join("Music"), "/m".into()]);
}

#[test]
fn mistakes_are_told_with_their_line_and_what_to_do() {
    refused("a = 1\nb = = 2", &["c.toml:2:", "not TOML"]);
    refused(
        "\n\ndiscovery-prot = 1",
        &["c.toml:3:", "did you mean `discovery-port`"],
    );
    refused(
        "[plya]\npolicy = 'x'",
        &["c.toml:2:", "did you mean [play]"],
    );
    refused("[nothing]", &["c.toml:1:", "[nothing]", "share"]);
    refused(
        "[play]\npolcy = 'x'",
        &["c.toml:2:", "did you mean `policy`"],
    );
    refused(
        "[play]\nxyzzy = 1",
        &["c.toml:2:", "segue play has no flag --xyzzy"],
    );
    refused(
        "[play]\ndiscovery-port = 1",
        &["c.toml:2:", "above the first [table]"],
    );
    refused("config = 'x'", &["unknown key `config`"]);
    refused("a = 1\na = 2", &["c.toml:2:", "not TOML"]);
}

#[test]
fn values_are_checked_by_their_flags() {
    refused(
        "discovery-port = 0",
        &["c.toml:1: discovery-port", "from 1 to 65535"],
    );
    refused(
        "discovery-port = 'x'",
        &["discovery-port: `x`", "from 1 to 65535"],
    );
    refused(
        "[list]\nwait = -1",
        &["c.toml:2: list.wait", "from 0 to 86400 seconds"],
    );
    refused("wait = -1", &["c.toml:1: wait", "from 0 to 86400 seconds"]);
    refused("[share]\norder = 'any'", &["order", "sequential, random"]);
    refused(
        "[share]\norder = ['random']",
        &["order", "one value, not a list"],
    );
    refused(
        "[share]\norder = true",
        &["share.order", "sequential, random, not true"],
    );
    refused("[list]\njson = 'yes'", &["json", "true or false"]);
    refused("[list]\nwait = 2026-01-01", &["wait", "a date"]);
    refused("verbose = 300", &["verbose", "from 0 to 255"]);
}

#[test]
fn the_template_says_nothing_and_every_line_of_it_can_be_taken() {
    let template = template(&Args::command());
    assert!(load(&template).unwrap().settings.is_empty());
    for key in [
        "# discovery-port = 12000",
        "# policy = \"",
        "[share]",
        "# paths = [",
    ] {
        assert!(template.contains(key), "no {key} in {template}");
    }
    // Each key uncommented alone is right, if it has a default.
    let has_default = |line: &&str| {
        line.starts_with("# ")
            && line.contains(" = ")
            && !line.contains("= \"")
            && !line.contains('[')
    };
    let mut table = "";
    let mut tried = 0;
    for line in template.lines() {
        if line.starts_with('[') {
            table = line;
        } else if Some(line).filter(has_default).is_some() {
            load(&format!("{table}\n{}\n", &line[2..])).unwrap();
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried}");
}

#[test]
fn what_is_in_force_is_shown_with_its_origin() {
    let configured = load("[play]\n\npolicy = 'mine'").unwrap();
    let line = ["segue", "--discovery-port", "7", "list"];
    let matches = configured.command.clone().get_matches_from(line);
    let shown = effective(&configured.command, &configured.settings, &matches);
    let of = |command: &str, key: &str| {
        let found = shown.iter().find(|s| s.command == command && s.key == key);
        found.map(|s| (s.value.clone(), s.origin)).unwrap()
    };
    assert_eq!(
        of("play", "policy"),
        (Some("\"mine\"".into()), Origin::File(3))
    );
    assert_eq!(of("", "discovery-port"), (Some("7".into()), Origin::Flag));
    assert_eq!(of("list", "wait"), (Some("2".into()), Origin::Default));
    assert_eq!(of("share", "max-rate"), (None, Origin::Default));
}

#[test]
fn a_change_keeps_comments_and_is_checked_first() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place {
        path: folder.path().join("deep").join("config.toml"),
        named: true,
    };
    let command = Args::command();
    let read = || std::fs::read_to_string(&place.path).unwrap();
    let texts = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    set(&command, &place, "play.policy", &texts(&["mine"])).unwrap();
    std::fs::write(&place.path, format!("# mine\n{}", read())).unwrap();
    set(&command, &place, "play.policy", &texts(&["yours"])).unwrap();
    set(&command, &place, "peer", &texts(&["a:1"])).unwrap();
    assert!(read().contains("# mine"), "{}", read());
    assert!(read().contains("policy = \"yours\""), "{}", read());
    assert!(read().contains("peer = [\"a:1\"]"), "{}", read());
    let before = read();
    set(&command, &place, "discovery-port", &texts(&["0"])).unwrap_err();
    set(&command, &place, "play.nothing", &texts(&["0"])).unwrap_err();
    assert_eq!(read(), before);
    unset(&command, &place, "peer").unwrap();
    unset(&command, &place, "peer").unwrap_err();
    assert!(!read().contains("peer"), "{}", read());
}

#[test]
fn help_shows_settings_as_defaults_in_the_same_order() {
    let help = |text: &str| {
        let mut command = load(text).unwrap().command;
        let play = command.find_subcommand_mut("play").unwrap();
        play.render_long_help().to_string()
    };
    let set = help("[play]\npatience = 7\n[share]\nport = 9");
    assert!(set.contains("[default: 7]"), "{set}");
    assert_eq!(set.replace("[default: 7]", "[default: 60]"), help(""));
    let commands = |text: &str| load(text).unwrap().command.render_help().to_string();
    assert_eq!(commands("[share]\nport = 9"), commands(""));
}
