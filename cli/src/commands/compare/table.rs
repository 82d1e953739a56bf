//! The comparison as a table on the terminal.

use comfy_table::{Attribute, Cell, CellAlignment, Color, Table};
use segue_lab::agreement::Agreement;
use segue_lab::entry::{Entry, short_names};
use segue_lab::measure::{Better, Measure, Unit};
use segue_lab::report::{Chapter, few_measures};
use segue_lab::results::Results;

use crate::print;

/// A scenario's headline, its table, and what is to be said beside it.
pub fn text(chapter: &Chapter) -> String {
    let results = &chapter.results;
    let entries: Vec<Entry> = results.rows.iter().map(|row| row.entry.clone()).collect();
    let names = short_names(&entries);
    let scenario = &results.scenario;
    let mut parts = vec![
        format!(
            "{}: {} ({} {}runs, seed {})",
            scenario.name,
            scenario.about,
            results.runs(),
            if results.live { "live " } else { "" },
            scenario.seed
        ),
        String::new(),
        main(results, &names).to_string(),
    ];
    if results.rows.len() > 1 {
        parts.push(format!("\nMinus {}, run by run:", names[0]));
        parts.push(differences(results, &names).to_string());
    }
    parts.extend(remarks(results, &names));
    if let Some(found) = &chapter.agreement {
        parts.extend(agreement(found, &names));
    }
    parts.join("\n")
}

fn main(results: &Results, names: &[String]) -> Table {
    let measures = few_measures(results);
    let mut table = headed("policy", &measures);
    let best: Vec<_> = measures
        .iter()
        .map(|measure| results.best(measure))
        .collect();
    for (number, (row, name)) in results.rows.iter().zip(names).enumerate() {
        let values = measures.iter().zip(&best).map(|(measure, best)| {
            let text = row
                .summary(measure)
                .map(|summary| measure.unit.mean(&summary));
            match best.contains(&number) && results.rows.len() > 1 {
                true => good(&text.unwrap_or_default()),
                false => right(&text.unwrap_or_else(|| "-".into())),
            }
        });
        table.add_row(std::iter::once(Cell::new(name)).chain(values));
    }
    if let Some(limit) = results.limit() {
        let values = measures.iter().map(|measure| match measure.name {
            "startup_s" => right(&Unit::Seconds.mean(&limit)),
            _ => Cell::new(""),
        });
        table.add_row(std::iter::once(Cell::new("the limit")).chain(values));
    }
    table
}

fn differences(results: &Results, names: &[String]) -> Table {
    let mut measures = few_measures(results);
    measures.retain(|measure| measure.better != Better::Neither);
    let mut table = headed("policy", &measures);
    for (row, name) in results.rows.iter().zip(names).skip(1) {
        let values = measures.iter().map(|measure| {
            let difference = row.difference(&results.rows[0], measure);
            right(&difference.map_or("-".into(), |summary| measure.unit.mean(&summary)))
        });
        table.add_row(std::iter::once(Cell::new(name)).chain(values));
    }
    table
}

fn headed(first: &str, measures: &[&Measure]) -> Table {
    let mut table = print::table(&[first]);
    let head = |measure: &&Measure| match measure.unit.sign() {
        "" => measure.title(),
        unit => format!("{} {unit}", measure.title()),
    };
    let cells = measures.iter().map(|measure| right(&head(measure)));
    table.set_header(std::iter::once(Cell::new(first)).chain(cells));
    table
}

fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Marked by a star, and where colours are wanted by these, too.
fn good(text: &str) -> Cell {
    let cell = right(&format!("*{text}"));
    cell.fg(Color::Green).add_attribute(Attribute::Bold)
}

/// How many means are where they were predicted, and which ones are not.
fn agreement(found: &Agreement, names: &[String]) -> Vec<String> {
    let differ: Vec<_> = found.metrics.iter().filter(|one| !one.agrees).collect();
    let mut parts = vec![format!(
        "\n{} of {} live means are where {} simulated runs predict them.",
        found.metrics.len() - differ.len(),
        found.metrics.len(),
        found.simulated_runs,
    )];
    if !differ.is_empty() {
        let mut table = print::table(&["policy", "metric", "live", "simulated", "predicted", ""]);
        for one in differ {
            let value = |value: f64| match Measure::named(one.metric) {
                Some(measure) => measure.unit.value(value),
                None => value.to_string(),
            };
            let [low, high] = one.predicted.map(value);
            table.add_row([
                names[one.row].clone(),
                one.metric.to_owned(),
                value(one.live),
                value(one.simulated),
                format!("{low} to {high}"),
                "differs".to_owned(),
            ]);
        }
        parts.push(table.to_string());
    }
    parts
}

fn remarks(results: &Results, names: &[String]) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some((runs, latest_s)) = results.disturbed() {
        remarks.push(format!(
            "The machine was busy: in {runs} live runs the output was late, by up to {:.0} ms. \
             Fewer at a time (--threads) disturb each other less.",
            latest_s * 1000.0
        ));
    }
    for (row, name) in results.rows.iter().zip(names) {
        if row.unfinished() > 0 {
            remarks.push(format!(
                "{name}: {} of {} runs never ended; they are in no mean.",
                row.unfinished(),
                row.outcomes.len()
            ));
        }
        for (run, fault) in row.faults() {
            remarks.push(format!("{name}, first in run {run}: {fault}"));
        }
    }
    if results.rows.len() > 1 {
        remarks.push(
            "Means ± 95 % confidence. * best, or not significantly worse than the best.".into(),
        );
    }
    if !remarks.is_empty() {
        remarks.insert(0, String::new());
    }
    remarks
}
