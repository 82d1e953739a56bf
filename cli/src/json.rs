//! What JSON says of tracks: one form for all commands.

use segue_core::track::TrackInfo;
use serde::Serialize;

/// A track. Its id is text, as `segue play` takes it.
#[derive(Serialize)]
pub struct Track<'a> {
    id: String,
    title: &'a str,
    artist: &'a str,
    album: &'a str,
    /// The file's name without folder and extension.
    name: &'a str,
    duration_s: f64,
    packets: u32,
    packet_s: f64,
    bytes: u64,
    kbit_s: f64,
    sample_rate: u32,
    channels: u8,
}

impl<'a> From<&'a TrackInfo> for Track<'a> {
    fn from(track: &'a TrackInfo) -> Self {
        Self {
            id: track.id.to_string(),
            title: &track.title,
            artist: &track.artist,
            album: &track.album,
            name: &track.name,
            duration_s: track.duration_s(),
            packets: track.packets,
            packet_s: track.packet_s(),
            bytes: track.bytes,
            kbit_s: track.kbit_s(),
            sample_rate: track.sample_rate,
            channels: track.channels,
        }
    }
}
