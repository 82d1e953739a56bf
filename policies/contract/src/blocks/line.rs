//! A line of limited rate, with a queue before it.

/// First in, first out, and whoever finds no room is dropped (drop tail).
///
/// It counts work, in any unit, as whole numbers: so a rate may change with
/// time, and nothing is ever rounded. What the line could have carried since
/// the beginning is the caller's to know; at a constant rate it is rate × time.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// What the line must have carried when all that is here has left.
    busy_until: u128,
}

impl Line {
    /// Something of this size comes, when the line could have carried
    /// `carried` since the beginning. Answers how much that will be when it
    /// has left; `None` if it would make more than `room` wait, counting
    /// itself and what is just being sent.
    pub fn enter(&mut self, carried: u128, size: u128, room: u128) -> Option<u128> {
        let left = self.busy_until.max(carried).saturating_add(size);
        if left - carried > room {
            return None;
        }
        self.busy_until = left;
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_line_takes_the_size_alone() {
        let mut line = Line::default();
        assert_eq!(line.enter(1000, 100, 500), Some(1100));
        assert_eq!(line.enter(5000, 100, 500), Some(5100));
    }

    #[test]
    fn who_comes_early_waits_for_those_before() {
        let mut line = Line::default();
        line.enter(0, 100, 500);
        line.enter(10, 100, 500);
        assert_eq!(line.enter(20, 50, 500), Some(250));
    }

    #[test]
    fn a_full_queue_drops_what_comes_and_keeps_what_is_there() {
        let mut line = Line::default();
        for left in [100, 200, 300] {
            assert_eq!(line.enter(0, 100, 300), Some(left));
        }
        assert_eq!(line.enter(0, 1, 300), None);
        assert_eq!(line.enter(99, 100, 300), None);
        assert_eq!(line.enter(100, 100, 300), Some(400));
    }

    #[test]
    fn what_is_larger_than_the_room_never_passes() {
        let mut line = Line::default();
        assert_eq!(line.enter(0, 301, 300), None);
        assert_eq!(line.enter(0, 300, 300), Some(300));
        assert_eq!(line.enter(u128::MAX, 1, 0), Some(u128::MAX), "saturated");
    }
}
