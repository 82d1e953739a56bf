//! What the broken examples share: all but the one thing that is wrong with
//! each.
//!
//! They are in `broken/`, one file each, and show what `segue plugin check`
//! finds. Those in `good/` share nothing: they are there to be read and copied.
//! Nothing here is bundled with the program.

use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};

/// Streams from everybody, plays what is here, leaves out what is lost.
pub fn good(view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
    actions.stream_from_all(view);
    match view.next_here() {
        Some(packet) => Decision::SkipTo(packet),
        None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
        None => Decision::Hold,
    }
}

/// A policy with nothing wrong.
pub struct Good;

impl PlayoutPolicy for Good {
    const INFO: Info = Info::new("good", "1.0.0", "has nothing wrong");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }

    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
        good(view, actions)
    }
}

/// Exports a policy of this name and summary that decides so.
#[macro_export]
macro_rules! policy {
    ($name:literal, $summary:literal, $decide:expr) => {
        struct Broken;

        impl ::segue_policy::PlayoutPolicy for Broken {
            const INFO: ::segue_policy::Info = ::segue_policy::Info::new($name, "1.0.0", $summary);

            fn new(_values: &::segue_policy::Values<'_>, _seed: u64) -> Self {
                Self
            }

            fn decide(
                &mut self,
                view: &::segue_policy::View<'_>,
                actions: &mut ::segue_policy::Actions<'_>,
            ) -> ::segue_policy::Decision {
                type Decide = fn(
                    &::segue_policy::View<'_>,
                    &mut ::segue_policy::Actions<'_>,
                ) -> ::segue_policy::Decision;
                let decide: Decide = $decide;
                decide(view, actions)
            }
        }

        ::segue_policy::export_policy!(Broken);
    };
}

/// The policy shown in the README must compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
