//! How many copies of a packet to ask for at once.

use crate::math::power;

/// Chance of coming late that is worth no further copy.
const LATE: f64 = 1e-3;
/// Most copies at once.
const COPIES_MOST: u32 = 10;
/// Beyond so many tries nothing is counted.
pub const TRIES_MOST: u32 = 20;
/// While it plays, no packet is worth more than this share of what is left: some
/// is left for whatever gets lost again and again.
const AT_ONCE: f64 = 0.125;
/// Spare copies that even the shortest track may have.
const SPARE_FIRST: f64 = 16.0;

/// How often a packet can be asked for and still come within `left` seconds, if
/// it takes `answer` to come and `cycle` from one try to the next; at least
/// once.
pub fn tries(left: f64, answer: f64, cycle: f64) -> u32 {
    1 + ((left - answer) / cycle).clamp(0.0, f64::from(TRIES_MOST)) as u32
}

/// How many copies at a time, with `tries` tries left, bring a packet in time.
/// The last try gets as many as it takes, each one before it half as many: the
/// later ones are rarely needed.
pub fn copies(loss: f64, tries: u32) -> u32 {
    let enough = enough(loss, LATE);
    let halvings = tries.saturating_sub(1).min(31);
    enough.div_ceil(1 << halvings)
}

/// How many copies of a packet that is waited for with all that come after it,
/// while little is known: the loss may be worse than it is taken for.
pub fn copies_blind(loss: f64) -> u32 {
    enough(loss, LATE / 3.0)
}

fn enough(loss: f64, bearable: f64) -> u32 {
    let (mut enough, mut late) = (1, loss);
    while late > bearable && enough < COPIES_MOST {
        late *= loss;
        enough += 1;
    }
    enough
}

/// What copies are for. The share for them is not to be spent before the music
/// plays: then it is needed here and there for long.
#[derive(Clone, Copy, Debug)]
pub enum Use {
    /// Nobody has answered yet.
    Blind,
    /// Nothing plays yet.
    Starting,
    /// It plays.
    Playing,
}

/// What may be spent on copies that will mostly be for nothing.
#[derive(Clone, Copy, Debug)]
pub struct Spare {
    all: f64,
    left: f64,
}

impl Spare {
    /// This share of a track of so many packets.
    pub fn new(share: f64, packets: u32) -> Self {
        let few = if share > 0.0 { SPARE_FIRST } else { 0.0 };
        let all = share * f64::from(packets) + few;
        Self { all, left: all }
    }

    /// Spends on `wanted` copies more of a packet of which `had` are under way
    /// or asked for, as far as there is something left; answers how many. What
    /// is lost costs nobody anything: all that counts is what comes twice.
    pub fn spend(&mut self, had: u32, wanted: u32, loss: f64, on: Use) -> u32 {
        let kept = match on {
            Use::Blind => 0.3,
            Use::Starting => 0.2,
            Use::Playing => 0.0,
        };
        let mut free = self.left - kept * self.all;
        if matches!(on, Use::Playing) {
            free = (free * AT_ONCE).max(self.left.min(1.0));
        }
        let mut nothing_came = power(loss, had);
        for spent in 0..wanted {
            // It comes, and so did one before.
            let twice = (1.0 - loss) * (1.0 - nothing_came);
            if free < twice {
                return spent;
            }
            free -= twice;
            self.left -= twice;
            nothing_came *= loss;
        }
        wanted
    }

    /// What will be left while it plays if, with this probability, `wanted` more
    /// copies of a packet are asked for; answers how many it will be.
    pub fn expect(&mut self, probability: f64, wanted: u32, loss: f64) -> u32 {
        let mut asked = *self;
        let copies = asked.spend(1, wanted, loss, Use::Playing);
        self.left -= (self.left - asked.left) * probability;
        copies
    }

    /// Nothing was spent.
    pub fn restore(&mut self) {
        self.left = self.all;
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_the_deadline_the_more_copies() {
        let at = |left| copies(0.2, tries(left, 1.0, 1.1));
        assert_eq!([0.5, 2.0, 2.2, 3.3, 20.0].map(at), [5, 5, 3, 2, 1]);
        assert_eq!(copies(0.0, 1), 1);
        assert_eq!(copies(0.9, 1), COPIES_MOST);
    }

    #[test]
    fn spare_copies_are_bounded() {
        let mut spare = Spare::new(0.01, 400);
        assert_eq!(spare.spend(1, 3, 0.5, Use::Playing), 3);
        let more = |_| spare.spend(1, 3, 0.0, Use::Playing);
        let spent: Vec<u32> = (0..40).map(more).collect();
        assert!(
            spent.is_sorted_by(|a, b| a >= b),
            "less and less: {spent:?}"
        );
        assert_eq!(spent.iter().sum::<u32>(), 18);
        assert_eq!(spare.spend(1, 1, 0.0, Use::Playing), 0);
        assert!(spare.is_spent());
        assert_eq!(Spare::new(0.0, 1000).spend(1, 1, 0.5, Use::Playing), 0);
    }
}
