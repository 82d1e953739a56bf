//! The seeder alone: what it sends to whom, how much, and in which order.

mod amplification;

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
                    self.now = at;
                }
            }
        }
        self.now = end;
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
fn a_wrong_or_expired_token_is_answered_by_a_new_one_that_works() {
    let mut bench = bench(SeederConfig::default());
    let old = bench.token(1);
    bench.now = Timestamp::from_secs_f64(1201.0);
    for token in [Token::default(), old] {
        bench.tell(1, request_with(token));
        let sent = bench.run_s(0.1);
        let [(_, _, Message::Retry(retry))] = &sent[..] else {
            panic!("{sent:?}");
        };
        bench.tell(1, request_with(retry.token));
        assert!(media(&bench.run_s(0.1)).count() > 0);
        bench.tell(
            1,
            Message::Cancel(Cancel {
                session: SessionId(1),
                token: retry.token,
            }),
        );
    }
    assert_eq!(bench.seeder.stats().unproven, 2);
}

fn request_with(token: Token) -> Message {
    Message::RequestTrack(Box::new(RequestTrack {
        session: SessionId(1),
        token,
        track: track(PACKETS).id,
        sequence: 1,
        first: 0,
        rate: 0,
        credit: 100,
        sent_us: 1,
    }))
}

#[test]
fn a_thousand_requests_a_second_change_nothing_about_rate_and_memory() {
    for config in [
        capped(50e3),
        SeederConfig {
            max_bytes_per_s: Some(50e3),
            ..paper_seeder()
        },
    ] {
        let mut bench = bench(config);
        let mut sent = 0;
        for i in 0..10_000u32 {
            let first = i * 7 % 2000;
            let list: Vec<u32> = (first..first + 500).collect();
            bench.want(1, i + 1, &[(i + 1, &list)]);
            sent += media(&bench.run_heard(Duration::from_millis(1))).count();
        }
        // 50 kB/s for 10 s, in packets of 418 bytes.
        assert!(sent as f64 <= 50e3 * 10.0 / 418.0 + 10.0, "{sent} sent");
        assert!(sent as f64 >= 0.9 * 50e3 * 10.0 / 418.0, "{sent} sent");
        assert!(bench.seeder.stats().peak_queue <= 64 * 500);
    }
}

#[test]
fn a_hundred_greedy_listeners_share_the_cap_fairly() {
    let mut bench = bench(capped(400e3));
    let list: Vec<u32> = (0..PACKETS).collect();
    let mut served = vec![0u32; 100];
    for second in 0..20 {
        for from in 0..100 {
            if second == 0 {
                bench.stream(from, 1, 0, u32::MAX);
            }
            bench.want(from, second + 1, &[(second + 1, &list)]);
        }
        let sent = bench.run_s(1.0);
        for (_, to, _) in media(&sent) {
            let SocketAddr::V4(to) = to else { continue };
            served[usize::from(to.ip().octets()[3])] += 1;
        }
    }
    let total: u32 = served.iter().sum();
    assert!(
        f64::from(total) * 418.0 <= 400e3 * 20.0 * 1.01,
        "{total} sent"
    );
    assert!(
        f64::from(total) * 418.0 >= 400e3 * 20.0 * 0.95,
        "{total} sent"
    );
    let (least, most) = (served.iter().min(), served.iter().max());
    assert!(
        least >= Some(&(total / 120)) && most <= Some(&(total / 80)),
        "{served:?}"
    );
}

#[test]
fn one_listener_too_many_is_told_that_it_is_busy_until_another_leaves_or_is_silent() {
    let mut bench = bench(SeederConfig {
        max_sessions: 2,
        ..SeederConfig::default()
    });
    for from in 1..=3 {
        bench.stream(from, 1, 0, 10);
    }
    use SeederStatus::{Busy, Serving};
    let ended = |statuses: Vec<SeederStatus>| statuses[..3] == [Serving, Serving, Busy];
    assert!(ended(statuses(&bench.run_s(1.0))));
    let token = bench.token(1);
    bench.tell(
        1,
        Message::Cancel(Cancel {
            session: SessionId(1),
            token,
        }),
    );
    bench.stream(3, 1, 0, 10);
    assert_eq!(statuses(&bench.run_s(1.0)), [Serving]);
    // 15 s of silence, and nothing else happens at the seeder meanwhile.
    bench.now += Duration::from_secs(15);
    bench.stream(4, 1, 0, 10);
    assert_eq!(statuses(&bench.run_s(0.1)), [Serving]);
    assert_eq!(bench.seeder.listeners(), 1);
}

#[test]
fn silent_listeners_are_forgotten_after_15_s_though_nothing_else_happens() {
    let mut bench = bench(SeederConfig::default());
    bench.stream(1, 1, 0, 10);
    bench.run_s(14.9);
    assert_eq!(bench.seeder.listeners(), 1);
    bench.run_s(0.2);
    assert_eq!(bench.seeder.listeners(), 0);
}

#[test]
fn listeners_of_a_track_that_is_gone_are_told_so() {
    let mut bench = bench(SeederConfig::default());
    bench.stream(1, 1, 0, 10);
    bench.run_s(0.1);
    bench.seeder.share(BTreeMap::new());
    assert_eq!(statuses(&bench.run_s(0.1)), [SeederStatus::Gone]);
    bench.stream(1, 2, 0, 10);
    let sent = bench.run_s(0.1);
    assert_eq!(statuses(&sent), [SeederStatus::Gone]);
    assert_eq!(media(&sent).count(), 0);
}

#[test]
fn a_session_it_does_not_know_is_told_so() {
    let mut bench = bench(SeederConfig::default());
    bench.feedback(1);
    assert_eq!(statuses(&bench.run_s(0.1)), [SeederStatus::Unknown]);
}

#[test]
fn the_newest_list_wins_and_its_order_is_kept() {
    let mut bench = bench(capped(418.0 * 10.0)); // a packet each 0.1 s
    bench.want(1, 2, &[(1, &[50, 40, 60]), (2, &[5])]);
    bench.want(1, 1, &[(1, &[900])]); // overtaken on the way
    assert_eq!(packets(&bench.run_s(0.15)), [50, 40]);
    bench.want(1, 2, &[(1, &[50, 40, 60]), (2, &[5])]); // repeated
    bench.want(1, 3, &[(1, &[50, 40, 60]), (2, &[5]), (3, &[40, 7])]);
    assert_eq!(packets(&bench.run_s(2.0)), [60, 5, 40, 7]);
}

#[test]
fn cancelled_sessions_stop_at_once() {
    let mut bench = bench(SeederConfig::default());
    bench.stream(1, 1, 0, u32::MAX);
    assert!(media(&bench.run_s(0.1)).count() > 0);
    let token = bench.token(1);
    bench.tell(
        1,
        Message::Cancel(Cancel {
            session: SessionId(1),
            token,
        }),
    );
    assert_eq!(bench.run_s(5.0).len(), 0);
}

#[test]
fn credit_is_never_overrun() {
    for order in [Order::Sequential, Order::Random] {
        let mut bench = bench(SeederConfig {
            order,
            ..SeederConfig::default()
        });
        bench.stream(1, 1, 20, 120);
        let mut first = packets(&bench.run_heard(Duration::from_secs(2)));
        first.sort_unstable();
        assert!(first.into_iter().eq(20..120), "{order:?}");
        bench.stream(1, 1, 20, 300); // the same wish, more credit
        let mut more = packets(&bench.run_heard(Duration::from_secs(2)));
        more.sort_unstable();
        assert!(more.into_iter().eq(120..300), "{order:?}");
    }
}

#[test]
fn a_stream_covers_each_packet_once_in_its_order_and_tells_its_end() {
    for order in [Order::Sequential, Order::Random] {
        let pace = Some(Duration::from_millis(2));
        let mut bench = bench(SeederConfig {
            order,
            pace,
            ..SeederConfig::default()
        });
        let mut sent = Vec::new();
        for _ in 0..3 {
            bench.stream(1, 1, 0, u32::MAX); // repeats show that we live
            sent.extend(bench.run_heard(Duration::from_secs(10)));
        }
        let mut came = packets(&sent);
        assert_eq!(came.is_sorted(), order == Order::Sequential);
        came.sort_unstable();
        assert!(came.into_iter().eq(0..PACKETS));
        let last = media(&sent).last().map(|(at, ..)| at.as_nanos() / 1000);
        let ended = sent.iter().rev().find_map(|(_, _, message)| match message {
            Message::Report(report) => report.stream_ended_us,
            _ => None,
        });
        let (ended, last) = (ended.expect("it is told"), last.expect("media"));
        assert!(ended.abs_diff(last) <= 2000, "{ended}, last packet {last}");
    }
}

#[test]
fn in_paper_mode_every_request_gets_a_paced_stream_of_its_own() {
    let mut bench = bench(SeederConfig {
        availability: 1.0,
        ..paper_seeder()
    });
    bench.stream(1, 1, 0, u32::MAX);
    let list: Vec<u32> = (5000..5100).collect();
    bench.want(1, 1, &[(1, &list)]);
    bench.want(1, 2, &[(1, &list), (2, &list)]);
    let sent = bench.run_s(1.0);
    // Three streams of 50 packets a second.
    assert!((148..=153).contains(&media(&sent).count()));
    let asked = media(&sent).filter(|(.., header)| !header.by_stream);
    assert!((98..=102).contains(&asked.count()));
    let rest = bench.run_s(2.0);
    let asked = media(&rest).filter(|(.., header)| !header.by_stream);
    assert!((98..=102).contains(&asked.count()), "each of both ends");
}

#[test]
fn another_track_under_the_same_session_begins_anew() {
    let mut bench = bench(SeederConfig::default());
    let other = segue_core::track::TrackInfo {
        id: TrackId([2; 32]),
        ..track(7)
    };
    let both = [
        (track(PACKETS).id, Served::from(&track(PACKETS))),
        (other.id, Served::from(&other)),
    ];
    bench.seeder.share(both.into());
    bench.stream(1, 5, 0, 10);
    bench.run_s(1.0);
    let token = bench.token(1);
    bench.tell(
        1,
        Message::RequestTrack(Box::new(RequestTrack {
            session: SessionId(1),
            token,
            track: other.id,
            sequence: 1,
            first: 0,
            rate: 0,
            credit: u32::MAX,
            sent_us: 1,
        })),
    );
    assert!(packets(&bench.run_s(1.0)).into_iter().eq(0..7));
}

#[test]
fn a_stream_without_pace_needs_no_availability() {
    let mut bench = bench(SeederConfig {
        availability: 0.0,
        ..SeederConfig::default()
    });
    bench.stream(1, 1, 0, 10);
    assert_eq!(media(&bench.run_s(1.0)).count(), 10);
}
