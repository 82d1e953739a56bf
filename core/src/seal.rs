//! Bytes that are kept outside and must come back as they were.

/// Bytes of the hash at the end.
const HASH_BYTES: usize = 16;

/// Appends a hash of `context` and `bytes`.
pub fn close(context: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
    let hash = hash(context, &bytes);
    bytes.extend_from_slice(&hash);
    bytes
}

/// The bytes that were sealed; `None` if they, or the context, are others.
pub fn open<'a>(context: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (bytes, found) = sealed.split_last_chunk::<HASH_BYTES>()?;
    (hash(context, bytes) == *found).then_some(bytes)
}

fn hash(context: &[u8], bytes: &[u8]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(context.len() as u64).to_le_bytes());
    hasher.update(context);
    hasher.update(bytes);
    let mut short = [0; HASH_BYTES];
    hasher.finalize_xof().fill(&mut short);
    short
}
