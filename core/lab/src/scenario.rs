//! What an experiment is about: a track, seeders, a network, policies.

mod builtin;
mod error;
mod file;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use segue_core::network::AppliesTo;
use segue_core::seeder::Order;
use segue_policy_host::PluginSpec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use builtin::{Builtin, builtin, builtins};
pub use error::{ScenarioError, Wrong};

/// A scenario, checked: whatever can be known without plugins and files is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// A line on what it shows; may be empty.
    pub about: String,
    /// How often each policy plays.
    pub runs: u32,
    /// Where all that is random comes from.
    pub seed: u64,
    /// A run that has not ended by then is given up, seconds.
    pub timeout_s: f64,
    /// What is played.
    pub track: Track,
    /// The network between listener and seeders.
    #[serde(serialize_with = "chain", deserialize_with = "read_chain")]
    pub network: Vec<PluginSpec>,
    /// Which datagrams the network models touch.
    pub applies_to: AppliesTo,
    /// Who serves it, at least one.
    pub seeders: Vec<Seeder>,
    /// Who is compared; may be empty.
    pub policies: Vec<Contender>,
    /// From where its files are named; `None`: from the current folder.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Track {
    /// Packets of one size and duration: there is nothing to hear.
    Made {
        /// How many.
        packets: u32,
        /// Duration of one, milliseconds.
        packet_ms: f64,
        /// Size of one.
        packet_bytes: u32,
    },
    /// An MP3 file.
    File(PathBuf),
}

/// One who serves the track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seeder {
    /// In which order it streams.
    pub order: Order,
    /// Time between the packets of a stream, milliseconds; 0: none.
    pub pace_ms: f64,
    /// Probability that a paced, sequential stream sends at its turn.
    pub availability: f64,
    /// Paper mode: every recovery request gets a paced stream of its own.
    pub recovery_streams: bool,
    /// Most packets per second in all; 0: no cap.
    pub max_rate: f64,
    /// When it joins, seconds.
    pub join_s: f64,
    /// When it dies without a word, seconds; 0: never.
    pub leave_s: f64,
    /// A network of its own instead of the common one.
    #[serde(
        default,
        serialize_with = "own_chain",
        deserialize_with = "read_own_chain",
        skip_serializing_if = "Option::is_none"
    )]
    pub network: Option<Vec<PluginSpec>>,
}

impl Default for Seeder {
    fn default() -> Self {
        Self {
            order: Order::Sequential,
            pace_ms: 0.0,
            availability: 1.0,
            recovery_streams: false,
            max_rate: 0.0,
            join_s: 0.0,
            leave_s: 0.0,
            network: None,
        }
    }
}

/// In words, what differs from an ordinary seeder.
impl fmt::Display for Seeder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.order {
            Order::Sequential => "sequential",
            Order::Random => "in random order",
        })?;
        if self.pace_ms > 0.0 {
            write!(f, ", a packet each {} ms", self.pace_ms)?;
        }
        if self.availability < 1.0 {
            write!(f, ", available with probability {}", self.availability)?;
        }
        if self.recovery_streams {
            f.write_str(", a stream of its own for each recovery request")?;
        }
        if self.max_rate > 0.0 {
            write!(f, ", at most {} packets/s", self.max_rate)?;
        }
        if self.join_s > 0.0 {
            write!(f, ", joins at {} s", self.join_s)?;
        }
        if self.leave_s > 0.0 {
            write!(f, ", dies at {} s", self.leave_s)?;
        }
        if let Some(own) = &self.network {
            write!(f, ", through {}", PluginSpec::chain_to_string(own))?;
        }
        Ok(())
    }
}

/// A policy that is compared, as written: a setting may have several values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contender {
    /// The policy's name.
    pub name: String,
    /// Each setting with its values, in the order in which they are written.
    pub settings: Vec<(String, Vec<String>)>,
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong: with line, column
    /// and remedy.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = fs::read_to_string(path).map_err(|source| ScenarioError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut scenario = Self::parse(&path.display().to_string(), &text)?;
        scenario.folder = path.parent().map(Path::to_owned);
        if let Track::File(file) = &scenario.track {
            scenario.track = Track::File(scenario.place(file));
        }
        Ok(scenario)
    }

    /// Reads the text of a scenario; `origin` names it in errors.
    ///
    /// # Errors
    /// When something in it is wrong: with line, column and remedy.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ScenarioError> {
        file::parse(text).map_err(|wrong| ScenarioError::Wrong(wrong.locate(origin, text)))
    }

    /// The scenario of a built-in name, or else the file at that path.
    ///
    /// # Errors
    /// When it is neither, or the file is wrong.
    pub fn open(name_or_path: &str) -> Result<Self, ScenarioError> {
        if let Some(found) = builtin(name_or_path) {
            return found.scenario();
        }
        let path = Path::new(name_or_path);
        let named = path.extension().is_none() && path.parent() == Some(Path::new(""));
        if named && !path.exists() {
            return Err(ScenarioError::unknown(name_or_path));
        }
        Self::read(path)
    }

    /// Takes other network models in place of its own, and says so.
    pub fn set_network(&mut self, chain: Vec<PluginSpec>) {
        let own = match chain.is_empty() {
            true => "without a network model".to_owned(),
            false => format!("through {}", PluginSpec::chain_to_string(&chain)),
        };
        self.about = format!("its track and seeders {own}, in place of its own network");
        self.network = chain;
    }

    /// Cuts the track after so many seconds (at least one packet), if it is
    /// longer; answers whether it can be cut: a file cannot.
    pub fn cut(&mut self, seconds: f64) -> bool {
        let Track::Made {
            packets, packet_ms, ..
        } = &mut self.track
        else {
            return false;
        };
        let most = (seconds * 1000.0 / *packet_ms).round() as u32;
        *packets = most.clamp(1, *packets);
        true
    }

    /// A file that the scenario names, as seen from the current folder.
    pub fn place(&self, file: &Path) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join(file),
            None => file.to_owned(),
        }
    }

    /// A name for exactly this scenario: the start of the hash of its JSON.
    pub fn hash(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
    }
}

fn chain<S: Serializer>(chain: &[PluginSpec], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&PluginSpec::chain_to_string(chain))
}

fn own_chain<S: Serializer>(
    own: &Option<Vec<PluginSpec>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    chain(own.as_deref().unwrap_or_default(), serializer)
}

fn read_chain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PluginSpec>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.is_empty() {
        true => Ok(Vec::new()),
        false => PluginSpec::parse_chain(&text).map_err(de::Error::custom),
    }
}

fn read_own_chain<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<PluginSpec>>, D::Error> {
    read_chain(deserializer).map(Some)
}
