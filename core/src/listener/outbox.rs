//! What a session wants done and has not said yet.

use std::collections::VecDeque;

use super::Output;

/// Outputs in their order. Most are of one packet and are kept short: to move the
/// longest kind about for each of them would cost more than all else about it.
#[derive(Default)]
pub struct Outbox {
    order: VecDeque<Entry>,
    others: VecDeque<Output>,
}

#[derive(Clone, Copy)]
enum Entry {
    Keep(u32),
    Play(u32),
    Conceal(u32),
    Skip(u32, u32),
    /// The first of the others.
    Other,
}

impl Outbox {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    #[inline(always)] // then of the output nothing is left but the entry
    pub fn push(&mut self, output: Output) {
        self.order.push_back(match output {
            Output::Keep { packet } => Entry::Keep(packet),
            Output::Play { packet } => Entry::Play(packet),
            Output::Conceal { packet } => Entry::Conceal(packet),
            Output::Skip { packet, count } => Entry::Skip(packet, count),
            other => {
                self.others.push_back(other);
                Entry::Other
            }
        });
    }

    #[inline]
    pub fn pop(&mut self) -> Option<Output> {
        Some(match self.order.pop_front()? {
            Entry::Keep(packet) => Output::Keep { packet },
            Entry::Play(packet) => Output::Play { packet },
            Entry::Conceal(packet) => Output::Conceal { packet },
            Entry::Skip(packet, count) => Output::Skip { packet, count },
            Entry::Other => self.others.pop_front()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let all = [
            Output::Keep { packet: 1 },
            Output::Event(Event::NoSeederLeft),
            Output::Skip {
                packet: 2,
                count: 3,
            },
            Output::Conceal { packet: 5 },
            Output::Play { packet: 6 },
            Output::Hold,
            Output::End,
        ];
        let mut outbox = Outbox::default();
        all.iter().cloned().for_each(|output| outbox.push(output));
        assert!(!outbox.is_empty());
        let out: Vec<_> = std::iter::from_fn(|| outbox.pop()).collect();
        assert_eq!(out, all);
        assert!(outbox.is_empty());
    }
}
