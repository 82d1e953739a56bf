//! The page as a whole.

use maud::{DOCTYPE, Markup, html};

use super::agreement::agreement;
use super::charts::{distributions, playbacks};
use super::style::STYLE;
use super::tables::{differences, main_table, more_table};
use super::{Chapter, Report};
use crate::chart::ChartError;
use crate::entry::{Entry, short_names};
use crate::results::Results;
use crate::scenario::{Scenario, Seeder, Track};

pub fn page(report: &Report<'_>) -> Result<Markup, ChartError> {
    let chapters = report.chapters.iter().map(chapter);
    let chapters: Vec<Markup> = chapters.collect::<Result<_, _>>()?;
    let names: Vec<&str> = report
        .chapters
        .iter()
        .map(|chapter| chapter.results.scenario.name.as_str())
        .collect();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Segue: " (names.join(", ")) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Playout policies compared" }
                    p.lead { (names.join(" · ")) }
                    p.made { "Made by " (report.program) " with" }
                    pre { (report.command) }
                }
                @if names.len() > 1 {
                    nav { @for name in &names { a href={ "#" (name) } { (name) } " " } }
                }
                @for chapter in &chapters { (chapter) }
                (reading())
            }
        }
    })
}

fn chapter(chapter: &Chapter) -> Result<Markup, ChartError> {
    let results = &chapter.results;
    let entries: Vec<Entry> = results.rows.iter().map(|row| row.entry.clone()).collect();
    let names = short_names(&entries);
    Ok(html! {
        section id=(results.scenario.name) {
            h2 { (results.scenario.name) }
            @if !results.scenario.about.is_empty() { p.lead { (results.scenario.about) } }
            (setting(results))
            h3 { "Results" }
            (main_table(results, &names))
            (differences(results, &names))
            (faults(chapter, &names))
            @if let Some(found) = &chapter.agreement { (agreement(found, &names)) }
            h3 { "Startup and stalls, all runs" }
            div.pair { (distributions(results, &names)?) }
            h3 { "Playback, first run" }
            p.note {
                "Packet number against time. A stall is shaded; what was discarded came \
                 late or twice."
            }
            (playbacks(chapter, &names)?)
            details { summary { "All metrics" } (more_table(results, &names)) }
            details {
                summary { "What was run, exactly" }
                table.plain {
                    tr { th { "scenario" } td { (results.scenario.name) " " code { (results.scenario.hash()) } } }
                    @for (entry, name) in entries.iter().zip(&names) {
                        tr {
                            th { (name) }
                            td {
                                code { (entry.label) } " · version "
                                (entry.policy.plugin().version()) " · "
                                code { (entry.policy.plugin().hash()) }
                            }
                        }
                    }
                }
            }
        }
    })
}

/// The scenario in words.
fn setting(results: &Results) -> Markup {
    let scenario = &results.scenario;
    let network: Vec<String> = scenario.network.iter().map(ToString::to_string).collect();
    html! {
        dl {
            dt { "Track" }
            dd {
                @match &scenario.track {
                    Track::Made { packets, packet_ms, packet_bytes } => {
                        (packets) " packets of " (packet_ms) " ms and " (packet_bytes) " bytes, "
                        (format!("{:.0} s", f64::from(*packets) * packet_ms / 1000.0))
                    }
                    Track::File(path) => { (path.display()) }
                }
            }
            dt { "Network" }
            dd {
                @if network.is_empty() { "perfect" } @else { code { (network.join(" + ")) } }
                @if scenario.applies_to == segue_core::network::AppliesTo::Media {
                    ", for media only: requests pass at once"
                }
            }
            dt { "Seeders" }
            dd { ul { @for seeder in seeders(scenario) { li { (seeder) } } } }
            dt { "Runs" }
            dd {
                @if results.runs() < scenario.runs { (results.runs()) " of " }
                (scenario.runs) " for each policy, seed " (scenario.seed)
                @if results.live { ", live: in real time, over this machine's sockets" }
            }
        }
    }
}

/// Each kind of seeder once, with how many there are.
fn seeders(scenario: &Scenario) -> Vec<String> {
    let groups = scenario.seeders.chunk_by(|a, b| a == b);
    let line = |group: &[Seeder]| match group.len() {
        1 => group[0].to_string(),
        more => format!("{more} × {}", group[0]),
    };
    groups.map(line).collect()
}

fn faults(chapter: &Chapter, names: &[String]) -> Markup {
    let rows = chapter.results.rows.iter().zip(names);
    html! {
        @if let Some((runs, latest_s)) = chapter.results.disturbed() {
            p.warning {
                "The machine was busy: in " (runs) " live runs the output was late, by up to "
                (format!("{:.0}", latest_s * 1000.0)) " ms; seeders and listeners were so, too."
            }
        }
        @for (row, name) in rows {
            @if row.unfinished() > 0 {
                p.warning {
                    b { (name) } ": " (row.unfinished()) " of " (row.outcomes.len())
                    " runs never ended; they are in no mean and no difference."
                }
            }
            @for (run, fault) in row.faults() {
                p.warning { b { (name) } ", first in run " (run) ": " (fault) }
            }
        }
    }
}

/// How the page is to be read.
fn reading() -> Markup {
    html! {
        footer {
            h3 { "How to read this" }
            p {
                "Means over all runs with 95 % confidence intervals (Student's t). Run k of \
                 every policy met the same losses and delays, so differences are taken run by \
                 run. " span.best { "Green" } " marks the best of a column, and those that do \
                 not differ from it significantly. Startup, stalls and missing frames belong \
                 together: one can always be had for another."
            }
            p {
                "The limit is the least startup with which any policy could have played the \
                 same losses without stall or gap, had every seeder sent at its cap and never \
                 in vain; it is known where seeders have a cap. The stall score is the \
                 stalling part of ITU-T P.1203.3 (2017), P.1203-style; it does not see what \
                 is missing."
            }
        }
    }
}
