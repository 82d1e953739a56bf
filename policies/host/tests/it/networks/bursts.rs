use super::*;

#[test]
fn bursts_last_uniformly_long_and_come_at_exponential_intervals() {
    let mut model = network("bursts:mean_s=0.5,min_ms=20,max_ms=120", 1);
    let silent = lost(&every(MS).through(&mut *model, 600_000));
    let bursts = runs(&silent);
    mean_is(&bursts, 70.0, 100.0 / 12f64.sqrt());
    assert!(bursts.iter().all(|ms| (19.0..=121.0).contains(ms)));
    near(quantile(&bursts, 0.25), 45.0, 5.0);
    near(quantile(&bursts, 0.75), 95.0, 5.0);
    let between: Vec<bool> = silent.iter().map(|silent| !silent).collect();
    let gaps = runs(&between);
    mean_is(&gaps, 500.0, 500.0);
    let (_, sd) = mean_and_sd(&gaps);
    near(sd, 500.0, 60.0);
    near(share(&silent), 70.0 / 570.0, 0.012);
}

#[test]
fn between_bursts_nothing_is_lost_and_delays_are_as_told() {
    let spec = "bursts:mean_s=2,min_ms=20,max_ms=120,delay_ms=20,jitter_ms=5";
    let fates = every(10 * MS).through(&mut *network(spec, 2), 200_000);
    let delays: Vec<f64> = fates.iter().filter_map(delay_ms).collect();
    mean_is(&delays, 25.0, 5.0);
    let (_, sd) = mean_and_sd(&delays);
    near(sd, 5.0, 0.07);
    assert!(delays.iter().all(|ms| *ms >= 20.0));
    near(quantile(&delays, 0.5), 20.0 + 5.0 * 2f64.ln(), 0.06);
    let expected = 20.0 + 5.0 * 100f64.ln();
    near(quantile(&delays, 0.99), expected, 0.45);
}

#[test]
fn without_delay_of_its_own_it_delays_nothing() {
    let fates = every(10 * MS).through(&mut *network("bursts", 3), 1000);
    assert!(fates.iter().filter_map(delay_ms).all(|ms| ms == 0.0));
}

#[test]
fn both_directions_of_a_link_are_silent_together() {
    let mut model = network("bursts:mean_s=1", 4);
    for index in 0..100_000 {
        let there = model.transit(&every(MS).datagram(index)).unwrap();
        let back = model.transit(&every(MS).back().datagram(index)).unwrap();
        assert_eq!(there == Fate::LOST, back == Fate::LOST, "{index}");
    }
}

#[test]
fn a_shortest_burst_above_the_longest_is_refused() {
    assert_eq!(
        try_network("bursts:min_ms=400,max_ms=200", 0)
            .err()
            .unwrap(),
        "bursts:min_ms=400,max_ms=200: `min_ms` is 400, but must not be above `max_ms`, \
         which is 200"
    );
    assert!(try_network("bursts:min_ms=200,max_ms=200", 0).is_ok());
}
