//! Datagrams in and out: sockets, the wire's codec, network models.

use std::net::SocketAddr;
use std::sync::Arc;

use segue_core::time::Timestamp;
use segue_core::wire::{self, Message};
use tokio::time::{Duration, Instant};

use super::{BATCH, BUFFER_BYTES, Driver};
use crate::path::Cargo;
use crate::sockets::{Family, Sockets};

/// What the system refuses to send is logged this often.
const LOG_PAUSE: Duration = Duration::from_secs(5);

/// Datagrams that the system refused to send.
#[derive(Default)]
pub struct Unsent {
    pub count: u64,
    pub error: Option<String>,
    logged: Option<Instant>,
}

impl Unsent {
    /// Sends a datagram. One that cannot be sent is lost like any other: an
    /// address may be gone now and back in a moment.
    pub async fn send(&mut self, sockets: &Sockets, to: SocketAddr, datagram: &[u8]) {
        let Err(error) = sockets.send(to, datagram).await else {
            return;
        };
        self.count += 1;
        self.error = Some(format!("{to}: {error}"));
        if self.logged.is_none_or(|at| at.elapsed() >= LOG_PAUSE) {
            self.logged = Some(Instant::now());
            let count = self.count;
            tracing::debug!("cannot send to {to}: {error} ({count} unsent so far)");
        }
    }
}

impl Driver {
    pub(super) fn read_data(&mut self) {
        let mut buffer = [0; BUFFER_BYTES];
        for family in Family::ALL {
            for _ in 0..BATCH {
                let Some((length, from)) = self.data.try_receive(family, &mut buffer) else {
                    break;
                };
                self.on_datagram(from, &buffer[..length]);
            }
        }
    }

    pub(super) fn read_beacons(&mut self) {
        let mut buffer = [0; BUFFER_BYTES];
        for family in Family::ALL {
            for _ in 0..BATCH {
                let sockets = &self.beacons.sockets;
                let Some((length, from)) = sockets.try_receive(family, &mut buffer) else {
                    break;
                };
                self.on_beacon(from, &buffer[..length]);
            }
        }
    }

    /// Everything but beacons has the data port.
    fn on_beacon(&mut self, from: SocketAddr, datagram: &[u8]) {
        let Some((Message::Announce(announce), _)) = self.decode(from, datagram) else {
            return;
        };
        let own = self.node.discovery().is_me(announce.peer);
        self.beacons.heard(from, own);
        if !own && self.beacons.is_neighbour(from) {
            let now = self.clock.now();
            self.node.hear_beacon(now, from, &announce);
        }
    }

    fn decode<'a>(&mut self, from: SocketAddr, datagram: &'a [u8]) -> Option<(Message, &'a [u8])> {
        wire::decode(datagram)
            .inspect_err(|error| {
                self.malformed += 1;
                let count = self.malformed;
                tracing::debug!("datagram from {from} ignored ({count} so far): {error}");
            })
            .ok()
    }

    fn on_datagram(&mut self, from: SocketAddr, datagram: &[u8]) {
        let Some((message, payload)) = self.decode(from, datagram) else {
            return;
        };
        let now = self.clock.now();
        if let Message::Media(header) = &message {
            self.node
                .note_sent(header.session, from, now, header.packet);
        }
        let bytes = datagram.len();
        let payload = Arc::from(payload);
        if self.path.concerns(&message, true) {
            let cargo = Cargo::In {
                from,
                message,
                payload,
                bytes,
            };
            self.path.send(now, from, bytes, cargo);
        } else {
            self.hand_over(now, from, message, payload, bytes);
        }
    }

    fn hand_over(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        message: Message,
        payload: Arc<[u8]>,
        bytes: usize,
    ) {
        self.payload = payload;
        self.node.handle(now, from, message, bytes);
        self.drain_sessions(now);
    }

    /// Takes what came through the network models.
    pub(super) async fn pass_network(&mut self) {
        let now = self.clock.now();
        while let Some(cargo) = self.path.poll(now) {
            match cargo {
                Cargo::In {
                    from,
                    message,
                    payload,
                    bytes,
                } => {
                    self.hand_over(now, from, message, payload, bytes);
                }
                Cargo::Out { to, datagram, .. } => {
                    self.unsent.send(&self.data, to, &datagram).await
                }
            }
        }
    }

    pub(super) async fn send_to_all(&mut self, message: &Message) {
        wire::encode(message, &[], &mut self.datagram);
        self.beacons.send(&self.data, &self.datagram).await;
    }
}
