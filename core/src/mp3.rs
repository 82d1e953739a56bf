//! MP3 files: framing, headers and tags.
//!
//! Nothing here decodes sound. A file is walked frame by frame, what is not
//! music (tags, the Xing/Info frame, junk) is told apart, and the place of
//! every packet is written down.

mod edges;
pub mod head;
pub mod header;
pub mod meta;
mod notes;
pub mod scan;
pub mod table;
pub mod tags;
mod window;

pub use head::{MetaWriter, names_tag};
pub use header::{ChannelMode, FrameHeader, Version};
pub use notes::Notes;
pub use scan::{Scan, ScanError, scan};
pub use table::PacketTable;
pub use tags::{Names, clean, read_names};

/// Most bytes that a frame may have. A datagram stays under 1,452 bytes (Ethernet
/// less IPv6, UDP and some tunnel); the media header and the 48 bytes kept for
/// authentication take the rest. Only 320 kbit/s at 32 kHz and its like are longer.
pub const MAX_FRAME_BYTES: usize = 1357;

/// Largest file that is looked at: positions in a [`PacketTable`] are `u32`.
pub const MAX_FILE_BYTES: u64 = u32::MAX as u64;
