use super::*;

const OCCUPANCY: [(&str, f64); 8] = [
    ("a", 1.0),
    ("b", 2.0),
    ("c", 3.0),
    ("d", 5.0),
    ("e", 8.0),
    ("f", 12.0),
    ("g", 16.0),
    ("h", 20.0),
];

#[test]
fn a_severity_is_an_occupancy() {
    for (severity, percent) in OCCUPANCY {
        let fates = |spec: &str| every(MS).through(&mut *network(spec, 1), 5000);
        assert_eq!(
            fates(&format!("g1050:severity={severity}")),
            fates(&format!("g1050:occupancy={percent}"))
        );
    }
}

/// A line so slow that impulses stand out: full size takes a second.
const SLOW: &str = "mtu_bytes=8000,kbps=64";

#[test]
fn the_high_state_has_its_share_and_half_of_its_slots_an_impulse() {
    for (occupancy, slots) in [(20.0, 1_000_000u64), (100.0, 500_000)] {
        let spec = format!("g1050:occupancy={occupancy},{SLOW}");
        let fates = every(MS).through(&mut *network(&spec, 2), slots);
        let delays: Vec<f64> = fates.iter().map(|f| delay_ms(f).unwrap_or(0.0)).collect();
        let rises = 0.0001 * occupancy;
        let high = rises / (rises + 0.1);
        let highest = 1000.0 * (1.0 + occupancy / 40.0);
        // Impulses below 1.5 ms cannot be told from the spread.
        let impulses: Vec<f64> = delays.iter().copied().filter(|ms| *ms > 1.5).collect();
        let share = impulses.len() as f64 / slots as f64;
        let tau = 1.0 / (rises + 0.1);
        let sd_high = (2.0 * high * (1.0 - high) * tau / slots as f64).sqrt();
        near(share, high / 2.0, 4.0 * sd_high);
        mean_is(
            &impulses,
            highest / 2.0 + 0.75,
            highest / 12f64.sqrt() + 1.0,
        );
        assert!(impulses.iter().all(|ms| *ms <= highest + 1.5));
        let low: Vec<f64> = delays.into_iter().filter(|ms| *ms <= 1.5).collect();
        mean_is(&low, 0.75, 1.5 / 12f64.sqrt() + 0.01);
        near(quantile(&low, 0.9), 1.35, 0.01);
    }
}

#[test]
fn high_spells_last_ten_slots_in_the_mean() {
    let spec = format!("g1050:occupancy=100,{SLOW}");
    let fates = every(MS).through(&mut *network(&spec, 3), 500_000);
    let late: Vec<bool> = fates
        .iter()
        .map(|fate| delay_ms(fate).is_none_or(|ms| ms > 1.5))
        .collect();
    let at: Vec<usize> = (0..late.len()).filter(|&slot| late[slot]).collect();
    // A slot after an impulse has one with (1 − 0.1)/2, or by a new spell.
    let next = at.windows(2).filter(|pair| pair[1] == pair[0] + 1).count() as f64;
    share_is(
        next / at.len() as f64,
        0.45 + 0.1 * 0.01 / 2.0,
        at.len() as u64,
    );
    // Two slots after: still high with 0.81.
    let second = at
        .iter()
        .filter(|&&slot| late.get(slot + 2).copied().unwrap_or(false))
        .count() as f64;
    share_is(second / at.len() as f64, 0.405 + 0.001, at.len() as u64);
}

#[test]
fn losses_are_as_rare_as_the_standard_says() {
    // At 100 %: 0.0025 in the high state, which has 1/11 of the time.
    const N: u64 = 1_500_000;
    let fates = every(MS / 2).through(&mut *network("g1050:occupancy=100", 4), N);
    let lost = lost(&fates);
    let expected = 0.0025 / 11.0;
    near(
        share(&lost),
        expected,
        4.0 * (1.3 * expected / N as f64).sqrt(),
    );
}

#[test]
fn datagrams_of_one_slot_share_its_impulse() {
    let spec = format!("g1050:occupancy=100,{SLOW}");
    let mut model = network(&spec, 5);
    let fates = every(MS / 2).through(&mut *model, 200_000);
    for slot in fates.chunks(2) {
        if let (Some(first), Some(second)) = (delay_ms(&slot[0]), delay_ms(&slot[1])) {
            near(first, second, 1.5);
        }
    }
}

#[test]
fn fast_ethernet_hardly_shows() {
    let fates = every(20 * MS).through(&mut *network("g1050:severity=h", 6), 100_000);
    let delays: Vec<f64> = fates.iter().filter_map(delay_ms).collect();
    // 1500 bytes at 100 Mbit/s take 0.12 ms; times 1 + 20/40.
    assert!(delays.iter().all(|ms| *ms <= 1.5 + 0.18));
    mean_is(&delays, 0.75 + 0.0196 * 0.5 * 0.09, 0.435);
}
