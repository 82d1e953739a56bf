use super::*;
use crate::abi::PacketSet;
use crate::testing::Scene;

/// All searches, by looking at one packet after the other.
fn slow(view: &View<'_>, from: u32, here: bool) -> Option<u32> {
    (from..view.packets()).find(|&n| view.is_here(n) == here)
}

#[test]
fn searches_are_right_at_word_borders() {
    for packets in [1, 63, 64, 65, 127, 128, 129, 200] {
        for at in [0, 1, 62, 63, 64, 65, 126, 127, 128, 199] {
            if at >= packets {
                continue;
            }
            let mut one = Scene::new(packets, 0);
            one.put([at]);
            let mut all_but_one = Scene::new(packets, 0);
            all_but_one.put((0..packets).filter(|&n| n != at));
            for mut scene in [one, all_but_one] {
                for from in 0..=packets {
                    scene.playhead = from;
                    let view = scene.view();
                    let what = format!("{packets} packets, {at}, from {from}");
                    assert_eq!(view.next_here(), slow(&view, from, true), "{what}");
                    assert_eq!(view.next_missing(from), slow(&view, from, false), "{what}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_found_behind_the_end() {
    let mut scene = Scene::new(70, 0);
    scene.put(0..70);
    let view = scene.view();
    assert_eq!(
        view.next_missing(0),
        None,
        "spare bits are not missing packets"
    );
    for far in [70, 128, 1000, u32::MAX] {
        assert_eq!(view.next_missing(far), None);
        assert!(!view.is_here(far));
    }
}

#[test]
fn missing_keeps_to_its_range() {
    let mut scene = Scene::new(130, 0);
    scene.put((0..130).filter(|n| n % 3 != 0));
    let view = scene.view();
    let missing = |range| view.missing(range).collect::<Vec<_>>();
    assert_eq!(missing(60..70), [60, 63, 66, 69]);
    assert_eq!(missing(127..500), [129]);
    assert_eq!(missing(5..5), []);
    let backwards = ops::Range { start: 9, end: 3 };
    assert_eq!(missing(backwards), []);
}

#[test]
fn an_ask_counts_only_for_its_own_packet() {
    let mut scene = Scene::new(1000, 1);
    assert_eq!(scene.view().ask(3), None, "there is no ring at all");
    scene.now_ns = 5;
    scene.asked(3, 0, 77);
    scene.asked(3, 0, 78);
    let ask = scene.view().ask(3).unwrap();
    assert_eq!((ask.times, ask.last_ns, ask.id), (2, 5, 78));
    assert_eq!(scene.view().ask(3 + 256), None);
    assert_eq!(scene.view().ask(0), None, "an empty slot says packet 0");
}

#[test]
fn nothing_to_come_needs_a_living_seeder_and_ended_streams() {
    let mut scene = Scene::new(10, 0);
    assert!(!scene.view().nothing_to_come());
    scene = Scene::new(10, 2);
    assert!(!scene.view().nothing_to_come());
    scene.seeders[0].set(abi::SEEDER_STREAM_ENDED, true);
    assert!(!scene.view().nothing_to_come());
    scene.seeders[1].set(abi::SEEDER_ALIVE, false);
    assert!(scene.view().nothing_to_come());
    scene.seeders[0].outstanding = 1;
    assert!(!scene.view().nothing_to_come());
}

#[test]
fn a_seeder_without_a_bitmap_has_all() {
    let mut scene = Scene::new(100, 2);
    let has = [1u64 << 5, 1];
    // SAFETY: `has` outlives the scene's views.
    scene.seeders[1].has = unsafe { PacketSet::new(&has) };
    let view = scene.view();
    assert!(view.seeder(0).unwrap().has(99));
    let second = view.seeder(1).unwrap();
    let found: Vec<u32> = (0..300).filter(|&n| second.has(n)).collect();
    assert_eq!(found, [5, 64]);
    assert!(view.seeder(2).is_none());
}

#[test]
fn arrays_may_have_larger_elements_than_ours() {
    #[repr(C)]
    struct Newer {
        seeder: RawSeeder,
        more: [u64; 3],
    }
    let seeders = [3u64, 4].map(|rtt_ns| Newer {
        seeder: RawSeeder {
            rtt_ns,
            ..RawSeeder::joining(0)
        },
        more: [u64::MAX; 3],
    });
    let mut raw = *Scene::new(10, 0).view().as_raw();
    raw.seeders = seeders.as_ptr().cast();
    raw.seeder_stride = size_of::<Newer>();
    raw.seeder_count = 2;
    // Only the seeders are looked at.
    // SAFETY: two elements, a `Newer` apart, alive until the end.
    let view = unsafe { View::from_raw(raw) };
    let rtts: Vec<_> = view.seeders().map(|s| s.rtt_ns()).collect();
    assert_eq!(rtts, [Some(3), Some(4)]);
    assert!(seeders.iter().all(|s| s.more == [u64::MAX; 3]));
}
