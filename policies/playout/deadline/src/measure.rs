//! What arrivals tell of a seeder: its fastest answer, how far its packets
//! overtake each other, how many come in a second.

/// The least answer time is that of the last one or two of these, seconds.
const MEMORY_S: f64 = 10.0;

/// The least of late.
#[derive(Debug, Default)]
pub struct Least {
    since: f64,
    now: Option<f64>,
    before: Option<f64>,
}

impl Least {
    /// Takes a sample in.
    pub fn take(&mut self, now: f64, sample: f64) {
        if now - self.since > MEMORY_S {
            (self.since, self.before) = (now, self.now.take());
        }
        self.now = Some(self.now.map_or(sample, |least| least.min(sample)));
    }

    /// The least; `None` before the first sample.
    pub fn get(&self) -> Option<f64> {
        match (self.now, self.before) {
            (Some(now), Some(before)) => Some(now.min(before)),
            (now, before) => now.or(before),
        }
    }
}

/// Mean lateness of packets that were overtaken and came nevertheless. For a
/// tail that is exponential this is its mean, whenever one begins to wait.
#[derive(Debug)]
pub struct Spread(f64);

/// Before anything is known, and at least, seconds.
const SPREAD_FIRST_S: f64 = 0.005;
const SPREAD_MIN_S: f64 = 0.001;
const SPREAD_MAX_S: f64 = 0.5;

impl Default for Spread {
    fn default() -> Self {
        Self(SPREAD_FIRST_S)
    }
}

impl Spread {
    /// A packet came this much after one that was asked later.
    pub fn take(&mut self, lateness_s: f64) {
        self.0 += (lateness_s - self.0) / 16.0;
        self.0 = self.0.clamp(SPREAD_MIN_S, SPREAD_MAX_S);
    }

    /// A packet came that had been given up.
    pub fn was_hasty(&mut self) {
        self.0 = (self.0 * 1.1).min(SPREAD_MAX_S);
    }

    /// Seconds.
    pub fn get(&self) -> f64 {
        self.0
    }
}

/// The mean of so many intervals of late; those that were expected count as so
/// many.
const INTERVAL_MEMORY: u32 = 64;
const INTERVAL_WEIGHT: f64 = 4.0;

/// Mean time from one thing to the next.
#[derive(Debug, Default)]
pub struct Interval {
    count: u32,
    mean_s: f64,
}

impl Interval {
    /// One was this long.
    pub fn take(&mut self, seconds: f64) {
        self.count = (self.count + 1).min(INTERVAL_MEMORY);
        self.mean_s += (seconds - self.mean_s) / f64::from(self.count);
    }

    /// Seconds, if this was expected before any was seen.
    pub fn mixed_with(&self, expected_s: f64) -> f64 {
        let seen = f64::from(self.count) / (f64::from(self.count) + INTERVAL_WEIGHT);
        expected_s + (self.mean_s - expected_s) * seen
    }
}

/// Until something came, this loss is planned for, and this one expected, with
/// the weight of so many packets; no more than so many of late count.
const LOSS_FIRST: f64 = 0.15;
const LOSS_EXPECTED: f64 = 0.06;
const LOSS_WEIGHT: f64 = 8.0;
/// What the host says weighs as much as so many packets.
const LOSS_TOLD_WEIGHT: f64 = 24.0;
const LOSS_MEMORY: f64 = 256.0;
pub const LOSS_MOST: f64 = 0.95;

/// Share of packets that are lost.
#[derive(Debug, Default)]
pub struct Loss {
    came: f64,
    lost: f64,
    /// Overdue, and not yet given up. What comes is known at once, what is lost
    /// by and by: without these the loss would look small at first.
    overdue: f64,
    /// What the host says, from all datagrams: copies and repeats, too.
    told: Option<f64>,
}

impl Loss {
    /// The host says this; 0 as long as it knows nothing.
    pub fn is_told(&mut self, loss: f64) {
        self.told = Some(loss).filter(|&loss| loss > 0.0);
    }

    /// A packet came.
    pub fn came(&mut self) {
        self.came += 1.0;
        self.forget();
    }

    /// A packet did not come.
    pub fn lost(&mut self) {
        self.lost += 1.0;
        self.forget();
    }

    /// So many packets are overdue.
    pub fn overdue(&mut self, packets: u32) {
        self.overdue = packets.into();
    }

    fn forget(&mut self) {
        if self.came + self.lost > LOSS_MEMORY {
            self.came /= 2.0;
            self.lost /= 2.0;
        }
    }

    /// What is planned for, 0 to 1.
    pub fn get(&self) -> f64 {
        self.share(LOSS_FIRST)
    }

    /// What is likely, 0 to 1.
    pub fn expected(&self) -> f64 {
        self.share(LOSS_EXPECTED)
    }

    fn share(&self, first: f64) -> f64 {
        let first = self.told.unwrap_or(first) * self.first_weight();
        let share = (self.lost + self.overdue + first) / self.weight();
        share.min(LOSS_MOST)
    }

    /// Packets that it is known from, and those that were expected.
    pub fn weight(&self) -> f64 {
        self.lost + self.overdue + self.came + self.first_weight()
    }

    fn first_weight(&self) -> f64 {
        self.told.map_or(LOSS_WEIGHT, |_| LOSS_TOLD_WEIGHT)
    }
}

/// Fewest arrivals that tell a rate, and as long as none is known.
const RATE_COUNT: u32 = 4;
const RATE_FIRST: u32 = 2;
/// The mean is that of so many arrivals of late.
const RATE_MEMORY: f64 = 64.0;

/// Packets that come in a second, as long as some are asked for.
#[derive(Debug, Default)]
pub struct Rate {
    /// When this sample began, when the last packet of it came, and how many
    /// came after the first.
    since: Option<f64>,
    last: f64,
    count: u32,
    peak_per_s: Option<f64>,
    /// What came in whole samples, and in what time.
    came: f64,
    came_s: f64,
}

impl Rate {
    /// A packet came; a sample is of `span` seconds or more.
    pub fn take(&mut self, now: f64, span: f64) {
        self.last = now;
        let Some(since) = self.since else {
            (self.since, self.count) = (Some(now), 0);
            return;
        };
        self.count += 1;
        if now - since < span || self.count < RATE_COUNT {
            return;
        }
        let sample = f64::from(self.count) / (now - since);
        self.peak_per_s = Some(match self.peak_per_s {
            Some(known) if known > sample => known + (sample - known) / 4.0,
            _ => sample,
        });
        self.close();
        self.since = Some(now);
    }

    /// There was nothing to send, or nothing was sent: the next sample begins
    /// with what comes next.
    pub fn pause(&mut self) {
        self.close();
        self.since = None;
    }

    fn close(&mut self) {
        if let Some(since) = self.since {
            self.came += f64::from(self.count);
            self.came_s += self.last - since;
        }
        self.count = 0;
        if self.came > RATE_MEMORY {
            self.came /= 2.0;
            self.came_s /= 2.0;
        }
    }

    /// Whether a whole sample was taken.
    pub fn is_sure(&self) -> bool {
        self.peak_per_s.is_some()
    }

    /// Most arrivals per second of late: what it can do if it is asked for more;
    /// `None` as long as too few came.
    pub fn peak(&self) -> Option<f64> {
        self.peak_per_s.or_else(|| self.mean())
    }

    /// Arrivals per second in the mean; `None` as long as too few came. A silence
    /// makes it no slower: that is told by other means.
    pub fn mean(&self) -> Option<f64> {
        let open = self.since.filter(|since| self.last > *since);
        let (count, open_s) = open.map_or((0, 0.0), |since| (self.count, self.last - since));
        let came = self.came + f64::from(count);
        (came >= f64::from(RATE_FIRST)).then(|| came / (self.came_s + open_s))
    }

    /// More than this it cannot be: the next has not come yet. `None` before
    /// the first.
    pub fn bound(&self, now: f64) -> Option<f64> {
        let begun = self.since.filter(|since| now > *since)?;
        Some(f64::from(self.count + 1) / (now - begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_least_is_forgotten() {
        let mut least = Least::default();
        assert_eq!(least.get(), None);
        least.take(1.0, 0.2);
        least.take(2.0, 0.3);
        assert_eq!(least.get(), Some(0.2));
        least.take(11.0, 0.4);
        assert_eq!(least.get(), Some(0.2));
        least.take(22.0, 0.5);
        assert_eq!(least.get(), Some(0.4));
    }

    #[test]
    fn a_peak_follows_up_at_once_and_down_by_and_by() {
        let mut rate = Rate::default();
        let mut now = 0.0;
        let mut run = |rate: &mut Rate, count: u32, gap: f64| {
            for _ in 0..count {
                now += gap;
                rate.take(now, 0.1);
            }
            rate.peak().map(f64::round)
        };
        assert_eq!(run(&mut rate, 2, 0.01), None);
        assert_eq!(run(&mut rate, 40, 0.01), Some(100.0));
        let fast = run(&mut rate, 42, 0.005);
        assert!(fast > Some(190.0), "{fast:?}");
        rate.pause();
        assert_eq!(run(&mut rate, 5, 0.02), fast, "too short to tell");
        assert_eq!(run(&mut rate, 100, 0.02).map(|r| r < 60.0), Some(true));
    }

    #[test]
    fn a_mean_rate_is_no_higher_for_coming_in_bursts() {
        let mut rate = Rate::default();
        let mut now = 0.0;
        for packet in 0..400 {
            now += if packet % 4 == 0 { 0.07 } else { 0.01 };
            rate.take(now, 0.02);
            if packet == 200 {
                now += 5.0;
                rate.pause(); // nothing was asked for
            }
        }
        let mean = rate.mean().expect("much came");
        assert!((mean - 40.0).abs() < 2.0, "{mean}");
    }

    #[test]
    fn what_is_expected_of_an_interval_gives_way_to_what_is_seen() {
        let mut interval = Interval::default();
        assert_eq!(interval.mixed_with(0.2), 0.2);
        (0..4).for_each(|_| interval.take(0.4));
        assert!((interval.mixed_with(0.2) - 0.3).abs() < 1e-9);
        (0..400).for_each(|_| interval.take(1.0));
        assert!(interval.mixed_with(0.2) > 0.9);
    }

    #[test]
    fn spread_is_the_mean_lateness() {
        let mut spread = Spread::default();
        for _ in 0..200 {
            spread.take(0.03);
        }
        assert!((spread.get() - 0.03).abs() < 1e-4);
        spread.was_hasty();
        assert!(spread.get() > 0.032);
    }
}
