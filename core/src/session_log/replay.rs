//! A log played again: with its own policy, to see that the same comes out; or
//! with another, to see how that would have fared with what came in.

use segue_policy::host::Policy;

use super::{Divergence, Line, SessionLog};
use crate::listener::{Input, Listener, Output};
use crate::sim::Device;
use crate::time::Timestamp;

impl SessionLog {
    /// Feeds all inputs to a fresh engine with `policy`. Answers the first place
    /// where it gives something else than was recorded, if any.
    pub fn replay(&self, policy: Box<dyn Policy>) -> Option<Divergence> {
        let mut replayed = Vec::new();
        self.relive(policy, |_, at, output| {
            replayed.push(Line::Out(at, output.clone()));
        });
        let recorded = self
            .lines
            .iter()
            .filter(|line| matches!(line, Line::Out(..)));
        let mut replayed = replayed.into_iter();
        let mut index = 0;
        for expected in recorded {
            let came = replayed.next();
            if came.as_ref() != Some(expected) {
                return Some(Divergence {
                    output: index,
                    recorded: Some(expected.clone()),
                    replayed: came,
                });
            }
            index += 1;
        }
        replayed.next().map(|extra| Divergence {
            output: index,
            recorded: None,
            replayed: Some(extra),
        })
    }

    /// Feeds all inputs to a fresh engine with `policy`, and shows each output
    /// with the engine that gave it. With the recorded policy, parameters and
    /// seed the session happens again as it was.
    pub fn relive(
        &self,
        policy: Box<dyn Policy>,
        mut each: impl FnMut(&Listener, Timestamp, &Output),
    ) -> Listener {
        let mut listener = Listener::new(self.begin.at, self.begin.config.clone(), policy);
        for line in &self.lines {
            if let Line::In(at, input) = line {
                listener.handle(*at, input);
                drain(&mut listener, |listener, output| {
                    each(listener, *at, output);
                });
            }
        }
        listener
    }

    /// How another policy would have fared with the datagrams that came, at the
    /// times they came. A virtual device asks for frames, from the moment that
    /// the recorded one first did.
    ///
    /// What this policy asks for goes nowhere: packets that the recorded one
    /// never got stay missing. So the answer is exact for a policy that asks for
    /// nothing, and for the recorded one; of others it tells when they would
    /// have started, held and skipped on these arrivals.
    pub fn rerun(&self, policy: Box<dyn Policy>) -> Listener {
        let mut run = Rerun {
            listener: Listener::new(self.begin.at, self.begin.config.clone(), policy),
            device: None,
            wake: self.begin.at,
        };
        for line in &self.lines {
            let Line::In(at, input) = line else { continue };
            match input {
                // It has timers of its own, and how long another one took is no
                // matter.
                Input::Tick | Input::PolicySlow { .. } => {}
                Input::FrameDue if run.device.is_some() => {}
                Input::FrameDue => {
                    run.until(*at);
                    let config = &self.begin.config;
                    run.device = Some(Device::new(*at, &config.track, config.paced));
                }
                input => {
                    run.until(*at);
                    run.feed(*at, input);
                }
            }
        }
        // Nothing comes any more: what is here is played, unless the policy waits
        // for the rest in vain.
        let track = &self.begin.config.track;
        let rest = track.packet_s() * f64::from(track.packets);
        let over = run.listener.now() + std::time::Duration::from_secs_f64(rest);
        run.until(over);
        run.listener
    }
}

/// A session with timers and a device of its own.
struct Rerun {
    listener: Listener,
    device: Option<Device>,
    wake: Timestamp,
}

impl Rerun {
    /// Timers first, then the device, in the order of time, up to `end`.
    fn until(&mut self, end: Timestamp) {
        while !self.listener.has_ended() {
            let ask = self.device.as_ref().map(Device::next_ask);
            let ask = ask.unwrap_or(Timestamp::NEVER);
            let next = ask.min(self.wake);
            if next >= end {
                return;
            }
            if self.wake <= next {
                self.feed(next, &Input::Tick);
            }
            if let Some(device) = self.device.as_mut().filter(|_| ask <= next) {
                device.asked();
                self.feed(next, &Input::FrameDue);
            }
        }
    }

    fn feed(&mut self, at: Timestamp, input: &Input) {
        self.listener.handle(at, input);
        let device = &mut self.device;
        self.wake = drain(&mut self.listener, |_, output| {
            if let Some(device) = device {
                device.on_output(at, output);
            }
        });
    }
}

/// Takes all outputs; answers when the listener is to be fed again.
fn drain(listener: &mut Listener, mut each: impl FnMut(&Listener, &Output)) -> Timestamp {
    loop {
        match listener.poll() {
            Output::WaitUntil(wake) => return wake,
            output => each(listener, &output),
        }
    }
}
