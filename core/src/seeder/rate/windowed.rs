//! Extremes of late, in constant memory.

/// The best of this window and of the one before: old values leave it.
#[derive(Clone, Copy, Debug)]
pub struct Windowed {
    pick: fn(f64, f64) -> f64,
    now: Option<f64>,
    before: Option<f64>,
}

impl Windowed {
    pub fn greatest() -> Self {
        Self::of(f64::max)
    }

    pub fn least() -> Self {
        Self::of(f64::min)
    }

    fn of(pick: fn(f64, f64) -> f64) -> Self {
        Self {
            pick,
            now: None,
            before: None,
        }
    }

    pub fn take(&mut self, value: f64) {
        self.now = Some(self.now.map_or(value, |now| (self.pick)(now, value)));
    }

    /// Begins a window. An empty one does not push out what is known.
    pub fn turn(&mut self) {
        if self.now.is_some() {
            self.before = self.now.take();
        }
    }

    pub fn get(&self) -> Option<f64> {
        match (self.now, self.before) {
            (Some(now), Some(before)) => Some((self.pick)(now, before)),
            (now, before) => now.or(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_values_leave_unless_nothing_came_since() {
        let mut least = Windowed::least();
        assert_eq!(least.get(), None);
        least.take(2.0);
        least.take(3.0);
        least.turn();
        least.turn();
        assert_eq!(least.get(), Some(2.0));
        least.take(4.0);
        assert_eq!(least.get(), Some(2.0));
        least.turn();
        least.take(5.0);
        assert_eq!(least.get(), Some(4.0));
    }
}
