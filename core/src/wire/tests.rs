//! The wire's tests: golden bytes here, limits and properties beside.

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
                by_stream: true,
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
            }),
            REPORT,
        ),
        (Message::Cancel(Cancel { session, token }), CANCEL),
    ]
}

const ANNOUNCE: &str = "5345470100fd8877665544332211fbe12e010203040506070800";
const REQUEST_TRACK: &str = "5345470101fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01fb2c0132fb606dfc40420f00";
const MEDIA: &str =
    "5345470102fd0807060504030201fc70110100fd00f2052a01000000fbfb0000010304fffb9064";
const REQUEST_PACKETS: &str = "5345470103fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb02fb606dfc40420f0001070002c80302630101";
const CATALOG_REQUEST_INDEX: &str = "534547010401aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0096";
const CATALOG_REQUEST_PAGE: &str = "534547010401aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa010909090909090909";
const CATALOG_INDEX: &str = "534547010501070707070707070702000208080808080808080909090909090909";
const CATALOG_PAGE: &str = "534547010603010203";
const RETRY: &str = "534547010701fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const FEEDBACK: &str = "5345470108fd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaafc40420f00fbe803fb8403fca0bb0d00fa0cfb606d";
const REPORT: &str = "5345470109fd0807060504030201fc40420f0002010201fc80841e0001fbe80328";
const CANCEL: &str = "534547010afd0807060504030201aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

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
    assert_eq!(decode(b"SEG\x02\0"), Err(WireError::Version(2)));
    assert_eq!(decode(b"SEG\x00\0"), Err(WireError::Version(0)));
    assert_eq!(decode(b"SEG\x01"), Err(WireError::Malformed));
    assert_eq!(decode(b"SEG\x01\x0b"), Err(WireError::Malformed), "type 11");
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

#[test]
fn lists_that_say_nothing_or_too_much_are_refused() {
    let with_run = |count, step| {
        let Message::RequestPackets(mut request) = golden().swap_remove(3).0 else {
            panic!("number 3 asks for packets");
        };
        request.wants[0].runs[0].count = count;
        request.wants[0].runs[0].step = step;
        decode(&written(&Message::RequestPackets(request))).is_ok()
    };
    assert!(with_run(1, 1));
    assert!(!with_run(0, 1));
    assert!(!with_run(1, 0));
    let index = |names: usize| {
        let message = Message::CatalogIndex(CatalogIndex {
            peer: PeerId(1),
            catalog: [0; 8],
            pages: 1000,
            first: 0,
            names: vec![[0; 8]; names],
        });
        decode(&written(&message)).is_ok()
    };
    assert!(index(NAMES_PER_INDEX));
    assert!(!index(NAMES_PER_INDEX + 1));
}

/// The longest of each type that the engine ever makes.
fn longest() -> Vec<Message> {
    let session = SessionId(u64::MAX);
    let token = Token([0xff; 16]);
    let track = TrackId([0xff; 32]);
    let (most, longest) = (u32::MAX, u64::MAX);
    vec![
        Message::Announce(Announce {
            peer: PeerId(longest),
            port: u16::MAX,
            catalog: [0xff; 8],
            leaving: true,
        }),
        Message::RequestTrack(Box::new(RequestTrack {
            session,
            token,
            track,
            sequence: most,
            first: most,
            rate: most,
            credit: most,
            sent_us: longest,
        })),
        media(crate::mp3::MAX_FRAME_BYTES as u16),
        Message::CatalogRequest(CatalogRequest {
            peer: PeerId(longest),
            token,
            part: CatalogPart::Page([0xff; 8]),
        }),
        Message::CatalogIndex(CatalogIndex {
            peer: PeerId(longest),
            catalog: [0xff; 8],
            pages: most,
            first: most,
            names: vec![[0xff; 8]; NAMES_PER_INDEX],
        }),
        Message::CatalogPage(CatalogPage {
            bytes: vec![0xff; MAX_PAGE_BYTES],
        }),
        Message::Retry(Retry {
            session: Some(session),
            token,
        }),
        Message::Feedback(Feedback {
            session,
            token,
            sent_us: longest,
            path_end: most,
            received: most,
            newest_sent_us: longest,
            held_us: most,
            queue_us: most,
            credit: most,
        }),
        Message::Report(Report {
            session,
            echo_us: longest,
            status: SeederStatus::Busy,
            stream_seen: most,
            wants_seen: most,
            stream_ended_us: Some(longest),
            random_order: true,
            sent: most,
            peak_queue: most,
        }),
        Message::Cancel(Cancel { session, token }),
    ]
}

fn media(payload_bytes: u16) -> Message {
    Message::Media(MediaHeader {
        session: SessionId(u64::MAX),
        path_sequence: u32::MAX,
        sent_us: u64::MAX,
        packet: u32::MAX,
        format: u8::MAX,
        by_stream: true,
        wants_seen: u32::MAX,
        payload_bytes,
    })
}

#[test]
fn the_longest_of_each_type_leaves_room_for_authentication() {
    for message in longest() {
        let bytes = written(&message).len();
        assert!(bytes <= MAX_MESSAGE_BYTES, "{bytes} bytes: {message:?}");
        assert!(bytes <= encoded_bytes(&message), "{message:?}");
    }
}

#[test]
fn the_longest_lists_fit_whatever_they_are_made_of() {
    // Many short runs, few long ones, many requests.
    let short: Vec<u32> = (0..2000).map(|i| i * i * 13 % 1999).collect();
    let far: Vec<u32> = (0..400).map(|i| i % 2 * 1_000_000_000 + i).collect();
    for (packets, wants) in [(short, 1), (far, 1), (vec![9], 75), (vec![], 75)] {
        let budget = 1200 / wants;
        let want = |serial| Want {
            serial,
            rate: u32::MAX,
            runs: Want::runs(&packets, budget).0,
        };
        let message = Message::RequestPackets(Box::new(RequestPackets {
            session: SessionId(u64::MAX),
            token: Token([0xff; 16]),
            track: TrackId([0xff; 32]),
            sequence: u32::MAX,
            credit: u32::MAX,
            sent_us: u64::MAX,
            wants: (0..wants as u32).map(|i| want(u32::MAX - i)).collect(),
        }));
        let datagram = written(&message);
        let bytes = datagram.len();
        assert!(bytes > 900 && bytes <= MAX_MESSAGE_BYTES, "{bytes} bytes");
        assert_eq!(decode(&datagram), Ok((message, &[][..])));
    }
}

#[test]
fn a_media_header_is_never_longer_than_is_counted_for_it() {
    assert!(written(&media(0)).len() <= MAX_MEDIA_HEADER_BYTES);
    const { assert!(MAX_MEDIA_HEADER_BYTES + crate::mp3::MAX_FRAME_BYTES <= MAX_MESSAGE_BYTES) }
}

#[test]
fn an_answer_without_proof_is_no_longer_than_what_it_answers() {
    let retry = |session| {
        let token = Token::default();
        encoded_bytes(&Message::Retry(Retry { session, token }))
    };
    for message in longest() {
        match message {
            Message::RequestTrack(_) | Message::Feedback(_) | Message::Cancel(_) => {
                assert!(retry(Some(SessionId(u64::MAX))) <= encoded_bytes(&message) + 1);
            }
            Message::CatalogRequest(_) => assert!(retry(None) <= encoded_bytes(&message)),
            _ => {}
        }
    }
}

#[test]
fn long_stripes_are_short_on_the_wire() {
    let packets: Vec<u32> = (0..5000).map(|i| 1000 + 3 * i).collect();
    let (runs, held, bytes) = Want::runs(&packets, 100);
    assert_eq!((runs.len(), held), (1, 5000));
    assert!(bytes <= 7);
}

#[test]
fn a_list_with_numbers_that_are_none_is_malformed() {
    let list = |delta| {
        let run = Run {
            delta,
            count: 2,
            step: 1,
        };
        Message::RequestPackets(Box::new(RequestPackets {
            session: SessionId(1),
            token: Token::default(),
            track: TrackId([0; 32]),
            sequence: 1,
            credit: 0,
            sent_us: 0,
            wants: vec![Want {
                serial: 1,
                rate: 0,
                runs: vec![run; 3],
            }],
        }))
    };
    let mut datagram = Vec::new();
    encode(&list(1), &[], &mut datagram);
    assert!(decode(&datagram).is_ok());
    // Millions of such numbers would cost the seeder time and ask for nothing.
    for delta in [-1, i32::MIN, i32::MAX] {
        encode(&list(delta), &[], &mut datagram);
        assert_eq!(decode(&datagram), Err(WireError::Malformed), "{delta}");
    }
}
