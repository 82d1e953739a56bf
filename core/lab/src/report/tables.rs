//! The tables of a page.

use maud::{Markup, html};

use crate::measure::{Better, Measure, Unit};
use crate::results::{Results, Row};
use crate::statistics::Summary;

/// What a terminal has room for.
const NARROW: [&str; 7] = [
    "startup_s",
    "stalls",
    "stall_s",
    "missing_ratio",
    "overhead_ratio",
    "stall_score",
    "vs_limit",
];

/// What belongs into every table: how long until it plays, how often and how
/// long it stops, what is never heard, and at what price.
const MAIN: [&str; 9] = [
    "startup_s",
    "stalls",
    "stall_s",
    "longest_stall_s",
    "missing_ratio",
    "duplicate_ratio",
    "overhead_ratio",
    "stall_score",
    "vs_limit",
];

/// The most telling metrics that have a value here.
pub fn main_measures(results: &Results) -> Vec<&'static Measure> {
    known(results, &MAIN)
}

/// The same, as many as a terminal has room for.
pub fn few_measures(results: &Results) -> Vec<&'static Measure> {
    known(results, &NARROW)
}

fn known(results: &Results, names: &[&str]) -> Vec<&'static Measure> {
    let known = results
        .measures()
        .filter(|measure| names.contains(&measure.name));
    known.collect()
}

pub fn main_table(results: &Results, names: &[String]) -> Markup {
    table(results, names, &main_measures(results))
}

/// Every metric, policies side by side.
pub fn more_table(results: &Results, names: &[String]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "metric" } @for name in names { th { (name) } } } }
            tbody {
                @for measure in results.measures() {
                    tr {
                        td title=(measure.meaning) { (measure.name) }
                        @for row in &results.rows { td { (cell(row, measure)) } }
                    }
                }
            }
        } }
    }
}

fn table(results: &Results, names: &[String], measures: &[&'static Measure]) -> Markup {
    let best: Vec<Vec<usize>> = measures.iter().map(|m| results.best(m)).collect();
    let alone = results.rows.len() < 2;
    html! {
        div.scroll { table {
            thead { tr {
                th { "policy" }
                @for measure in measures { th title=(measure.meaning) { (head(measure)) } }
            } }
            tbody {
                @for (number, (row, name)) in results.rows.iter().zip(names).enumerate() {
                    tr {
                        td { (name) }
                        @for (measure, best) in measures.iter().zip(&best) {
                            td.best[!alone && best.contains(&number)] { (cell(row, measure)) }
                        }
                    }
                }
                @if let Some(limit) = results.limit() {
                    tr.limit {
                        td { "the limit" }
                        @for measure in measures {
                            td { @if measure.name == "startup_s" { (mean(Unit::Seconds, &limit)) } }
                        }
                    }
                }
            }
        } }
    }
}

/// Each policy minus the first one, run by run.
pub fn differences(results: &Results, names: &[String]) -> Markup {
    let (Some(first), [first_name, others @ ..]) = (results.rows.first(), names) else {
        return html! {};
    };
    if others.is_empty() {
        return html! {};
    }
    let measures: Vec<_> = main_measures(results)
        .into_iter()
        .filter(|measure| measure.better != Better::Neither)
        .collect();
    html! {
        h3 { "Differences from " (first_name) ", run by run" }
        div.scroll { table {
            thead { tr {
                th { "policy" }
                @for measure in &measures { th { (head(measure)) } }
            } }
            tbody {
                @for (row, name) in results.rows.iter().skip(1).zip(others) {
                    tr {
                        td { (name) }
                        @for measure in &measures {
                            td {
                                @match row.difference(first, measure) {
                                    Some(summary) => (mean(measure.unit, &summary)),
                                    None => "–",
                                }
                            }
                        }
                    }
                }
            }
        } }
    }
}

/// A metric's name in words, with its unit.
fn head(measure: &Measure) -> Markup {
    html! { (measure.title()) @if !measure.unit.sign().is_empty() { span.unit { (measure.unit.sign()) } } }
}

fn cell(row: &Row, measure: &Measure) -> Markup {
    match row.summary(measure) {
        Some(summary) => mean(measure.unit, &summary),
        None => html! { "–" },
    }
}

fn mean(unit: Unit, summary: &Summary) -> Markup {
    let text = unit.mean(summary).replace('-', "−");
    match text.split_once(" ± ") {
        Some((mean, half)) => html! { (mean) span.pm { " ± " (half) } },
        None => html! { (text) },
    }
}
