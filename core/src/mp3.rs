//! MP3 files: framing, headers and tags.
