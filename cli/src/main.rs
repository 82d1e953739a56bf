//! The command line of Segue: share, list, play.
//!
//! It composes the other crates and prints; it decides nothing about protocol,
//! policy or sound.
#![forbid(unsafe_code)]

mod args;
mod chart;
mod commands;
mod error;
mod find;
mod json;
mod live;
mod plugins;
mod print;
mod report;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    start_logging(args.verbose);
    let globals = &args.globals;
    let result = match &args.command {
        Command::Share(share) => commands::share::run(globals, share),
        Command::List(list) => commands::list::run(globals, list),
        Command::Play(play) => commands::play::run(globals, play),
        Command::Devices(devices) => commands::devices::run(devices),
        Command::Plugins(plugins) => commands::plugins::run(globals, plugins),
        Command::Demo(demo) => commands::demo::run(globals, demo),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::note(&format!("segue: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

/// `-v` shows what happens, `-vv` each step of it; `RUST_LOG` overrides.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "segue=info,warn",
        2 => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
