//! From the words on the command line to what they mean, with the settings
//! file behind them.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use crate::args::{Args, Color};
use crate::config::{self, Configured, FileError, Place, Setting};
use crate::print;

/// What was said, in all.
pub struct Start {
    pub args: Args,
    pub matches: ArgMatches,
    /// The settings file that counts; it need not be there.
    pub place: Option<Place>,
    configured: Result<Configured, FileError>,
}

/// The command line as it is without settings.
pub fn command() -> clap::Command {
    Args::command()
}

impl Start {
    /// Reads the command line; what is wrong with it, and help, end the program
    /// here. A settings file that is wrong is left to [`Start::configured`]:
    /// some commands do without.
    pub fn new() -> Self {
        let early = Early::read();
        early.color.apply();
        let place = Place::find(early.config);
        let configured = config::load(command(), place.as_ref());
        let line = match &configured {
            Ok(configured) => configured.command.clone(),
            Err(_) => command(),
        };
        let matches = line.get_matches();
        let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        // The file may say so, too.
        args.globals.color.apply();
        Self {
            args,
            matches,
            place,
            configured,
        }
    }

    /// The command line with the settings in force, if the file is right.
    pub fn configured(&self) -> Result<&Configured, FileError> {
        self.configured.as_ref().map_err(Clone::clone)
    }

    /// What an argument of a command is when nobody says anything; empty where
    /// it is nothing, or the settings are wrong.
    pub fn default_of(&self, name: &str, id: &str) -> Vec<String> {
        let configured = self.configured.as_ref().ok();
        let arg = configured
            .and_then(|configured| configured.command.find_subcommand(name))
            .and_then(|sub| sub.get_arguments().find(|arg| arg.get_id() == id));
        let values = arg.map(clap::Arg::get_default_values).unwrap_or_default();
        let texts = values.iter().map(|value| value.to_string_lossy());
        texts.map(|text| text.into_owned()).collect()
    }

    /// Whether an argument of the chosen command was given on the command line.
    pub fn was_said(&self, id: &str) -> bool {
        let chosen = self.matches.subcommand();
        chosen
            .is_some_and(|(_, matches)| matches.value_source(id) == Some(ValueSource::CommandLine))
    }

    /// Names the settings that this call used: a message about a flag that
    /// nobody wrote would be a riddle.
    pub fn tell_settings(&self) {
        let (Ok(configured), Some(place)) = (&self.configured, &self.place) else {
            return;
        };
        for setting in configured.settings.iter().filter(|set| self.uses(set)) {
            print::note(&format!(
                "{}:{}: {} is set here",
                place.path.display(),
                setting.line,
                setting.key
            ));
        }
    }

    fn uses(&self, setting: &Setting) -> bool {
        let mut matches = &self.matches;
        for name in &setting.command {
            match matches.subcommand() {
                Some((chosen, inner)) if chosen == name => matches = inner,
                _ => return false,
            }
        }
        matches.value_source(&setting.id) == Some(ValueSource::DefaultValue)
    }
}

/// What must be known before the command line can be read in earnest.
struct Early {
    config: Option<PathBuf>,
    color: Color,
}

impl Early {
    fn read() -> Self {
        let matches = command().ignore_errors(true).try_get_matches();
        let matches = matches.unwrap_or_default(); // help was asked for
        let config = matches.try_get_one::<PathBuf>("config").ok().flatten();
        let color = matches.try_get_one::<Color>("color").ok().flatten();
        Self {
            config: config.cloned(),
            color: color.copied().unwrap_or(Color::Auto),
        }
    }
}

impl Color {
    /// For all that is printed from now on.
    fn apply(self) {
        match self {
            Self::Auto => colorchoice::ColorChoice::Auto,
            Self::Always => colorchoice::ColorChoice::Always,
            Self::Never => colorchoice::ColorChoice::Never,
        }
        .write_global();
    }
}
