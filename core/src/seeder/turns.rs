//! Whose packet goes next.

use crate::ids::SessionId;
use crate::time::Timestamp;

/// When the next packet of each session may go. A short list in one piece of
/// memory: a look at all of it costs less than keeping it in order.
#[derive(Default)]
pub struct Turns(Vec<(Timestamp, SessionId)>);

impl Turns {
    /// The session's next packet may go then; `NEVER`: it has none.
    pub fn set(&mut self, id: SessionId, due: Timestamp) {
        match self.0.iter_mut().find(|(_, known)| *known == id) {
            Some(turn) => turn.0 = due,
            None => self.0.push((due, id)),
        }
    }

    /// The session is over.
    pub fn remove(&mut self, id: SessionId) {
        self.0.retain(|&(_, known)| known != id);
    }

    /// The session whose turn comes first, and when; of two at the same time,
    /// the one of the lower id.
    pub fn first(&self) -> Option<(Timestamp, SessionId)> {
        let first = self.0.iter().min().copied();
        first.filter(|&(due, _)| due < Timestamp::NEVER)
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
