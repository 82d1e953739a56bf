//! What is served: editions of the library come in, files that changed go out.

use std::io::ErrorKind;

use segue_core::time::Timestamp;
use segue_core::track::TrackId;

use super::Driver;
use crate::library::Edition;

impl Driver {
    /// The library has changed.
    pub(super) fn on_edition(&mut self, now: Timestamp, edition: Edition) {
        let tracks = edition.files.len();
        self.unreadable.clear();
        let node = &self.node;
        let offer = self.packets.adopt(edition, |track| node.is_serving(track));
        self.node.offer(now, offer);
        let took = self.clock.now().since(now);
        tracing::debug!("{tracks} tracks to share, taken over in {took:?}");
    }

    /// Ends what is served though it left the library, where nobody listens any
    /// more.
    pub(super) fn drop_lingering(&mut self) {
        let node = &self.node;
        for track in self.packets.left_alone(|track| node.is_serving(track)) {
            self.node.withdraw(track);
        }
    }

    /// A packet could not be read: to its listener, it is lost. A track that is
    /// not what it was is served no more, and looked at anew.
    pub(super) fn on_unreadable(&mut self, track: TrackId, packet: u32, error: &std::io::Error) {
        let short = track.short();
        if self.unreadable.insert(track) {
            tracing::warn!(
                "cannot read packet {packet} of {short}: {error} (told once for each file)"
            );
        } else {
            tracing::debug!("cannot read packet {packet} of {short}: {error}");
        }
        let is_another = matches!(
            error.kind(),
            ErrorKind::NotFound
                | ErrorKind::UnexpectedEof
                | ErrorKind::InvalidData
                | ErrorKind::PermissionDenied
        );
        if is_another {
            self.node.withdraw(track);
            if let Some(file) = self.packets.forget(track) {
                self.library.suspect(file);
            }
        }
    }
}
