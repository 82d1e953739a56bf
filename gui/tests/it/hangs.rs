//! A policy that does not come back from a decision.

use crate::screen::Picture;
use crate::stage::{ACCENT, ROW, Stage, bundled};

/// The button beside what is said of it.
const AGAIN: (u16, u16) = (800, 617);

#[test]
fn the_window_stays_usable_when_a_policy_hangs_and_starts_again_with_another() {
    let Some(stage) = Stage::set("output = 'null'") else {
        return;
    };
    stage.see_track();
    stage.drop_in("broken_hangs_late");
    let mut policies = bundled();
    policies.push("hangs-late".to_owned());
    policies.sort();
    let place = |name: &str| policies.iter().position(|policy| policy == name).unwrap();
    stage.choose_policy(place("hangs-late"));
    stage.until("choice of the policy", || {
        stage.settings().contains("policy = \"hangs-late\"")
    });
    stage.screen.click(ROW, 2);

    // It is said, and all can be clicked.
    let corner = (AGAIN.0 - 30, AGAIN.1 - 12);
    let asks = |picture: &Picture| picture.count(corner, (60, 24), ACCENT) > 500;
    stage.see("word of the policy that hangs", asks);
    stage.photograph("hangs");
    stage.choose_policy(place("buffered"));
    stage.until("choice of another one", || {
        stage.settings().contains("policy = \"buffered\"")
    });

    // Once started again, it plays.
    stage.screen.click(AGAIN, 1);
    stage.see("window without that word", |picture| !asks(picture));
    stage.see_track();
    stage.screen.click(ROW, 2);
    stage.until("session of the other one that goes on", || {
        let mut sessions = stage.sessions().into_iter();
        sessions.any(|log| log.contains("buffered") && log.lines().count() > 500)
    });
}
