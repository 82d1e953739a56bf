//! What a policy asked for during one decision: checked at once, done after.

use segue_policy::host::ActionSink;
use segue_policy::{Range, Refused};

use super::conduct::Left;

/// Most commands in one decision; more are refused.
const MAX_COMMANDS: usize = 1024;
/// Longest line of the decision log.
const MAX_LINE_BYTES: usize = 400;

#[derive(Debug)]
pub enum Command {
    Stream {
        seeder: u32,
        first: u32,
        rate: u32,
    },
    Request {
        id: u64,
        seeder: u32,
        rate: u32,
        packets: Vec<u32>,
    },
    Cancel {
        id: u64,
    },
    Log(String),
}

/// Collects commands, and knows enough to refuse senseless ones.
pub struct Commands {
    pub list: Vec<Command>,
    pub wake_ns: Option<u64>,
    /// It has nothing to do when a packet comes.
    pub arrivals_wait: bool,
    /// It would play what is here, each time.
    pub frames_play: bool,
    /// What it may do yet in this second.
    pub left: Left,
    senseless: u32,
    /// Requests, or lines, were refused as too many.
    pub floods: Floods,
    limits: Limits,
}

/// Of what there were too many.
#[derive(Clone, Copy, Default)]
pub struct Floods {
    pub requests: bool,
    pub lines: bool,
}

/// The session's bounds at the time of a decision.
#[derive(Clone, Copy, Default)]
pub struct Limits {
    pub seeders: u32,
    pub packets: u32,
    /// Packets in this range may be asked for.
    pub first: u32,
    pub end: u32,
    pub now_ns: u64,
}

impl Commands {
    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            wake_ns: None,
            arrivals_wait: false,
            frames_play: false,
            left: Left::default(),
            senseless: 0,
            floods: Floods::default(),
            limits: Limits::default(),
        }
    }

    /// Makes ready for a decision.
    pub fn begin(&mut self, limits: Limits, left: Left) {
        self.limits = limits;
        self.left = left;
        self.wake_ns = None;
        self.arrivals_wait = false;
        self.frames_play = false;
        self.floods = Floods::default();
    }

    /// How many wishes made no sense since the last call, if any.
    pub fn take_senseless(&mut self) -> Option<u32> {
        Some(std::mem::take(&mut self.senseless)).filter(|&senseless| senseless > 0)
    }

    /// The last line that it wrote during this decision.
    pub fn last_line(&self) -> Option<&str> {
        self.list.iter().rev().find_map(|command| match command {
            Command::Log(line) => Some(line.as_str()),
            _ => None,
        })
    }

    fn push(&mut self, command: Command) -> Result<(), Refused> {
        if self.list.len() >= MAX_COMMANDS {
            self.floods.requests = true;
            return Err(Refused::Full);
        }
        self.list.push(command);
        Ok(())
    }

    /// Takes one wish, and so many packets, from what is left in this second.
    fn spend(&mut self, packets: u32) -> Result<(), Refused> {
        let Left {
            requests,
            packets: left,
            ..
        } = &mut self.left;
        if *requests == 0 || *left < packets {
            self.floods.requests = true;
            return Err(Refused::Full);
        }
        *requests -= 1;
        *left -= packets;
        Ok(())
    }

    fn refuse(&mut self, refused: Refused) -> Result<(), Refused> {
        self.senseless += 1;
        Err(refused)
    }
}

impl ActionSink for Commands {
    fn stream(&mut self, seeder: u32, first: u32, rate: f64) -> Result<(), Refused> {
        match packets_per_s(rate) {
            Some(rate) if seeder < self.limits.seeders && first < self.limits.packets => {
                self.spend(0)?;
                self.push(Command::Stream {
                    seeder,
                    first,
                    rate,
                })
            }
            _ => self.refuse(Refused::Invalid),
        }
    }

    fn request(
        &mut self,
        id: u64,
        seeder: u32,
        ranges: &mut dyn Iterator<Item = Range>,
        rate: f64,
    ) -> Result<(), Refused> {
        let Some(rate) = packets_per_s(rate).filter(|_| seeder < self.limits.seeders) else {
            return self.refuse(Refused::Invalid);
        };
        let Limits { first, end, .. } = self.limits;
        let mut packets = Vec::new();
        for range in ranges {
            match range.last() {
                Some(last) if last < end && range.step > 0 => {}
                _ => return self.refuse(Refused::Invalid),
            }
            if packets.len() + range.count as usize > (end - first) as usize {
                return self.refuse(Refused::Full);
            }
            packets.extend(range.packets().filter(|&packet| packet >= first));
        }
        self.spend(packets.len() as u32)?;
        self.push(Command::Request {
            id,
            seeder,
            rate,
            packets,
        })
    }

    fn cancel(&mut self, id: u64) -> Result<(), Refused> {
        self.push(Command::Cancel { id })
    }

    fn wake_at(&mut self, at_ns: u64) {
        let at_ns = at_ns.max(self.limits.now_ns + self.left.soonest_wake.as_nanos() as u64);
        self.wake_ns = Some(self.wake_ns.map_or(at_ns, |earlier| earlier.min(at_ns)));
    }

    fn log(&mut self, line: &str) {
        let Some(left) = self.left.lines.checked_sub(1) else {
            self.floods.lines = true;
            return;
        };
        self.left.lines = left;
        // It goes to a terminal, perhaps.
        let line = line[..line.floor_char_boundary(MAX_LINE_BYTES)]
            .replace(|letter: char| letter.is_control(), " ");
        // A full log loses lines, never a session.
        let _ = self.push(Command::Log(line));
    }

    fn let_arrivals_wait(&mut self) {
        self.arrivals_wait = true;
    }

    fn let_frames_play(&mut self) {
        self.frames_play = true;
    }
}

/// A rate as the wire has it; `None` for nonsense.
fn packets_per_s(rate: f64) -> Option<u32> {
    (rate >= 0.0 && rate.is_finite()).then(|| rate.ceil().min(f64::from(u32::MAX)) as u32)
}
