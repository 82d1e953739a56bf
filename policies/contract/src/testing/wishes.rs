//! What a policy did in a session, checked as the engine checks it.

use std::fmt;

use crate::host::ActionSink;
use crate::{Decision, Range, Refused};

/// More in one decision are refused.
const MAX_WISHES: usize = 1024;

/// One thing that a policy did.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// It answered.
    Decided(Decision),
    /// It asked for a stream.
    Stream {
        /// Of whom.
        seeder: u32,
        /// From which packet on.
        first: u32,
        /// Packets per second; 0: as fast as it may.
        rate: f64,
    },
    /// It asked for packets.
    Request {
        /// Its own name for the request.
        id: u64,
        /// Of whom.
        seeder: u32,
        /// Which, in order.
        packets: Vec<u32>,
        /// Packets per second; 0: as fast as it may.
        rate: f64,
    },
    /// It took back a request.
    Cancel(u64),
    /// It asked to be called at this time, nanoseconds.
    Wake(u64),
    /// It wrote a line.
    Log(String),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided(Decision::Hold) => f.write_str("it holds"),
            Self::Decided(Decision::Play) => f.write_str("it plays"),
            Self::Decided(Decision::SkipTo(packet)) => write!(f, "it skips to packet {packet}"),
            Self::Decided(Decision::Conceal) => f.write_str("it conceals"),
            Self::Stream {
                seeder,
                first,
                rate,
            } => write!(
                f,
                "it asks seeder {seeder} to stream from packet {first} on at {rate}/s"
            ),
            Self::Request {
                id,
                seeder,
                packets,
                rate,
            } => write!(
                f,
                "it asks seeder {seeder} for packets {packets:?} at {rate}/s, as request {id}"
            ),
            Self::Cancel(id) => write!(f, "it takes back request {id}"),
            Self::Wake(ns) => write!(f, "it wants to be woken at {:.6} s", *ns as f64 / 1e9),
            Self::Log(line) => write!(f, "it logs “{line}”"),
        }
    }
}

/// Collects what one decision does.
pub(super) struct Wishes {
    pub deeds: Vec<Deed>,
    /// What made no sense: it was refused.
    pub refused: Vec<String>,
    pub seeders: u32,
    pub packets: u32,
    /// First packet that may not be asked for.
    pub ask_end: u32,
    /// Packets of the ring of asks.
    pub span: u32,
}

impl Wishes {
    fn take(&mut self, deed: Deed) -> Result<(), Refused> {
        if self.deeds.len() >= MAX_WISHES {
            if self.deeds.len() == MAX_WISHES {
                self.deeds.push(Deed::Log(String::new())); // told once
                self.refused.push(format!(
                    "it does more than {MAX_WISHES} things in one decision"
                ));
            }
            return Err(Refused::Full);
        }
        self.deeds.push(deed);
        Ok(())
    }

    fn refuse(&mut self, what: String) -> Result<(), Refused> {
        self.refused.push(what);
        Err(Refused::Invalid)
    }

    /// What is wrong with a wish to this seeder at this rate, if anything.
    fn wrong(&self, seeder: u32, rate: f64) -> Option<String> {
        if seeder >= self.seeders {
            return Some(format!(
                "seeder {seeder}, and there are only those from 0 to below {}",
                self.seeders
            ));
        }
        let sensible = rate >= 0.0 && rate.is_finite();
        (!sensible).then(|| format!("seeder {seeder} at a rate of {rate}"))
    }
}

impl ActionSink for Wishes {
    fn stream(&mut self, seeder: u32, first: u32, rate: f64) -> Result<(), Refused> {
        if let Some(wrong) = self.wrong(seeder, rate) {
            return self.refuse(format!("it asks for a stream of {wrong}"));
        }
        if first >= self.packets {
            let packets = self.packets;
            return self.refuse(format!(
                "it asks for a stream from packet {first} on, and there are {packets}"
            ));
        }
        self.take(Deed::Stream {
            seeder,
            first,
            rate,
        })
    }

    fn request(
        &mut self,
        id: u64,
        seeder: u32,
        ranges: &mut dyn Iterator<Item = Range>,
        rate: f64,
    ) -> Result<(), Refused> {
        if let Some(wrong) = self.wrong(seeder, rate) {
            return self.refuse(format!("it asks for packets of {wrong}"));
        }
        let mut packets = Vec::new();
        for range in ranges {
            match range.last() {
                Some(last) if last < self.ask_end && range.step > 0 => {}
                _ => {
                    let end = self.ask_end;
                    return self.refuse(format!(
                        "it asks for {} packets from {} on, {} apart, and may ask below {end}",
                        range.count, range.first, range.step
                    ));
                }
            }
            if packets.len() + range.count as usize > self.span as usize {
                return self.refuse(format!(
                    "it asks for more than {} packets in one request",
                    self.span
                ));
            }
            packets.extend(range.packets());
        }
        self.take(Deed::Request {
            id,
            seeder,
            packets,
            rate,
        })
    }

    fn cancel(&mut self, id: u64) -> Result<(), Refused> {
        self.take(Deed::Cancel(id))
    }

    fn wake_at(&mut self, at_ns: u64) {
        let _ = self.take(Deed::Wake(at_ns)); // a refusal is noted
    }

    fn log(&mut self, line: &str) {
        let _ = self.take(Deed::Log(line.to_owned())); // a refusal is noted
    }
}
