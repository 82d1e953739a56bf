//! Whose packet goes next.

use crate::ids::SessionId;
use crate::time::Timestamp;

/// When the next packet of each session may go. A short list in one piece of
/// memory: a look at all of it costs less than keeping it in order.
pub struct Turns {
    all: Vec<Turn>,
    first: Turn,
}

type Turn = (Timestamp, SessionId);

/// Comes after all others.
const NONE: Turn = (Timestamp::NEVER, SessionId(u64::MAX));

impl Default for Turns {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            first: NONE,
        }
    }
}

impl Turns {
    /// The session's next packet may go then; `NEVER`: it has none.
    pub fn set(&mut self, id: SessionId, due: Timestamp) {
        let (mut known, mut first) = (false, NONE);
        for turn in &mut self.all {
            if turn.1 == id {
                turn.0 = due;
                known = true;
            }
            first = first.min(*turn);
        }
        if !known {
            self.all.push((due, id));
            first = first.min((due, id));
        }
        self.first = first;
    }

    /// The session is over.
    pub fn remove(&mut self, id: SessionId) {
        self.all.retain(|&(_, known)| known != id);
        self.first = self.all.iter().copied().fold(NONE, Turn::min);
    }

    /// The session whose turn comes first, and when; of two at the same time,
    /// the one of the lower id.
    #[inline]
    pub fn first(&self) -> Option<Turn> {
        (self.first.0 != Timestamp::NEVER).then_some(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_goes_first_and_whoever_has_nothing_never() {
        let (mut turns, [a, b, c]) = (Turns::default(), [1, 2, 3].map(SessionId));
        assert_eq!(turns.first(), None);
        turns.set(a, Timestamp::NEVER);
        assert_eq!(turns.first(), None);
        turns.set(c, Timestamp(5));
        turns.set(b, Timestamp(5));
        assert_eq!(turns.first(), Some((Timestamp(5), b)));
        turns.set(a, Timestamp(4));
        assert_eq!(turns.first(), Some((Timestamp(4), a)));
        turns.set(a, Timestamp(6));
        turns.remove(b);
        assert_eq!(turns.first(), Some((Timestamp(5), c)));
    }
}
