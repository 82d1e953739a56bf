//! The wire: what a datagram says, and the one codec.
//!
//! A datagram is a 4-byte prefix (`SEG` and the protocol version), one message
//! in bincode (standard configuration, limited), and for [`Message::Media`] the
//! payload that its header announces. Anything else is an error: unknown
//! prefix, other version, unknown message, bytes too many or too few. Outside
//! data never panics.

mod message;
#[cfg(test)]
mod tests;

pub use message::*;

use bincode::config;

/// Most bytes of a UDP payload that is not fragmented on any usual path.
pub const MAX_DATAGRAM_BYTES: usize = 1452;
/// Of these, kept free in every datagram for authentication to come.
pub const RESERVED_BYTES: usize = 48;
/// So a datagram is at most this long today.
pub const MAX_MESSAGE_BYTES: usize = MAX_DATAGRAM_BYTES - RESERVED_BYTES;
/// Most bytes of prefix and [`MediaHeader`] together.
pub const MAX_MEDIA_HEADER_BYTES: usize = 47;

/// Version of the protocol; other versions are not understood.
pub const VERSION: u8 = 2;
const PREFIX: [u8; 4] = [b'S', b'E', b'G', VERSION];

/// Why a datagram is no message of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Not from a Segue program at all.
    #[error("not a Segue datagram")]
    Foreign,
    /// From a Segue program of another protocol version.
    #[error("protocol version {0}, this program speaks {VERSION}: update the older one")]
    Version(u8),
    /// Longer than any message may be.
    #[error("{0} bytes are more than the {MAX_DATAGRAM_BYTES} a datagram may have")]
    TooLong(usize),
    /// The message is cut off, unknown or out of bounds.
    #[error("malformed message")]
    Malformed,
    /// The message is followed by bytes that are none of it.
    #[error("{0} bytes too many or too few after the message")]
    Length(usize),
}

/// Most memory that a message takes: bincode counts decoded sizes, and a
/// list's elements are up to 11 times (an empty [`Want`]) their size on the
/// wire.
const MAX_MEMORY_BYTES: usize = 16 * MAX_DATAGRAM_BYTES;

fn settings() -> impl config::Config {
    config::standard().with_limit::<MAX_MEMORY_BYTES>()
}

/// Writes a message and its payload (empty for all but [`Message::Media`]) as
/// one datagram into `datagram`, replacing what was there.
pub fn encode(message: &Message, payload: &[u8], datagram: &mut Vec<u8>) {
    debug_assert_eq!(message.payload_bytes(), payload.len());
    datagram.clear();
    datagram.extend_from_slice(&PREFIX);
    // Encoding to memory has no way to fail for our own types.
    let written = bincode::serde::encode_into_std_write(message, datagram, config::standard());
    debug_assert!(written.is_ok());
    datagram.extend_from_slice(payload);
    debug_assert!(datagram.len() <= MAX_MESSAGE_BYTES, "{message:?}");
}

/// Reads a datagram: the message and its payload.
pub fn decode(datagram: &[u8]) -> Result<(Message, &[u8]), WireError> {
    if datagram.len() > MAX_DATAGRAM_BYTES {
        return Err(WireError::TooLong(datagram.len()));
    }
    let Some((prefix, rest)) = datagram.split_first_chunk::<4>() else {
        return Err(WireError::Foreign);
    };
    if prefix[..3] != PREFIX[..3] {
        return Err(WireError::Foreign);
    }
    if prefix[3] != VERSION {
        return Err(WireError::Version(prefix[3]));
    }
    let (message, used): (Message, usize) =
        bincode::serde::decode_from_slice(rest, settings()).map_err(|_| WireError::Malformed)?;
    let payload = &rest[used..];
    if payload.len() != message.payload_bytes() {
        return Err(WireError::Length(
            payload.len().abs_diff(message.payload_bytes()),
        ));
    }
    if !message.is_sane() {
        return Err(WireError::Malformed);
    }
    Ok((message, payload))
}

/// Bytes of the datagram that [`encode`] would write.
#[inline]
pub fn encoded_bytes(message: &Message) -> usize {
    match message {
        Message::Media(header) => media_bytes(header),
        other => counted_bytes(other),
    }
}

/// The same for a packet: counted often, so without encoding, its header being as
/// long as it may be.
#[inline]
pub fn media_bytes(header: &MediaHeader) -> usize {
    MAX_MEDIA_HEADER_BYTES + usize::from(header.payload_bytes)
}

fn counted_bytes(message: &Message) -> usize {
    let mut size = Count(PREFIX.len());
    let written = bincode::serde::encode_into_std_write(message, &mut size, config::standard());
    debug_assert!(written.is_ok());
    size.0
}

struct Count(usize);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Writes a value that travels inside a message (a catalog entry).
pub(crate) fn encode_part<T: serde::Serialize>(part: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(part, config::standard()).unwrap_or_default()
}

/// Reads one such value from the front of `bytes`; answers it and the rest.
pub(crate) fn decode_part<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let (part, used) = bincode::serde::decode_from_slice(bytes, settings()).ok()?;
    Some((part, &bytes[used..]))
}
