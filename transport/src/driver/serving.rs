//! Packets on their way from files to listeners.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use segue_core::track::TrackId;
use segue_core::wire::{MediaHeader, Message};
use tokio::task::spawn_blocking;

use super::{Driver, News};
use crate::files::Fetched;

/// Tracks that may be read at a time. A disk that does not answer holds no more
/// threads than that.
const READS: usize = 64;
/// Packets of a track that may wait for one: two seconds of music for one
/// listener. What comes after them is lost, so that a seeder that cannot read as
/// fast as it wants to send hears of it.
const WAITING: usize = 80;

/// Packets that wait for a file, in the order in which they are to be sent. Of
/// each track here, something is being read.
pub type Unread = BTreeMap<TrackId, VecDeque<(SocketAddr, MediaHeader)>>;

impl Driver {
    /// Sends a packet, at once or when it is read; never before those of its
    /// track that wait.
    pub(super) async fn serve(&mut self, track: TrackId, to: SocketAddr, header: MediaHeader) {
        let has_room = self.unread.len() < READS;
        if let Some(waiting) = self.unread.get_mut(&track) {
            if waiting.len() < WAITING {
                return waiting.push_back((to, header));
            }
        } else if self.try_serve(track, to, header, has_room).await {
            return;
        } else if has_room {
            self.unread.insert(track, [(to, header)].into());
            return;
        }
        tracing::debug!("reading is slow: packet {} is not sent", header.packet);
    }

    /// Answers whether the packet is sent, or lost for good. Otherwise it is
    /// being read, if `may_fetch`.
    async fn try_serve(
        &mut self,
        track: TrackId,
        to: SocketAddr,
        mut header: MediaHeader,
        may_fetch: bool,
    ) -> bool {
        self.outgoing.clear();
        let packet = header.packet;
        match self.packets.read(track, packet, &mut self.outgoing) {
            Ok(None) => {
                header.payload_bytes = self.outgoing.len() as u16;
                let now = self.clock.now();
                self.transmit(now, to, &Message::Media(header)).await;
                true
            }
            Ok(Some(fetch)) => {
                if may_fetch {
                    let tell = self.tell.clone();
                    // Nobody listens any more when the node has ended.
                    spawn_blocking(move || drop(tell.send(News::Fetched(fetch.run()))));
                }
                false
            }
            Err(error) => {
                self.on_unreadable(track, packet, &error);
                true // to the listener, a packet lost
            }
        }
    }

    /// Sends what waited for this.
    pub(super) async fn on_fetched(&mut self, fetched: Fetched) {
        let (track, packet, result) = self.packets.keep(fetched);
        let mut waiting = self.unread.remove(&track).unwrap_or_default();
        if let Err(error) = result {
            waiting.pop_front();
            self.on_unreadable(track, packet, &error);
        }
        while self.packets.has(track)
            && let Some((to, mut header)) = waiting.pop_front()
        {
            // Listeners and the rate control take it for the network's delay.
            header.sent_us = self.clock.now().as_nanos() / 1000;
            if !self.try_serve(track, to, header, true).await {
                waiting.push_front((to, header));
                self.unread.insert(track, waiting);
                return;
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
