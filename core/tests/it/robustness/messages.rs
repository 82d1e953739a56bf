//! Well-formed messages full of senseless numbers.

use proptest::prelude::*;
use segue_core::ids::{PeerId, SessionId};
use segue_core::token::Token;
use segue_core::track::TrackId;
use segue_core::wire::*;

use super::PACKETS;
use crate::world::{SESSION, track};

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
pub fn message() -> impl Strategy<Value = Message> {
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
        (session(), four(), clock(), any::<(u32, u8)>()).prop_map(
            |(session, [path_sequence, packet, wants_seen, _], sent_us, (serial, format))| {
                Message::Media(MediaHeader {
                    session,
                    path_sequence,
                    sent_us,
                    packet,
                    format,
                    serial,
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
        (
            session(),
            token.clone(),
            four(),
            [clock(), clock()],
            any::<u32>()
        )
            .prop_map(
                |(
                    session,
                    token,
                    [path_end, received, queue_us, credit],
                    [sent_us, newest_sent_us],
                    held_us,
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
            session(),
            four(),
            (
                clock(),
                prop::option::of(clock()),
                any::<bool>(),
                any::<u16>()
            ),
            status
        )
            .prop_map(
                |(
                    session,
                    [stream_seen, wants_seen, sent, peak_queue],
                    (echo_us, stream_ended_us, random_order, feedback_ms),
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
                        feedback_ms,
                    })
                }
            ),
        (session(), token).prop_map(|(session, token)| Message::Cancel(Cancel { session, token })),
    ]
}
