//! The pages of the laboratory, as they are clicked through.

use iced_test::selector::id;

use super::*;

/// A window in which nothing needs to be scrolled.
const HIGH: iced::Size = iced::Size::new(1080.0, 1600.0);

/// Clicks on something that is low on its page.
fn click_low<S>(app: &mut App, what: S)
where
    S: Selector + Send,
    S::Output: Bounded + Clone + Send + Sync + 'static,
{
    click_in(app, HIGH, what);
}

fn sees(app: &App, what: &str) -> bool {
    let mut window = Simulator::with_size(iced::Settings::default(), HIGH, app.view());
    window.find(what).is_ok()
}

#[test]
fn what_plays_is_seen_packet_by_packet_and_can_be_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    click(&mut app, "Now playing");
    assert!(sees(&app, "Nothing plays yet"));
    let _ = app.update(Message::Library(library::Message::Demo));
    until(&mut app, |app| app.bar.progress.position_s > 0.5);
    for seen in ["Peers", "received", "played", "packets/s"] {
        assert!(sees(&app, seen), "{seen}");
    }
    for (button, ending) in [
        ("Save PNG", "png"),
        ("Save SVG", "svg"),
        ("Save log", "jsonl"),
    ] {
        click(&mut app, button);
        let saved = folder
            .path()
            .join(format!("Segue Prelude in C major, BWV 846.{ending}"));
        let notices = desk(&app).notices.texts().join("; ");
        assert!(saved.is_file(), "{ending}: {notices}");
    }
    let log = std::fs::read_to_string(
        folder
            .path()
            .join("Segue Prelude in C major, BWV 846.jsonl"),
    );
    let lines: Vec<String> = log.unwrap().lines().map(str::to_owned).collect();
    assert!(lines.len() > 20);
    for line in lines {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
}

#[test]
fn policies_are_compared_seen_exported_and_heard() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    click(&mut app, "Compare");
    assert!(sees(&app, "Which policy on this network?"));
    // All but two are left out.
    for policy in ["deadline", "random-recovery", "sequential-recovery"] {
        click(&mut app, policy);
    }
    let ask = |message| Message::Compare(message);
    let _ = app.update(ask(compare::Message::Runs("3".into())));
    let _ = app.update(ask(compare::Message::Music(compare::Music::Demo)));
    click(&mut app, id("compare"));
    for seen in [
        "wifi-bad, 3 runs, seed 1",
        "Minus buffered, run by run",
        "The first run",
    ] {
        assert!(sees(&app, seen), "{seen}");
    }
    for policy in ["buffered", "stop-1s"] {
        click_low(&mut app, id(format!("first run of {policy}")));
        click_low(&mut app, "Hear this one");
        let title = format!("{policy} in wifi-bad");
        until(&mut app, |app| {
            let track = app.bar.track.as_ref();
            track.is_some_and(|track| track.title == title)
                && app.bar.progress.state == State::Playing
        });
    }

    click_low(&mut app, "Export report");
    let report = folder.path().join("Segue wifi-bad").join("report.html");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(report.contains("--scenario wifi-bad --runs 3 --seed 1 --track "));
}
