//! How a session went, for a person.

use segue_core::metrics::Metrics;
use segue_core::track::TrackInfo;

use crate::{live, print};

/// The metrics of a session as a table. `written_in_s` is how long it took where
/// the output does not keep time: there, startup and stalls are just waits for
/// the network, and only the whole matters.
pub fn table(track: &TrackInfo, metrics: &Metrics, written_in_s: Option<f64>) -> String {
    let mut table = print::table(&["metric", "value", "meaning"]);
    if let Some(seconds) = written_in_s {
        let value = format!("{seconds:.3} s");
        table.add_row(["written in", &value, "request to last frame"]);
    }
    for row in rows(track, metrics) {
        if written_in_s.is_none() || !OF_TIME.contains(&row[0].as_str()) {
            table.add_row(row);
        }
    }
    table.to_string()
}

/// What to call a track in a line: title and artist.
pub fn name(track: &TrackInfo) -> String {
    match track.artist.as_str() {
        "" => track.label().to_owned(),
        artist => format!("{} – {artist}", track.label()),
    }
}

/// How a track went, in a line: `missing` is the share that was left out of what it
/// came to; `took_s` the time that it took where the output keeps none.
pub fn line(played: &str, missing: f64, metrics: &Metrics, took_s: Option<f64>) -> String {
    let mut parts = vec![played.to_owned()];
    if let Some(took_s) = took_s {
        parts.push(format!("written in {took_s:.1} s"));
    } else {
        let startup = metrics.startup_s.filter(|startup| *startup >= 0.005);
        parts.extend(startup.map(|startup| format!("first sound after {startup:.2} s")));
        parts.push(live::stalls(metrics.stalls, metrics.stall_s));
    }
    parts.push(match missing {
        0.0 => "nothing missing".to_owned(),
        missing => format!("{:.2} % missing", missing * 100.0),
    });
    parts.join(", ")
}

/// Rows that mean something only where the output keeps time.
const OF_TIME: [&str; 6] = [
    "startup_s",
    "stalls",
    "stall_s",
    "longest_stall_s",
    "stall_ratio",
    "stall_score",
];

fn rows(track: &TrackInfo, m: &Metrics) -> Vec<[String; 3]> {
    let row =
        |name: &str, value: String, meaning: &str| [name.to_owned(), value, meaning.to_owned()];
    let percent = |ratio: f64| format!("{:.2} %", ratio * 100.0);
    let startup = m.startup_s.map_or("never".into(), |s| format!("{s:.3} s"));
    let muted = m.muted_s.map_or("-".into(), |s| format!("{s:.2} s"));
    vec![
        row("startup_s", startup, "request to first sound"),
        row("stalls", m.stalls.to_string(), "pauses after that"),
        row("stall_s", format!("{:.3} s", m.stall_s), "their total"),
        row(
            "longest_stall_s",
            format!("{:.3} s", m.longest_stall_s),
            "the longest",
        ),
        row(
            "stall_ratio",
            percent(m.stall_ratio),
            "of the listening time",
        ),
        row(
            "missing_ratio",
            percent(m.missing_ratio),
            match m.unfinished {
                true => "of the track not played; it was left before its end",
                false => "of the track never played",
            },
        ),
        row(
            "played_s",
            format!("{:.2} s", m.played_s),
            &format!("of {:.2} s", f64::from(track.packets) * track.packet_s()),
        ),
        row("muted_s", muted, "silenced by decoding after gaps"),
        row(
            "late_ratio",
            percent(m.late_ratio),
            "of packets came too late",
        ),
        row(
            "duplicate_ratio",
            percent(m.duplicate_ratio),
            "of packets came twice",
        ),
        row(
            "overhead_ratio",
            format!("{:.3}", m.overhead_ratio),
            "sent by all seeders, in tracks",
        ),
        row(
            "requests",
            m.requests.to_string(),
            &format!("for {} packets", m.packets_asked),
        ),
        row(
            "seeder_peak_queue",
            m.seeder_peak_queue.to_string(),
            "packets waiting at a seeder",
        ),
        row(
            "stall_score",
            format!("{:.2}", m.stall_score),
            "P.1203-style, stalls alone, 1 to 5",
        ),
    ]
}
