//! What holds for every message and every list of bytes.

use proptest::prelude::*;

use super::written;
use crate::ids::{PeerId, SessionId};
use crate::token::Token;
use crate::track::TrackId;
use crate::wire::*;

fn wants() -> impl Strategy<Value = Vec<Want>> {
    let run = (0..2_000_000_000u32, 1..=1000u16, 1..=1000u16);
    let want = (any::<u32>(), any::<u32>(), prop::collection::vec(run, 0..8));
    let want = want.prop_map(|(serial, rate, runs)| {
        let mut last = 0i64;
        let runs = runs.into_iter().map(|(first, count, step)| {
            let delta = (i64::from(first) - last) as i32;
            last = i64::from(first) + i64::from(count - 1) * i64::from(step);
            Run { delta, count, step }
        });
        Want {
            serial,
            rate,
            runs: runs.collect(),
        }
    });
    prop::collection::vec(want, 0..8)
}

fn message() -> impl Strategy<Value = Message> {
    let session = any::<u64>().prop_map(SessionId);
    let token = any::<[u8; 16]>().prop_map(Token);
    let track = any::<[u8; 32]>().prop_map(TrackId);
    let hash = any::<[u8; 8]>();
    let peer = any::<u64>().prop_map(PeerId);
    let head = (session.clone(), token.clone());
    let four = any::<[u32; 4]>();
    let status = prop_oneof![
        Just(SeederStatus::Serving),
        Just(SeederStatus::Unknown),
        Just(SeederStatus::Gone),
        Just(SeederStatus::Busy)
    ];
    let part = prop_oneof![
        any::<u32>().prop_map(|first| CatalogPart::Index { first }),
        hash.prop_map(CatalogPart::Page)
    ];
    prop_oneof![
        (peer.clone(), any::<u16>(), hash, any::<bool>()).prop_map(
            |(peer, port, catalog, leaving)| Message::Announce(Announce {
                peer,
                port,
                catalog,
                leaving
            })
        ),
        (head.clone(), track.clone(), four, any::<u64>()).prop_map(
            |((session, token), track, [sequence, first, rate, credit], sent_us)| {
                Message::RequestTrack(Box::new(RequestTrack {
                    session,
                    token,
                    track,
                    sequence,
                    first,
                    rate,
                    credit,
                    sent_us,
                }))
            }
        ),
        (session.clone(), four, any::<(u64, u32)>(), 0..1200u16).prop_map(
            |(session, [path_sequence, packet, wants_seen, _], (sent_us, serial), bytes)| {
                Message::Media(MediaHeader {
                    session,
                    path_sequence,
                    sent_us,
                    packet,
                    format: FORMAT_FRAME,
                    serial,
                    wants_seen,
                    payload_bytes: bytes,
                })
            }
        ),
        (head.clone(), track, four, any::<u64>(), wants()).prop_map(
            |((session, token), track, [sequence, credit, ..], sent_us, wants)| {
                Message::RequestPackets(Box::new(RequestPackets {
                    session,
                    token,
                    track,
                    sequence,
                    credit,
                    sent_us,
                    wants,
                }))
            }
        ),
        (peer.clone(), token.clone(), part).prop_map(
            |(peer, token, part)| Message::CatalogRequest(CatalogRequest { peer, token, part })
        ),
        (
            peer,
            hash,
            four,
            prop::collection::vec(hash, 0..=NAMES_PER_INDEX)
        )
            .prop_map(
                |(peer, catalog, [pages, first, ..], names)| Message::CatalogIndex(CatalogIndex {
                    peer,
                    catalog,
                    pages,
                    first,
                    names
                })
            ),
        prop::collection::vec(any::<u8>(), 0..=MAX_PAGE_BYTES)
            .prop_map(|bytes| Message::CatalogPage(CatalogPage { bytes })),
        (prop::option::of(session.clone()), token)
            .prop_map(|(session, token)| Message::Retry(Retry { session, token })),
        (head.clone(), four, any::<(u64, u64, u32)>()).prop_map(
            |(
                (session, token),
                [path_end, received, queue_us, credit],
                (sent_us, newest_sent_us, held_us),
            )| {
                Message::Feedback(Feedback {
                    session,
                    token,
                    sent_us,
                    path_end,
                    received,
                    newest_sent_us,
                    held_us,
                    queue_us,
                    credit,
                })
            }
        ),
        (
            session,
            four,
            any::<(u64, Option<u64>, bool, u16)>(),
            status
        )
            .prop_map(
                |(
                    session,
                    [stream_seen, wants_seen, sent, peak_queue],
                    (echo_us, ended, random, feedback_ms),
                    status,
                )| {
                    Message::Report(Report {
                        session,
                        echo_us,
                        status,
                        stream_seen,
                        wants_seen,
                        stream_ended_us: ended,
                        random_order: random,
                        sent,
                        peak_queue,
                        feedback_ms,
                    })
                }
            ),
        head.prop_map(|(session, token)| Message::Cancel(Cancel { session, token })),
    ]
}

/// Lists as policies ask: rising, striped, shuffled, with repeats.
fn list() -> impl Strategy<Value = Vec<u32>> {
    prop_oneof![
        prop::collection::vec(any::<u32>(), 0..300),
        prop::collection::vec(0..3000u32, 0..300),
        (any::<u32>(), 0..2000u32)
            .prop_map(|(first, count)| { (0..count).map(|i| first.saturating_add(i)).collect() }),
        (0..100_000u32, 1..70_000u32, 0..400u32)
            .prop_map(|(first, step, count)| (0..count).map(|i| first + i * step).collect()),
    ]
}

proptest! {
    #[test]
    fn every_message_comes_back_as_it_went(message in message()) {
        let datagram = written(&message);
        let (read, payload) = decode(&datagram).expect("our own bytes");
        prop_assert_eq!(payload.len(), message.payload_bytes());
        prop_assert_eq!(read, message);
    }

    #[test]
    fn the_size_is_known_without_writing(message in message()) {
        let bytes = written(&message).len();
        let said = encoded_bytes(&message);
        if let Message::Media(_) = message {
            prop_assert!(bytes <= said && said <= bytes + 30);
        } else {
            prop_assert_eq!(bytes, said);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..1500)) {
        let _ = decode(&bytes);
        let mut ours = b"SEG\x01".to_vec();
        ours.extend_from_slice(&bytes);
        let _ = decode(&ours);
    }

    #[test]
    fn no_mutation_panics(
        message in message(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut datagram = written(&message);
        for (at, to) in flips {
            let at = at.index(datagram.len());
            datagram[at] = to;
        }
        let _ = decode(&datagram);
        let _ = decode(&datagram[..cut.index(datagram.len())]);
    }

    #[test]
    fn a_list_keeps_its_order_and_its_budget(packets in list(), budget in 0..1300usize) {
        let (runs, held, bytes) = Want::runs(&packets, budget);
        let want = Want { serial: 1, rate: 0, runs };
        prop_assert_eq!(want.packets().collect::<Vec<_>>(), &packets[..held]);
        prop_assert!(bytes <= budget);
        let real: usize = want.runs.iter().map(|run| encode_part(run).len()).sum();
        prop_assert_eq!(bytes, real);
        // Only a full budget, or a jump that no run can tell, ends it early.
        let far = |pair: &[u32]| pair[0].abs_diff(pair[1]) > i32::MAX as u32;
        let first_is_far = packets.first().is_some_and(|&first| first > i32::MAX as u32);
        if held < packets.len() && !first_is_far && !packets.windows(2).any(far) {
            prop_assert!(bytes + 11 > budget);
        }
    }
}
