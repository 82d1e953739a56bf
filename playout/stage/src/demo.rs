//! The bundled track, and peers of this machine that have it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use segue_core::seeder::SeederConfig;
use segue_transport::{Library, LibraryError, Peer, PeerConfig, PeerError};
use tempfile::TempDir;

/// Bach's Prelude in C; see `playout/stage/demo/README.md`.
pub const TRACK: &[u8] = include_bytes!("../demo/prelude.mp3");
/// What its file is called.
pub const TRACK_NAME: &str = "prelude.mp3";

/// The paper's pace: a little faster than the music (26 ms a packet), so that
/// the chart shows a stream and not one burst.
const PACE: Duration = Duration::from_millis(20);

/// The bundled track as a file in this folder, written if it is not there.
///
/// # Errors
/// When it cannot be written.
pub fn file_in(folder: &Path) -> io::Result<PathBuf> {
    let file = folder.join(TRACK_NAME);
    if fs::read(&file).ok().as_deref() != Some(TRACK) {
        fs::create_dir_all(folder)?;
        fs::write(&file, TRACK)?;
    }
    Ok(file)
}

/// Peers on this machine, which share the bundled track until dropped.
pub struct Seeders {
    peers: Vec<Peer>,
    _folder: TempDir,
}

/// The bundled track cannot be shared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// No file for it.
    #[error("cannot write the bundled track: {0}")]
    Write(#[from] io::Error),
    /// It cannot be shared.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A peer cannot run.
    #[error(transparent)]
    Peer(#[from] PeerError),
}

impl Seeders {
    /// Starts so many, each at the paper's pace. Nobody hears of them who is not
    /// told their addresses.
    ///
    /// # Errors
    /// When the track cannot be written to a temporary file, or no socket be had.
    pub fn start(count: usize) -> Result<Self, DemoError> {
        let folder = tempfile::tempdir()?;
        let file = file_in(folder.path())?;
        let peers = (0..count).map(|number| seeder(&file, number));
        Ok(Self {
            peers: peers.collect::<Result<_, _>>()?,
            _folder: folder,
        })
    }

    /// Where they are.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.peers.iter().map(Peer::address)
    }
}

fn seeder(file: &Path, number: usize) -> Result<Peer, DemoError> {
    Ok(Peer::start(PeerConfig {
        bind: loopback(),
        discovery_port: None,
        library: Library::open(&[file.to_owned()])?,
        seeder: SeederConfig {
            pace: Some(PACE),
            seed: number as u64,
            ..SeederConfig::default()
        },
        ..PeerConfig::default()
    })?)
}

/// A free port of this machine, which no other machine reaches.
pub fn loopback() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
}
