//! The table that holds live runs against simulated ones.

use maud::{Markup, html};

use crate::agreement::{Agreement, RESOLUTION_S};
use crate::measure::Measure;

pub fn agreement(agreement: &Agreement, names: &[String]) -> Markup {
    let all = agreement.metrics.len();
    let within = agreement.metrics.iter().filter(|one| one.agrees).count();
    html! {
        h3 { "Live and simulated" }
        p {
            (within) " of " (all) " means of " (agreement.live_runs) " live runs lie where "
            (agreement.simulated_runs) " simulated runs with other losses predict them: each within its "
            (format!("{:.3}", agreement.level * 100.0)) " % prediction interval, so that by chance one of "
            "them is outside in one of a hundred such tables. Times have "
            (format!("{:.0}", RESOLUTION_S * 1000.0)) " ms more for the system that wakes the threads."
        }
        details open[within < all] {
            summary { "All metrics, live and predicted" }
            div.scroll { table {
                thead { tr {
                    th { "policy" } th { "metric" } th { "live" } th { "simulated" }
                    th { "predicted from" } th { "to" } th {}
                } }
                tbody {
                    @for one in &agreement.metrics {
                        tr {
                            td { (names.get(one.row).map_or("", String::as_str)) }
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
}

fn written(metric: &str, value: f64) -> String {
    Measure::named(metric).map_or(String::new(), |measure| {
        let sign = measure.unit.sign();
        format!("{} {sign}", measure.unit.value(value))
            .trim_end()
            .to_owned()
    })
}
