//! The straight list of checks that the host does when it loads a plugin.

use std::path::Path;

use segue_policy_host::{Plugin, Reason};

use crate::Verdict;

/// What a reason of the host is about, in the order of its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Library,
    Symbol,
    Version,
    Sizes,
    Functions,
    Description,
    Defaults,
}

/// A reason that is not this step's says nothing against it: the suite asks
/// the steps in order, and nothing after the first that fails.
pub fn check(path: &Path, step: Step) -> Verdict {
    match Plugin::load(path) {
        Err(error) if self::step(&error.reason) == step => {
            Verdict::Failed(error.reason.to_string())
        }
        _ => Verdict::Passed,
    }
}

fn step(reason: &Reason) -> Step {
    match reason {
        Reason::NoSymbol | Reason::NullEntry => Step::Symbol,
        Reason::Version { .. } => Step::Version,
        Reason::TooSmall { .. } => Step::Sizes,
        Reason::NoInterface | Reason::MissingFunction(_) | Reason::BadPointer(_) => Step::Functions,
        Reason::Description(_) | Reason::Parameter { .. } => Step::Description,
        Reason::Trial(_) => Step::Defaults,
        _ => Step::Library,
    }
}
