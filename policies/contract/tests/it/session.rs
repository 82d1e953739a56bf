//! The small session that plugins are tested with.

use segue_policy::host::{Fault, Policy};
use segue_policy::testing::{Deed, S, Session};
use segue_policy::{Actions, Decision, Range, View};

/// Streams from all, and answers what the closure answers.
struct By<F>(F);

impl<F: FnMut(&View<'_>, &mut Actions<'_>) -> Decision + Send> Policy for By<F> {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        actions.stream_from_all(view);
        Ok(self.0(view, actions))
    }
}

/// Plays what is there, and skips what does not come.
fn skips(view: &View<'_>, _: &mut Actions<'_>) -> Decision {
    match view.next_here() {
        Some(packet) => Decision::SkipTo(packet),
        None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
        None => Decision::Hold,
    }
}

/// Asks for what the stream has passed by, and waits for it.
fn recovers(view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
    for seeder in view.seeders().filter(|seeder| seeder.outstanding() == 0) {
        let passed = match seeder.stream_ended() {
            true => 0..view.packets(),
            false => 0..seeder.stream_highest().unwrap_or(0),
        };
        let lost: Vec<u32> = view.missing(passed).take(64).collect();
        let ranges = Range::compress(&lost);
        if !ranges.is_empty() {
            actions.request(1, seeder.index(), &ranges, 0.0).unwrap();
        }
    }
    match view.is_here(view.playhead()) {
        true => Decision::Play,
        false => Decision::Hold,
    }
}

#[test]
fn without_loss_all_is_played_at_the_tracks_own_pace() {
    let heard = Session::new(500).play(&mut By(skips));
    assert!(heard.finished, "{heard}");
    assert_eq!((heard.played, heard.missing, heard.stalls), (500, 0, 0));
    assert_eq!(heard.startup_s, Some(0.02), "{heard}");
    assert!((heard.length_s - 10.02).abs() < 0.001, "{heard}");
}

#[test]
fn what_is_lost_is_missing_unless_it_is_asked_for() {
    let session = Session::new(1000).loss(0.1).seed(3);
    let heard = session.play(&mut By(skips));
    assert!(
        heard.finished && (60..140).contains(&heard.missing),
        "{heard}"
    );
    assert_eq!(heard.played + heard.missing, 1000);
    let heard = session.play(&mut By(recovers));
    assert!(heard.finished && heard.missing == 0, "{heard}");
    assert!(heard.requests > 10, "{}", heard.requests);
    assert_eq!(heard.refused, Vec::<String>::new());
}

#[test]
fn the_seed_alone_decides_what_is_lost() {
    let play = |seed| Session::new(300).loss(0.2).seed(seed).play(&mut By(skips));
    assert_eq!(play(1), play(1));
    assert_ne!(play(1).deeds, play(2).deeds);
}

#[test]
fn who_only_waits_never_ends() {
    let heard = Session::new(100).play(&mut By(|_: &View<'_>, _: &mut Actions<'_>| Decision::Hold));
    assert!(!heard.finished && heard.played == 0, "{heard}");
}

#[test]
fn nonsense_is_refused_and_told() {
    let mut asked = false;
    let odd = |view: &View<'_>, actions: &mut Actions<'_>| {
        if !std::mem::replace(&mut asked, true) {
            actions.stream(7, 0, 0.0).unwrap_err();
            actions
                .request(1, 0, &[Range::new(90, 11)], 0.0)
                .unwrap_err();
            return Decision::Play;
        }
        skips(view, actions)
    };
    let heard = Session::new(100).play(&mut By(odd));
    assert_eq!(heard.refused.len(), 3, "{:?}", heard.refused);
    assert!(heard.refused[0].contains("seeder 7"), "{:?}", heard.refused);
    assert!(
        heard.refused[2].contains("not possible"),
        "{:?}",
        heard.refused
    );
    assert!(heard.finished, "{heard}");
}

#[test]
fn a_wake_up_comes_when_it_was_asked_for() {
    let mut woken = Vec::new();
    let sleepy = |view: &View<'_>, actions: &mut Actions<'_>| {
        woken.push(view.now_ns());
        if view.now_ns() == 0 {
            actions.wake_at(S / 1000 * 5);
        }
        skips(view, actions)
    };
    let heard = Session::new(10).play(&mut By(sleepy));
    assert_eq!(woken[..2], [0, S / 1000 * 5]);
    assert!(heard.deeds.contains(&(0, Deed::Wake(S / 1000 * 5))));
}
