//! What a user writes to name a plugin and its settings.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A plugin by name with settings: `name:key=value,key=value`.
///
/// Several network models are joined by `+`: see [`PluginSpec::parse_chain`].
/// So a comma or a plus that belongs to a value is written twice: `,,`, `++`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PluginSpec {
    name: String,
    settings: Vec<(String, String)>,
}

/// Why a text is no [`PluginSpec`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// No name, or not one that a plugin can have.
    #[error("`{0}` is no plugin name (lower-case letters, digits and hyphens)")]
    Name(String),
    /// A setting without `=`.
    #[error("`{0}` is no setting; write key=value, and a comma inside a value as ,,")]
    Setting(String),
    /// A key that no parameter can have.
    #[error("`{0}` is no parameter name (lower-case letters, digits and underscores)")]
    Key(String),
    /// A key that is there twice.
    #[error("`{0}` is set twice")]
    Twice(String),
    /// A composition where one plugin is wanted.
    #[error("`{0}`: only one plugin can stand here; write a plus inside a value as ++")]
    Chain(String),
}

impl PluginSpec {
    /// A plugin with its defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            settings: Vec::new(),
        }
    }

    /// The same with one more setting.
    pub fn with(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.settings.push((key.into(), value.to_string()));
        self
    }

    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings as written, in order.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Reads a composition `A:...+B:...`: datagrams pass A, then B. A `+`
    /// always separates, except doubled.
    pub fn parse_chain(text: &str) -> Result<Vec<Self>, SpecError> {
        split(text, '+').into_iter().map(one).collect()
    }

    /// Writes a composition as [`PluginSpec::parse_chain`] reads it.
    pub fn chain_to_string(chain: &[Self]) -> String {
        let parts: Vec<_> = chain.iter().map(Self::to_string).collect();
        parts.join("+")
    }
}

impl FromStr for PluginSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match split(text, '+')[..] {
            [only] => one(only),
            _ => Err(SpecError::Chain(text.to_owned())),
        }
    }
}

fn one(text: &str) -> Result<PluginSpec, SpecError> {
    let (name, list) = match text.split_once(':') {
        Some((name, list)) => (name, split(list, ',')),
        None => (text, Vec::new()),
    };
    let word = |word: &str, joint| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == joint)
    };
    let name = name.trim();
    if !word(name, '-') {
        return Err(SpecError::Name(name.to_owned()));
    }
    let mut spec = PluginSpec::new(name);
    for setting in list {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| SpecError::Setting(setting.to_owned()))?;
        let key = key.trim();
        if !word(key, '_') {
            return Err(SpecError::Key(key.to_owned()));
        }
        if spec.settings().any(|(other, _)| other == key) {
            return Err(SpecError::Twice(key.to_owned()));
        }
        let value = value.replace(",,", ",").replace("++", "+");
        spec.settings.push((key.to_owned(), value));
    }
    Ok(spec)
}

/// Cuts at each separator that is not doubled.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != separator {
            continue;
        }
        if chars.next_if(|&(_, next)| next == separator).is_none() {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

impl fmt::Display for PluginSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (i, (key, value)) in self.settings.iter().enumerate() {
            let before = if i == 0 { ':' } else { ',' };
            let value = value.replace(',', ",,").replace('+', "++");
            write!(f, "{before}{key}={value}")?;
        }
        Ok(())
    }
}

impl Serialize for PluginSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PluginSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PluginSpec, SpecError> {
        text.parse()
    }

    #[test]
    fn names_and_settings() {
        assert_eq!(parse("stop-1s"), Ok(PluginSpec::new("stop-1s")));
        assert_eq!(
            parse("buffered:buffer=0.05,gaps=skip"),
            Ok(PluginSpec::new("buffered")
                .with("buffer", 0.05)
                .with("gaps", "skip"))
        );
        assert_eq!(parse("a:k="), Ok(PluginSpec::new("a").with("k", "")));
        assert_eq!(
            parse(r"a:f=C:\x=y.csv"),
            Ok(PluginSpec::new("a").with("f", r"C:\x=y.csv"))
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parse(""), Err(SpecError::Name(String::new())));
        assert_eq!(parse("Stop"), Err(SpecError::Name("Stop".into())));
        assert_eq!(parse("a:"), Err(SpecError::Setting(String::new())));
        assert_eq!(parse("a:b"), Err(SpecError::Setting("b".into())));
        assert_eq!(parse("a:b=1,"), Err(SpecError::Setting(String::new())));
        assert_eq!(parse("a:=1"), Err(SpecError::Key(String::new())));
        assert_eq!(parse("a:b=1,b=2"), Err(SpecError::Twice("b".into())));
        assert_eq!(parse("a+b"), Err(SpecError::Chain("a+b".into())));
        assert_eq!(parse("a:x=1e+5"), Err(SpecError::Chain("a:x=1e+5".into())));
    }

    #[test]
    fn chains() {
        let chain = PluginSpec::parse_chain("random-delay:loss=0.1,rtt_s=1+none").unwrap();
        assert_eq!(chain.len(), 2);
        assert_eq!(chain[0].settings().count(), 2);
        assert_eq!(chain[1].name(), "none");
        assert_eq!(
            PluginSpec::chain_to_string(&chain),
            "random-delay:loss=0.1,rtt_s=1+none"
        );
        assert!(PluginSpec::parse_chain("a+").is_err());
        assert!(PluginSpec::parse_chain("").is_err());
    }

    #[test]
    fn what_is_displayed_is_read_back() {
        let parts = [
            "", ",", "+", ",+", "+,", "a", "=", ":", ",,", "++", "1e+5", "a,b+c,",
        ];
        for first in parts {
            for second in parts {
                let spec = PluginSpec::new("p")
                    .with("a", first)
                    .with("b", second)
                    .with("c", format!("{first}{second}"));
                assert_eq!(parse(&spec.to_string()).as_ref(), Ok(&spec), "{spec}");
                let chain = vec![spec.clone(), PluginSpec::new("q"), spec];
                let text = PluginSpec::chain_to_string(&chain);
                assert_eq!(PluginSpec::parse_chain(&text), Ok(chain), "{text}");
            }
        }
    }
}
