//! Who is served: proof of address, room for so many, and when it ends.

use super::*;

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

/// A busy machine wakes the driver long after a packet's turn. That tells nothing
/// of the path: once it is at rest, the rate is soon what the first was.
#[test]
fn a_driver_that_wakes_late_is_not_taken_for_a_narrow_path() {
    let mut bench = bench(SeederConfig::default());
    bench.late = Duration::from_millis(30);
    bench.stream(1, 1, 0, u32::MAX);
    bench.run_heard(Duration::from_secs(3));
    bench.late = Duration::ZERO;
    let sent = bench.run_heard(Duration::from_millis(200));
    let bytes = media(&sent).count() * 418;
    assert!(bytes as f64 > 0.1 * 256e3, "{bytes} bytes in 0.2 s");
}
