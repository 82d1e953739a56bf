//! The one way out when something fails.

use std::io;
use std::path::PathBuf;

use segue_core::index::IndexError;
use segue_core::playback::Gone;
use segue_core::session_log::ReplayError;
use segue_lab::chart::ChartError;
use segue_lab::entry::EntryError;
use segue_lab::experiment::ExperimentError;
use segue_lab::report::WriteError;
use segue_lab::scenario::ScenarioError;
use segue_lab::strangers::WorkError;
use segue_playout::rendering::RenderError;
use segue_playout::{OutputError, PlayError};
use segue_policy_host::{ConfigError, CreateError, SpecError, UnknownPlugin};
use segue_stage::ChooseError;
use segue_stage::demo::DemoError;
use segue_transport::{LibraryError, PeerError};

use crate::config::{EditError, FileError};
use crate::copy::CopyError;
use crate::find::FindError;
use crate::print;

/// Why a command failed. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Find(#[from] FindError),
    #[error("--{flag}: {source}")]
    Spec {
        flag: &'static str,
        source: SpecError,
    },
    #[error(transparent)]
    UnknownPlugin(Box<UnknownPlugin>),
    #[error(
        "there is no policy or network model `{name}`{}; there are: {}",
        near.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default(),
        if all.is_empty() { "none at all".to_owned() } else { all.join(", ") }
    )]
    NoPlugin {
        name: String,
        near: Option<String>,
        all: Vec<String>,
    },
    #[error(transparent)]
    Config(Box<ConfigError>),
    #[error(transparent)]
    Create(#[from] CreateError),
    #[error(
        "{policy} cannot be shown this session: in a process of its own, {ended}; \
         `segue plugin check {}` tells more", plugin.display()
    )]
    Rehearsal {
        policy: String,
        plugin: PathBuf,
        ended: String,
    },
    #[error("{} was replaced meanwhile; try again", .0.display())]
    Replaced(PathBuf),
    #[error(
        "{}: {failed} of its checks failed; {} says above what is wrong",
        path.display(),
        if *failed == 1 { "it" } else { "each" }
    )]
    Unsound { path: PathBuf, failed: usize },
    #[error("there is no place for your plugins: put the file into a folder of $SEGUE_PLUGIN_PATH")]
    NoPluginFolder,
    #[error("{} is there already: choose another name, or go to another folder", .0.display())]
    FolderExists(PathBuf),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Play(#[from] PlayError),
    #[error("--plugin-path {}: {source}. Name a folder with plugins, or a plugin", path.display())]
    PluginPath { path: PathBuf, source: io::Error },
    #[error("--peer {text}: {reason}. Write HOST:PORT, as `segue share` prints it")]
    Address { text: String, reason: String },
    #[error(transparent)]
    Settings(#[from] FileError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("there is no place for a settings file: name one with --config FILE or $SEGUE_CONFIG")]
    NoSettings,
    #[error("cannot run the editor `{editor}`: {reason}. Set $VISUAL or $EDITOR")]
    Editor { editor: String, reason: String },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Log { path: PathBuf, source: ReplayError },
    #[error(
        "output {output} is another than recorded: this {policy} is not the one that played, which \
         was version {version}. Try policies on this log with --policy"
    )]
    Diverges {
        policy: String,
        version: String,
        output: usize,
    },
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Entry(Box<EntryError>),
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error(transparent)]
    Worker(Box<WorkError>),
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error(transparent)]
    Report(#[from] WriteError),
    #[error("{}: {source}", path.display())]
    Track { path: PathBuf, source: IndexError },
    #[error("--listen is about one scenario: name one with --scenario")]
    OneScenario,
    #[error("--listen is about one policy: give each setting one value")]
    OnePolicy,
    #[error("there is nothing to hear in {0}: name an MP3 file with --track FILE.mp3")]
    NothingToHear(String),
    #[error("--length cuts tracks that are made: {0} plays a file")]
    Uncut(String),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{} is one of the tracks: write to another file", .0.display())]
    Overwrites(PathBuf),
    #[error("{name} is over before --start: it lasts {}", print::clock(*lasts_s))]
    StartsBehindEnd { name: String, lasts_s: f64 },
    #[error("cannot write the result: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    System(#[from] io::Error),
    #[error("say what to fetch, and last the folder for it: segue get WHAT... DIR")]
    NoFolder,
    /// Nobody brings the track any more: why.
    #[error("{0}")]
    Abandoned(String),
    #[error("{name} broke off: {reason}")]
    BrokeOff { name: String, reason: Gone },
    #[error(
        "nothing fits `{words}`. There {}: `segue list` shows all",
        counted(*tracks, *peers)
    )]
    NothingFits {
        words: String,
        tracks: usize,
        /// That share them.
        peers: usize,
    },
    #[error("{failed} of {all} tracks could not be played")]
    Unplayed { failed: usize, all: usize },
    #[error("{failed} of {all} tracks could not be fetched")]
    Unfetched { failed: usize, all: usize },
    #[error(
        "the policy leaves packets out: fetch with one that waits for all, such as the default"
    )]
    LeftOut,
    #[error(transparent)]
    Copy(CopyError),
    #[error("{0} problem(s); each says above what to do")]
    Problems(usize),
    #[error(
        "segue-gui is neither beside this program nor in PATH: `make install` installs it, and \
         `cargo build --release -p segue-gui` builds it"
    )]
    NoGui,
    #[error("--{flag} does not reach the app, which has settings of its own: {instead}")]
    NotForGui {
        flag: &'static str,
        instead: &'static str,
    },
    #[error("segue-gui ended early ({0})")]
    GuiFailed(String),
    #[error("stopped before the end")]
    Interrupted,
}

fn counted(tracks: usize, peers: usize) -> String {
    let tracks = match tracks {
        1 => "is 1 track".to_owned(),
        more => format!("are {more} tracks"),
    };
    match peers {
        1 => format!("{tracks} at 1 peer"),
        more => format!("{tracks} at {more} peers"),
    }
}

// Boxed: they tell much, and every command's result has room for an error.
impl From<UnknownPlugin> for Error {
    fn from(error: UnknownPlugin) -> Self {
        Self::UnknownPlugin(Box::new(error))
    }
}

impl From<ChooseError> for Error {
    fn from(error: ChooseError) -> Self {
        match error {
            ChooseError::Spec { kind, source } => Self::Spec { flag: kind, source },
            ChooseError::Unknown(error) => error.into(),
            ChooseError::Config(error) => error.into(),
            ChooseError::Create(error) => error.into(),
            other => Self::System(io::Error::other(other)),
        }
    }
}

impl From<EntryError> for Error {
    fn from(error: EntryError) -> Self {
        Self::Entry(Box::new(error))
    }
}

impl From<WorkError> for Error {
    fn from(error: WorkError) -> Self {
        Self::Worker(Box::new(error))
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(Box::new(error))
    }
}

impl Error {
    /// 2: the command line cannot be obeyed as written; 1: it was tried and
    /// failed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Spec { .. }
            | Self::Settings(_)
            | Self::Edit(
                EditError::File(_)
                | EditError::Refused { .. }
                | EditError::NoKey(_)
                | EditError::NotSet { .. }
                | EditError::NoTable { .. },
            )
            | Self::NoSettings
            | Self::Overwrites(_)
            | Self::StartsBehindEnd { .. }
            | Self::NoFolder
            | Self::NotForGui { .. }
            | Self::UnknownPlugin(_)
            | Self::NoPlugin { .. }
            | Self::FolderExists(_)
            | Self::Config(_)
            | Self::Track { .. }
            | Self::OneScenario
            | Self::OnePolicy
            | Self::NothingToHear(_)
            | Self::Uncut(_)
            | Self::Scenario(_)
            | Self::Entry(_)
            | Self::Create(CreateError::Refused { .. })
            | Self::PluginPath { .. }
            | Self::Address { .. } => 2,
            _ => 1,
        }
    }
}
