//! The desktop app of Segue: a music player first, the laboratory on demand.
//!
//! It shows and steers; node, player, policies and experiments are those of the
//! other crates.
#![forbid(unsafe_code)]

mod app;
mod arguments;
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
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use app::App;
use arguments::{HELP, Wanted};

/// With this and a file, the program tries a strange plugin, in a process of
/// its own (see [`segue_stage::registry`]).
const TRY: &str = "--try-plugin";

/// With this it plays a policy for a comparison (see [`segue_lab::strangers`]).
const WORK: &str = "--compare-worker";

fn main() -> iced::Result {
    match Wanted::of(std::env::args_os().skip(1).collect()) {
        Ok(Wanted::Window) => {}
        Ok(Wanted::Help) => return say(HELP),
        Ok(Wanted::Version) => return say(concat!("segue-gui ", env!("CARGO_PKG_VERSION"))),
        Ok(Wanted::Trial(file)) => {
            let line = segue_policy_host::trial::attempt(&file);
            // Who does not read it takes it for a refusal.
            return say(&format!("\n{line}"));
        }
        Ok(Wanted::Work) => {
            let (task, told) = (std::io::stdin().lock(), std::io::stdout());
            let worked = segue_lab::strangers::work(task, told, None);
            return worked.map_err(|error| fail(1, &error.to_string()));
        }
        Err(wrong) => fail(2, &format!("segue-gui: {wrong}")),
    }
    if !has_display() {
        fail(
            1,
            "segue-gui: there is no display to open a window on; start it in a desktop session, \
             or play in the terminal with `segue play`",
        );
    }
    let settings = settings::Settings::load();
    let window = settings::window(&settings.0);
    iced::application(move || App::new(settings.clone()), App::update, App::view)
        .title("Segue")
        .theme(App::theme)
        .style(App::style)
        .subscription(App::subscription)
        .font(theme::BOLD_FILE)
        .default_font(theme::FONT)
        .window(window)
        .exit_on_close_request(false)
        .run()?;
    if AGAIN.load(Ordering::Relaxed) {
        become_anew();
    }
    Ok(())
}

/// Whether the program starts once more when it has ended.
static AGAIN: AtomicBool = AtomicBool::new(false);

/// The program starts once more when it has ended: what hangs in a thread of it ends
/// with it alone.
fn start_again() {
    AGAIN.store(true, Ordering::Relaxed);
}

/// Takes the place of this process, so that its port is free.
#[cfg(unix)]
fn become_anew() {
    use std::os::unix::process::CommandExt;
    let error = match std::env::current_exe() {
        Ok(program) => Command::new(program).exec(),
        Err(error) => error,
    };
    fail(1, &format!("segue-gui: it cannot start again: {error}"));
}

#[cfg(not(unix))]
fn become_anew() {
    let program = std::env::current_exe();
    if let Err(error) = program.and_then(|program| Command::new(program).spawn()) {
        fail(1, &format!("segue-gui: it cannot start again: {error}"));
    }
}

/// Tells it on standard output. Whoever does not read it does not want it.
fn say(text: &str) -> iced::Result {
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

/// Ends the program.
fn fail(code: i32, why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "{why}");
    std::process::exit(code)
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
