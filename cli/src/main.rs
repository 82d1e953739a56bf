//! The command line of Segue: share, list, play.
//!
//! It composes the other crates and prints; it decides nothing about protocol,
//! policy or sound.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod config;
mod copy;
mod doctor;
mod error;
mod find;
mod json;
mod keys;
mod live;
mod logging;
mod nearest;
mod performance;
mod plugins;
mod print;
mod record;
mod rehearsal;
mod report;
mod start;

use std::process::ExitCode;

use args::Command;
use start::Start;

fn main() -> ExitCode {
    // For as long as the program runs: the doctor's checks look at it from
    // threads that may hang.
    let start: &'static Start = Box::leak(Box::new(Start::new()));
    logging::start(start.args.verbose);
    match run(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::failure(&error);
            let code = error.exit_code();
            if code == 2 {
                start.tell_settings();
            }
            ExitCode::from(code)
        }
    }
}

fn run(start: &'static Start) -> Result<(), error::Error> {
    let globals = &start.args.globals;
    let command = &start.args.command;
    if !command.does_without_settings() {
        start.configured()?;
    }
    match command {
        Command::Share(share) => commands::share::run(globals, share),
        Command::List(list) => commands::list::run(globals, list),
        Command::Play(play) => commands::play::run(globals, play),
        Command::Get(get) => commands::get::run(globals, get),
        Command::Gui => commands::gui::run(start),
        Command::Devices(devices) => commands::devices::run(devices),
        Command::Plugins(plugins) => commands::plugins::run(globals, plugins),
        Command::Demo(demo) => commands::demo::run(globals, demo),
        Command::Compare(compare) => commands::compare::run(globals, compare),
        Command::Scenarios(args) => commands::scenarios::run(args),
        Command::Plot(plot) => commands::plot::run(plot),
        Command::Replay(replay) => commands::replay::run(globals, replay),
        Command::Explain(explain) => commands::explain::run(globals, explain),
        Command::Config(config) => commands::config::run(config, start),
        Command::Doctor(args) => commands::doctor::run(args, start),
        Command::Completions(args) => commands::completions::run(start::command(), args),
        Command::Man(args) => commands::man::run(start::command(), args),
    }
}
