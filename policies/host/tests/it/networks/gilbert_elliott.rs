use super::*;

/// The states can be seen: good ones lose nothing, bad ones all.
const SEEN: &str = "loss_good=0,loss_bad=1";
const WIFI: &str = "gilbert-elliott:mean_good=4000,mean_bad=400,loss_good=0.005,loss_bad=0.3,\
    delay_good_ms=5,delay_bad_ms=5,jitter_good_ms=8,jitter_bad_ms=60";

#[test]
fn in_time_it_is_bad_for_its_share_and_spells_are_exponential() {
    let mut model = network(
        &format!("gilbert-elliott:mean_good=300,mean_bad=100,{SEEN}"),
        1,
    );
    // 600 s: some 1,500 cycles.
    let bad = lost(&every(MS).through(&mut *model, 600_000));
    // Share of a two-state process over T: variance 2·π·(1−π)·τ/T, where
    // 1/τ = 1/300 + 1/100.
    near(
        share(&bad),
        0.25,
        4.0 * (2.0 * 0.1875 * 75.0 / 6e5f64).sqrt(),
    );
    let spells = runs(&bad);
    mean_is(&spells, 100.0, 100.0);
    let good: Vec<bool> = bad.iter().map(|bad| !bad).collect();
    mean_is(&runs(&good), 300.0, 300.0);
    // Seen once a ms, a spell of x ms has x samples in the mean.
    let longer = |than: f64| spells.iter().filter(|x| **x > than).count() as f64;
    let n = spells.len() as f64;
    for than in [50.0f64, 100.0, 300.0] {
        let expected = (-than / 100.0).exp();
        near(
            longer(than) / n,
            expected,
            4.0 * (expected / n).sqrt() + 0.005,
        );
    }
}

#[test]
fn per_packet_it_is_the_chain_of_the_papers() {
    // p = 0.01, r = 0.25: bad for 1/26, bursts of 4.
    let spec = format!("gilbert-elliott:per=packet,mean_good=100,mean_bad=4,{SEEN}");
    let bad = lost(&every(7).through(&mut *network(&spec, 2), 400_000));
    let share_bad = 4.0 / 104.0;
    // Variance of the share of a chain: π(1−π)/n · (1+λ)/(1−λ), λ = 1−p−r.
    let lambda: f64 = 1.0 - 0.01 - 0.25;
    let variance = share_bad * (1.0 - share_bad) / 4e5 * (1.0 + lambda) / (1.0 - lambda);
    near(share(&bad), share_bad, 4.0 * variance.sqrt());
    let bursts = runs(&bad);
    mean_is(&bursts, 4.0, (0.75f64 / 0.0625).sqrt());
    let single = bursts.iter().filter(|length| **length == 1.0).count() as f64;
    share_is(single / bursts.len() as f64, 0.25, bursts.len() as u64);
}

#[test]
fn wifi_has_the_loss_and_delays_of_its_two_states() {
    const N: u64 = 400_000;
    let fates = every(12 * MS).through(&mut *network(WIFI, 3), N);
    let share_bad = 400.0 / 4400.0;
    let loss = (1.0 - share_bad) * 0.005 + share_bad * 0.3;
    // The share of bad time is uncertain, too: about 1,090 cycles.
    let tau_ms = 1.0 / (1.0 / 4000.0 + 1.0 / 400.0);
    let sd_share = (2.0 * share_bad * (1.0 - share_bad) * tau_ms / (12.0 * N as f64)).sqrt();
    near(share(&lost(&fates)), loss, 4.0 * (0.3 * sd_share + 2e-4));

    let delays: Vec<f64> = fates.iter().filter_map(delay_ms).collect();
    assert!(delays.iter().all(|ms| *ms >= 5.0));
    let bad_here = share_bad * 0.7 / (share_bad * 0.7 + (1.0 - share_bad) * 0.995);
    let (mean, _) = mean_and_sd(&delays);
    near(
        mean,
        5.0 + 8.0 + 52.0 * bad_here,
        4.0 * (52.0 * sd_share + 0.02),
    );
    // Above 105 ms only bad spells count: e^(−100/60) of them.
    let late = delays.iter().filter(|ms| **ms > 105.0).count() as f64 / delays.len() as f64;
    let expected = bad_here * (-100.0f64 / 60.0).exp();
    near(
        late,
        expected,
        4.0 * (0.19 * sd_share + (expected / N as f64).sqrt()),
    );
}

#[test]
fn in_time_both_directions_share_the_weather_and_other_links_do_not() {
    let spec = format!("gilbert-elliott:mean_good=200,mean_bad=200,{SEEN}");
    let mut model = network(&spec, 4);
    let mut seen = [const { Vec::new() }; 3];
    for index in 0..50_000 {
        let kinds = [every(MS), every(MS).back(), every(MS).on(1)];
        for (traffic, seen) in kinds.into_iter().zip(&mut seen) {
            seen.push(model.transit(&traffic.datagram(index)).unwrap());
        }
    }
    let [there, back, other] = seen.map(|fates| lost(&fates));
    assert_eq!(there, back);
    let both: Vec<bool> = there.iter().zip(&other).map(|(a, b)| *a && *b).collect();
    // Independent: a quarter of the time. 125 cycles: a wide interval.
    near(share(&both), share(&there) * share(&other), 0.1);
    assert_eq!(
        other,
        lost(&every(MS).on(1).through(&mut *network(&spec, 4), 50_000))
    );
}
