//! Why a policy held, asked and skipped: what it said in the run that the chart
//! shows, and when that run was silent.

use maud::{Markup, html};
use segue_core::time::Timestamp;

use crate::run::Record;

/// Lines that a page has room for.
const MOST: usize = 60;

/// The decisions of a run, folded away.
pub fn reasons(record: &Record, name: &str) -> Markup {
    let said = record.reasons.len();
    let lines = lines(record);
    html! {
        details.why {
            summary {
                "Decisions of " (name)
                @match said { 0 => ": it tells none", 1 => ": 1 line", more => { ": " (more) " lines" } }
            }
            @if lines.is_empty() {
                p.note { "It neither stalled nor said anything." }
            } @else {
                table.plain {
                    @for line in lines.iter().take(MOST) {
                        tr {
                            th { (format!("{:.2} s", line.at.as_secs_f64())) }
                            td.silence[line.is_silence] { (line.text) }
                        }
                    }
                }
            }
            @if lines.len() > MOST {
                p.note {
                    "And " (lines.len() - MOST) " more; all are in the session log, which "
                    code { "segue compare --out DIR --log" } " writes."
                }
            }
        }
    }
}

/// Something that was said or happened.
struct Told {
    at: Timestamp,
    text: String,
    is_silence: bool,
}

/// What was said, and the silences, in order of time.
fn lines(record: &Record) -> Vec<Told> {
    let said = record.reasons.iter().map(|(at, text)| Told {
        at: *at,
        text: text.clone(),
        is_silence: false,
    });
    let start = record.outcome.metrics.startup_s;
    let start = start.filter(|&s| s > 0.0).map(|s| (Timestamp::ZERO, s));
    let stalls = record.timeline.stalls.iter();
    let stalls = stalls.map(|&(from, to)| (from, to.since(from).as_secs_f64()));
    let silences = start.into_iter().chain(stalls).map(|(at, seconds)| Told {
        at,
        text: match at {
            Timestamp::ZERO => format!("waits {seconds:.2} s for the first frame"),
            _ => format!("stalls for {seconds:.2} s"),
        },
        is_silence: true,
    });
    let mut lines: Vec<Told> = silences.chain(said).collect();
    lines.sort_by_key(|line| line.at);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_stands_beside_the_silence_that_it_explains() {
        let at = Timestamp::from_secs_f64;
        let mut record = Record {
            reasons: vec![(at(0.5), "<b>waits".into()), (at(9.0), "holds".into())],
            ..Record::default()
        };
        record.outcome.metrics.startup_s = Some(1.25);
        record.timeline.stalls = vec![(at(8.0), at(8.5))];
        let page = reasons(&record, "mine").into_string();
        let order = [
            "waits 1.25 s",
            "&lt;b&gt;waits",
            "stalls for 0.50 s",
            "holds",
        ];
        let places = order.map(|text| page.find(text).expect(text));
        assert!(places.is_sorted(), "{page}");
        record.reasons = (0..100).map(|i| (at(f64::from(i)), "x".into())).collect();
        let page = reasons(&record, "mine").into_string();
        assert!(page.contains("And 42 more"), "{page}");
    }
}
