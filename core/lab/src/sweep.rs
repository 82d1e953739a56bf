//! Several values of a setting make several rows: `buffered:buffer=0.02|0.05`.

use std::str::FromStr;

use segue_policy_host::{PluginSpec, SpecError};

use crate::scenario::Contender;

impl Contender {
    /// A policy with its defaults.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            settings: Vec::new(),
        }
    }

    /// Each combination of its settings' values; the last setting changes
    /// first.
    pub fn sweep(&self) -> Vec<PluginSpec> {
        let first = vec![PluginSpec::new(&self.name)];
        self.settings.iter().fold(first, |specs, (key, values)| {
            let with_each = |spec: PluginSpec| {
                let values = values.iter();
                values.map(move |value| spec.clone().with(key, value))
            };
            specs.into_iter().flat_map(with_each).collect()
        })
    }
}

impl FromStr for Contender {
    type Err = SpecError;

    /// Reads `NAME[:key=value|value...,...]`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let spec: PluginSpec = text.parse()?;
        let values = |value: &str| value.split('|').map(str::to_owned).collect();
        Ok(Self {
            name: spec.name().to_owned(),
            settings: spec
                .settings()
                .map(|(key, value)| (key.to_owned(), values(value)))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swept(text: &str) -> Vec<String> {
        let contender: Contender = text.parse().expect("a policy");
        contender
            .sweep()
            .iter()
            .map(PluginSpec::to_string)
            .collect()
    }

    #[test]
    fn without_several_values_there_is_one_row() {
        assert_eq!(swept("stop-1s"), ["stop-1s"]);
        assert_eq!(swept("a:x=1,y=b"), ["a:x=1,y=b"]);
    }

    #[test]
    fn several_values_of_two_settings_are_all_combined() {
        assert_eq!(
            swept("a:x=1|2,y=b|c"),
            ["a:x=1,y=b", "a:x=1,y=c", "a:x=2,y=b", "a:x=2,y=c"]
        );
    }
}
