//! The charts of a page.

use maud::{Markup, PreEscaped, html};
use segue_core::time::Timestamp;

use super::Chapter;
use super::reasons::reasons;
use crate::chart::distribution::{self, Sample};
use crate::chart::{self, Chart, ChartError};
use crate::measure::Measure;
use crate::results::Results;

/// Distributions of startup and of stalls.
pub fn distributions(results: &Results, names: &[String]) -> Result<Markup, ChartError> {
    let startup = distribution(results, names, "startup_s", "Startup", "startup (s)")?;
    let stalls = distribution(results, names, "stall_s", "Stalls, in total", "stalls (s)")?;
    Ok(html! { (startup) (stalls) })
}

fn distribution(
    results: &Results,
    names: &[String],
    measure: &str,
    title: &str,
    axis: &str,
) -> Result<Markup, ChartError> {
    let Some(measure) = Measure::named(measure) else {
        return Ok(html! {});
    };
    let samples: Vec<_> = results
        .rows
        .iter()
        .zip(names)
        .map(|(row, name)| Sample {
            name,
            values: row.sample(measure),
        })
        .collect();
    let svg = distribution::to_svg(title, axis, &samples)?;
    Ok(html! { figure { (inline(&svg)) } })
}

/// The paper's chart for each policy's first run.
pub fn playbacks(chapter: &Chapter, names: &[String]) -> Result<Markup, ChartError> {
    let mut figures = Vec::new();
    for (record, name) in chapter.records.iter().zip(names) {
        let svg = chart::to_svg(&Chart {
            title: name,
            subtitle: &chapter.results.scenario.about,
            timeline: &record.timeline,
            track: &chapter.track,
            began: Timestamp::ZERO,
            end: record.end,
        })?;
        figures.push(html! { figure { (inline(&svg)) } (reasons(record, name)) });
    }
    Ok(html! { @for figure in &figures { (figure) } })
}

/// An SVG file as part of a page.
fn inline(svg: &str) -> PreEscaped<&str> {
    PreEscaped(svg.find("<svg").map_or(svg, |start| &svg[start..]))
}
