//! Plugins that somebody writes: from an empty folder into the table, and
//! broken ones.

mod contained;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Done, segue, start};

/// Checks of a plugin that hangs take their time.
const LIMIT: Duration = Duration::from_secs(300);

fn library(stem: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{}{DLL_SUFFIX}", stem.replace('-', "_"))
}

/// `target/<profile>`.
fn built() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_segue")).with_file_name("")
}

/// One of `policies/examples`.
fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--offline",
            "--examples",
            "-p",
            "segue-policy-examples",
        ]);
        cargo.arg("--target-dir").arg(built().parent().unwrap());
        if built().ends_with("release") {
            cargo.arg("--release");
        }
        start(&mut cargo).done(LIMIT).succeeded();
    });
    let file = built().join("examples").join(library(name));
    assert!(file.exists(), "{}", file.display());
    file
}

fn broken(name: &str) -> PathBuf {
    example(&format!("broken-{name}"))
}

/// A file of `policies` in C, made a plugin.
fn compiled(source: &str, more: &[&str], to: &Path) {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut cc = Command::new("cc");
    cc.args([
        "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-I",
    ]);
    cc.arg(policies.join("contract/include")).args(more);
    cc.arg("-o").arg(to).arg(policies.join(source));
    start(&mut cc).done(LIMIT).succeeded();
}

fn check(file: &Path, more: &[&str]) -> Done {
    let mut command = segue();
    command.args(["plugin", "check", "--json"]).arg(file);
    start(command.args(more)).done(LIMIT)
}

fn outcome<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    (
        check["outcome"].as_str().unwrap(),
        check["why"].as_str().unwrap_or(""),
    )
}

#[test]
fn each_check_fails_on_its_own_example() {
    for (example, name, says) in [
        ("crashes-at-load", "library", "segmentation fault"),
        ("no-symbol", "symbol", "segue_plugin_entry"),
        ("wrong-version", "version", "version 2"),
        ("lies-about-sizes", "sizes", "has 8 bytes"),
        ("lacks-a-function", "functions", "`interface` is missing"),
        ("bad-description", "description", "Bad Name"),
        ("fails-to-start", "defaults", "own defaults"),
        ("offers-too-much", "settings", "wait_s=0: "),
        (
            "divides",
            "edge-views",
            "no seeders: it panicked: attempt to divide by zero",
        ),
        (
            "panics-on-measurements",
            "random-views",
            "it panicked: what now?",
        ),
        (
            "panics",
            "plays",
            "it panicked: this track is too long for me",
        ),
        ("segfaults", "plays", "segmentation fault"),
        ("hangs", "plays", "did not come back within 2 s"),
        ("never-plays", "plays", "never plays"),
        ("asks-nobody", "plays", "asks nobody"),
        ("nonsense", "wishes", "seeder 99, and there are only those"),
        ("floods", "calm", "requests in the time of"),
        ("two-links", "edge-datagrams", "it panicked"),
        ("drops-everything", "delivers", "none was delivered"),
        ("reads-the-clock", "same-seed", "use no clock"),
        ("shares-state", "same-beside", "no global state"),
        ("minds-threads", "same-threads", "in several threads"),
        ("leaks", "growth", "more bytes"),
        ("slow", "time", "for each decision"),
    ] {
        let limit = if example == "hangs" { "2" } else { "60" };
        let more = ["--only", name, "--limit", limit];
        let done = check(&broken(example), &more).failed(1, &["1 of its checks failed"]);
        let report = done.json();
        let (outcome, why) = outcome(&report, name);
        assert_eq!(outcome, "failed", "{example}: {report}");
        if says != "segmentation fault" || cfg!(unix) {
            assert!(why.contains(says), "{example}: {why}");
        }
    }
}

#[test]
fn what_is_no_library_fails_and_nothing_else_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.so");
    std::fs::write(&file, "just a text").unwrap();
    let report = check(&file, &[]).failed(1, &["text.so"]).json();
    assert_eq!(outcome(&report, "library").0, "failed");
    assert_eq!(outcome(&report, "plays"), ("skipped", "`library` failed"));
    assert_eq!(report["failed"], 1);
}

#[test]
fn the_bundled_plugins_are_clean() {
    let folder = built().read_dir().unwrap();
    let plugins = folder.map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        let ours = name.contains("segue_playout_") || name.contains("segue_network_");
        ours && name.ends_with(std::env::consts::DLL_SUFFIX)
    });
    let mut count = 0;
    for plugin in plugins {
        let report = check(&plugin, &["--limit", "120"]).succeeded().json();
        assert_eq!(report["warnings"], 0, "{report}");
        count += 1;
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn the_examples_to_learn_from_are_clean() {
    let folder = tempfile::tempdir().unwrap();
    let in_c = folder.path().join(library("stop"));
    compiled("examples/good/stop.c", &[], &in_c);
    for plugin in [example("adaptive-buffer"), example("rush-hour"), in_c] {
        let report = check(&plugin, &["--limit", "120"]).succeeded().json();
        assert_eq!(report["warnings"], 0, "{report}");
    }
}

#[test]
fn a_plugin_that_wants_a_file_is_checked_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.csv");
    std::fs::write(&file, "time_s,delay_ms,loss,rate_kbps\n0,20,0.1,5000\n").unwrap();
    let trace = built().join(library("segue-network-trace"));
    let with = format!("file={}", file.display());
    let report = check(&trace, &["--with", &with]).succeeded().json();
    assert_eq!(outcome(&report, "delivers").0, "passed", "{report}");
    let report = check(&trace, &[]).succeeded().json();
    assert_eq!(outcome(&report, "delivers").0, "skipped", "{report}");
}

#[test]
fn strange_files_are_tried_before_they_are_offered() {
    let (plugins, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["crashes-at-load", "segfaults", "panics", "nonsense"] {
        let to = plugins.path().join(library(name));
        std::fs::copy(broken(name), to).unwrap();
    }
    let list = || {
        let mut command = segue();
        command.env("XDG_CACHE_HOME", cache.path());
        command.args(["plugins", "list", "--json", "--plugin-path"]);
        let report = start(command.arg(plugins.path()))
            .done(LIMIT)
            .succeeded()
            .json();
        let refused = report["refused"].as_array().unwrap();
        let name = |file: &Value| file["path"].as_str().unwrap().to_owned();
        assert_eq!(refused.len(), 2, "{report}");
        assert!(name(&refused[0]).ends_with(&library("crashes-at-load")));
        assert!(name(&refused[1]).ends_with(&library("segfaults")));
        for file in refused {
            let why = file["reason"].as_str().unwrap();
            assert!(why.contains("in a process of its own, it crashed"), "{why}");
        }
        let offered = report["plugins"].as_array().unwrap();
        let strange = offered.iter().filter(|plugin| plugin["origin"] == "named");
        let names: Vec<_> = strange
            .map(|plugin| plugin["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["nonsense", "panics"]);
    };
    list();
    let verdicts = cache.path().join("segue").join("plugins");
    let verdicts = || verdicts.read_dir().map_or(0, Iterator::count);
    if cfg!(target_os = "linux") {
        assert_eq!(verdicts(), 4); // bundled ones are not tried
    }
    list();
    if cfg!(target_os = "linux") {
        assert_eq!(verdicts(), 4); // remembered
    }
}

#[test]
fn a_list_says_where_each_is_from_and_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join(library("good"));
    std::fs::copy(broken("good"), &named).unwrap();
    // Another plugin of that name, and one that is none.
    let others = folder.path().join("others");
    std::fs::create_dir(&others).unwrap();
    let mut bytes = std::fs::read(broken("good")).unwrap();
    bytes.extend_from_slice(b"another");
    std::fs::write(others.join(library("good")), bytes).unwrap();
    std::fs::write(others.join(library("song")), "la la la").unwrap();
    let list = |form: &[&str]| {
        let mut command = segue();
        command.env("SEGUE_PLUGIN_PATH", &others);
        command
            .args(["plugins", "list", "--plugin-path"])
            .arg(&named);
        start(command.args(form)).done(LIMIT).succeeded()
    };
    let report = list(&["--json"]).json();
    let offered = report["plugins"].as_array().unwrap();
    let good = offered.iter().find(|plugin| plugin["name"] == "good");
    assert_eq!(good.unwrap()["origin"], "named");
    let hidden = &report["hidden"][0];
    assert_eq!(hidden["plugin"]["origin"], "variable", "{report}");
    assert_eq!(hidden["by"], named.to_str().unwrap());
    assert_eq!(report["refused"][0]["origin"], "variable", "{report}");
    let text = list(&[]).text();
    for said in [
        "has this name, too, and is found first",
        "it is not a shared library at all",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

/// A new plugin in a folder of its own, and what else its user has.
struct Author {
    folder: TempDir,
    name: &'static str,
}

impl Author {
    fn new(name: &'static str, more: &[&str]) -> Self {
        let author = Self {
            folder: tempfile::tempdir().unwrap(),
            name,
        };
        let mut command = author.segue(&["plugin", "new", name]);
        start(command.args(more).current_dir(author.folder.path()))
            .done(LIMIT)
            .succeeded();
        author
    }

    fn plugin(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    fn segue(&self, arguments: &[&str]) -> Command {
        let mut command = segue();
        command.env("XDG_DATA_HOME", self.folder.path().join("data"));
        command.args(arguments);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.plugin());
        command.env("CARGO_TARGET_DIR", self.plugin().join("target"));
        start(&mut command).done(LIMIT).succeeded();
    }

    /// Installs it, and finds it in the table.
    fn installs(&self, file: &Path, compare: &[&str]) {
        let mut install = self.segue(&["plugin", "install"]);
        start(install.arg(file)).done(LIMIT).succeeded();
        let mut compare = self.segue(&[&["compare", "--json", "--runs", "2"], compare].concat());
        let report = start(&mut compare).done(LIMIT).succeeded().text();
        assert!(report.contains(self.name), "{report}");
    }
}

#[test]
fn a_new_plugin_in_rust_builds_passes_its_tests_and_gets_into_the_table() {
    for (name, kind, compare) in [
        ("my-policy", "policy", ["--policy", "my-policy"]),
        ("my-network", "network", ["--network", "my-network"]),
    ] {
        let author = Author::new(name, &["--kind", kind]);
        author.run(env!("CARGO"), &["test", "--offline"]);
        author.run(env!("CARGO"), &["build", "--offline"]);
        let file = author
            .plugin()
            .join("target")
            .join("debug")
            .join(library(name));
        author.installs(&file, &compare);
    }
}

#[cfg(unix)]
#[test]
fn a_new_plugin_in_c_builds_and_gets_into_the_table() {
    for (name, kind, compare) in [
        ("my-policy", "policy", ["--policy", "my-policy"]),
        ("my-network", "network", ["--network", "my-network"]),
    ] {
        let author = Author::new(name, &["--kind", kind, "--lang", "c"]);
        author.run("make", &["CFLAGS=-Werror -pedantic"]);
        author.installs(&author.plugin().join(library(name)), &compare);
    }
}

#[test]
fn a_new_plugin_replaces_nothing_and_needs_a_name() {
    let author = Author::new("mine", &[]);
    let mut again = author.segue(&["plugin", "new", "mine"]);
    start(again.current_dir(author.folder.path()))
        .done(LIMIT)
        .failed(2, &["mine is there already"]);
    for name in ["Mine", "a b", "../x", "1st", "x-"] {
        let mut command = author.segue(&["plugin", "new", name]);
        start(command.current_dir(author.folder.path()))
            .done(LIMIT)
            .failed(2, &["lower-case"]);
    }
}

#[test]
fn what_fails_a_check_is_not_installed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = segue();
    command.env("XDG_DATA_HOME", folder.path());
    command.args(["plugin", "install"]).arg(broken("nonsense"));
    let done = start(&mut command)
        .done(LIMIT)
        .failed(1, &["1 of its checks failed"]);
    assert!(done.text().contains("wishes"), "{}", done.text());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_policy_that_crashes_or_hangs_costs_its_own_row() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("short.toml");
    let text = "name = \"short\"\nabout = \"\"\nruns = 6\nseed = 7\n[track]\npackets = 300\n\
                [network]\nmodel = \"random-delay\"\nparams = { loss = 0.15 }\n[[seeders]]\n";
    std::fs::write(&scenario, text).unwrap();
    // Files that pass their trial, and then...
    let names = ["segfaults-late", "hangs-late", "good"];
    for name in names {
        std::fs::copy(broken(name), folder.path().join(library(name))).unwrap();
    }
    let policies = ["stop-1s", "segfaults-late", "hangs-late", "good"];
    let mut command = segue();
    command.args(["compare", "--json", "--patience", "5", "--scenario"]);
    command
        .arg(&scenario)
        .arg("--plugin-path")
        .arg(folder.path());
    for policy in policies {
        command.args(["--policy", policy]);
    }
    let out = folder.path().join("out");
    let done = start(command.arg("--out").arg(&out))
        .done(LIMIT)
        .succeeded();
    let report = done.json();
    let rows = report["policies"].as_array().unwrap();
    let faults = |row: usize| rows[row]["faults"].to_string();
    assert_eq!(rows.len(), 4, "{report}");
    if cfg!(unix) {
        let crashed = "a segmentation fault; again with --seed 7 --runs 5";
        assert!(faults(1).contains(crashed), "{}", faults(1));
        assert_eq!(rows[1]["faults"][0]["run"], 4, "{report}");
    }
    assert!(
        faults(2).contains("did not come back within 5 s"),
        "{}",
        faults(2)
    );
    for (row, unfinished) in [(0, 0), (1, 6), (2, 6), (3, 0)] {
        assert_eq!(rows[row]["unfinished"], unfinished, "{report}");
    }
    assert!(out.join("report.html").exists());
    // The runs before it are well.
    let mut command = segue();
    command.args(["compare", "--json", "--runs", "4", "--scenario"]);
    command
        .arg(&scenario)
        .arg("--plugin-path")
        .arg(folder.path());
    let done = start(command.args(["--policy", "segfaults-late"])).done(LIMIT);
    let report = done.succeeded().json();
    assert_eq!(report["policies"][0]["unfinished"], 0, "{report}");
}
