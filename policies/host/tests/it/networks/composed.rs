//! What holds for every model, and for models in a row.

use super::*;

/// Every bundled model with weather or chance, and settings that show it.
const RANDOM: [&str; 5] = [
    "gilbert-elliott:mean_good=200,mean_bad=100,loss_good=0.1,loss_bad=0.8,\
     jitter_good_ms=3,jitter_bad_ms=50",
    "gilbert-elliott:per=packet,mean_good=20,mean_bad=5,loss_bad=0.8,jitter_bad_ms=50",
    "bursts:mean_s=0.3,jitter_ms=5",
    "g1050:occupancy=100,mtu_bytes=8000,kbps=64",
    "random-delay:loss=0.2",
];

#[test]
fn the_same_seed_gives_the_same_fates() {
    for spec in RANDOM {
        let run = |seed| every(5 * MS).through(&mut *network(spec, seed), 3000);
        assert_eq!(run(1), run(1), "{spec}");
        assert_ne!(run(1), run(2), "{spec}");
    }
}

/// Lost datagrams of 5000, and the delays of the others, added up.
fn fingerprint(spec: &str) -> (usize, u64) {
    let fates = every(5 * MS).through(&mut *network(spec, 1), 5000);
    let delays = fates.iter().flat_map(|fate| fate.delays_ns().to_vec());
    (
        fates.iter().filter(|fate| **fate == Fate::LOST).count(),
        delays.sum(),
    )
}

#[test]
fn a_seed_gives_the_same_fates_on_every_machine_and_in_every_version() {
    // Other numbers than these change the results of everybody's scenarios.
    let found = RANDOM.map(fingerprint);
    assert_eq!(
        found,
        [
            (1680, 25_610_586_977),
            (849, 10_421_215_369),
            (2238, 14_301_004_663),
            (1, 449_663_391_067),
            (964, 132_794_310_305)
        ]
    );
}

#[test]
fn a_link_s_fates_do_not_depend_on_other_links_and_directions() {
    for spec in RANDOM {
        let traffic = every(5 * MS).on(1);
        let alone = traffic.through(&mut *network(spec, 5), 2000);
        let mut busy = network(spec, 5);
        let mut among_others = Vec::new();
        for index in 0..2000 {
            for other in [traffic.on(0), traffic.on(9), traffic.back()] {
                busy.transit(&other.datagram(index)).unwrap();
            }
            among_others.push(busy.transit(&traffic.datagram(index)).unwrap());
        }
        assert_eq!(alone, among_others, "{spec}");
        let other = traffic.on(2).through(&mut *network(spec, 5), 2000);
        assert_ne!(alone, other, "{spec}");
    }
}

#[test]
fn twice_the_datagrams_meet_the_same_weather() {
    let seen = [
        "gilbert-elliott:mean_good=200,mean_bad=100,loss_bad=1",
        "bursts:mean_s=0.3",
    ];
    for spec in seen {
        let few = lost(&every(4 * MS).through(&mut *network(spec, 6), 10_000));
        let many = lost(&every(2 * MS).through(&mut *network(spec, 6), 20_000));
        let every_second: Vec<bool> = many.into_iter().step_by(2).collect();
        assert_eq!(few, every_second, "{spec}");
        assert!(few.contains(&true) && few.contains(&false), "{spec}");
    }
    // The standard's impulses stand out of a spread of 1.5 ms.
    let spec = "g1050:occupancy=100,mtu_bytes=8000,kbps=64";
    let few = every(4 * MS).through(&mut *network(spec, 6), 10_000);
    let many = every(2 * MS).through(&mut *network(spec, 6), 20_000);
    for (few, many) in few.iter().zip(many.iter().step_by(2)) {
        if let (Some(few), Some(many)) = (delay_ms(few), delay_ms(many)) {
            near(few, many, 1.5);
        }
    }
}

#[test]
fn a_datagram_long_after_the_last_one_finds_the_same_weather_as_ever() {
    let century_ns = 100 * 365 * 86_400 * 1_000_000_000;
    for spec in RANDOM.iter().filter(|spec| !spec.contains("packet")) {
        let (mut old, mut young) = (network(spec, 7), network(spec, 7));
        let at = |index, now_ns| Datagram {
            now_ns,
            index,
            ..every(MS).datagram(0)
        };
        old.transit(&at(0, 0)).unwrap();
        young.transit(&at(0, century_ns - MS)).unwrap();
        for index in 1..500 {
            let late = at(index, century_ns + index * MS);
            assert_eq!(old.transit(&late), young.transit(&late), "{spec}");
        }
        assert!(old.transit(&at(500, u64::MAX)).is_ok(), "{spec}");
        assert!(old.transit(&at(u64::MAX, u64::MAX)).is_ok(), "{spec}");
    }
    let spec = RANDOM[1];
    let late = Datagram {
        index: u64::MAX,
        ..every(MS).datagram(0)
    };
    assert!(network(spec, 7).transit(&late).is_ok());
}
