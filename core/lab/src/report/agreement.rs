//! The table that holds live runs against simulated ones.

use maud::{Markup, html};

use crate::agreement::{Agreement, Compared, RESOLUTION_S};
use crate::measure::Measure;

pub fn agreement(agreement: &Agreement, names: &[String]) -> Markup {
    let all: Vec<&Compared> = agreement.metrics.iter().collect();
    let differ: Vec<&Compared> = all.iter().filter(|one| !one.agrees).copied().collect();
    html! {
        h3 { "Live and simulated" }
        p {
            (all.len() - differ.len()) " of " (all.len()) " means of " (agreement.live_runs)
            " live runs lie where " (agreement.simulated_runs) " simulated runs with other losses \
            predict them, on a machine that was late when this one was: each within its " (format!("{:.3}", agreement.level * 100.0))
            " % prediction interval, so that one of them is outside by chance in one of a hundred \
            such comparisons. Times have " (format!("{:.0}", RESOLUTION_S * 1000.0))
            " ms more, for the system that wakes the threads."
        }
        @if !differ.is_empty() { p { "These differ:" } (table(&differ, names)) }
        details { summary { "All metrics, live and predicted" } (table(&all, names)) }
    }
}

fn table(metrics: &[&Compared], names: &[String]) -> Markup {
    let is_new = |number: usize| number == 0 || metrics[number - 1].row != metrics[number].row;
    html! {
        div.scroll { table.named {
            thead { tr {
                th { "policy" } th { "metric" } th { "live" } th { "simulated" }
                th { "predicted from" } th { "to" } th {}
            } }
            tbody {
                @for (number, one) in metrics.iter().enumerate() {
                    tr {
                        td { @if is_new(number) { (names.get(one.row).map_or("", String::as_str)) } }
                        td { (one.metric) }
                        @for value in [one.live, one.simulated, one.predicted[0], one.predicted[1]] {
                            td { (written(one.metric, value)) }
                        }
                        td.warning[!one.agrees] { @if one.agrees { "agrees" } @else { "differs" } }
                    }
                }
            }
        } }
    }
}

fn written(metric: &str, value: f64) -> String {
    Measure::named(metric).map_or(String::new(), |measure| {
        let sign = measure.unit.sign();
        format!("{} {sign}", measure.unit.value(value))
            .trim_end()
            .to_owned()
    })
}
