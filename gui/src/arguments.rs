//! What the program was started with.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::{TRY, WORK};

/// What is wanted of the program.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The app in its window.
    Window,
    /// To try a strange plugin, in a process of its own.
    Trial(PathBuf),
    /// To play a policy for a comparison.
    Work,
    Help,
    Version,
}

/// Told by `--help`.
pub const HELP: &str = "\
The desktop app of Segue: music from peers, and the policies that play it.

Usage: segue-gui [OPTION]

Options:
  -h, --help     Show this
  -V, --version  Show the version

Its settings are in segue/gui.toml in the platform's folder of settings, or in
the file that $SEGUE_GUI_CONFIG names. In the terminal, `segue` does the same:
see `segue --help`.";

impl Wanted {
    /// Reads them.
    ///
    /// # Errors
    /// When one is not known: in words.
    pub fn of(arguments: Vec<OsString>) -> Result<Self, String> {
        let mut given = pico_args::Arguments::from_vec(arguments);
        let file = given.opt_value_from_os_str(TRY, |file| Ok::<_, String>(file.into()));
        let wanted = match file.map_err(|error| error.to_string())? {
            Some(file) => Self::Trial(file),
            None if given.contains(WORK) => Self::Work,
            None if given.contains(["-h", "--help"]) => Self::Help,
            None if given.contains(["-V", "--version"]) => Self::Version,
            None => Self::Window,
        };
        match given.finish().first() {
            Some(extra) => Err(format!(
                "`{}` is not known here; see `segue-gui --help`",
                extra.display()
            )),
            None => Ok(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Wanted, String> {
        Wanted::of(arguments.iter().map(Into::into).collect())
    }

    #[test]
    fn without_a_word_the_window_is_wanted() {
        assert_eq!(of(&[]), Ok(Wanted::Window));
        assert_eq!(of(&["--help"]), Ok(Wanted::Help));
        assert_eq!(of(&["-V"]), Ok(Wanted::Version));
        assert_eq!(of(&[WORK]), Ok(Wanted::Work));
        assert_eq!(of(&[TRY, "a b.so"]), Ok(Wanted::Trial("a b.so".into())));
    }

    #[test]
    fn what_is_not_known_is_said_with_what_is() {
        for wrong in [&["--hepl"][..], &["music"], &["--help", "--loud"]] {
            let said = of(wrong).unwrap_err();
            assert!(said.contains(wrong[wrong.len() - 1]), "{said}");
            assert!(said.contains("--help"), "{said}");
        }
        assert!(of(&[TRY]).is_err());
    }
}
