//! One moment of a session, and a record of what a policy did in it.

use crate::abi::{self, RawArrival, RawAsk, RawSeeder};
use crate::host::{ActionSink, Fault, Policy, ViewParts, with_actions};
use crate::{Decision, Param, Range, Refused, Values, View};

/// A second in nanoseconds.
pub const S: u64 = 1_000_000_000;

/// A session at one moment.
pub struct Scene {
    /// Now, nanoseconds since the session began.
    pub now_ns: u64,
    /// The device wants a frame.
    pub due: bool,
    /// When it wants the next.
    pub next_due_ns: u64,
    /// One of the `STATE_` constants.
    pub state: u32,
    /// Since when.
    pub state_since_ns: u64,
    /// The output keeps time.
    pub paced: bool,
    /// Next packet to be played.
    pub playhead: u32,
    /// Packets in the track, of 20 ms each.
    pub packets: u32,
    /// Bitmap of what is here.
    pub here: Vec<u64>,
    /// The seeders.
    pub seeders: Vec<RawSeeder>,
    /// Ring of asks.
    pub asks: Vec<RawAsk>,
    /// Packets from this one on may not be asked for; 0: no such bound.
    pub ask_end: u32,
    /// What arrived since the last decision.
    pub arrivals: Vec<RawArrival>,
}

impl Scene {
    /// Nothing is here yet, and the device waits.
    pub fn new(packets: u32, seeders: usize) -> Self {
        Self {
            now_ns: 0,
            due: true,
            next_due_ns: 0,
            state: abi::STATE_HOLDING,
            state_since_ns: 0,
            paced: true,
            playhead: 0,
            packets,
            here: vec![0; packets.div_ceil(64) as usize],
            seeders: vec![RawSeeder::joining(0); seeders],
            asks: Vec::new(),
            ask_end: 0,
            arrivals: Vec::new(),
        }
    }

    /// A packet comes, by stream or by request.
    pub(super) fn come(&mut self, seeder: u32, packet: u32, by_stream: bool) {
        self.arrivals.push(RawArrival {
            packet,
            seeder,
            at_ns: self.now_ns,
            flags: if by_stream { abi::ARRIVAL_STREAM } else { 0 },
            reserved: 0,
        });
        if let Some(raw) = self.seeders.get_mut(seeder as usize).filter(|_| by_stream) {
            let before = Some(raw.stream_highest).filter(|&highest| highest != abi::NO_PACKET);
            raw.stream_highest = before.map_or(packet, |highest| highest.max(packet));
        }
        self.put(packet..packet + 1);
    }

    /// A packet comes by stream.
    pub fn arrive(&mut self, seeder: u32, packet: u32) {
        self.come(seeder, packet, true);
    }

    /// Packets are here, however they came.
    pub fn put(&mut self, packets: impl IntoIterator<Item = u32>) {
        for packet in packets {
            self.here[packet as usize / 64] |= 1 << (packet % 64);
        }
    }

    /// It was asked for by request.
    pub fn asked(&mut self, packet: u32, seeder: u32, id: u64) {
        if self.asks.is_empty() {
            let nothing = RawAsk {
                packet: 0,
                times: 0,
                last_ns: 0,
                seeder: 0,
                reserved: 0,
                id: 0,
            };
            self.asks = vec![nothing; 256];
        }
        let index = packet as usize % self.asks.len();
        let ask = &mut self.asks[index];
        *ask = RawAsk {
            packet,
            times: if ask.packet == packet {
                ask.times + 1
            } else {
                1
            },
            last_ns: self.now_ns,
            seeder,
            reserved: 0,
            id,
        };
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: f64) {
        self.now_ns += (seconds * 1e9) as u64;
    }

    /// What a policy sees of it.
    pub fn view(&self) -> View<'_> {
        let parts = ViewParts {
            frame_due: self.due,
            paced: self.paced,
            now_ns: self.now_ns,
            next_due_ns: self.next_due_ns.max(self.now_ns),
            state_since_ns: self.state_since_ns,
            state: self.state,
            playhead: self.playhead,
            packets: self.packets,
            here_count: self.here.iter().map(|word| word.count_ones()).sum(),
            samples_per_packet: 882,
            sample_rate: 44_100,
            here: &self.here,
            seeders: &self.seeders,
            asks: &self.asks,
            ask_end: self.ask_end,
            arrivals: &self.arrivals,
        };
        parts.view()
    }

    /// Asks the policy, and forgets the arrivals.
    pub fn decide(&mut self, policy: &mut dyn Policy) -> (Result<Decision, Fault>, Record) {
        let mut record = Record::default();
        let view = self.view();
        let answer = with_actions(&mut record, |actions| policy.decide(&view, actions));
        self.arrivals.clear();
        (answer, record)
    }

    /// The same, when it does not fail.
    pub fn ask(&mut self, policy: &mut dyn Policy) -> (Decision, Record) {
        let (answer, record) = self.decide(policy);
        (answer.expect("no fault"), record)
    }
}

/// What a policy did.
#[derive(Debug, Default, PartialEq)]
pub struct Record {
    /// Seeder and first packet.
    pub streams: Vec<(u32, u32)>,
    /// Seeder and packets in order.
    pub requests: Vec<(u32, Vec<u32>)>,
    /// The earliest wake-up that it asked for.
    pub wake_ns: Option<u64>,
    /// What it wrote to the decision log.
    pub lines: Vec<String>,
    /// It lets packets that come wait.
    pub arrivals_wait: bool,
    /// It lets what is here be played.
    pub frames_play: bool,
}

impl ActionSink for Record {
    fn stream(&mut self, seeder: u32, first: u32, _rate: f64) -> Result<(), Refused> {
        self.streams.push((seeder, first));
        Ok(())
    }

    fn request(
        &mut self,
        _id: u64,
        seeder: u32,
        ranges: &mut dyn Iterator<Item = Range>,
        _rate: f64,
    ) -> Result<(), Refused> {
        let packets = ranges.flat_map(Range::packets).collect();
        self.requests.push((seeder, packets));
        Ok(())
    }

    fn cancel(&mut self, _id: u64) -> Result<(), Refused> {
        Ok(())
    }

    fn wake_at(&mut self, at_ns: u64) {
        self.wake_ns = Some(self.wake_ns.map_or(at_ns, |before| before.min(at_ns)));
    }

    fn log(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    fn let_arrivals_wait(&mut self) {
        self.arrivals_wait = true;
    }

    fn let_frames_play(&mut self) {
        self.frames_play = true;
    }
}

/// Values for [`Values`], with some other than the default.
#[derive(Debug)]
pub struct Settings(pub Vec<abi::Value>);

impl Settings {
    /// Defaults of `params`, changed where named: numbers, and choices by index.
    pub fn new(params: &'static [Param], changed: &[(&str, f64)]) -> Self {
        let value = |param: &Param| {
            // SAFETY: parameters of Rust plugins hold static text.
            let name = unsafe { param.name.get() }.unwrap_or_default();
            let number = changed
                .iter()
                .find_map(|(other, number)| (*other == name).then_some(*number))
                .unwrap_or(param.default);
            abi::Value {
                number,
                text: param.default_text,
            }
        };
        Self(params.iter().map(value).collect())
    }

    /// As `new` of a policy wants them.
    pub fn values(&self, params: &'static [Param]) -> Values<'_> {
        // SAFETY: the texts are static.
        unsafe { Values::new(params, &self.0) }.expect("as many values as parameters")
    }
}
