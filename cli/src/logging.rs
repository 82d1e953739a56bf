//! The log, on standard error: for whoever wants to know what goes on inside.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::live::Aside;

/// `-v` shows what happens, `-vv` each step of it, with the time; `RUST_LOG`
/// overrides.
pub fn start(verbose: u8) {
    let level = match verbose {
        0 => "error",
        1 => "segue=info,warn",
        2 => "segue=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colours())
        .with_writer(|| Aside);
    if verbose < 2 {
        log.without_time().with_target(false).init();
    } else {
        log.init();
    }
}

/// As everything else on standard error has them.
fn colours() -> bool {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    match choice {
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => std::io::stderr().is_terminal(),
        _ => true,
    }
}
