//! Commands of the laboratory.

use std::path::PathBuf;

use clap::Subcommand;
use segue_lab::scenario::Contender;

use super::{AppliesTo, seconds};

/// Compare policies over many seeded runs, in virtual time or live
///
/// Without --scenario it is `wifi-bad`; without --policy those of the scenario,
/// or all that are installed.
#[derive(Debug, clap::Args)]
pub struct Compare {
    /// Scenario: a built-in name (`segue scenarios`) or a TOML file (repeatable)
    #[arg(long, value_name = "NAME|FILE")]
    pub scenario: Vec<String>,
    /// Policy: NAME[:key=value,...] (repeatable); several values, as in
    /// buffered:buffer=0.02|0.05, make several rows
    #[arg(long, value_name = "NAME[:k=v|v2,...]")]
    pub policy: Vec<Contender>,
    /// Another network instead of the scenario's: NAME[:parameter=value,...],
    /// several in a row joined by +
    #[arg(long, value_name = "NAME[:k=v,...][+NAME...]")]
    pub network: Option<String>,
    /// What the network models apply to, instead of what the scenario says
    #[arg(long, value_enum, value_name = "WHAT")]
    pub network_applies_to: Option<AppliesTo>,
    /// How often each policy plays, instead of what the scenario says
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub runs: Option<u32>,
    /// Where all that is random comes from, instead of what the scenario says
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Play in real time, over this machine's sockets, instead of in virtual
    /// time: the driver is that of `play` and `share`, the losses are those of
    /// the simulated runs of the same number. Ctrl-C shows what is done
    #[arg(long, conflicts_with = "listen")]
    pub live: bool,
    /// With --live: tell whether the means are where simulated runs with other
    /// losses predict them, on a machine that is late when this one was
    #[arg(long, requires = "live")]
    pub agreement: bool,
    /// Play only so many seconds of the scenario's track
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true, conflicts_with = "track")]
    pub length: Option<f64>,
    /// Threads; one for each core if left out. Results do not depend on it. With
    /// --live: runs at a time, five for each core if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Write report.html, results.json, results.csv, and each policy's first run
    /// as a chart and a timeline, into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// With --out: also write the session logs of the first runs, for `segue
    /// plot`
    #[arg(long, requires = "out")]
    pub log: bool,
    /// Play this MP3 file instead of the scenario's track
    #[arg(long, value_name = "FILE.mp3")]
    pub track: Option<PathBuf>,
    /// Write what a listener would have heard with this policy in the first run:
    /// holds as silence, concealment as it sounds. Needs a track that is a file
    #[arg(long, value_name = "NAME[:k=v,...]", requires = "output")]
    pub listen: Option<Contender>,
    /// Where --listen writes it
    #[arg(short, long, value_name = "FILE.wav", requires = "listen")]
    pub output: Option<PathBuf>,
    /// A policy that did not come with Segue plays in a process of its own; end
    /// it when no run has ended for so long, seconds; with --live the track's length
    /// is added
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = seconds)]
    pub patience: f64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print CSV: a line for each run of each policy
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Show the scenarios that come with Segue
#[derive(Debug, clap::Args)]
pub struct Scenarios {
    #[command(subcommand)]
    pub what: Option<ScenariosWhat>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum ScenariosWhat {
    /// All of them, and what each is about
    List,
    /// One of them as a TOML file, to begin your own from
    Show {
        /// Its name
        name: String,
    },
}

/// Draw the chart of a recorded session (play --log, compare --log)
#[derive(Debug, clap::Args)]
pub struct Plot {
    /// The session log
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// Where to draw it, as SVG or PNG by its ending; LOG with .svg if left out
    #[arg(short, long, value_name = "FILE.svg")]
    pub output: Option<PathBuf>,
}

/// Feed what came in a recorded session to other policies: how would they have
/// fared?
///
/// A policy gets the packets that came, when they came. What it asks for in its
/// turn was never sent, so packets that the recorded policy never got stay
/// missing.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// The session log (play --log, compare --log)
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// A policy to try: NAME[:parameter=value,...] (repeatable); if left out, the
    /// recorded one is played again and must do the same
    #[arg(long = "policy", value_name = "NAME[:k=v,...]")]
    pub policies: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Tell a recorded session: what was decided when, why, and what was known then
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The session log (play --log, compare --log)
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// Print JSON, an object for each moment
    #[arg(long)]
    pub json: bool,
}
