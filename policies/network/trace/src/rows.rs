//! A period of rows, and what a line of their rates carries.

/// The work of a line is counted in billionths of a bit: so bits per second
/// times nanoseconds is a whole number.
pub const PER_BYTE: u128 = 8_000_000_000;

/// A petabit per second: a datagram takes less than a nanosecond.
pub const UNLIMITED: u64 = 1_000_000_000_000_000;

/// What holds from a moment on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// From when, in nanoseconds since the period's start.
    pub at_ns: u64,
    /// Delay one way.
    pub delay_ns: u64,
    /// Probability of loss.
    pub loss: f64,
    /// Rate of the line in bits per second; 0 is an outage.
    pub rate: u64,
}

/// Rows that repeat for ever.
#[derive(Debug, PartialEq)]
pub struct Rows {
    rows: Vec<Row>,
    /// What the line has carried at the end of each row.
    carried: Vec<u128>,
    period_ns: u64,
}

impl Rows {
    /// `rows` begin at 0 and at different times, in order, and the first has a
    /// rate above 0: so something is carried in every period.
    pub fn new(rows: Vec<Row>) -> Self {
        let last = match rows[..] {
            [.., before, last] => last.at_ns - before.at_ns,
            _ => 1_000_000_000, // any length will do for a single row
        };
        let period_ns = rows.last().map_or(0, |row| row.at_ns) + last;
        let ends = rows.iter().skip(1).map(|row| row.at_ns).chain([period_ns]);
        let carried = rows.iter().zip(ends).scan(0, |sum, (row, end_ns)| {
            *sum += u128::from(row.rate) * u128::from(end_ns - row.at_ns);
            Some(*sum)
        });
        Self {
            carried: carried.collect(),
            rows,
            period_ns,
        }
    }

    /// After how long they repeat.
    pub fn period_ns(&self) -> u64 {
        self.period_ns
    }

    /// The row that holds at a time.
    pub fn at(&self, now_ns: u128) -> Row {
        self.rows[self.index(now_ns)]
    }

    /// What the line could have carried by a time.
    pub fn carried(&self, now_ns: u128) -> u128 {
        let index = self.index(now_ns);
        let row = self.rows[index];
        let in_row = now_ns % u128::from(self.period_ns) - u128::from(row.at_ns);
        let periods = now_ns / u128::from(self.period_ns);
        periods * self.in_period() + self.before(index) + u128::from(row.rate) * in_row
    }

    /// When the line can first have carried this much, which is above 0.
    pub fn when(&self, carried: u128) -> u128 {
        // Counted from 1, so that what is done with the end of a row belongs
        // to that row, and not to the end of an outage after it.
        let periods = (carried - 1) / self.in_period();
        let rest = (carried - 1) % self.in_period() + 1;
        let index = self.carried.partition_point(|&end| end < rest);
        let row = self.rows[index];
        let in_row = (rest - self.before(index)) / u128::from(row.rate);
        periods * u128::from(self.period_ns) + u128::from(row.at_ns) + in_row
    }

    fn index(&self, now_ns: u128) -> usize {
        let in_period = now_ns % u128::from(self.period_ns);
        self.rows
            .partition_point(|row| u128::from(row.at_ns) <= in_period)
            - 1
    }

    fn in_period(&self) -> u128 {
        self.before(self.rows.len())
    }

    fn before(&self, index: usize) -> u128 {
        index
            .checked_sub(1)
            .map_or(0, |before| self.carried[before])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u128 = 1_000_000_000;

    fn row(at_s: u64, rate: u64) -> Row {
        Row {
            at_ns: at_s * 1_000_000_000,
            delay_ns: 0,
            loss: 0.0,
            rate,
        }
    }

    /// 1 kbit/s for 2 s, nothing for 1 s, 3 kbit/s for 1 s.
    fn rows() -> Rows {
        Rows::new(vec![row(0, 1000), row(2, 0), row(3, 3000)])
    }

    #[test]
    fn the_last_row_is_as_long_as_the_one_before() {
        assert_eq!(u128::from(rows().period_ns()), 4 * S);
        assert_eq!(rows().at(4 * S - 1).rate, 3000);
        assert_eq!(rows().at(4 * S).rate, 1000);
        assert_eq!(rows().at(401 * S).rate, 1000);
        assert_eq!(rows().at(402 * S).rate, 0);
    }

    #[test]
    fn a_line_carries_what_its_rates_add_up_to() {
        let carried = |s| rows().carried(s * S) / S;
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 8].map(carried),
            [0, 1000, 2000, 2000, 5000, 6000, 10_000]
        );
    }

    #[test]
    fn work_is_done_when_enough_was_carried() {
        let when = |bits| rows().when(bits * S);
        assert_eq!(when(500), S / 2);
        assert_eq!(when(2000), 2 * S, "with the end of the first row");
        assert_eq!(when(2003), 3 * S + S / 1000, "after the outage");
        assert_eq!(when(5000), 4 * S);
        assert_eq!(when(5500), 4 * S + S / 2);
        assert_eq!(rows().when(1), 0, "a billionth of a bit");
    }

    #[test]
    fn carrying_and_its_time_are_inverse() {
        for now in (1..80).map(|i| i * S / 7) {
            let carried = rows().carried(now);
            let when = rows().when(carried);
            assert!(when <= now && now - when <= S + 1, "{now} {when}");
            assert!(rows().carried(when) <= carried);
            assert!(rows().carried(when + 1) >= carried);
        }
    }

    #[test]
    fn a_single_row_holds_for_ever() {
        let rows = Rows::new(vec![row(0, 8000)]);
        for s in [0, 1, 1000, 1 << 60] {
            assert_eq!(rows.carried(s * S), s * 8000 * S);
            assert_eq!(rows.when((s * 8000 + 8) * S), s * S + S / 1000);
        }
    }
}
