//! The wire's tests: golden bytes here; limits, lists and properties beside.

mod limits;
mod lists;
mod properties;

use super::*;
use crate::ids::{PeerId, SessionId};
use crate::token::Token;
use crate::track::TrackId;

/// One message of each type and its bytes. **Changing any of these bytes means
/// a new [`VERSION`]**: programs of both kinds will meet on one network.
fn golden() -> Vec<(Message, &'static str)> {
    let session = SessionId(0x0102_0304_0506_0708);
    let token = Token([0xaa; 16]);
    let track = TrackId([0xbb; 32]);
    vec![
        (
            Message::Announce(Announce {
                peer: PeerId(0x1122_3344_5566_7788),
                port: 12_001,
                catalog: [1, 2, 3, 4, 5, 6, 7, 8],
                leaving: false,
            }),
            ANNOUNCE,
        ),
        (
            Message::RequestTrack(Box::new(RequestTrack {
                session,
                token,
                track,
                sequence: 1,
                first: 300,
                rate: 50,
                credit: 28_000,
                sent_us: 1_000_000,
            })),
            REQUEST_TRACK,
        ),
        (
            Message::Media(MediaHeader {
                session,
                path_sequence: 70_000,
                sent_us: 5_000_000_000,
                packet: 251,
                format: FORMAT_FRAME,
                serial: 300,
                wants_seen: 3,
                payload_bytes: 4,
            }),
            MEDIA,
        ),
        (
            Message::RequestPackets(Box::new(RequestPackets {
                session,
                token,
                track,
                sequence: 2,
                credit: 28_000,
                sent_us: 1_000_000,
                wants: vec![Want {
                    serial: 7,
                    rate: 0,
                    runs: vec![
                        Run {
                            delta: 100,
                            count: 3,
                            step: 2,
                        },
                        Run {
                            delta: -50,
                            count: 1,
                            step: 1,
                        },
                    ],
                }],
            })),
            REQUEST_PACKETS,
        ),
        (
            Message::CatalogRequest(CatalogRequest {
                peer: PeerId(1),
                token,
                part: CatalogPart::Index { first: 150 },
            }),
            CATALOG_REQUEST_INDEX,
        ),
        (
            Message::CatalogRequest(CatalogRequest {
                peer: PeerId(1),
                token,
                part: CatalogPart::Page([9; 8]),
            }),
            CATALOG_REQUEST_PAGE,
        ),
        (
            Message::CatalogIndex(CatalogIndex {
                peer: PeerId(1),
                catalog: [7; 8],
                pages: 2,
                first: 0,
                names: vec![[8; 8], [9; 8]],
            }),
            CATALOG_INDEX,
        ),
        (
            Message::CatalogPage(CatalogPage {
                bytes: vec![1, 2, 3],
            }),
            CATALOG_PAGE,
        ),
        (
            Message::Retry(Retry {
                session: Some(session),
                token,
            }),
            RETRY,
        ),
        (
            Message::Feedback(Feedback {
                session,
                token,
                sent_us: 1_000_000,
                path_end: 1000,
                received: 900,
                newest_sent_us: 900_000,
                held_us: 250,
                queue_us: 12,
                credit: 28_000,
            }),
            FEEDBACK,
        ),
        (
            Message::Report(Report {
                session,
                echo_us: 1_000_000,
                status: SeederStatus::Gone,
                stream_seen: 1,
                wants_seen: 2,
                stream_ended_us: Some(2_000_000),
                random_order: true,
                sent: 1000,
                peak_queue: 40,
                feedback_ms: 1000,
            }),
            REPORT,
        ),
        (Message::Cancel(Cancel { session, token }), CANCEL),
    ]
}

const ANNOUNCE: &str = "5345470200fd8877665544332211fbe12e010203040506070800";
const REQUEST_TRACK: &str = "5345470201fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01fb2c0132fb606dfc40420f00";
const MEDIA: &str =
    "5345470202fd0807060504030201fc70110100fd00f2052a01000000fbfb0000fb2c010304fffb9064";
const REQUEST_PACKETS: &str = "5345470203fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb02fb606dfc40420f0001070002c80302630101";
const CATALOG_REQUEST_INDEX: &str = "534547020401aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0096";
const CATALOG_REQUEST_PAGE: &str = "534547020401aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa010909090909090909";
const CATALOG_INDEX: &str = "534547020501070707070707070702000208080808080808080909090909090909";
const CATALOG_PAGE: &str = "534547020603010203";
const RETRY: &str = "534547020701fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const FEEDBACK: &str = "5345470208fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaafc40420f00fbe803fb8403fca0bb0d00fa0cfb606d";
const REPORT: &str = "5345470209fd0807060504030201fc40420f0002010201fc80841e0001fbe80328fbe803";
const CANCEL: &str = "534547020afd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const PAYLOAD: [u8; 4] = [0xff, 0xfb, 0x90, 0x64];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written(message: &Message) -> Vec<u8> {
    let mut datagram = vec![0xee; 3]; // replaced, not added to
    let payload = vec![0x55; message.payload_bytes()];
    encode(message, &payload, &mut datagram);
    datagram
}

#[test]
fn golden_bytes() {
    for (message, expected) in golden() {
        let mut datagram = Vec::new();
        let payload = &PAYLOAD[..message.payload_bytes()];
        encode(&message, payload, &mut datagram);
        assert_eq!(hex(&datagram), expected, "{message:?}");
        assert_eq!(decode(&datagram), Ok((message, payload)));
    }
}

#[test]
fn the_papers_four_types_keep_their_numbers() {
    for (message, _) in golden() {
        let number = written(&message)[4];
        match message {
            Message::Announce(_) => assert_eq!(number, 0),
            Message::RequestTrack(_) => assert_eq!(number, 1),
            Message::Media(_) => assert_eq!(number, 2),
            Message::RequestPackets(_) => assert_eq!(number, 3),
            _ => assert!((4..=10).contains(&number)),
        }
    }
}

#[test]
fn what_is_not_ours_is_told_apart() {
    assert_eq!(decode(&[]), Err(WireError::Foreign));
    assert_eq!(decode(b"SEG"), Err(WireError::Foreign));
    assert_eq!(decode(b"GET / HTTP/1.1"), Err(WireError::Foreign));
    assert_eq!(decode(b"SEG\x03\0"), Err(WireError::Version(3)));
    assert_eq!(decode(b"SEG\x00\0"), Err(WireError::Version(0)));
    assert_eq!(decode(b"SEG\x02"), Err(WireError::Malformed));
    assert_eq!(decode(b"SEG\x02\x0b"), Err(WireError::Malformed), "type 11");
    assert_eq!(decode(&[0; 1453]), Err(WireError::TooLong(1453)));
    assert_eq!(decode(&[0; 1452]), Err(WireError::Foreign));
}

#[test]
fn bytes_too_many_and_too_few_are_refused() {
    for (message, _) in golden() {
        let mut datagram = written(&message);
        for end in 4..datagram.len() {
            assert!(
                decode(&datagram[..end]).is_err(),
                "{message:?} cut at {end}"
            );
        }
        datagram.push(0);
        assert_eq!(decode(&datagram), Err(WireError::Length(1)), "{message:?}");
    }
}
