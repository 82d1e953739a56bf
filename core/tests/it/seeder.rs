//! The seeder alone: what it sends to whom, how much, and in which order.

mod amplification;
mod listeners;
mod requests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use segue_core::ids::SessionId;
use segue_core::seeder::{Order, Seeder, SeederConfig, SeederOutput, Served};
use segue_core::time::Timestamp;
use segue_core::token::{Token, TokenKey};
use segue_core::track::TrackId;
use segue_core::wire::{
    Cancel, Feedback, MediaHeader, Message, RequestPackets, RequestTrack, SeederStatus, Want,
    encoded_bytes,
};

use crate::world::{paper_seeder, track};

const PACKETS: u32 = 10_000;

/// A seeder of one track, and its clock.
struct Bench {
    seeder: Seeder,
    key: TokenKey,
    now: Timestamp,
    /// So late it is woken.
    late: Duration,
    /// Of each listener: path end and packets received.
    heard: BTreeMap<SocketAddr, (u32, u32)>,
}

fn listener(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 9))
}

fn bench(config: SeederConfig) -> Bench {
    let key = TokenKey::new([3; 32]);
    let mut seeder = Seeder::new(config, key.clone());
    let track = track(PACKETS);
    seeder.share([(track.id, Served::from(&track))].into());
    Bench {
        seeder,
        key,
        now: Timestamp::ZERO,
        late: Duration::ZERO,
        heard: BTreeMap::new(),
    }
}

type Sent = Vec<(Timestamp, SocketAddr, Message)>;

impl Bench {
    fn token(&self, from: u8) -> Token {
        self.key.token(listener(from), self.now)
    }

    fn tell(&mut self, from: u8, message: Message) {
        let bytes = encoded_bytes(&message);
        self.seeder
            .handle(self.now, listener(from), &message, bytes);
    }

    fn stream(&mut self, from: u8, sequence: u32, first: u32, credit: u32) {
        let message = Message::RequestTrack(Box::new(RequestTrack {
            session: SessionId(from.into()),
            token: self.token(from),
            track: track(PACKETS).id,
            sequence,
            first,
            rate: 0,
            credit,
            sent_us: 1,
        }));
        self.tell(from, message);
    }

    fn want(&mut self, from: u8, sequence: u32, wants: &[(u32, &[u32])]) {
        let want = |&(serial, packets): &(u32, &[u32])| Want {
            serial,
            rate: 0,
            runs: Want::runs(packets, 1200).0,
        };
        let message = Message::RequestPackets(Box::new(RequestPackets {
            session: SessionId(from.into()),
            token: self.token(from),
            track: track(PACKETS).id,
            sequence,
            credit: u32::MAX,
            sent_us: 1,
            wants: wants.iter().map(want).collect(),
        }));
        self.tell(from, message);
    }

    fn feedback(&mut self, from: u8) {
        let message = Message::Feedback(Feedback {
            session: SessionId(from.into()),
            token: self.token(from),
            sent_us: 1,
            path_end: 0,
            received: 0,
            newest_sent_us: 0,
            held_us: 0,
            queue_us: 0,
            credit: 0,
        });
        self.tell(from, message);
    }

    /// All that is sent until so much later.
    fn run(&mut self, duration: Duration) -> Sent {
        let end = self.now + duration;
        let mut sent = Vec::new();
        loop {
            match self.seeder.poll(self.now) {
                SeederOutput::Transmit { to, message } => sent.push((self.now, to, message)),
                SeederOutput::Media { to, header, .. } => {
                    sent.push((self.now, to, Message::Media(header)));
                }
                SeederOutput::WaitUntil(at) if at > end => break,
                SeederOutput::WaitUntil(at) => {
                    assert!(at > self.now, "it would spin");
                    self.now = at + self.late;
                }
            }
        }
        self.now = self.now.max(end);
        sent
    }

    fn run_s(&mut self, seconds: f64) -> Sent {
        self.run(Duration::from_secs_f64(seconds))
    }

    /// The same, with listeners that hear all and say so: a seeder that hears
    /// nothing slows down.
    fn run_heard(&mut self, duration: Duration) -> Sent {
        const STEP: Duration = Duration::from_millis(20);
        let end = self.now + duration;
        let mut all = Vec::new();
        while self.now < end {
            let sent = self.run(STEP.min(end.since(self.now)));
            for (_, to, header) in media(&sent) {
                let (path_end, received) = self.heard.entry(to).or_default();
                *path_end = header.path_sequence + 1;
                *received += 1;
                let feedback = Feedback {
                    session: header.session,
                    token: self.key.token(to, self.now),
                    sent_us: self.now.as_nanos() / 1000,
                    path_end: *path_end,
                    received: *received,
                    newest_sent_us: header.sent_us,
                    held_us: 0,
                    queue_us: 0,
                    credit: 0,
                };
                let message = Message::Feedback(feedback);
                let bytes = encoded_bytes(&message);
                self.seeder.handle(self.now, to, &message, bytes);
            }
            all.extend(sent);
        }
        all
    }
}

fn media(sent: &Sent) -> impl Iterator<Item = (Timestamp, SocketAddr, MediaHeader)> + '_ {
    sent.iter().filter_map(|(at, to, message)| match message {
        Message::Media(header) => Some((*at, *to, *header)),
        _ => None,
    })
}

fn packets(sent: &Sent) -> Vec<u32> {
    media(sent).map(|(_, _, header)| header.packet).collect()
}

fn statuses(sent: &Sent) -> Vec<SeederStatus> {
    let status = |message: &Message| match message {
        Message::Report(report) => Some(report.status),
        _ => None,
    };
    sent.iter()
        .filter_map(|(_, _, message)| status(message))
        .collect()
}

fn capped(bytes_per_s: f64) -> SeederConfig {
    SeederConfig {
        max_bytes_per_s: Some(bytes_per_s),
        ..SeederConfig::default()
    }
}

#[test]
fn nobody_wakes_up_for_a_turn_at_which_the_stream_is_unavailable() {
    let mut bench = bench(SeederConfig {
        availability: 0.5,
        ..paper_seeder()
    });
    bench.stream(1, 1, 0, PACKETS);
    let (mut packets, mut wakes) = (0, 0);
    while bench.now < Timestamp::from_secs_f64(10.0) {
        match bench.seeder.poll(bench.now) {
            SeederOutput::Transmit { .. } => {}
            SeederOutput::Media { .. } => {
                let turn_ns = 20_000_000;
                assert_eq!(bench.now.as_nanos() % turn_ns, 0);
                packets += 1;
            }
            SeederOutput::WaitUntil(at) => {
                bench.now = at;
                wakes += 1;
            }
        }
    }
    assert!((200..300).contains(&packets), "{packets} in 500 turns");
    assert!(wakes <= packets + 1, "{wakes} for {packets} packets");
}
