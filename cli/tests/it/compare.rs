//! `segue compare`, `scenarios` and `plot`.

mod live;

use std::fs;
use std::path::Path;

use crate::support::{LIMIT, run, segue, song, start};
use crate::tools;

/// A short scenario of a user's own, in a folder.
fn scenario(folder: &Path) -> String {
    let path = folder.join("mine.toml");
    let text = "name = \"mine\"\nabout = \"a short one\"\nruns = 8\n\
                [track]\npackets = 400\n\
                [network]\nmodel = \"random-delay\"\nparams = { loss = 0.2, rtt_s = 0.05 }\n\
                [[seeders]]\nmax_rate = 200\n[[seeders]]\nmax_rate = 200\n";
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_sweep_is_a_table_with_the_limit_as_its_last_row() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(folder.path());
    let policy = "sequential-recovery:buffer=0.1|0.2";
    let done = run(&["compare", "--scenario", &mine, "--policy", policy]).succeeded();
    let text = done.text();
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(" ± ")).collect();
    assert!(
        rows[0].starts_with(" sequential-recovery:buffer=0.1 "),
        "{text}"
    );
    assert!(
        rows[1].starts_with(" sequential-recovery:buffer=0.2 "),
        "{text}"
    );
    assert!(rows[2].starts_with(" the limit "), "{text}");
    assert!(
        text.contains("Minus sequential-recovery:buffer=0.1, run by run"),
        "{text}"
    );
}

#[test]
fn json_has_every_metric_with_interval_and_quantiles() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(folder.path());
    let both = [
        "--policy",
        "stop-1s",
        "--policy",
        "random-recovery:gaps=refill",
    ];
    let arguments = [&["compare", "--scenario", &mine, "--json"], &both[..]].concat();
    let found = run(&arguments).succeeded().json();
    assert_eq!((&found["runs"], &found["seed"]), (&8.into(), &1.into()));
    assert_eq!(found["scenario"]["name"], "mine");
    let [stop, random] = &found["policies"].as_array().unwrap()[..] else {
        panic!("{found}");
    };
    assert_eq!(stop["policy"], "stop-1s");
    assert_eq!(random["params"]["gaps"], "refill");
    for metric in [
        "startup_s",
        "stall_s",
        "missing_ratio",
        "overhead_ratio",
        "requests",
    ] {
        for key in ["mean", "median", "p5", "p95", "min", "max"] {
            assert!(random["metrics"][metric][key].is_number(), "{metric} {key}");
        }
        assert_eq!(
            random["metrics"][metric]["ci95"].as_array().unwrap().len(),
            2
        );
    }
    assert!(random["metrics"]["vs_limit"]["min"].as_f64().unwrap() >= 1.0);
    assert!(found["limit"]["startup_s"]["mean"].as_f64().unwrap() > 0.05);
}

#[test]
fn out_is_a_folder_that_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(folder.path());
    let out = folder.path().join("out");
    let to = out.to_str().unwrap();
    run(&[
        "compare",
        "--scenario",
        &mine,
        "--policy",
        "buffered",
        "--out",
        to,
        "--log",
    ])
    .succeeded();
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("<svg") && html.contains("segue compare --scenario"));
    assert!(
        !html.contains("<script") && !html.contains(" src="),
        "self-contained"
    );
    let csv = fs::read_to_string(out.join("results.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 8);
    let json = fs::read(out.join("results.json")).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
    let timeline = fs::read_to_string(out.join("runs/mine/buffered.csv")).unwrap();
    assert!(timeline.starts_with("time_s,event,packet,seeder\n"));
    // The log that was written is one that can be drawn: as the run itself was.
    let log = out.join("runs/mine/buffered.log");
    let drawn = folder.path().join("drawn.svg");
    let arguments = ["plot", log.to_str().unwrap(), "-o", drawn.to_str().unwrap()];
    run(&arguments).succeeded();
    assert!(
        fs::read_to_string(drawn)
            .unwrap()
            .contains("sent by seeder 2")
    );
}

#[test]
fn what_is_heard_of_a_run_has_its_waits_as_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (_kept, song) = song(3.0);
    let mine = scenario(folder.path());
    let wav = folder.path().join("heard.wav");
    let track = song.to_str().unwrap();
    // Waits a second at first, then plays on whatever is missing.
    let arguments = [
        "compare",
        "--scenario",
        &mine,
        "--track",
        track,
        "--listen",
        "stop-1s",
    ];
    start(segue().args(arguments).arg("-o").arg(&wav))
        .done(LIMIT)
        .succeeded();
    let heard = tools::read_wav(&wav);
    let silent = heard
        .iter()
        .take_while(|sample| sample.abs() < 1e-3)
        .count();
    let frames = silent as f64 / 2.0 / 44_100.0;
    assert!((1.0..1.2).contains(&frames), "{frames} s of silence first");
    assert!(heard.len() as f64 / 2.0 / 44_100.0 > 3.0, "then the song");
}

#[test]
fn a_trace_is_named_from_the_scenarios_folder() {
    let folder = tempfile::tempdir().unwrap();
    let trace = "time_s,delay_ms,loss,rate_kbps\n0,123,0,0\n";
    fs::create_dir(folder.path().join("traces")).unwrap();
    fs::write(folder.path().join("traces/far.csv"), trace).unwrap();
    let path = folder.path().join("traced.toml");
    let text = "name = \"traced\"\nruns = 2\n[track]\npackets = 50\n\
                [network]\nmodel = \"trace:file=traces/far.csv\"\n[[seeders]]\n";
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    // The program runs elsewhere.
    let arguments = [
        "compare",
        "--scenario",
        path,
        "--policy",
        "buffered",
        "--json",
    ];
    let found = run(&arguments).succeeded().json();
    let startup = &found["policies"][0]["metrics"]["startup_s"]["min"];
    assert!(startup.as_f64().unwrap() >= 0.246, "{startup}");
    fs::remove_file(folder.path().join("traces/far.csv")).unwrap();
    run(&arguments).failed(2, &["traces/far.csv"]);
}

#[test]
fn a_limit_of_next_to_nothing_is_no_measure() {
    let scenario = ["compare", "--scenario", "g1050-lan-a", "--length", "5"];
    let options = ["--runs", "3", "--policy", "buffered", "--json"];
    let found = run(&[&scenario[..], &options].concat()).succeeded().json();
    assert!(found["limit"]["startup_s"]["mean"].as_f64().unwrap() < 0.026);
    let metrics = found["policies"][0]["metrics"].as_object().unwrap();
    assert!(metrics["vs_limit"].is_null(), "{metrics:?}");
    assert!(metrics.contains_key("vs_limit"));
}

#[test]
fn the_report_says_why_it_waited() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(folder.path());
    let out = folder.path().join("out");
    let options = ["--policy", "deadline", "--out", out.to_str().unwrap()];
    run(&[&["compare", "--scenario", &mine], &options[..]].concat()).succeeded();
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("Decisions of deadline"), "no reasons");
    assert!(html.contains("plays from packet 0"), "no reason to start");
}

#[test]
fn what_is_wrong_is_shown_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    fs::write(&path, "name = \"x\"\n[track]\npackets = 0\n[[seeders]]\n").unwrap();
    let path = path.to_str().unwrap();
    run(&["compare", "--scenario", path]).failed(2, &["wrong.toml:3:11", "packets is 0"]);
    run(&["compare", "--scenario", "nosuch"]).failed(2, &["`segue scenarios` lists"]);
    run(&["compare", "--policy", "nosuch"]).failed(2, &["nosuch"]);
    run(&["compare", "--policy", "buffered:bufer=1"]).failed(2, &["did you mean `buffer`"]);
    let heard = ["--listen", "stop-1s", "-o", "x.wav"];
    run(&[&["compare"], &heard[..]].concat()).failed(2, &["--track FILE.mp3"]);
    run(&["plot", path]).failed(1, &["line 1 is not a line of a session log"]);
}

#[test]
fn the_scenarios_that_come_along_are_listed_and_shown() {
    let listed = run(&["scenarios"]).succeeded().text();
    for name in [
        "paper-fig8",
        "paper-fig12",
        "wifi-bad",
        "bursts-long",
        "g1050-lan-h",
    ] {
        assert!(listed.contains(name), "{listed}");
    }
    let shown = run(&["scenarios", "show", "seeder-dies"])
        .succeeded()
        .text();
    assert!(shown.contains("leave_s = 120"), "{shown}");
}
