//! Knowing when a packet is lost on the streams.

use std::collections::VecDeque;

use crate::view::{Arrival, View};

/// How long a packet may be overtaken before it counts as lost.
const REORDERING_NS: u64 = 250_000_000;

/// The rule of the paper's model: a stream has lost a packet when it delivered
/// a higher number at least 0.25 s ago, or ended. A random stream has lost one
/// only when it ended. Dead seeders count as ended.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    passed: Vec<Passed>,
}

/// What [`Lost`] knows: packets below a bound that are not here are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Lost on every stream: they will not come unless asked for.
    pub on_all: u32,
    /// Lost on at least one stream.
    pub on_any: u32,
}

impl Lost {
    /// Takes in what arrived. To be called in every decision.
    pub fn update(&mut self, view: &View<'_>) -> Bounds {
        for arrival in view.arrivals().filter(|arrival| arrival.by_stream) {
            let seeder = arrival.seeder as usize;
            if self.passed.len() <= seeder {
                self.passed.resize_with(seeder + 1, Passed::default);
            }
            self.passed[seeder].take(&arrival);
        }
        let until_ns = view.now_ns().checked_sub(REORDERING_NS);
        let end = view.packets();
        let mut bounds = Bounds {
            on_all: end,
            on_any: 0,
        };
        let mut any_alive = false;
        for seeder in view.seeders() {
            let mut passed = self.passed.get_mut(seeder.index() as usize);
            if let (None, Some(passed)) = (seeder.stream_highest(), &mut passed) {
                passed.0.clear(); // a new stream, which has delivered nothing
            }
            let bound = match passed {
                _ if !seeder.alive() || seeder.stream_ended() => end,
                Some(passed) if !seeder.random_order() => passed.by(until_ns),
                _ => 0,
            };
            any_alive |= seeder.alive();
            bounds.on_all = bounds.on_all.min(bound);
            bounds.on_any = bounds.on_any.max(bound);
        }
        if !any_alive {
            bounds.on_all = 0; // nothing is lost for good while nobody is there
        }
        bounds
    }

    /// When the bounds may change though nothing arrives.
    pub fn changes_at_ns(view: &View<'_>) -> u64 {
        view.now_ns() + REORDERING_NS
    }
}

/// When one stream first passed which number. The first entry is the newest of
/// those that are at least 0.25 s old.
#[derive(Clone, Debug, Default)]
struct Passed(VecDeque<(u64, u32)>);

impl Passed {
    fn take(&mut self, arrival: &Arrival) {
        if self
            .0
            .back()
            .is_none_or(|&(_, highest)| arrival.packet > highest)
        {
            self.0.push_back((arrival.at_ns, arrival.packet));
        }
    }

    /// The highest number that had come by `until_ns`; `None` is before time
    /// began.
    fn by(&mut self, until_ns: Option<u64>) -> u32 {
        let Some(until_ns) = until_ns else {
            return 0;
        };
        while self.0.get(1).is_some_and(|&(at, _)| at <= until_ns) {
            self.0.pop_front();
        }
        self.0
            .front()
            .filter(|&&(at, _)| at <= until_ns)
            .map_or(0, |&(_, highest)| highest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{NO_PACKET, SEEDER_ALIVE, SEEDER_RANDOM, SEEDER_STREAM_ENDED};
    use crate::testing::{S, Scene};

    /// What is known now; the arrivals are then no longer new.
    fn update(lost: &mut Lost, scene: &mut Scene) -> (u32, u32) {
        let bounds = lost.update(&scene.view());
        scene.arrivals.clear();
        (bounds.on_all, bounds.on_any)
    }

    #[test]
    fn a_stream_has_lost_what_it_passed_a_quarter_second_ago() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.now_ns = S;
        scene.arrive(0, 7);
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
        scene.now_ns = S + S / 4 - 1;
        scene.arrive(0, 9);
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
        assert_eq!(Lost::changes_at_ns(&scene.view()), S + S / 2 - 1);
        scene.now_ns = S + S / 4;
        assert_eq!(update(&mut lost, &mut scene), (7, 7));
        scene.now_ns = S + S / 2 - 1;
        assert_eq!(update(&mut lost, &mut scene), (9, 9));
    }

    #[test]
    fn what_comes_at_the_very_start_is_not_old_yet() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.arrive(0, 7);
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
        scene.now_ns = S / 4;
        assert_eq!(update(&mut lost, &mut scene), (7, 7));
    }

    #[test]
    fn a_packet_that_was_overtaken_moves_nothing() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.arrive(0, 7);
        scene.arrive(0, 5);
        scene.now_ns = 10 * S;
        assert_eq!(update(&mut lost, &mut scene), (7, 7));
    }

    #[test]
    fn requested_packets_say_nothing_of_a_stream() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.arrive(0, 50);
        scene.arrivals[0].flags = 0;
        update(&mut lost, &mut scene);
        scene.now_ns = S;
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
    }

    #[test]
    fn of_several_streams_the_slowest_and_the_fastest_count() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 2));
        scene.arrive(0, 30);
        scene.arrive(1, 10);
        update(&mut lost, &mut scene);
        scene.now_ns = S;
        assert_eq!(update(&mut lost, &mut scene), (10, 30));
        scene.seeders[1].set(SEEDER_ALIVE, false);
        assert_eq!(update(&mut lost, &mut scene), (30, 100));
        scene.seeders[0].set(SEEDER_ALIVE, false);
        assert_eq!(
            update(&mut lost, &mut scene).0,
            0,
            "nobody is there: not lost for good"
        );
    }

    #[test]
    fn a_random_stream_has_lost_nothing_before_it_ends() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.seeders[0].set(SEEDER_RANDOM, true);
        scene.arrive(0, 99);
        update(&mut lost, &mut scene);
        scene.now_ns = 100 * S;
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
        scene.seeders[0].set(SEEDER_STREAM_ENDED, true);
        assert_eq!(update(&mut lost, &mut scene), (100, 100));
    }

    #[test]
    fn a_stream_begun_anew_has_lost_nothing_of_what_the_one_before_passed() {
        let (mut lost, mut scene) = (Lost::default(), Scene::new(100, 1));
        scene.arrive(0, 60);
        update(&mut lost, &mut scene);
        scene.now_ns = S;
        assert_eq!(update(&mut lost, &mut scene), (60, 60));
        scene.seeders[0].stream_highest = NO_PACKET;
        assert_eq!(update(&mut lost, &mut scene), (0, 0));
        scene.arrive(0, 10);
        update(&mut lost, &mut scene);
        scene.now_ns = 2 * S;
        assert_eq!(update(&mut lost, &mut scene), (10, 10));
    }
}
