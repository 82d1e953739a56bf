//! `segue doctor` on networks where something is wrong, and where nothing is.

use std::path::Path;

use super::{House, ip};
use crate::house::Host;
use crate::support::{Done, LIMIT, Sharer, run, segue, song, start};

/// What the doctor says of a host.
struct Diagnosis {
    done: Done,
}

impl Diagnosis {
    fn of(host: &Host, more: &[&str]) -> Self {
        Self::from(start(host.segue(["doctor", "--json"]).args(more)).done(LIMIT))
    }

    fn from(done: Done) -> Self {
        Self { done }
    }

    /// The text and remedy of each finding so bad.
    fn all(&self, verdict: &str) -> Vec<String> {
        let findings = self.done.json();
        let findings = findings.as_array().unwrap().iter();
        findings
            .filter(|finding| finding["verdict"] == verdict)
            .map(|finding| {
                let remedy = finding["remedy"].as_str().unwrap_or_default();
                format!("{}\n{remedy}", finding["text"].as_str().unwrap())
            })
            .collect()
    }

    /// There is one finding so bad that has all these words.
    #[track_caller]
    fn has(&self, verdict: &str, words: &[&str]) -> &Self {
        let all = self.all(verdict);
        assert!(
            all.iter()
                .any(|text| words.iter().all(|word| text.contains(word))),
            "no {verdict} with {words:?} in {}",
            self.done.text()
        );
        self
    }

    /// As many problems as that, and the exit code that goes with it.
    #[track_caller]
    fn problems(&self, count: usize) -> &Self {
        assert_eq!(self.all("problem").len(), count, "{}", self.done.text());
        assert_eq!(self.done.code, Some(i32::from(count > 0)));
        self
    }
}

#[test]
fn where_nothing_is_wrong_it_says_so() {
    let Some((_house, [anna, _, clara])) = House::of_three() else {
        return;
    };
    let (dir, _) = song(1.0);
    let _sharer = anna.share(dir.path(), &[]);
    Diagnosis::of(&clara, &[])
        .problems(0)
        .has("ok", &["eth0 (10.77.0.3", "own beacons heard back"])
        .has("ok", &["lo (127.0.0.1", "own beacons heard back"])
        .has("ok", &["discovery port open at 0.0.0.0:12000"])
        .has("ok", &["1 peer heard", "lists complete"]);
    // Asked by its address, it answers, too.
    let peer = anna.address().to_string();
    Diagnosis::of(&clara, &["--peer", &peer])
        .problems(0)
        .has("ok", &[&peer, "answers, after"]);
    // Several programs of one host share the port: nothing is wrong with that.
    Diagnosis::of(&anna, &[])
        .problems(0)
        .has("ok", &["discovery port open at 0.0.0.0:12000"]);
}

#[test]
fn broadcast_that_is_dropped_on_the_way_shows_by_a_peer_that_answers() {
    let Some((house, [anna, _, clara])) = House::of_three() else {
        return;
    };
    house.drop_broadcast(&[&anna, &clara]);
    let (dir, _) = song(1.0);
    let _sharer = anna.share(dir.path(), &[]);
    Diagnosis::of(&clara, &[]).problems(0).has(
        "warning",
        &["no other peer was heard", "segue doctor --peer HOST:PORT"],
    );
    let peer = anna.address().to_string();
    let remedy = format!("segue config set peer {peer}");
    Diagnosis::of(&clara, &["--peer", &peer])
        .problems(1)
        .has("ok", &[&peer, "answers, after"])
        .has(
            "problem",
            &[&peer, "something between drops broadcast", &remedy],
        );
    // What it says helps: the remedy is the whole cure.
    let settings = dir.path().join("config.toml");
    let settings = settings.to_str().unwrap();
    std::fs::write(settings, "").unwrap();
    run(&["config", "set", "peer", &peer, "--config", settings]).succeeded();
    let list = start(&mut clara.segue(["list", "--config", settings])).done(LIMIT);
    assert!(list.succeeded().text().contains("song"));
    Diagnosis::of(&clara, &["--config", settings])
        .problems(0)
        .has(
            "warning",
            &["something between drops broadcast", "The settings name it"],
        );
}

#[test]
fn a_firewall_that_drops_beacons_is_found_without_anybody_else() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    let rules = "table inet strict {\n\
                 chain incoming { type filter hook input priority 0; udp dport 12000 drop; }\n}\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rules).unwrap();
    let path = file.path().to_str().unwrap();
    ip::tool("ip", &["netns", "exec", &anna.namespace, "nft", "-f", path]).unwrap();
    Diagnosis::of(&anna, &[]).problems(2).has(
        "problem",
        &[
            "eth0",
            "10.77.0.255:12000 are not heard back",
            "firewall",
            "12000",
        ],
    );
}

#[test]
fn a_port_that_another_program_holds() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    let (dir, _) = song(1.0);
    // Whoever takes it as its own does not share it.
    let mut holder = anna.segue(["share", "--json", "--port", "12000"]);
    holder.args(["--discovery-port", "12500"]).arg(dir.path());
    let _holder = Sharer::of(holder, 12500);
    let found = Diagnosis::of(&anna, &[]);
    found.has(
        "problem",
        &[
            "discovery port 12000 cannot be used at 0.0.0.0:12000",
            "in use",
            "sport = :12000",
            "segue config set discovery-port 12001",
        ],
    );
    // Beacons that are not heard are no problem of their own.
    found.problems(1);
    // The other port that it names is free.
    let other = Diagnosis::of(&anna, &["--discovery-port", "12001"]);
    other.problems(0);
}

#[test]
fn a_machine_without_a_network() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    anna.off();
    Diagnosis::of(&anna, &[]).problems(1).has(
        "problem",
        &["no interface but the loopback is up", "Plug the cable in"],
    );
}

#[test]
fn a_named_peer_that_is_not_there() {
    let Some((_house, [anna, ben, _])) = House::of_three() else {
        return;
    };
    let peer = ben.address().to_string();
    Diagnosis::of(
        &anna,
        &["--peer", &peer, "--peer", "no.such.host.invalid:1"],
    )
    .problems(2)
    .has(
        "problem",
        &[
            &peer,
            "does not answer",
            "segue share",
            "ping 10.77.0.2",
            "4021",
        ],
    )
    .has("problem", &["no.such.host.invalid:1", "name service"]);
}

#[test]
fn settings_and_plugins_that_are_wrong_do_not_stop_it() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings = write("config.toml", "[play]\npolcy = 'x'\n");
    let plugin = write("fake.plugin", "words");
    Diagnosis::of(&anna, &["--config", &settings, "--plugin-path", &plugin])
        .problems(1)
        .has(
            "problem",
            &[
                "config.toml:2:",
                "did you mean `policy`",
                "segue config edit",
            ],
        )
        .has("warning", &["fake.plugin", "not a shared library"])
        .has("ok", &["eth0", "own beacons heard back"]);
    let settings = write(
        "config.toml",
        "[play]\npolicy = 'nobody'\n[share]\npaths = '/gone'\n",
    );
    Diagnosis::of(&anna, &["--config", &settings])
        .problems(2)
        .has(
            "problem",
            &["policy nobody", "segue config set play.policy NAME"],
        )
        .has(
            "problem",
            &["/gone is not there", "segue config set share.paths"],
        );
}

#[test]
fn a_program_without_plugins() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    // Alone in a folder, it finds none.
    let dir = tempfile::tempdir().unwrap();
    let plain = segue();
    let alone = dir.path().join("segue");
    std::fs::copy(Path::new(plain.get_program()), &alone).unwrap();
    let mut command = anna.command(&alone);
    command.args(["doctor", "--json"]).env("SEGUE_CONFIG", "");
    command.env("XDG_DATA_HOME", "/nonexistent");
    Diagnosis::from(start(&mut command).done(LIMIT))
        .problems(2)
        .has(
            "problem",
            &["0 policies", "nothing can be played", "make install"],
        )
        .has("problem", &["deadline", "segue plugins"]);
}

#[test]
fn people_read_it_line_by_line() {
    let Some((_house, [anna, ..])) = House::of_three() else {
        return;
    };
    anna.off();
    let done = start(&mut anna.segue(["doctor"])).done(LIMIT);
    let done = done.failed(1, &["1 problem"]);
    let text = done.text();
    let problem = text
        .lines()
        .position(|line| line.starts_with("problem  network: "));
    let remedy = text.lines().nth(problem.unwrap() + 1).unwrap();
    assert!(remedy.starts_with("         Plug the cable in"), "{text}");
}
