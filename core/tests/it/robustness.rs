//! Outside data of any kind: no panic, no endless work, no surprises.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use segue_core::ids::{PeerId, SessionId};
use segue_core::listener::{Input, Listener, ListenerConfig, Output};
use segue_core::node::{Node, NodeOutput};
use segue_core::seeder::{Order, SeederConfig};
use segue_core::session_log::Line;
use segue_core::time::Timestamp;
use segue_core::token::Token;
use segue_core::track::TrackId;
use segue_core::wire::*;

use crate::world::{SESSION, Setup, node, paper_seeder, policy, track};

const PACKETS: u32 = 300;

/// Numbers at and around every edge.
fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..PACKETS + 2,
        Just(u32::MAX),
        Just(u32::MAX - 1),
        Just(i32::MAX as u32),
        any::<u32>()
    ]
}

fn clock() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..20_000_000u64,
        Just(u64::MAX),
        Just(1 << 63),
        Just((1 << 63) - 1),
        any::<u64>()
    ]
}

fn session() -> impl Strategy<Value = SessionId> {
    prop_oneof![4 => Just(SESSION), 1 => (0..9u64).prop_map(SessionId)]
}

fn track_id() -> impl Strategy<Value = TrackId> {
    prop_oneof![4 => Just(track(1).id), 1 => Just(TrackId([0; 32]))]
}

fn hash() -> impl Strategy<Value = PageHash> {
    prop_oneof![Just([0; 8]), Just([1; 8]), any::<PageHash>()]
}

/// Tokens are put in later: some of them are to be right.
fn message() -> impl Strategy<Value = Message> {
    let token = any::<bool>().prop_map(|good| Token([good.into(); 16]));
    let peer = (0..4u64).prop_map(PeerId);
    let status = prop_oneof![
        6 => Just(SeederStatus::Serving),
        1 => Just(SeederStatus::Unknown),
        1 => Just(SeederStatus::Gone),
        1 => Just(SeederStatus::Busy)
    ];
    let run = (any::<i32>(), 0..=u16::MAX, 0..=u16::MAX);
    let run = prop_oneof![
        run.prop_map(|(delta, count, step)| Run { delta, count, step }),
        (0..300i32, 1..50u16).prop_map(|(delta, count)| Run {
            delta,
            count,
            step: 1
        })
    ];
    let want = (number(), number(), prop::collection::vec(run, 0..6))
        .prop_map(|(serial, rate, runs)| Want { serial, rate, runs });
    let part = prop_oneof![
        number().prop_map(|first| CatalogPart::Index { first }),
        hash().prop_map(CatalogPart::Page)
    ];
    let four = || [number(), number(), number(), number()];
    prop_oneof![
        (peer.clone(), any::<u16>(), hash(), any::<bool>()).prop_map(
            |(peer, port, catalog, leaving)| Message::Announce(Announce {
                peer,
                port,
                catalog,
                leaving
            })
        ),
        (session(), token.clone(), track_id(), four(), clock()).prop_map(
            |(session, token, track, [sequence, first, rate, credit], sent_us)| {
                Message::RequestTrack(RequestTrack {
                    session,
                    token,
                    track,
                    sequence,
                    first,
                    rate,
                    credit,
                    sent_us,
                })
            }
        ),
        (session(), four(), clock(), any::<(bool, u8)>()).prop_map(
            |(session, [path_sequence, packet, wants_seen, _], sent_us, (by_stream, format))| {
                Message::Media(MediaHeader {
                    session,
                    path_sequence,
                    sent_us,
                    packet,
                    format,
                    by_stream,
                    wants_seen,
                    payload_bytes: 4,
                })
            }
        ),
        (
            session(),
            token.clone(),
            track_id(),
            four(),
            clock(),
            prop::collection::vec(want, 0..5)
        )
            .prop_map(
                |(session, token, track, [sequence, credit, ..], sent_us, wants)| {
                    Message::RequestPackets(RequestPackets {
                        session,
                        token,
                        track,
                        sequence,
                        credit,
                        sent_us,
                        wants,
                    })
                }
            ),
        (peer.clone(), token.clone(), part).prop_map(
            |(peer, token, part)| Message::CatalogRequest(CatalogRequest { peer, token, part })
        ),
        (peer, hash(), four(), prop::collection::vec(hash(), 0..5)).prop_map(
            |(peer, catalog, [pages, first, ..], names)| {
                Message::CatalogIndex(CatalogIndex {
                    peer,
                    catalog,
                    pages,
                    first,
                    names,
                })
            }
        ),
        prop::collection::vec(any::<u8>(), 0..60)
            .prop_map(|bytes| Message::CatalogPage(CatalogPage { bytes })),
        (prop::option::of(session()), any::<[u8; 16]>()).prop_map(|(session, token)| {
            Message::Retry(Retry {
                session,
                token: Token(token),
            })
        }),
        (session(), token.clone(), four(), clock()).prop_map(
            |(session, token, [path_end, received, queue_us, credit], sent_us)| {
                Message::Feedback(Feedback {
                    session,
                    token,
                    sent_us,
                    path_end,
                    received,
                    queue_us,
                    credit,
                })
            }
        ),
        (
            session(),
            four(),
            (clock(), prop::option::of(clock()), any::<bool>()),
            status
        )
            .prop_map(
                |(
                    session,
                    [stream_seen, wants_seen, sent, peak_queue],
                    (echo_us, stream_ended_us, random_order),
                    status,
                )| {
                    Message::Report(Report {
                        session,
                        echo_us,
                        status,
                        stream_seen,
                        wants_seen,
                        stream_ended_us,
                        random_order,
                        sent,
                        peak_queue,
                    })
                }
            ),
        (session(), token).prop_map(|(session, token)| Message::Cancel(Cancel { session, token })),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Hear(u8, Message),
    FrameDue,
    /// Milliseconds, forward or back.
    Pass(i32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..4u8, message()).prop_map(|(from, message)| Step::Hear(from, message)),
        1 => Just(Step::FrameDue),
        3 => (-50..3000i32).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..80)
}

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number], 9))
}

fn with_token(mut message: Message, good: Token) -> Message {
    let token = match &mut message {
        Message::RequestTrack(m) => &mut m.token,
        Message::RequestPackets(m) => &mut m.token,
        Message::Feedback(m) => &mut m.token,
        Message::Cancel(m) => &mut m.token,
        Message::CatalogRequest(m) => &mut m.token,
        _ => return message,
    };
    if token.0[0] == 1 {
        *token = good;
    }
    message
}

/// Polls until it waits, which must be soon.
fn drain(node: &mut Node, now: Timestamp) -> Timestamp {
    for _ in 0..20_000 {
        match node.poll(now) {
            NodeOutput::WaitUntil(at) => return at,
            NodeOutput::Transmit { message, .. } | NodeOutput::Broadcast(message) => {
                assert!(encoded_bytes(&message) <= MAX_MESSAGE_BYTES);
            }
            _ => {}
        }
    }
    panic!("it never waits");
}

fn seeder_config() -> impl Strategy<Value = SeederConfig> {
    (any::<[bool; 3]>(), 0.0..1.0).prop_map(|([random, paper, capped], availability)| {
        SeederConfig {
            order: if random {
                Order::Random
            } else {
                Order::Sequential
            },
            pace: paper.then_some(paper_seeder().pace).flatten(),
            recovery_streams: paper,
            max_bytes_per_s: capped.then_some(20e3),
            availability,
            max_sessions: 3,
            ..SeederConfig::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_message_makes_a_node_panic_or_spin(
        steps in steps(),
        config in seeder_config(),
        spec in prop::sample::select(&[
            "stop-1s", "buffered", "sequential-recovery", "random-recovery:recover=filling,split=paper"
        ][..]),
    ) {
        let mut now = Timestamp::from_secs_f64(5.0);
        let mut node = node(0, config);
        node.share(now, [&track(PACKETS)]);
        node.add_peer(now, address(3));
        let listener = ListenerConfig {
            session: SESSION,
            track: track(PACKETS),
            paced: true,
            ahead_packets: 100,
            timeline: true,
        };
        node.open(now, listener, policy(spec, 1), None);
        (1..3).for_each(|seeder| node.join(now, SESSION, address(seeder), Token::default()));
        drain(&mut node, now);
        for step in steps {
            match step {
                Step::Hear(from, message) => {
                    let good = node.token_for(address(from), now);
                    let message = with_token(message, good);
                    let bytes = encoded_bytes(&message);
                    node.handle(now, address(from), message, bytes);
                }
                Step::FrameDue => node.frame_due(now, SESSION),
                Step::Pass(ms) if ms < 0 => {
                    now = now.minus(Duration::from_millis(ms.unsigned_abs().into()));
                }
                Step::Pass(ms) => {
                    let end = now + Duration::from_millis(ms.unsigned_abs().into());
                    for _ in 0..20_000 {
                        let wake = drain(&mut node, now);
                        if wake > end {
                            break;
                        }
                        now = now.max(wake);
                        node.tick(now);
                    }
                    prop_assert!(drain(&mut node, now) > end, "it wakes all the time");
                    now = end;
                }
            }
            drain(&mut node, now);
        }
    }
}

/// A recorded session under loss.
fn recorded(policy: &str) -> Vec<Line> {
    let mut world = Setup {
        packets: PACKETS,
        policy: policy.into(),
        network: "random-delay:rtt_s=0.2,loss=0.3".into(),
        log: true,
        ..Setup::default()
    }
    .play();
    world.sim.with_node(0, |node, _| node.take_log(SESSION))
}

/// Feeds the inputs of a log, with something done before each of them.
fn outputs(
    log: &[Line],
    spec: &str,
    mut before: impl FnMut(&mut Listener, Timestamp),
) -> Vec<Output> {
    let Some(Line::Begin(begin)) = log.first() else {
        panic!("a log begins");
    };
    let mut listener = Listener::new(begin.at, begin.config.clone(), policy(spec, begin.seed));
    let mut outputs = Vec::new();
    for line in log {
        if let Line::In(at, input) = line {
            before(&mut listener, *at);
            listener.handle(*at, input);
            while let output @ (Output::Transmit { .. }
            | Output::Keep { .. }
            | Output::Play { .. }
            | Output::Conceal { .. }
            | Output::Skip { .. }
            | Output::Hold
            | Output::End
            | Output::Event(_)) = listener.poll()
            {
                outputs.push(output);
            }
        }
    }
    outputs
}

#[test]
fn spurious_ticks_do_nothing() {
    for spec in [
        "stop-1s",
        "buffered",
        "sequential-recovery",
        "random-recovery",
    ] {
        let log = recorded(spec);
        let plain = outputs(&log, spec, |_, _| {});
        assert!(plain.len() > 300);
        let mut last = Timestamp::ZERO;
        let ticked = outputs(&log, spec, |listener, at| {
            let middle = last + (at - last) / 2;
            for at in [last, middle, middle] {
                if listener.next_timer() > at {
                    listener.handle(at, &Input::Tick);
                    assert!(matches!(listener.poll(), Output::WaitUntil(_)));
                }
            }
            last = at;
        });
        assert_eq!(plain, ticked, "{spec}");
    }
}

#[test]
fn time_that_goes_backwards_stands_still() {
    let spec = "sequential-recovery";
    let log = recorded(spec);
    let plain = outputs(&log, spec, |_, _| {});
    let mut last = Timestamp::ZERO;
    let back = outputs(&log, spec, |listener, at| {
        if listener.next_timer() > last {
            listener.handle(last.minus(Duration::from_secs(3)), &Input::Tick);
            assert!(matches!(listener.poll(), Output::WaitUntil(_)));
        }
        last = at;
    });
    assert_eq!(plain, back);
}
