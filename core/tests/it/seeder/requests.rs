//! What is sent: streams and lists, their order, rate and bounds.

use super::*;

#[test]
fn a_thousand_requests_a_second_change_nothing_about_rate_and_memory() {
    for config in [
        capped(50e3),
        SeederConfig {
            max_bytes_per_s: Some(50e3),
            ..paper_seeder()
        },
    ] {
        let mut bench = bench(config);
        let mut sent = 0;
        for i in 0..10_000u32 {
            let first = i * 7 % 2000;
            let list: Vec<u32> = (first..first + 500).collect();
            bench.want(1, i + 1, &[(i + 1, &list)]);
            sent += media(&bench.run_heard(Duration::from_millis(1))).count();
        }
        // 50 kB/s for 10 s, in packets of 418 bytes.
        assert!(sent as f64 <= 50e3 * 10.0 / 418.0 + 10.0, "{sent} sent");
        assert!(sent as f64 >= 0.9 * 50e3 * 10.0 / 418.0, "{sent} sent");
        assert!(bench.seeder.stats().peak_queue <= 64 * 500);
    }
}

/// A node's clock begins when its program does: what a listener measures of a cap must
/// not tell how long ago that was.
#[test]
fn the_first_packets_under_a_cap_come_alike_however_young_the_clock() {
    let gaps_ms = |age: Duration| {
        let mut bench = bench(capped(50.0 * 418.0));
        bench.now += age;
        bench.want(1, 1, &[(1, &[0, 1, 2, 3])]);
        let sent = bench.run_s(1.0);
        let at: Vec<_> = media(&sent).map(|(at, ..)| at).collect();
        let gaps = at.windows(2).map(|pair| pair[1].since(pair[0]).as_millis());
        gaps.collect::<Vec<_>>()
    };
    // 20 ms each; a driver may be late by 4 ms, and is given them with the first.
    assert_eq!(gaps_ms(Duration::from_micros(600)), [16, 20, 20]);
    assert_eq!(gaps_ms(Duration::from_millis(2)), [16, 20, 20]);
    assert_eq!(gaps_ms(Duration::from_secs(3600)), [16, 20, 20]);
}

#[test]
fn a_hundred_greedy_listeners_share_the_cap_fairly() {
    let mut bench = bench(capped(400e3));
    let list: Vec<u32> = (0..PACKETS).collect();
    let mut served = vec![0u32; 100];
    for second in 0..20 {
        for from in 0..100 {
            if second == 0 {
                bench.stream(from, 1, 0, u32::MAX);
            }
            bench.want(from, second + 1, &[(second + 1, &list)]);
        }
        let sent = bench.run_s(1.0);
        for (_, to, _) in media(&sent) {
            let SocketAddr::V4(to) = to else { continue };
            served[usize::from(to.ip().octets()[3])] += 1;
        }
    }
    let total: u32 = served.iter().sum();
    assert!(
        f64::from(total) * 418.0 <= 400e3 * 20.0 * 1.01,
        "{total} sent"
    );
    assert!(
        f64::from(total) * 418.0 >= 400e3 * 20.0 * 0.95,
        "{total} sent"
    );
    let (least, most) = (served.iter().min(), served.iter().max());
    assert!(
        least >= Some(&(total / 120)) && most <= Some(&(total / 80)),
        "{served:?}"
    );
}

#[test]
fn the_newest_list_wins_and_its_order_is_kept() {
    let mut bench = bench(capped(418.0 * 10.0)); // a packet each 0.1 s
    bench.want(1, 2, &[(1, &[50, 40, 60]), (2, &[5])]);
    bench.want(1, 1, &[(1, &[900])]); // overtaken on the way
    assert_eq!(packets(&bench.run_s(0.15)), [50, 40]);
    bench.want(1, 2, &[(1, &[50, 40, 60]), (2, &[5])]); // repeated
    bench.want(1, 3, &[(1, &[50, 40, 60]), (2, &[5]), (3, &[40, 7])]);
    assert_eq!(packets(&bench.run_s(2.0)), [60, 5, 40, 7]);
}

#[test]
fn credit_is_never_overrun() {
    for order in [Order::Sequential, Order::Random] {
        let mut bench = bench(SeederConfig {
            order,
            ..SeederConfig::default()
        });
        bench.stream(1, 1, 20, 120);
        let mut first = packets(&bench.run_heard(Duration::from_secs(2)));
        first.sort_unstable();
        assert!(first.into_iter().eq(20..120), "{order:?}");
        bench.stream(1, 1, 20, 300); // the same wish, more credit
        let mut more = packets(&bench.run_heard(Duration::from_secs(2)));
        more.sort_unstable();
        assert!(more.into_iter().eq(120..300), "{order:?}");
    }
}

#[test]
fn a_stream_covers_each_packet_once_in_its_order_and_tells_its_end() {
    for order in [Order::Sequential, Order::Random] {
        let pace = Some(Duration::from_millis(2));
        let mut bench = bench(SeederConfig {
            order,
            pace,
            ..SeederConfig::default()
        });
        let mut sent = Vec::new();
        for _ in 0..3 {
            bench.stream(1, 1, 0, u32::MAX); // repeats show that we live
            sent.extend(bench.run_heard(Duration::from_secs(10)));
        }
        let mut came = packets(&sent);
        assert_eq!(came.is_sorted(), order == Order::Sequential);
        came.sort_unstable();
        assert!(came.into_iter().eq(0..PACKETS));
        let last = media(&sent).last().map(|(at, ..)| at.as_nanos() / 1000);
        let ended = sent.iter().rev().find_map(|(_, _, message)| match message {
            Message::Report(report) => report.stream_ended_us,
            _ => None,
        });
        let (ended, last) = (ended.expect("it is told"), last.expect("media"));
        assert!(ended.abs_diff(last) <= 2000, "{ended}, last packet {last}");
    }
}

#[test]
fn in_paper_mode_every_request_gets_a_paced_stream_of_its_own() {
    let mut bench = bench(SeederConfig {
        availability: 1.0,
        ..paper_seeder()
    });
    bench.stream(1, 1, 0, u32::MAX);
    let list: Vec<u32> = (5000..5100).collect();
    bench.want(1, 1, &[(1, &list)]);
    bench.want(1, 2, &[(1, &list), (2, &list)]);
    let sent = bench.run_s(1.0);
    // Three streams of 50 packets a second.
    assert!((148..=153).contains(&media(&sent).count()));
    let asked = media(&sent).filter(|(.., header)| !header.by_stream());
    assert!((98..=102).contains(&asked.count()));
    let rest = bench.run_s(2.0);
    let asked = media(&rest).filter(|(.., header)| !header.by_stream());
    assert!((98..=102).contains(&asked.count()), "each of both ends");
}

#[test]
fn a_stream_without_pace_needs_no_availability() {
    let mut bench = bench(SeederConfig {
        availability: 0.0,
        ..SeederConfig::default()
    });
    bench.stream(1, 1, 0, 10);
    assert_eq!(media(&bench.run_s(1.0)).count(), 10);
}
