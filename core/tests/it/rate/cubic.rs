//! A TCP download with CUBIC (RFC 9438), as far as its share of a queue goes.

use std::collections::VecDeque;

const SEGMENT_BYTES: f64 = 1500.0;

/// Sends segments as its window allows; what of them got lost it is told one
/// round trip later.
pub struct Cubic {
    starts_s: f64,
    window: f64,
    threshold: f64,
    /// Window at the last loss, and when that was.
    most: f64,
    epoch_s: f64,
    /// When the fate of each segment under way is known; whether it came.
    under_way: VecDeque<(f64, bool)>,
    /// Losses until then belong to the one that was answered.
    recovers_until_s: f64,
    /// When segments came, in order.
    pub came_s: Vec<f64>,
}

impl Cubic {
    pub fn from_s(starts_s: f64) -> Self {
        Self {
            starts_s,
            window: 10.0,
            threshold: f64::INFINITY,
            most: 0.0,
            epoch_s: starts_s,
            under_way: VecDeque::new(),
            recovers_until_s: 0.0,
            came_s: Vec::new(),
        }
    }

    /// Runs until `now_s`. `send` puts that many bytes into the queue at a
    /// time, and answers when it is known what became of them, and what did.
    pub fn run(&mut self, now_s: f64, send: &mut dyn FnMut(f64, f64) -> (f64, bool)) {
        if now_s < self.starts_s {
            return;
        }
        if self.under_way.is_empty() {
            self.fill(self.starts_s, send);
        }
        while let Some(&(at_s, came)) = self.under_way.front()
            && at_s <= now_s
        {
            self.under_way.pop_front();
            if came {
                self.came_s.push(at_s);
                self.grow(at_s);
            } else if at_s > self.recovers_until_s {
                self.most = self.window;
                self.window = (self.window * 0.7).max(2.0);
                self.threshold = self.window;
                self.epoch_s = at_s;
                self.recovers_until_s = self.under_way.back().map_or(at_s, |&(at_s, _)| at_s);
            }
            self.fill(at_s, send);
        }
    }

    fn fill(&mut self, at_s: f64, send: &mut dyn FnMut(f64, f64) -> (f64, bool)) {
        // Two at most for each that came: acknowledgements clock it.
        let most = if self.under_way.is_empty() { 10 } else { 2 };
        for _ in 0..most {
            if (self.under_way.len() as f64) < self.window {
                self.under_way.push_back(send(at_s, SEGMENT_BYTES));
            }
        }
    }

    fn grow(&mut self, at_s: f64) {
        if self.window < self.threshold {
            self.window += 1.0;
            return;
        }
        let cubic_root = (self.most * 0.3 / 0.4).cbrt();
        let target = 0.4 * (at_s - self.epoch_s - cubic_root).powi(3) + self.most;
        // No slower than Reno would be.
        let reno = 0.53 / self.window;
        let step = (target - self.window) / self.window;
        self.window += step.clamp(reno, 0.5);
    }
}
