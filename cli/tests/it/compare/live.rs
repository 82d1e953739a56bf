//! `segue compare --live`: real time and real sockets, the same losses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{LIMIT, run, segue, song, start};

/// A scenario of two paced seeders, in a folder.
fn scenario(folder: &Path, head: &str, network: &str, seeders: &str) -> String {
    let path = folder.join("live.toml");
    let text = format!("name = \"live\"\n{head}\n[network]\n{network}\n{seeders}");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const PACED: &str = "[[seeders]]\npace_ms = 20\navailability = 0.8\n";

/// What happened in the first run: time, event, packet, seeder (0: none).
fn timeline(out: &Path, policy: &str) -> Vec<(f64, String, u32, usize)> {
    let text = fs::read_to_string(out.join(format!("runs/live/{policy}.csv"))).unwrap();
    let event = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let seeder = cells[3].parse().unwrap_or(0);
        let (at, packet) = (cells[0].parse().unwrap(), cells[2].parse().unwrap());
        (at, cells[1].to_owned(), packet, seeder)
    };
    text.lines().skip(1).map(event).collect()
}

#[test]
fn run_k_meets_the_losses_of_the_simulators_run_k() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(
        folder.path(),
        "runs = 1\n[track]\npackets = 120",
        "model = \"random-delay\"\nparams = { loss = 0.3, rtt_s = 0.1 }\napplies_to = \"media\"",
        &PACED.repeat(2),
    );
    let seen = |more: &[&str], name: &str| {
        let out = folder.path().join(name);
        let to = ["--policy", "stop-1s", "--out", out.to_str().unwrap()];
        let arguments = [&["compare", "--scenario", &mine, "--json"], &to[..], more].concat();
        let found = run(&arguments).succeeded().json();
        assert_eq!(found["live"].as_bool().unwrap_or(false), name == "live");
        let events = timeline(&out, "stop-1s");
        // The last ones may come after the end.
        let of = |kind: &str, seeder: usize| -> Vec<u32> {
            let events = events.iter().filter(|e| e.1 == kind && e.3 == seeder);
            events.map(|e| e.2).filter(|&packet| packet < 90).collect()
        };
        let received: BTreeSet<u32> = of("received", 0).into_iter().collect();
        (of("sent", 1), of("sent", 2), received)
    };
    let (first, second, received) = seen(&[], "simulated");
    assert!(first.len() == 90 && (60..90).contains(&received.len()));
    assert_eq!(seen(&["--live"], "live"), (first, second, received));
}

#[test]
fn live_means_are_where_the_simulator_predicts_them() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(
        folder.path(),
        "[track]\npackets = 100",
        "model = \"random-delay\"\nparams = { loss = 0.3, rtt_s = 0.08 }",
        "[[seeders]]\nmax_rate = 100\n[[seeders]]\nmax_rate = 100\n",
    );
    let options = ["--runs", "12", "--threads", "6", "--json"];
    let policies = ["--policy", "buffered", "--policy", "random-recovery"];
    let live = ["--live", "--agreement"];
    let all = [
        &["compare", "--scenario", &mine],
        &options[..],
        &policies,
        &live,
    ]
    .concat();
    let found = run(&all).succeeded().json();
    let agreement = &found["agreement"];
    assert_eq!(agreement["live_runs"], 12);
    let metrics = agreement["metrics"].as_array().unwrap();
    assert!(metrics.len() > 25, "{agreement}");
    // A busy machine is late for a moment: that shows in one run of one policy.
    let differ: Vec<_> = metrics.iter().filter(|m| m["agrees"] == false).collect();
    assert!(differ.len() <= 2, "{differ:#?}");
    for metric in metrics.iter().filter(|m| m["metric"] == "overhead_ratio") {
        let (live, simulated) = (metric["live"].as_f64(), metric["simulated"].as_f64());
        assert!((live.unwrap() - simulated.unwrap()).abs() < 0.2, "{metric}");
    }
}

#[test]
fn seeders_join_die_and_have_networks_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (_kept, song) = song(3.0);
    let stays = "[[seeders]]\npace_ms = 10\n";
    let dies = "[[seeders]]\npace_ms = 20\nleave_s = 0.4\n";
    let joins = "[[seeders]]\npace_ms = 10\njoin_s = 1\n";
    let deaf = "[[seeders]]\npace_ms = 10\n\
                network = { model = \"random-delay\", params = { loss = 1 } }\n";
    let mine = scenario(
        folder.path(),
        &format!("runs = 1\n[track]\nfile = \"{}\"", song.display()),
        "applies_to = \"media\"",
        &[stays, dies, deaf, joins].concat(),
    );
    let out = folder.path().join("out");
    let to = ["--live", "--policy", "buffered", "--json", "--out"];
    let all = [
        &["compare", "--scenario", &mine],
        &to[..],
        &[out.to_str().unwrap()],
    ]
    .concat();
    let found = run(&all).succeeded().json();
    let metrics = &found["policies"][0]["metrics"];
    assert_eq!(metrics["missing_ratio"]["mean"], 0.0, "{metrics}");
    let events = timeline(&out, "buffered");
    let sent = |seeder| {
        events
            .iter()
            .filter(move |e| e.1 == "sent" && e.3 == seeder)
    };
    assert!(sent(2).count() > 5 && sent(2).count() < 60, "it died early");
    assert!(sent(3).count() > 50, "it sends, though nothing comes");
    let joined = sent(4).map(|event| event.0).fold(f64::INFINITY, f64::min);
    assert!(joined >= 1.0 && sent(4).count() > 5, "from {joined} s on");
    let came = |event: &&(f64, String, u32, usize)| event.1 == "received" || event.1 == "discarded";
    let passed = events.iter().filter(came).count();
    assert!(passed <= sent(1).count() + sent(2).count() + sent(4).count());
}

#[test]
fn stopped_it_shows_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let mine = scenario(
        folder.path(),
        "runs = 10000\n[track]\npackets = 10",
        "applies_to = \"media\"",
        PACED,
    );
    // Nothing tells from outside that a run is over: wait longer if none was.
    for seconds in [2, 8, 32] {
        let live = ["--live", "--threads", "4", "--policy", "buffered", "--json"];
        let running = start(segue().args(["compare", "--scenario", &mine]).args(live));
        std::thread::sleep(Duration::from_secs(seconds));
        running.child.signal("INT");
        let done = running.done(LIMIT).failed(1, &["stopped"]);
        if done.text().is_empty() {
            continue;
        }
        let found = done.json();
        let runs = found["runs"].as_u64().unwrap();
        assert!((1..10_000).contains(&runs), "{runs}");
        assert_eq!(found["policies"][0]["metrics"]["startup_s"]["n"], runs);
        return;
    }
    panic!("not one run in half a minute");
}

#[test]
fn what_cannot_be_done_live_is_refused() {
    run(&["compare", "--agreement"]).failed(2, &["--live"]);
    let heard = ["--live", "--listen", "stop-1s", "-o", "x.wav"];
    run(&[&["compare"], &heard[..]].concat()).failed(2, &["--listen", "cannot be used with"]);
    let (_kept, song) = song(1.0);
    let folder = tempfile::tempdir().unwrap();
    let head = format!("[track]\nfile = \"{}\"", song.display());
    let mine = scenario(folder.path(), &head, "applies_to = \"media\"", PACED);
    let cut = ["compare", "--scenario", &mine, "--length", "5"];
    run(&cut).failed(2, &["live plays a file"]);
}
