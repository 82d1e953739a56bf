//! The seeder's rate control: a feedback in, the time of the next packet out.

use std::net::SocketAddr;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use segue_core::ids::SessionId;
use segue_core::seeder::{Seeder, SeederConfig, SeederOutput, Served};
use segue_core::time::Timestamp;
use segue_core::token::{Token, TokenKey};
use segue_core::track::TrackId;
use segue_core::wire::{Feedback, Message, RequestTrack, encoded_bytes};

const LISTENER: ([u8; 4], u16) = ([10, 0, 0, 1], 9);
const TRACK: TrackId = TrackId([1; 32]);
/// Between two feedbacks.
const STEP: Duration = Duration::from_millis(20);

/// A seeder that streams to one listener, which hears all and says so.
struct Path {
    seeder: Seeder,
    token: Token,
    now: Timestamp,
    sent: u32,
    newest_sent_us: u64,
}

impl Path {
    fn new() -> Self {
        let key = TokenKey::new([3; 32]);
        let token = key.token(SocketAddr::from(LISTENER), Timestamp::ZERO);
        let mut seeder = Seeder::new(SeederConfig::default(), key);
        let served = Served {
            packets: u32::MAX,
            packet_bytes: 418.0,
            packet_s: 0.026,
        };
        seeder.share([(TRACK, served)].into());
        let mut path = Self {
            seeder,
            token,
            now: Timestamp::ZERO,
            sent: 0,
            newest_sent_us: 0,
        };
        path.tell(Message::RequestTrack(Box::new(RequestTrack {
            session: SessionId(1),
            token,
            track: TRACK,
            sequence: 1,
            first: 0,
            rate: 0,
            credit: u32::MAX,
            sent_us: 1,
        })));
        path
    }

    fn tell(&mut self, message: Message) {
        let bytes = encoded_bytes(&message);
        let from = SocketAddr::from(LISTENER);
        self.seeder.handle(self.now, from, &message, bytes);
    }

    /// Tells of all that came; answers when the next packet goes.
    fn feedback(&mut self) -> Timestamp {
        self.tell(Message::Feedback(Feedback {
            session: SessionId(1),
            token: self.token,
            sent_us: self.now.as_nanos() / 1000,
            path_end: self.sent,
            received: self.sent,
            newest_sent_us: self.newest_sent_us,
            held_us: 0,
            queue_us: 0,
            credit: u32::MAX,
        }));
        self.next()
    }

    /// Lets go what is due; answers when there is more.
    fn next(&mut self) -> Timestamp {
        loop {
            match self.seeder.poll(self.now) {
                SeederOutput::Media { header, .. } => {
                    self.sent += 1;
                    self.newest_sent_us = header.sent_us;
                }
                SeederOutput::Transmit { .. } => {}
                SeederOutput::WaitUntil(at) => return at,
            }
        }
    }

    /// Sends until the next feedback is due.
    fn run(&mut self) {
        let end = self.now + STEP;
        loop {
            let next = self.next();
            if next > end {
                break;
            }
            self.now = next;
        }
        self.now = end;
    }
}

fn feedback(c: &mut Criterion) {
    c.bench_function("feedback in, next send time out", |b| {
        let mut path = Path::new();
        b.iter_custom(|count| {
            let mut took = Duration::ZERO;
            for _ in 0..count {
                path.run();
                // A token lasts for minutes of this clock.
                path.token = TokenKey::new([3; 32]).token(SocketAddr::from(LISTENER), path.now);
                let begun = std::time::Instant::now();
                std::hint::black_box(path.feedback());
                took += begun.elapsed();
            }
            took
        });
    });
}

criterion_group!(benches, feedback);
criterion_main!(benches);
