use super::*;
use segue_core::listener::{PlayState, Status};
use segue_core::metrics::Metrics;
use segue_core::track::TrackId;

pub fn track() -> TrackInfo {
    TrackInfo {
        id: TrackId([7; 32]),
        packets: 1000,
        sample_rate: 50_000,
        samples_per_packet: 1000,
        channels: 2,
        gapless: None,
        bytes: 418_000,
        title: "A song / a prelude".into(),
        artist: String::new(),
        album: String::new(),
        name: "song.mp3".into(),
    }
}

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_secs_f64(seconds)
}

fn received(packets: std::ops::Range<u32>) -> Timeline {
    let mut timeline = Timeline::default();
    for packet in packets {
        timeline.sent_by(0, at(0.1), packet);
        timeline.received.push((at(0.1), packet));
    }
    timeline
}

#[test]
fn what_is_new_is_added_to_what_is_known() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(1.0), 50);
    state.take(received(50..60), at(2.0), 25);
    assert_eq!(state.timeline.received.len(), 60);
    assert_eq!(
        state.levels,
        [(at(1.0), 1.0), (at(2.0), 0.5)],
        "50 packets are a second"
    );
}

#[test]
fn another_session_begins_with_an_empty_chart() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(1.0), 50);
    state.begin(track(), 2);
    assert!(state.timeline.received.is_empty() && state.levels.is_empty());
}

#[test]
fn a_pause_adds_nothing() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(1.0), 50);
    state.take(Timeline::default(), at(1.0), 50);
    assert_eq!(state.levels.len(), 1);
}

#[test]
fn a_reason_has_the_time_at_which_it_was_given() {
    let mut state = State::default();
    let session = SessionStatus {
        status: Status {
            playhead: 0,
            packets: 1000,
            here: 0,
            buffered: 0,
            state: PlayState::Starting,
            ended: false,
            policy_failed: false,
            stalls: 0,
            seeders: Vec::new(),
        },
        metrics: Metrics::default(),
    };
    let said = |seconds, text: &str| (at(seconds), Event::Reason(text.to_owned()));
    state.hear(&session, &[said(1.5, "hold"), said(2.0, "play")]);
    assert_eq!(state.reasons[0], (at(2.0), "play".to_owned()));
    // After a seek another session begins at zero.
    state.hear(&session, &[said(0.1, "hold again")]);
    assert_eq!(state.reasons, [(at(0.1), "hold again".to_owned())]);
}
