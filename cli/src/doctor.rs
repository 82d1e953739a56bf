//! Finding out what is wrong, and saying what to do.
//!
//! A [`Check`] looks at one part of the machine and tells [`Finding`]s. All run
//! at once, each with its own time limit, so that the doctor never hangs.

pub mod clock;
mod firewall;
pub mod library;
pub mod network;
pub mod plugins;
pub mod settings;
pub mod sound;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// Segue works, but not as well as it could.
    Warning,
    /// Something does not work.
    Problem,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    pub fn ok(text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            text: text.into(),
            remedy: None,
        }
    }

    pub fn warning(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warning,
            text: text.into(),
            remedy: Some(remedy.into()),
        }
    }

    pub fn problem(text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Problem,
            text: text.into(),
            remedy: Some(remedy.into()),
        }
    }
}

/// A look at one part of the machine.
pub struct Check {
    pub about: &'static str,
    limit: Duration,
    look: Box<dyn FnOnce() -> Vec<Finding> + Send>,
}

impl Check {
    pub fn new(
        about: &'static str,
        limit: Duration,
        look: impl FnOnce() -> Vec<Finding> + Send + 'static,
    ) -> Self {
        Self {
            about,
            limit,
            look: Box::new(look),
        }
    }
}

/// Runs all checks at once; `tell` hears of each in their order, as soon as it
/// and those before it have ended.
pub fn examine(checks: Vec<Check>, mut tell: impl FnMut(&'static str, Vec<Finding>)) {
    let begun = Instant::now();
    let running: Vec<_> = checks
        .into_iter()
        .map(|Check { about, limit, look }| {
            let (answer, findings) = mpsc::channel();
            // One that hangs is left behind: it ends with the program.
            thread::spawn(move || {
                let _ = answer.send(look());
            });
            (about, limit, findings)
        })
        .collect();
    for (about, limit, findings) in running {
        let left = limit.saturating_sub(begun.elapsed());
        let findings = findings.recv_timeout(left).unwrap_or_else(|failed| {
            vec![match failed {
                mpsc::RecvTimeoutError::Timeout => Finding::problem(
                    format!("no answer within {} s", limit.as_secs()),
                    "The system hangs there: look at its log, or restart that part of it",
                ),
                mpsc::RecvTimeoutError::Disconnected => Finding::problem(
                    "this check failed by itself",
                    "Please report this, with what `segue -vv doctor` says",
                ),
            }]
        });
        tell(about, findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(checks: Vec<Check>) -> Vec<(&'static str, Verdict, String)> {
        let mut told = Vec::new();
        examine(checks, |about, findings| {
            told.extend(findings.into_iter().map(|f| (about, f.verdict, f.text)));
        });
        told
    }

    #[test]
    fn what_hangs_or_fails_is_told_and_the_rest_is_not_lost() {
        let long = Duration::from_secs(60);
        let (_never, waits) = mpsc::channel::<()>();
        let told = all(vec![
            Check::new("a", Duration::from_millis(20), move || {
                let _ = waits.recv();
                Vec::new()
            }),
            Check::new("b", long, || vec![Finding::ok("fine")]),
            Check::new("c", long, || std::panic::resume_unwind(Box::new(()))),
        ]);
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!((told[0].0, told[0].1), ("a", Verdict::Problem));
        assert!(told[0].2.contains("no answer"), "{told:?}");
        assert_eq!(told[1], ("b", Verdict::Ok, "fine".to_owned()));
        assert_eq!((told[2].0, told[2].1), ("c", Verdict::Problem));
    }
}
