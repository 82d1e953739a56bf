//! What can be said on the command line.

mod lab;
mod plugins;
mod program;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use segue_playout::OutputSpec;
pub use segue_stage::DEFAULT_POLICY;

pub use lab::{Compare, Explain, Plot, Replay, Scenarios, ScenariosWhat};
pub use plugins::{Check, Lang, New, NewKind, Plugins, PluginsWhat, Worker};
pub use program::{Color, Completions, Config, ConfigWhat, Doctor, Man};

/// Plays music from the machines around you, and plays on, whatever the network
/// does.
///
/// Share a folder on one machine:   segue share ~/Music
/// See what is there on another:    segue list
/// Play it:                         segue play "part of a title"
#[derive(Debug, Parser)]
#[command(
    name = "segue",
    version,
    verbatim_doc_comment,
    propagate_version = true
)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub globals: Globals,
    /// Say more: -v what happens, -vv details, -vvv everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, clap::Args)]
pub struct Globals {
    /// Look for plugins in this folder first (may be repeated)
    #[arg(long, global = true, value_name = "DIR")]
    pub plugin_path: Vec<PathBuf>,
    /// Port on which all Segue programs of a network announce themselves
    #[arg(
        long, global = true, value_name = "PORT",
        default_value_t = segue_transport::DISCOVERY_PORT,
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    pub discovery_port: u16,
    /// Take the settings from this file; else $SEGUE_CONFIG names it (empty:
    /// none), else it is where `segue config path` says
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Colours in what is printed
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Share(Share),
    List(List),
    Play(Play),
    Get(Get),
    /// Open the desktop app
    Gui,
    Devices(Devices),
    #[command(visible_alias = "plugin")]
    Plugins(Plugins),
    Demo(Demo),
    Compare(Compare),
    Scenarios(Scenarios),
    Plot(Plot),
    Replay(Replay),
    Explain(Explain),
    Config(Config),
    Doctor(Doctor),
    Completions(Completions),
    #[command(hide = true)]
    Man(Man),
}

impl Command {
    /// It must work however wrong the settings file is.
    pub fn does_without_settings(&self) -> bool {
        match self {
            Self::Config(_) | Self::Doctor(_) | Self::Completions(_) | Self::Man(_) => true,
            Self::Plugins(plugins) => matches!(plugins.what, Some(PluginsWhat::Worker(_))),
            _ => false,
        }
    }
}

/// Share folders and files of MP3s with the network, until Ctrl-C
#[derive(Debug, clap::Args)]
pub struct Share {
    /// Folders (with all inside) and MP3 files
    #[arg(required = true, value_name = "DIR|FILE")]
    pub paths: Vec<PathBuf>,
    /// UDP port for data; any free one if left out
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Serve on this address of this machine only; 0.0.0.0 is all of IPv4, ::
    /// all of IPv6 and IPv4
    #[arg(long, value_name = "ADDR", default_value = "::")]
    pub bind: IpAddr,
    /// In which order to stream a track's packets
    #[arg(long, value_enum, default_value_t = Order::Sequential)]
    pub order: Order,
    /// Fixed time between the packets of a stream, milliseconds; as fast as
    /// listener and network take them if left out
    #[arg(long, value_name = "MS", value_parser = milliseconds, allow_negative_numbers = true)]
    pub pace: Option<f64>,
    /// Probability that a paced sequential stream sends at its turn (the
    /// paper's seeders: 0.8)
    #[arg(long, value_name = "P", default_value_t = 1.0, value_parser = probability, allow_negative_numbers = true)]
    pub availability: f64,
    /// Cap on all that is sent
    #[arg(long, value_name = "KBIT_S", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_rate: Option<u32>,
    /// Read all files, and keep nothing of what is found out about them for the
    /// next start
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub peers: Peers,
    /// Print what is shared, and where, as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Order {
    Sequential,
    Random,
}

/// List the tracks that peers share, and who has each
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only tracks with all these words in title, artist, album or file name
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// Look around for this long, seconds
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = seconds, allow_negative_numbers = true)]
    pub wait: f64,
    #[command(flatten)]
    pub peers: Peers,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Peers {
    /// Ask this peer (HOST:PORT, as `segue share` prints it; an IPv6 address in
    /// brackets), whether or not broadcast reaches it (may be repeated)
    #[arg(long = "peer", value_name = "HOST:PORT")]
    pub peers: Vec<String>,
}

/// Play tracks one after the other, from all peers that have them, or from files
///
/// On a terminal: space pauses, left and right go 10 s back and on, up and down
/// (or + and -) set the volume, n and p go to the next track and back, q quits.
#[derive(Debug, clap::Args)]
pub struct Play {
    /// What to play, in this order: a track's id or the start of it, words of its
    /// title, artist, album or file name that fit no other, album:NAME,
    /// artist:NAME, an MP3 file, a folder of them, or an .m3u playlist
    #[arg(required = true, value_name = "WHAT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub what: Vec<String>,
    /// Begin so far into the first track: seconds, or M:SS, or H:MM:SS
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = clock_time)]
    pub start: f64,
    /// Volume to begin with, percent
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u8).range(..=100))]
    pub volume: u8,
    #[command(flatten)]
    pub fetching: Fetching,
    /// Where the sound goes: speaker, null (nowhere, at the speed of sound),
    /// FILE.wav, FILE.mp3, or - for MP3 to standard output. A file is written as
    /// fast as the music comes, and replaces what was there; a FILE.wav has the
    /// highest sample rate and the most channels of the tracks
    #[arg(short, long, value_name = "OUTPUT", default_value = "speaker")]
    pub output: OutputSpec,
    /// The sound device: its id, its name, or a part of either that fits no other
    /// (`segue devices` lists them); the system's default if left out
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub device: Option<String>,
    /// Record every input and output of the session, a line of JSON each. Each
    /// further track, and each seek, goes to a file of its own: FILE-2.jsonl and
    /// so on. Files of these names are replaced
    #[arg(long, value_name = "FILE.jsonl")]
    pub log: Option<PathBuf>,
    /// Draw packet number against time: sent, received, played, discarded.
    /// Further tracks and seeks in FILE-2.svg and so on; files of these names are
    /// replaced
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    /// Print all metrics of each track, not a line alone
    #[arg(long)]
    pub metrics: bool,
    /// Print the metrics as JSON (to standard error with `-o -`)
    #[arg(long)]
    pub json: bool,
}

/// Keep copies of tracks: complete, verified, as fast as the network gives them
///
/// A copy that was interrupted goes on where it stopped. No other file is ever
/// replaced.
#[derive(Debug, clap::Args)]
#[command(override_usage = "segue get [OPTIONS] <WHAT>... <DIR>")]
pub struct Get {
    /// What to fetch, as for `segue play`; and last the folder for the copies, made
    /// if it is not there
    // One list: clap lets no option stand between two positionals if the first
    // takes several values.
    #[arg(required = true, value_name = "WHAT|DIR", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    what_and_dir: Vec<String>,
    #[command(flatten)]
    pub fetching: Fetching,
    /// Print what was fetched as JSON
    #[arg(long)]
    pub json: bool,
}

impl Get {
    /// What to fetch, and the folder for it; `None` if one is missing.
    pub fn what_and_dir(&self) -> Option<(&[String], &Path)> {
        let (dir, what) = self.what_and_dir.split_last()?;
        (!what.is_empty()).then(|| (what, Path::new(dir)))
    }
}

/// Which tracks of the network, and how to fetch them.
#[derive(Debug, clap::Args)]
pub struct Fetching {
    /// Where words fit several tracks, take them all
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub peers: Peers,
    /// Wait this long for tracks that nobody has yet, seconds. If left out, only
    /// until all peers have been heard and have told what they have, or for 5 s
    /// if there is none. An id or a whole title begins as soon as it is found;
    /// words of it wait until every peer can have been heard, 1.2 s, as others
    /// may fit as well
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    pub wait: Option<f64>,
    /// Give up when no peer that has a track has answered for this long,
    /// seconds
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds, allow_negative_numbers = true)]
    pub patience: f64,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, clap::Args)]
pub struct How {
    /// Playout policy: NAME, or NAME:parameter=value,... (`segue plugins` lists
    /// them, `segue plugins show NAME` their parameters)
    #[arg(long, value_name = "NAME[:k=v,...]", default_value = DEFAULT_POLICY)]
    pub policy: String,
    /// Lose and delay datagrams on purpose: NAME[:parameter=value,...], several
    /// in a row joined by +
    #[arg(long, value_name = "NAME[:k=v,...][+NAME...]")]
    pub network: Option<String>,
    /// What the network model applies to
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = AppliesTo::All)]
    pub network_applies_to: AppliesTo,
    /// Seed of policy and network model; a random one if left out
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum AppliesTo {
    /// Everything, both ways
    All,
    /// Music that comes in, as in the paper
    Media,
}

impl From<AppliesTo> for segue_core::network::AppliesTo {
    fn from(what: AppliesTo) -> Self {
        match what {
            AppliesTo::All => Self::All,
            AppliesTo::Media => Self::Media,
        }
    }
}

/// List the sound devices; the one marked with * is the default
#[derive(Debug, clap::Args)]
pub struct Devices {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Play the bundled track from two seeders through a network that loses 20 %
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where the sound goes; without a sound device, segue-demo.wav
    #[arg(short, long, value_name = "OUTPUT")]
    pub output: Option<OutputSpec>,
    /// Stop after this much music
    #[arg(long, value_name = "N", value_parser = seconds, allow_negative_numbers = true)]
    pub seconds: Option<f64>,
    /// Playout policy: NAME, or NAME:parameter=value,... (`segue plugins` lists
    /// them, `segue plugins show NAME` their parameters)
    #[arg(long, value_name = "NAME[:k=v,...]", default_value = DEFAULT_POLICY)]
    pub policy: String,
    /// Where to draw the chart
    #[arg(long, value_name = "FILE.svg", default_value = "segue-demo.svg")]
    pub plot: PathBuf,
    /// Print the metrics as JSON
    #[arg(long)]
    pub json: bool,
}

fn within(text: &str, min: f64, max: f64, unit: &str) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("must be a number from {min} to {max}{unit}"))?;
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(format!("must be from {min} to {max}{unit}"))
    }
}

fn probability(text: &str) -> Result<f64, String> {
    let value = within(text, 0.0, 1.0, "")?;
    if value > 0.0 {
        Ok(value)
    } else {
        Err("must be above 0, or nothing is ever sent".into())
    }
}

fn milliseconds(text: &str) -> Result<f64, String> {
    within(text, 0.01, 60_000.0, " milliseconds")
}

/// `83`, `1:23` or `0:01:23`.
fn clock_time(text: &str) -> Result<f64, String> {
    let wrong = || "write seconds, M:SS or H:MM:SS".to_owned();
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(wrong());
    }
    let mut seconds = 0.0;
    for (index, part) in parts.iter().enumerate() {
        let value: f64 = part.parse().map_err(|_| wrong())?;
        let most = if index == 0 { 86_400.0 } else { 59.999 };
        if !(0.0..=most).contains(&value) {
            return Err(wrong());
        }
        seconds = seconds * 60.0 + value;
    }
    Ok(seconds)
}

fn seconds(text: &str) -> Result<f64, String> {
    within(text, 0.0, 86_400.0, " seconds")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn times_are_written_as_people_do() {
        for (text, seconds) in [
            ("83", 83.0),
            ("1:23", 83.0),
            ("1:00:01.5", 3601.5),
            ("0", 0.0),
        ] {
            assert_eq!(super::clock_time(text), Ok(seconds));
        }
        for text in ["", "1:", "1:60", "-1", "nan", "1:2:3:4", "soon"] {
            assert!(super::clock_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }
}
