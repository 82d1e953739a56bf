//! The app without a window: real node, real plugins, no sound.

mod laboratory;
#[cfg(unix)]
mod replaced;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use iced_test::futures::futures::executor::block_on_stream;
use iced_test::runtime::{Action, task};
use iced_test::selector::Bounded;
use iced_test::{Selector, Simulator, simulator};
use segue_playout::State;
use segue_policy_host::{Registry, SearchPath};
use segue_stage::Shelf;

use super::*;

/// Where this build's plugins are.
fn plugins() -> Vec<PathBuf> {
    let program = std::env::current_exe().unwrap();
    let profile = program.ancestors().nth(2).unwrap();
    let files = std::fs::read_dir(profile).unwrap().flatten();
    let is_plugin = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let ours = name.contains("segue_playout_") || name.contains("segue_network_");
        let kinds = ["so", "dylib", "dll"];
        ours && kinds
            .iter()
            .any(|kind| path.extension().is_some_and(|ext| ext == *kind))
    };
    let found: Vec<_> = files.map(|file| file.path()).filter(is_plugin).collect();
    assert!(!found.is_empty(), "no plugins: cargo build --workspace");
    found
}

fn app(folder: &Path) -> App {
    app_with(folder, Registry::open(&SearchPath::only(plugins())))
}

fn app_with(folder: &Path, registry: Registry) -> App {
    let settings = Settings {
        output: "null".to_owned(),
        discovery_port: 0,
        ..Settings::default()
    };
    let place = Place::within(folder);
    let shelf = Shelf::new(registry).unwrap();
    App::with(Desk::with_shelf(settings, place, shelf))
}

fn desk(app: &App) -> &Desk {
    app.desk.as_ref().unwrap()
}

/// Lets it look until something is so. The limit is for those who fail.
fn until(app: &mut App, is_so: impl Fn(&App) -> bool) {
    let begun = Instant::now();
    while !is_so(app) {
        let notices = desk(app).notices.texts().join("; ");
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "waited in vain: {notices}"
        );
        std::thread::sleep(Duration::from_millis(20));
        let _ = app.update(Message::Pulse);
    }
}

/// Clicks on something in a window of the usual size, and lets what it does be
/// done.
fn click<S>(app: &mut App, what: S)
where
    S: Selector + Send,
    S::Output: Bounded + Clone + Send + Sync + 'static,
{
    click_in(app, iced::Size::new(1080.0, 720.0), what);
}

/// The same in a window of this size.
fn click_in<S>(app: &mut App, size: iced::Size, what: S)
where
    S: Selector + Send,
    S::Output: Bounded + Clone + Send + Sync + 'static,
{
    let mut window = Simulator::with_size(iced::Settings::default(), size, app.view());
    window.click(what).unwrap();
    for message in window.into_messages().collect::<Vec<_>>() {
        let task = app.update(message);
        finish(app, task);
    }
}

/// Does all that a task does, and what comes of it.
fn finish(app: &mut App, task: Task<Message>) {
    let Some(stream) = task::into_stream(task) else {
        return;
    };
    for action in block_on_stream(stream) {
        if let Action::Output(message) = action {
            let more = app.update(message);
            finish(app, more);
        }
    }
}

#[test]
fn the_first_start_says_what_to_do_and_the_demo_plays() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    assert!(simulator(app.view()).find("No music yet").is_ok());
    click(&mut app, "Play the demo");
    until(&mut app, |app| app.bar.progress.state == State::Playing);
    let session = app.bar.session.as_ref().unwrap();
    assert_eq!(session.status.seeders.len(), 2);
    assert!(simulator(app.view()).find("Johann Sebastian Bach").is_ok());
}

#[test]
fn another_policy_takes_over_where_the_track_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let _ = app.update(Message::Library(library::Message::Demo));
    until(&mut app, |app| app.bar.progress.position_s > 0.5);
    let before = app.bar.progress.position_s;
    let Ok(desk) = &mut app.desk else {
        unreachable!()
    };
    desk.choose("buffered".to_owned(), "random-delay:loss=0.05".to_owned());
    assert_eq!(desk.jukebox.stage().policy(), "buffered");
    until(&mut app, |app| app.bar.progress.position_s > before + 0.3);
    let saved = std::fs::read_to_string(folder.path().join("gui.toml")).unwrap();
    assert!(
        saved.contains("buffered") && saved.contains("random-delay"),
        "{saved}"
    );
}

#[test]
fn network_models_stand_in_a_row_and_each_can_be_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let pick = |app: &mut App, place, name: &str| {
        let slot = (segue_policy_host::Kind::Network, place);
        let pick = choice::Message::Pick(slot, choice::Name(name.to_owned()));
        let _ = app.update(Message::Choice(pick));
        app.desk.as_ref().unwrap().settings.network.clone()
    };
    assert_eq!(pick(&mut app, 0, "random-delay"), "random-delay");
    assert_eq!(pick(&mut app, 1, "rate-limit"), "random-delay+rate-limit");
    assert_eq!(
        desk(&app).jukebox.stage().network(),
        "random-delay+rate-limit"
    );
    assert_eq!(pick(&mut app, 0, "as it is"), "rate-limit");
    assert_eq!(pick(&mut app, 0, "as it is"), "");
}

#[test]
fn a_folder_that_is_not_there_is_told_and_can_be_dismissed() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let _ = app.update(Message::Dropped(folder.path().join("gone")));
    assert!(desk(&app).notices.texts()[0].contains("is not there"));
    assert!(desk(&app).settings.folders.is_empty());
    let _ = app.update(Message::Dismiss(0));
    assert!(desk(&app).notices.texts().is_empty());
}

#[test]
fn a_folder_is_chosen_in_a_dialog_and_where_there_is_none_it_is_said_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let chosen = |folder, by_hand| Message::Library(library::Message::Chosen(folder, by_hand));
    let _ = app.update(chosen(None, true));
    assert!(desk(&app).notices.texts().is_empty(), "it was cancelled");
    let _ = app.update(chosen(None, false));
    assert!(desk(&app).notices.texts()[0].contains("write the folder's path"));
    let _ = app.update(chosen(Some(folder.path().to_owned()), true));
    assert_eq!(desk(&app).settings.folders, [folder.path()]);
}

#[test]
fn a_folder_that_is_dropped_is_shared_and_kept_until_it_is_taken_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    let music = folder.path().join("music");
    segue_stage::demo::file_in(&music).unwrap();
    let dropped = window::Event::FileDropped(music.clone());
    let heard = heard(
        Event::Window(dropped),
        event::Status::Ignored,
        window::Id::unique(),
    );
    let _ = app.update(heard.expect("it is wanted"));
    until(&mut app, |app| desk(app).jukebox.library().tracks == 1);
    assert_eq!(desk(&app).settings.folders, [music]);
    let saved = || std::fs::read_to_string(folder.path().join("gui.toml")).unwrap();
    assert!(saved().contains("music"), "{}", saved());
    assert!(simulator(app.view()).find("Johann Sebastian Bach").is_ok());

    let _ = app.update(Message::Library(library::Message::Remove(0)));
    until(&mut app, |app| desk(app).jukebox.library().tracks == 0);
    assert!(!saved().contains("music"), "{}", saved());
}

#[test]
fn a_program_without_policies_says_where_they_belong() {
    let registry = Registry::open(&SearchPath::only([]));
    let folder = tempfile::tempdir().unwrap();
    let place = Place::within(folder.path());
    let desk = Desk::with_shelf(Settings::default(), place, Shelf::new(registry).unwrap());
    let mut app = App::with(desk);
    assert!(simulator(app.view()).find("Segue cannot start").is_ok());
    let _ = app.update(Message::Close);
}

#[test]
fn the_pages_fit_the_least_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(folder.path());
    for (page, name) in Page::ALL {
        let _ = app.update(Message::Go(page));
        let _ = app.update(Message::Resized(iced::Size::new(640.0, 480.0)));
        let settings = iced::Settings::default();
        let size = iced::Size::new(640.0, 480.0);
        let mut window = Simulator::with_size(settings, size, app.view());
        assert!(window.find(name).is_ok(), "{name}");
        // The longest name of a policy is read whole.
        for dropdown in ["policy", "network"] {
            let found = window.find(iced_test::selector::id(dropdown)).unwrap();
            assert!(found.bounds().width > 200.0, "{dropdown}: {found:?}");
        }
    }
}
