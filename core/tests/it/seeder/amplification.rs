//! Who proved no address gets no more than it gave.

use proptest::prelude::*;

use super::*;

fn unproven() -> impl Strategy<Value = Message> {
    let head = (0..3u64, any::<[u8; 16]>()).prop_map(|(s, t)| (SessionId(s), Token(t)));
    let track = prop_oneof![Just(track(PACKETS).id), Just(TrackId([9; 32]))];
    prop_oneof![
        (head.clone(), track.clone(), any::<u32>()).prop_map(|((session, token), track, n)| {
            Message::RequestTrack(Box::new(RequestTrack {
                session,
                token,
                track,
                sequence: n,
                first: 0,
                rate: n,
                credit: u32::MAX,
                sent_us: 7,
            }))
        }),
        (head.clone(), track, any::<u32>()).prop_map(|((session, token), track, n)| {
            Message::RequestPackets(Box::new(RequestPackets {
                session,
                token,
                track,
                sequence: n,
                credit: n,
                sent_us: 7,
                wants: Vec::new(),
            }))
        }),
        (head.clone(), any::<[u32; 4]>()).prop_map(|((session, token), n)| {
            Message::Feedback(Feedback {
                session,
                token,
                sent_us: 7,
                path_end: n[0],
                received: n[1],
                newest_sent_us: 7,
                held_us: n[2],
                queue_us: n[2],
                credit: n[3],
            })
        }),
        head.prop_map(|(session, token)| Message::Cancel(Cancel { session, token })),
    ]
}

proptest! {
    #[test]
    fn who_never_echoed_a_token_gets_no_more_bytes_than_it_sent(
        messages in prop::collection::vec(unproven(), 1..60),
    ) {
        let mut bench = bench(SeederConfig::default());
        bench.stream(1, 1, 0, u32::MAX); // somebody else is served meanwhile
        let (mut received, mut sent) = (0, 0);
        for message in messages {
            received += encoded_bytes(&message);
            bench.tell(2, message);
            let out = bench.run_s(0.01);
            let to_us = out.iter().filter(|(_, to, _)| *to == listener(2));
            sent += to_us.map(|(_, _, message)| encoded_bytes(message)).sum::<usize>();
            prop_assert!(sent <= received);
        }
    }
}
