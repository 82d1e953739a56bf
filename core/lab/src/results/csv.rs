//! Results as CSV: a line for each run of each policy, to be read by other
//! tools.

use std::io::Write;

use super::Results;
use crate::measure::MEASURES;

impl Results {
    /// Writes a header and a line for each run of each policy. Empty cells are
    /// metrics without a value.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write_csv(&self, out: impl Write) -> Result<(), csv::Error> {
        let mut csv = csv::Writer::from_writer(out);
        let names = MEASURES.iter().map(|measure| measure.name);
        let head = ["scenario", "policy", "run", "unfinished", "limit_s"];
        csv.write_record(head.into_iter().chain(names))?;
        for row in &self.rows {
            for (run, outcome) in row.outcomes.iter().enumerate() {
                let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
                let start = [
                    self.scenario.name.clone(),
                    row.entry.label.clone(),
                    run.to_string(),
                    outcome.metrics.unfinished.to_string(),
                    number(outcome.limit_s),
                ];
                let values = MEASURES.iter().map(|measure| number(measure.of(outcome)));
                csv.write_record(start.into_iter().chain(values))?;
            }
        }
        csv.flush()?;
        Ok(())
    }
}
