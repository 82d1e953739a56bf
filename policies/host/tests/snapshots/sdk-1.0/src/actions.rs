//! What a policy may do.

use std::marker::PhantomData;

use crate::abi;
use crate::abi::{RawActions, RawRange, Str};
use crate::view::{Seeder, View};

/// Packets `first`, `first + step`, …: `count` of them.
pub type Range = RawRange;

impl RawRange {
    /// `count` packets from `first` on.
    pub const fn new(first: u32, count: u32) -> Self {
        Self::every(1, first, count)
    }

    /// `count` packets, every `step`-th from `first` on: a stripe.
    pub const fn every(step: u32, first: u32, count: u32) -> Self {
        Self {
            first,
            count,
            step,
            reserved: 0,
        }
    }

    /// The packets of the range. Saturates instead of overflowing.
    pub fn packets(self) -> impl Iterator<Item = u32> {
        (0..self.count).map(move |i| self.first.saturating_add(i.saturating_mul(self.step)))
    }

    /// The last packet, or `None` if the range is empty or overflows.
    pub fn last(self) -> Option<u32> {
        let steps = self.count.checked_sub(1)?;
        self.first.checked_add(steps.checked_mul(self.step)?)
    }

    /// Writes a list of packets as ranges, keeping its order.
    pub fn compress(packets: &[u32]) -> Vec<Self> {
        let mut ranges: Vec<Self> = Vec::new();
        for &packet in packets {
            match ranges.last_mut() {
                Some(range) if range.first.checked_add(range.count) == Some(packet) => {
                    range.count += 1
                }
                _ => ranges.push(Self::new(packet, 1)),
            }
        }
        ranges
    }
}

/// Why the host did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// This host cannot do it at all.
    Unsupported,
    /// An argument was out of range.
    Invalid,
    /// Too much is open already.
    Full,
}

/// What a policy may do besides answering.
pub struct Actions<'a> {
    raw: &'a RawActions,
    call: PhantomData<&'a mut ()>,
}

impl<'a> Actions<'a> {
    /// Wraps the host's table.
    ///
    /// # Safety
    /// The functions of `raw` must be callable with its `ctx` during `'a`.
    pub unsafe fn from_raw(raw: &'a RawActions) -> Self {
        Self {
            raw,
            call: PhantomData,
        }
    }

    /// The table underneath, to hand across the boundary.
    pub fn as_raw(&self) -> &'a RawActions {
        self.raw
    }

    /// Asks a seeder to stream the track from packet `first` on, in its own
    /// order, at most `rate` packets per second (0: as fast as it may).
    /// Replaces an earlier stream of that seeder.
    pub fn stream(&mut self, seeder: u32, first: u32, rate: f64) -> Result<(), Refused> {
        let Some(stream) = self.raw.stream else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx.
        status(unsafe { stream(self.raw.ctx, seeder, first, rate) })
    }

    /// Asks every living seeder that does not stream yet to stream what is
    /// missing from the playhead on.
    pub fn stream_from_all(&mut self, view: &View<'_>) {
        for seeder in view.seeders().filter(Seeder::alive) {
            if seeder.streaming() {
                continue;
            }
            let Some(first) = view.next_missing(view.playhead()) else {
                return;
            };
            // A refusal shows in the log; the seeder is tried again next time.
            let _ = self.stream(seeder.index(), first, 0.0);
        }
    }

    /// Asks a seeder for packets, in this order, at most `rate` packets per
    /// second (0: as fast as it may). `id` is the policy's own; an id in use
    /// is replaced. A packet asked for again in a later decision is no longer
    /// wanted from before; one decision may ask several seeders for it.
    pub fn request(
        &mut self,
        id: u64,
        seeder: u32,
        ranges: &[Range],
        rate: f64,
    ) -> Result<(), Refused> {
        let Some(request) = self.raw.request else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx; the slice
        // outlives the call.
        status(unsafe {
            request(
                self.raw.ctx,
                id,
                seeder,
                ranges.as_ptr(),
                ranges.len(),
                size_of::<Range>(),
                rate,
            )
        })
    }

    /// Takes back what is still open of a request.
    pub fn cancel(&mut self, id: u64) -> Result<(), Refused> {
        let Some(cancel) = self.raw.cancel else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx.
        status(unsafe { cancel(self.raw.ctx, id) })
    }

    /// Asks to be called at `at_ns`. The earliest wish of one call counts, and
    /// replaces the one before; without a wish the one before stands.
    pub fn wake_at(&mut self, at_ns: u64) {
        if let Some(wake_at) = self.raw.wake_at {
            // SAFETY: `from_raw`'s caller vouches for function and ctx.
            unsafe { wake_at(self.raw.ctx, at_ns) };
        }
    }

    /// Writes a line to the decision log: say why.
    pub fn log(&mut self, line: &str) {
        if let Some(log) = self.raw.log {
            // SAFETY: `from_raw`'s caller vouches for function and ctx; the
            // text outlives the call.
            unsafe { log(self.raw.ctx, Str::new(line)) };
        }
    }

    /// Reserved: plays faster or slower from now on; 1.0 is normal. No host
    /// can do it yet.
    pub fn playback_rate(&mut self, rate: f64) -> Result<(), Refused> {
        let Some(playback_rate) = self.raw.playback_rate else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx.
        status(unsafe { playback_rate(self.raw.ctx, rate) })
    }

    /// Reserved: asks a seeder for `symbols` repair symbols over the packets
    /// of `range`. No host can do it yet.
    pub fn repair(
        &mut self,
        id: u64,
        seeder: u32,
        range: Range,
        symbols: u32,
    ) -> Result<(), Refused> {
        let Some(repair) = self.raw.repair else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx; the range
        // outlives the call.
        status(unsafe { repair(self.raw.ctx, id, seeder, &range, symbols) })
    }
}

fn status(status: i32) -> Result<(), Refused> {
    match status {
        abi::OK => Ok(()),
        abi::UNSUPPORTED => Err(Refused::Unsupported),
        abi::FULL => Err(Refused::Full),
        _ => Err(Refused::Invalid),
    }
}
