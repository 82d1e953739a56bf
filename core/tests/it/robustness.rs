//! Outside data of any kind: no panic, no endless work, no surprises.

mod messages;

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use segue_core::listener::{Input, Listener, ListenerConfig, Output};
use segue_core::node::{Node, NodeOutput};
use segue_core::playback::Start;
use segue_core::seeder::{Order, SeederConfig};
use segue_core::session_log::Line;
use segue_core::time::Timestamp;
use segue_core::token::Token;
use segue_core::wire::*;

use messages::message;

use crate::world::{SESSION, Setup, node, paper_seeder, policy, track};

const PACKETS: u32 = 300;

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
            NodeOutput::Media { header, .. } => {
                assert!(encoded_bytes(&Message::Media(header)) <= MAX_MESSAGE_BYTES);
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
            start: Start::BEGINNING,
            have: Vec::new(),
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
