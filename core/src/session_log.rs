//! A session on record: every input with its time, every output, so that the
//! engine fed the inputs again gives the same outputs.

mod replay;

use serde::{Deserialize, Serialize};

use crate::listener::{Input, ListenerConfig, Output};
use crate::time::Timestamp;

/// Version of this format.
pub const LOG_VERSION: u32 = 1;

/// One line of a log (JSON, one line each).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Line {
    /// The first line.
    Begin(Begin),
    /// An input.
    In(Timestamp, Input),
    /// An output.
    Out(Timestamp, Output),
}

/// What a session was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// [`LOG_VERSION`].
    pub log_version: u32,
    /// Version of the program.
    pub program: String,
    /// When it began.
    pub at: Timestamp,
    /// The session.
    pub config: ListenerConfig,
    /// The policy, with all its parameters.
    pub policy: String,
    /// Version of the policy's plugin.
    pub policy_version: String,
    /// Seed of the policy.
    pub seed: u64,
}

/// A policy as the session log names it.
#[derive(Clone, Debug)]
pub struct PolicyLabel {
    /// Name and parameters.
    pub policy: String,
    /// Version of the plugin.
    pub version: String,
    /// Seed of the instance.
    pub seed: u64,
}

impl PolicyLabel {
    /// For logs that nobody but this program reads.
    pub fn unnamed() -> Self {
        Self {
            policy: String::new(),
            version: String::new(),
            seed: 0,
        }
    }

    /// The first line of the log of such a session.
    pub fn begin(&self, config: &ListenerConfig) -> Begin {
        Begin {
            log_version: LOG_VERSION,
            program: concat!("segue ", env!("CARGO_PKG_VERSION")).into(),
            at: Timestamp::ZERO,
            config: config.clone(),
            policy: self.policy.clone(),
            policy_version: self.version.clone(),
            seed: self.seed,
        }
    }
}

/// Why a log cannot be played again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The text is not a log.
    #[error("line {line} is not a line of a session log: {reason}")]
    Malformed {
        /// Which line, from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// It does not start with [`Line::Begin`].
    #[error("the log does not start with the line that says what was played")]
    NoBegin,
    /// It is of another version.
    #[error("this log has format version {0}, this program reads {LOG_VERSION}")]
    Version(u32),
}

/// Where a replay gave something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// Number of the output, from 0.
    pub output: usize,
    /// What the log says.
    pub recorded: Option<Line>,
    /// What came.
    pub replayed: Option<Line>,
}

/// A log read back.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionLog {
    /// What the session was.
    pub begin: Begin,
    /// Inputs and outputs.
    pub lines: Vec<Line>,
}

impl SessionLog {
    /// Reads a log.
    pub fn parse(text: &str) -> Result<Self, ReplayError> {
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = serde_json::from_str(line).map_err(|error| ReplayError::Malformed {
                line: index + 1,
                reason: error.to_string(),
            })?;
            lines.push(line);
        }
        match lines.first() {
            Some(Line::Begin(begin)) if begin.log_version == LOG_VERSION => {
                let begin = begin.clone();
                lines.remove(0);
                Ok(Self { begin, lines })
            }
            Some(Line::Begin(begin)) => Err(ReplayError::Version(begin.log_version)),
            _ => Err(ReplayError::NoBegin),
        }
    }
}
