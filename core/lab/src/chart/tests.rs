use super::*;
use segue_core::track::TrackId;

fn track() -> TrackInfo {
    TrackInfo {
        id: TrackId([0; 32]),
        packets: 28_000,
        sample_rate: 50_000,
        samples_per_packet: 1000,
        channels: 2,
        gapless: None,
        bytes: 28_000 * 418,
        title: "A & B <C>".into(),
        artist: String::new(),
        album: String::new(),
        name: "x".into(),
    }
}

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_secs_f64(seconds)
}

fn svg(timeline: &Timeline, end_s: f64) -> String {
    let track = track();
    let chart = Chart {
        title: &track.title,
        subtitle: "a policy through a network",
        timeline,
        track: &track,
        began: Timestamp::ZERO,
        end: at(end_s),
    };
    to_svg(&chart).unwrap()
}

/// Every tag is closed, in order, and no bare `&` or `<` is left in the text.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        let name = tag
            .trim_start_matches('/')
            .split([' ', '\n', '/'])
            .next()
            .unwrap();
        match tag {
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name)),
            _ if tag.starts_with('?') || tag.starts_with('!') || tag.ends_with('/') => {}
            _ => open.push(name),
        }
        for after in text.split('&').skip(1) {
            assert!(after.contains(';'), "bare & in {text:?}");
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

/// Numbers that look random, the same at each run.
fn scattered(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(move |i| (u64::from(i) * 2_654_435_761 % u64::from(count)) as u32)
}

#[test]
fn every_series_is_in_the_legend_of_a_well_formed_picture() {
    let mut timeline = Timeline::default();
    for packet in 0..100 {
        let t = f64::from(packet) * 0.02;
        timeline.sent_by(packet as usize % 2, at(t), packet);
        timeline.received.push((at(t + 0.1), packet));
        timeline.played.push((at(t + 1.0), packet));
    }
    timeline.discarded.push((at(1.0), 3));
    let svg = svg(&timeline, 4.0);
    assert_well_formed(&svg);
    for name in [
        "sent by seeder 1",
        "sent by seeder 2",
        "received",
        "played",
        "discarded",
    ] {
        assert!(svg.contains(name), "{name}");
    }
    assert!(svg.contains("A &amp; B &lt;C&gt;"));
}

#[test]
fn a_long_track_with_scattered_points_stays_small() {
    let mut timeline = Timeline::default();
    for (i, packet) in scattered(28_000).enumerate() {
        let t = i as f64 * 0.02;
        timeline.sent_by(0, at(t), packet);
        timeline.sent_by(1, at(t), i as u32);
        timeline.received.push((at(t + 1.0), packet));
        timeline.discarded.push((at(t + 1.1), packet));
        timeline.played.push((at(t + 30.0), i as u32));
    }
    let svg = svg(&timeline, 600.0);
    assert_well_formed(&svg);
    assert!(svg.len() < 400_000, "{} bytes", svg.len());
}

#[test]
fn an_empty_timeline_says_so() {
    assert!(svg(&Timeline::default(), 0.0).contains("nothing was sent"));
}

#[test]
fn stalls_are_shaded_and_named_where_there_are_any() {
    let mut timeline = Timeline {
        played: (0..50).map(|n| (at(f64::from(n) * 0.02), n)).collect(),
        ..Timeline::default()
    };
    assert!(!svg(&timeline, 3.0).contains(">\nstall\n<"));
    timeline.stalls.push((at(1.0), at(9.0)));
    assert!(svg(&timeline, 3.0).contains(">\nstall\n<"));
}

#[test]
fn one_packet_is_seen() {
    let mut timeline = Timeline::default();
    timeline.sent_by(0, at(0.0), 0);
    let svg = svg(&timeline, 0.0);
    assert_well_formed(&svg);
    assert!(!svg.contains("nothing was sent"));
    let dot = "stroke=\"#D55E00\" stroke-width=\"7.00\"";
    assert!(svg.contains(dot), "no wide dot");
}

#[test]
fn a_straight_line_is_two_points() {
    let timeline = Timeline {
        played: (0..28_000).map(|n| (at(f64::from(n) * 0.02), n)).collect(),
        ..Timeline::default()
    };
    let svg = svg(&timeline, 560.0);
    let path = svg.lines().find(|line| line.contains("stroke=\"#009E73\""));
    let (_, points) = path.unwrap().split_once(" d=\"").unwrap();
    assert!(points.len() < 40, "{points}");
}

#[test]
fn many_random_seeders_stay_small_too() {
    let mut timeline = Timeline::default();
    for (i, packet) in scattered(28_000).enumerate() {
        for seeder in 0..8 {
            let packet = (packet * (2 * seeder + 1) + 977 * seeder) % 28_000;
            timeline.sent_by(seeder as usize, at(i as f64 * 0.02), packet);
        }
    }
    let svg = svg(&timeline, 560.0);
    assert!(svg.len() < 400_000, "{} bytes", svg.len());
    assert!(svg.contains("sent by seeder 5\n") && svg.contains("sent by seeders 6–8\n"));
}

#[test]
fn what_comes_after_the_end_is_left_out() {
    let mut timeline = Timeline {
        received: (0..100).map(|n| (at(f64::from(n) * 0.02), n)).collect(),
        ..Timeline::default()
    };
    let early = svg(&timeline, 2.0);
    timeline.received.push((at(400.0), 27_000));
    timeline.stalls.push((at(300.0), at(400.0)));
    assert_eq!(svg(&timeline, 2.0), early);
}

#[test]
fn a_title_of_forbidden_characters_is_mended() {
    let (timeline, track) = (Timeline::default(), track());
    let title = "a\0b\u{1}c\u{ffff}d ".repeat(100);
    let chart = Chart {
        title: &title,
        subtitle: &title,
        timeline: &timeline,
        track: &track,
        began: at(0.0),
        end: at(1.0),
    };
    let svg = to_svg(&chart).unwrap();
    assert_well_formed(&svg);
    assert!(svg.contains("a b c d a") && svg.contains('…'));
    assert!(!svg.contains(['\0', '\u{1}', '\u{ffff}']));
}
