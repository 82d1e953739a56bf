//! The scenarios that come with Segue.

use super::{Scenario, ScenarioError};

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its TOML text, to begin one's own from.
    pub text: &'static str,
}

impl Builtin {
    /// The scenario.
    ///
    /// # Errors
    /// Never, as a test shows: it is read like anyone's.
    pub fn scenario(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(self.name, self.text)
    }
}

macro_rules! builtins {
    ($($name:literal),* $(,)?) => {
        &[$(Builtin {
            name: $name,
            text: include_str!(concat!("builtin/", $name, ".toml")),
        }),*]
    };
}

/// All of them.
pub fn builtins() -> &'static [Builtin] {
    builtins![
        "paper-fig8",
        "paper-fig9",
        "paper-fig10",
        "paper-fig11",
        "paper-fig12",
        "lan-clean",
        "wifi-bad",
        "bursts-short",
        "bursts-medium",
        "bursts-long",
        "seeder-dies",
        "late-joiner",
        "g1050-lan-a",
        "g1050-lan-b",
        "g1050-lan-c",
        "g1050-lan-d",
        "g1050-lan-e",
        "g1050-lan-f",
        "g1050-lan-g",
        "g1050-lan-h",
    ]
}

/// The one of this name.
pub fn builtin(name: &str) -> Option<&'static Builtin> {
    builtins().iter().find(|builtin| builtin.name == name)
}
