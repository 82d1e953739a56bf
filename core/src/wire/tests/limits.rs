//! No message is longer than there is room for.

use super::*;

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
            feedback_ms: u16::MAX,
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
        serial: u32::MAX,
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
