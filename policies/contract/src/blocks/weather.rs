//! Weather: a link that is now good, now bad.

/// Spells of good and bad that take turns, as a function of time alone: what
/// is asked, and how often, changes nothing. Time is counted in any unit:
/// nanoseconds, slots, datagrams.
///
/// It walks from spell to spell. So that a leap of years costs no more than
/// one of hours, the weather starts afresh with each *era* of 4,096 mean
/// cycles of good and bad: about one spell in 8,000 is cut short there.
#[derive(Clone, Debug)]
pub struct Weather {
    era_length: u64,
    era: Option<u64>,
    spell: Spell,
}

/// A time in which the state stays the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// The state.
    pub bad: bool,
    /// When it began.
    pub since: u64,
    /// When it ends: the first moment that is no longer part of it.
    pub until: u64,
}

/// The law of a weather, and its source of randomness.
pub trait Climate {
    /// An era begins: turns the source of randomness to the place that belongs
    /// to it, and answers whether it begins bad.
    fn begin(&mut self, era: u64) -> bool;

    /// How long the next spell lasts; at least 1 is taken.
    fn length(&mut self, bad: bool) -> u64;
}

impl Weather {
    /// `cycle` is the mean length of a good and a bad spell together.
    pub fn new(cycle: f64) -> Self {
        Self {
            era_length: (cycle.max(1.0) * 4096.0) as u64,
            era: None,
            spell: Spell {
                bad: false,
                since: 0,
                until: 0,
            },
        }
    }

    /// The spell that holds `now`. Going forwards in time is cheap, backwards
    /// it begins the era again.
    pub fn at(&mut self, now: u64, climate: &mut impl Climate) -> Spell {
        let era = now / self.era_length;
        let start = era * self.era_length;
        let end = start.saturating_add(self.era_length);
        if self.era != Some(era) || now < self.spell.since {
            self.era = Some(era);
            let bad = climate.begin(era);
            self.spell = Self::spell(start, end, bad, climate);
        }
        // The end of all time belongs to its last spell.
        while now >= self.spell.until && self.spell.until < u64::MAX {
            self.spell = Self::spell(self.spell.until, end, !self.spell.bad, climate);
        }
        self.spell
    }

    fn spell(since: u64, end: u64, bad: bool, climate: &mut impl Climate) -> Spell {
        let length = climate.length(bad).max(1);
        Spell {
            bad,
            since,
            until: since.saturating_add(length).min(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    /// Lengths even on 1..=19 (good) and 1..=9 (bad), mean 10 and 5.
    struct Even {
        rng: Rng,
        begun: u32,
    }

    impl Climate for Even {
        fn begin(&mut self, era: u64) -> bool {
            self.rng = Rng::new(era.wrapping_mul(31));
            self.begun += 1;
            false
        }

        fn length(&mut self, bad: bool) -> u64 {
            1 + u64::from(self.rng.below(if bad { 9 } else { 19 }))
        }
    }

    fn even() -> (Weather, Even) {
        let rng = Rng::new(0);
        (Weather::new(15.0), Even { rng, begun: 0 })
    }

    const ERA: u64 = 15 * 4096;

    #[test]
    fn spells_take_turns_and_leave_no_gap() {
        let (mut weather, mut climate) = even();
        let mut now = 0;
        let mut before: Option<Spell> = None;
        while now < 3 * ERA {
            let spell = weather.at(now, &mut climate);
            assert!(spell.since == now && spell.until > now);
            if let Some(before) = before.filter(|_| now % ERA != 0) {
                assert_ne!(before.bad, spell.bad);
            }
            before = Some(spell);
            now = spell.until;
        }
        assert_eq!(climate.begun, 3);
    }

    #[test]
    fn it_is_bad_for_its_share_of_the_time() {
        let (mut weather, mut climate) = even();
        let bad = (0..ERA).filter(|&now| weather.at(now, &mut climate).bad);
        let share = bad.count() as f64 / ERA as f64;
        assert!((share - 1.0 / 3.0).abs() < 0.01, "{share}");
    }

    #[test]
    fn who_asks_seldom_or_backwards_sees_the_same() {
        let (mut weather, mut climate) = even();
        let all: Vec<Spell> = (0..2 * ERA).map(|t| weather.at(t, &mut climate)).collect();
        let (mut seldom, mut other) = even();
        for now in (0..2 * ERA).step_by(997) {
            assert_eq!(seldom.at(now, &mut other), all[now as usize]);
        }
        for now in [ERA + 7, ERA + 6, ERA, 5, 900, 0] {
            assert_eq!(seldom.at(now, &mut other), all[now as usize], "{now}");
        }
    }

    #[test]
    fn a_leap_to_the_end_of_time_is_one_era_s_work() {
        let (mut weather, mut climate) = even();
        weather.at(0, &mut climate);
        let last = weather.at(u64::MAX, &mut climate);
        assert_eq!(last.until, u64::MAX);
        assert_eq!(weather.at(last.since, &mut climate), last);
        assert_eq!(climate.begun, 2);
    }
}
