//! The paper's figures, against an independent model of its program: 28,000
//! packets, mean of 200 runs ± its 95 % interval.

use segue_lab::measure::Measure;
use segue_lab::results::Row;

use crate::plugins::{run, scenario};

const PACKETS: f64 = 28_000.0;

/// What the model found for a policy: mean and half of the interval of startup
/// seconds, stall seconds, packets left out.
type Model = [(f64, f64); 3];

/// Within 5 % or the model's interval, whichever is wider, on top of our own
/// interval.
fn agrees(row: &Row, model: Model) {
    assert_eq!(row.unfinished(), 0, "{}", row.entry.label);
    let names = ["startup_s", "stall_s", "missing_ratio"];
    for (name, (mean, half)) in names.into_iter().zip(model) {
        let measure = Measure::named(name).expect("a metric");
        let ours = row.summary(measure).expect("runs that ended");
        let scale = if name == "missing_ratio" {
            PACKETS
        } else {
            1.0
        };
        let (came, sure) = (ours.mean * scale, ours.half_width() * scale);
        let allowed = half.max(0.05 * mean) + sure;
        assert!(
            (came - mean).abs() <= allowed,
            "{}: {name} {came:.2} ± {sure:.2}, the model says {mean} ± {half}",
            row.entry.label,
        );
    }
}

fn figure(name: &str, models: &[Model]) {
    let mut scenario = scenario(name);
    scenario.runs = RUNS;
    let results = run(scenario, &[]);
    assert_eq!(results.rows.len(), models.len());
    for (row, model) in results.rows.iter().zip(models) {
        agrees(row, *model);
    }
}

/// Enough for the means; `segue compare --scenario paper-fig11` does 200.
const RUNS: u32 = 10;

#[test]
fn figure_9_is_as_the_model_says() {
    figure("paper-fig9", &[[(1.0, 0.0), (195.7, 0.3), (2807.0, 7.0)]]);
}

#[test]
fn figure_10_is_as_the_model_says() {
    figure(
        "paper-fig10",
        &[
            [(14.06, 0.03), (140.6, 0.7), (446.0, 12.0)],
            [(16.96, 0.26), (137.8, 0.7), (376.0, 11.0)],
            [(17.38, 0.31), (137.9, 0.8), (378.0, 11.0)],
        ],
    );
}

#[test]
fn figure_11_is_as_the_model_says() {
    figure(
        "paper-fig11",
        &[
            [(35.96, 0.05), (256.0, 0.7), (7154.0, 15.0)],
            [(75.02, 1.05), (221.9, 1.7), (5674.0, 13.0)],
            [(75.53, 1.02), (226.4, 1.9), (5674.0, 12.0)],
        ],
    );
}

#[test]
fn figure_12_is_as_the_model_says() {
    figure(
        "paper-fig12",
        &[
            [(561.25, 0.0), (0.0, 0.0), (1118.0, 5.0)],
            [(52.83, 0.37), (4.6, 0.6), (14_998.0, 75.0)],
            [(49.52, 0.40), (5.0, 0.6), (15_626.0, 81.0)],
        ],
    );
}
