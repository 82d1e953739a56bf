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

/// A session at this time, with so many packets ready.
fn session(seconds: f64, buffered: u32) -> SessionStatus {
    SessionStatus {
        status: Status {
            playhead: 0,
            packets: 1000,
            here: 0,
            buffered,
            state: PlayState::Playing,
            ended: false,
            policy_failed: false,
            stalls: 0,
            seeders: Vec::new(),
        },
        metrics: Metrics::default(),
        now: at(seconds),
    }
}

#[test]
fn what_is_new_is_added_to_what_is_known() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(1.0));
    state.take(received(50..60), at(2.0));
    assert_eq!(state.timeline.received.len(), 60);
}

#[test]
fn another_session_begins_with_an_empty_chart() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(1.0));
    state.begin(track(), 2);
    assert!(state.timeline.received.is_empty());
}

#[test]
fn the_buffer_is_known_from_the_beginning_and_a_pause_adds_nothing() {
    let mut state = State::default();
    state.hear(&track(), &session(1.0, 50), &[], &Progress::default());
    state.hear(&track(), &session(2.0, 25), &[], &Progress::default());
    state.hear(&track(), &session(2.0, 25), &[], &Progress::default());
    // The page is opened.
    state.begin(track(), 1);
    assert_eq!(
        state.levels,
        [(at(1.0), 1.0), (at(2.0), 0.5)],
        "50 packets are a second"
    );
    for moment in 0..3 * LEVELS {
        state.hear(
            &track(),
            &session(3.0 + moment as f64, 25),
            &[],
            &Progress::default(),
        );
    }
    assert!(state.levels.len() <= LEVELS);
}

#[test]
fn a_reason_has_the_time_at_which_it_was_given() {
    let mut state = State::default();
    let said = |seconds, text: &str| (at(seconds), Event::Reason(text.to_owned()));
    let reasons = [said(1.5, "hold"), said(2.0, "play")];
    state.hear(&track(), &session(2.1, 0), &reasons, &Progress::default());
    assert_eq!(state.reasons[0], (at(2.0), "play".to_owned()));
    // After a seek another session begins at zero.
    state.hear(
        &track(),
        &session(0.2, 0),
        &[said(0.1, "hold again")],
        &Progress::default(),
    );
    assert_eq!(state.reasons, [(at(0.1), "hold again".to_owned())]);
}

#[test]
fn a_fast_fetch_is_shown_by_itself_until_all_is_asked_for() {
    let mut state = State::default();
    state.begin(track(), 1);
    state.take(received(0..50), at(0.2));
    assert_eq!(state.span(), Span::Session);
    state.take(Timeline::default(), at(10.0));
    assert_eq!(state.span(), Span::Arrivals);
    state.span = Some(Span::Session);
    assert_eq!(state.span(), Span::Session);
}

#[test]
fn what_was_skipped_is_told_while_it_plays() {
    let mut state = State::default();
    state.begin(track(), 1);
    let mut news = received(0..10);
    news.played = [0, 1, 2, 5, 6, 7, 8, 9]
        .map(|packet| (at(1.0), packet))
        .to_vec();
    assert_eq!(state.left_out(), 0.0);
    state.take(news, at(1.0));
    assert!((state.left_out() - 0.2).abs() < 1e-9);
}

#[test]
fn the_device_is_told_of_as_far_as_this_session_goes() {
    let mut state = State::default();
    let device = |underruns, latency_s| {
        let mut progress = Progress::default();
        progress.underruns = underruns;
        progress.mean_latency_s = latency_s;
        progress
    };
    state.hear(&track(), &session(1.0, 0), &[], &device(2, None));
    assert_eq!(
        state.sound(),
        "",
        "nobody hears it, and nothing went wrong since"
    );
    state.hear(&track(), &session(2.0, 0), &[], &device(3, Some(0.0451)));
    // The page is opened.
    state.begin(track(), 1);
    assert_eq!(state.sound(), "output latency 45 ms, device ran empty once");
    // Another session.
    state.hear(&track(), &session(0.5, 0), &[], &device(3, Some(0.0451)));
    assert_eq!(state.sound(), "output latency 45 ms");
}
