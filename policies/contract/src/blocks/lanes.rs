//! State for each link of a network model.

/// State for each link (numbered by [`Datagram::link`]), or for each link and
/// direction ([`Datagram::stream`]), made when it is first needed.
///
/// Memory is bounded: links whose numbers are beyond [`Self::MOST`] share the
/// state of others.
///
/// [`Datagram::link`]: crate::Datagram::link
/// [`Datagram::stream`]: crate::Datagram::stream
#[derive(Debug)]
pub struct Lanes<T>(Vec<Option<Box<T>>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Lanes<T> {
    /// Most lanes that have a state of their own.
    pub const MOST: usize = 1 << 16;

    /// The state of a lane. `make` is given the lane's number, which is below
    /// [`Self::MOST`].
    #[inline]
    pub fn get(&mut self, number: usize, make: impl FnOnce(u64) -> T) -> &mut T {
        let number = number % Self::MOST;
        if self.0.len() <= number {
            self.0.resize_with(number + 1, || None);
        }
        self.0[number].get_or_insert_with(|| Box::new(make(number as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_has_a_state_that_is_made_once() {
        let mut lanes = Lanes::default();
        *lanes.get(3, |number| number * 10) += 1;
        *lanes.get(0, |number| number * 10) += 1;
        assert_eq!(*lanes.get(3, |_| 0), 31);
        assert_eq!(*lanes.get(0, |_| 0), 1);
    }

    #[test]
    fn numbers_beyond_the_most_share() {
        let mut lanes = Lanes::default();
        *lanes.get(Lanes::<u64>::MOST * 7 + 5, |number| number) += 1;
        assert_eq!(*lanes.get(5, |_| 0), 6);
        assert!(lanes.0.len() <= Lanes::<u64>::MOST);
    }
}
