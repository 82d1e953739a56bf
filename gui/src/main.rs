//! The desktop app of Segue: a music player first, the laboratory on demand.
//!
//! It shows and steers; node, player, policies and experiments are those of the
//! other crates.
#![forbid(unsafe_code)]

mod app;
mod bar;
mod chart;
mod choice;
mod compare;
mod desk;
mod icon;
mod keys;
mod library;
mod notice;
mod now;
mod pulse;
mod settings;
mod theme;

use std::io::Write;
use std::path::Path;

use app::App;
use segue_lab::strangers::work;

/// With this and a file, the program tries a strange plugin, in a process of
/// its own (see [`segue_stage::registry`]).
const TRY: &str = "--try-plugin";

/// With this it plays a policy for a comparison (see [`segue_lab::strangers`]).
const WORK: &str = "--compare-worker";

fn main() -> iced::Result {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_ref().is_some_and(|first| first == WORK) {
        if let Err(error) = work(std::io::stdin().lock(), std::io::stdout(), None) {
            let _ = writeln!(std::io::stderr(), "{error}");
            std::process::exit(1);
        }
        return Ok(());
    }
    if first.is_some_and(|first| first == TRY) {
        let file = arguments.next().unwrap_or_default();
        let line = segue_policy_host::trial::attempt(Path::new(&file));
        // Who does not read it takes it for a refusal.
        let _ = writeln!(std::io::stdout(), "\n{line}");
        return Ok(());
    }
    if !has_display() {
        let _ = writeln!(
            std::io::stderr(),
            "segue-gui: there is no display to open a window on; start it in a desktop \
             session, or play in the terminal with `segue play`"
        );
        std::process::exit(1);
    }
    let settings = settings::Settings::load();
    let window = settings::window(&settings.0);
    iced::application(move || App::new(settings.clone()), App::update, App::view)
        .title("Segue")
        .theme(App::theme)
        .style(App::style)
        .subscription(App::subscription)
        .default_font(theme::FONT)
        .window(window)
        .exit_on_close_request(false)
        .run()
}

/// Without one, the library that opens windows would panic.
fn has_display() -> bool {
    let names: &[&str] = match (
        cfg!(windows) || cfg!(target_os = "macos"),
        cfg!(feature = "wayland"),
    ) {
        (true, _) => return true,
        (_, true) => &["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"],
        (_, false) => &["DISPLAY"],
    };
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    names.iter().any(is_set)
}
