//! The list of what is to be played, and where in it playing is.

use std::sync::Arc;

use segue_core::playback::Playable;

/// Names an entry of a queue. Entries come and go; names are not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId(u64);

/// An entry of a queue: its name, and what it plays.
#[derive(Clone)]
pub struct Item {
    /// Its name.
    pub id: ItemId,
    /// What it plays.
    pub playable: Arc<dyn Playable>,
}

/// Played entries stay in the list; `next` is the first that was not begun.
#[derive(Default)]
pub(super) struct Queue {
    items: Vec<Item>,
    current: Option<usize>,
    next: usize,
    named: u64,
}

impl Queue {
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn current(&self) -> Option<&Item> {
        self.items.get(self.current?)
    }

    /// What plays after the current one.
    pub(super) fn next(&self) -> Option<&Item> {
        self.items.get(self.next)
    }

    /// Puts an entry in at this place, at the end if there are fewer.
    pub(super) fn insert(&mut self, index: usize, playable: Arc<dyn Playable>) -> ItemId {
        self.named += 1;
        let (id, index) = (ItemId(self.named), index.min(self.items.len()));
        self.items.insert(index, Item { id, playable });
        // In front of what is next, it is next itself.
        self.next += usize::from(index < self.next);
        self.current = self
            .current
            .map(|current| current + usize::from(index <= current));
        id
    }

    /// Takes an entry out; answers whether it was the current one.
    pub(super) fn remove(&mut self, id: ItemId) -> bool {
        let Some(index) = self.position(id) else {
            return false;
        };
        self.items.remove(index);
        self.next -= usize::from(index < self.next);
        let was_current = self.current == Some(index);
        self.current = self
            .current
            .filter(|_| !was_current)
            .map(|current| current - usize::from(index < current));
        was_current
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        (self.current, self.next) = (None, 0);
    }

    /// Goes on to the next entry, if there is one.
    pub(super) fn advance(&mut self) -> Option<&Item> {
        self.current = (self.next < self.items.len()).then_some(self.next);
        self.next += usize::from(self.current.is_some());
        self.current()
    }

    /// Makes an entry the next one; answers whether it is there.
    pub(super) fn select(&mut self, id: ItemId) -> bool {
        let index = self.position(id);
        self.next = index.unwrap_or(self.next);
        index.is_some()
    }

    /// Makes the entry before the current one (or before the end) the next one;
    /// the first has none before, and stays.
    pub(super) fn step_back(&mut self) {
        self.next = self.current.unwrap_or(self.next).saturating_sub(1);
    }

    /// Nothing is played; what was is next.
    pub(super) fn rest(&mut self) {
        self.next = self.current.take().unwrap_or(self.next);
    }

    fn position(&self, id: ItemId) -> Option<usize> {
        self.items.iter().position(|item| item.id == id)
    }
}

#[cfg(test)]
mod tests {
    use segue_core::playback::{FrameSource, OpenError, Opening};
    use segue_core::track::TrackInfo;

    use super::*;

    struct Nothing;

    impl Playable for Nothing {
        fn track(&self) -> &TrackInfo {
            unreachable!("the queue looks at no track")
        }

        fn open(&self, _: Opening) -> Result<Box<dyn FrameSource>, OpenError> {
            unreachable!("the queue opens nothing")
        }
    }

    fn queue(count: usize) -> (Queue, Vec<ItemId>) {
        let mut queue = Queue::default();
        let ids = (0..count)
            .map(|index| queue.insert(index, Arc::new(Nothing)))
            .collect();
        (queue, ids)
    }

    fn advance(queue: &mut Queue) -> Option<ItemId> {
        queue.advance().map(|item| item.id)
    }

    #[test]
    fn plays_in_order_and_ends() {
        let (mut queue, ids) = queue(2);
        assert_eq!(advance(&mut queue), Some(ids[0]));
        assert_eq!(advance(&mut queue), Some(ids[1]));
        assert_eq!(advance(&mut queue), None);
        let late = queue.insert(9, Arc::new(Nothing));
        assert_eq!(advance(&mut queue), Some(late));
    }

    #[test]
    fn what_is_put_in_or_taken_out_before_the_current_one_moves_nothing() {
        let (mut queue, ids) = queue(3);
        advance(&mut queue);
        advance(&mut queue);
        queue.insert(0, Arc::new(Nothing));
        assert_eq!(queue.current().unwrap().id, ids[1]);
        assert!(!queue.remove(ids[0]));
        assert_eq!(queue.current().unwrap().id, ids[1]);
        assert_eq!(queue.next().unwrap().id, ids[2]);
    }

    #[test]
    fn after_the_current_one_was_removed_comes_the_one_behind() {
        let (mut queue, ids) = queue(3);
        advance(&mut queue);
        assert!(queue.remove(ids[0]));
        assert!(queue.current().is_none());
        assert_eq!(advance(&mut queue), Some(ids[1]));
    }

    #[test]
    fn put_in_behind_the_current_one_it_is_next() {
        let (mut queue, ids) = queue(2);
        advance(&mut queue);
        let new = queue.insert(1, Arc::new(Nothing));
        assert_eq!(advance(&mut queue), Some(new));
        assert_eq!(advance(&mut queue), Some(ids[1]));
    }

    #[test]
    fn back_and_to_any_entry() {
        let (mut queue, ids) = queue(3);
        advance(&mut queue);
        queue.step_back();
        assert_eq!(advance(&mut queue), Some(ids[0]), "nothing is before");
        assert!(queue.select(ids[2]));
        assert_eq!(advance(&mut queue), Some(ids[2]));
        queue.step_back();
        assert_eq!(advance(&mut queue), Some(ids[1]));
        queue.rest();
        assert!(queue.current().is_none());
        assert_eq!(advance(&mut queue), Some(ids[1]));
        queue.remove(ids[0]);
        assert!(!queue.select(ids[0]));
    }
}
