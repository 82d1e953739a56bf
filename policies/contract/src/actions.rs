//! What a policy may do.

use std::marker::PhantomData;

use crate::abi;
use crate::abi::{RawActions, RawRange, Str};
use crate::view::View;

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
    /// Too much was asked in this decision; later it may work.
    Full,
}

/// What a policy may do besides answering: given to
/// [`PlayoutPolicy::decide`](crate::PlayoutPolicy::decide) and usable during that call. What is
/// refused has no effect, and shows in the decision log.
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
    #[inline]
    pub fn stream_from_all(&mut self, view: &View<'_>) {
        for seeder in view.seeders() {
            if !seeder.alive() || seeder.streaming() {
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
    /// is replaced, and of the requests to a seeder those of lower ids are
    /// served first: what is urgent gets a low one. A packet asked for again in
    /// a later decision is no longer wanted from before; one decision may ask
    /// several seeders for it, or one seeder under several ids for copies.
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

    /// Takes back what is still open of a request; an unknown id is no error.
    pub fn cancel(&mut self, id: u64) -> Result<(), Refused> {
        let Some(cancel) = self.raw.cancel else {
            return Err(Refused::Unsupported);
        };
        // SAFETY: `from_raw`'s caller vouches for function and ctx.
        status(unsafe { cancel(self.raw.ctx, id) })
    }

    /// Asks to be called at `at_ns` (nanoseconds, as in [`View::now_ns`]; at least
    /// a millisecond from now). The earliest wish of one call counts, and
    /// replaces the one before; without a wish the one before stands.
    pub fn wake_at(&mut self, at_ns: u64) {
        if let Some(wake_at) = self.raw.wake_at {
            // SAFETY: `from_raw`'s caller vouches for function and ctx.
            unsafe { wake_at(self.raw.ctx, at_ns) };
        }
    }

    /// Writes a line to the decision log, which `segue explain` shows: say why.
    /// Its first 400 bytes count.
    pub fn log(&mut self, line: &str) {
        if let Some(log) = self.raw.log {
            // SAFETY: `from_raw`'s caller vouches for function and ctx; the
            // text outlives the call.
            unsafe { log(self.raw.ctx, Str::new(line)) };
        }
    }

    /// Says that packets which come need not be shown at once: until the next
    /// decision the policy is not called for them alone, but sees them together
    /// then, or when many have come. To be said in each decision after which
    /// there is nothing to do when a packet comes, as while it plays: it saves a
    /// call for most of them. After one to hold it counts with a wake-up only.
    /// Frames, wake-ups and seeders call it as ever.
    #[inline]
    pub fn let_arrivals_wait(&mut self) {
        if let Some(let_arrivals_wait) = self.raw.let_arrivals_wait {
            // SAFETY: `from_raw`'s caller vouches for function and ctx.
            unsafe { let_arrivals_wait(self.raw.ctx) };
        }
    }

    /// Says that what is here is to be played: until the next decision a packet
    /// that is here when its frame is due is played at once, as after
    /// [`Decision::Play`](crate::Decision::Play), and the policy is called for the
    /// frames alone whose packets are not here. To be said in each decision of a
    /// policy that would play them anyhow: it saves most of its calls. While it
    /// holds it does not count. Wake-ups and seeders call it as ever, and so do
    /// packets, unless [`Self::let_arrivals_wait`] is said as well.
    #[inline]
    pub fn let_frames_play(&mut self) {
        if let Some(let_frames_play) = self.raw.let_frames_play {
            // SAFETY: `from_raw`'s caller vouches for function and ctx.
            unsafe { let_frames_play(self.raw.ctx) };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_compress_runs_and_keep_the_order() {
        let range = Range::new;
        assert_eq!(Range::compress(&[]), []);
        assert_eq!(
            Range::compress(&[3, 4, 5, 9, 7, 8]),
            [range(3, 3), range(9, 1), range(7, 2)]
        );
        assert_eq!(
            Range::compress(&[2, 2, 1]),
            [range(2, 1), range(2, 1), range(1, 1)]
        );
        let list = [5, 6, 7, 1, 100, 101, 0];
        let back: Vec<u32> = Range::compress(&list)
            .into_iter()
            .flat_map(Range::packets)
            .collect();
        assert_eq!(back, list);
    }

    #[test]
    fn compressing_does_not_overflow_at_the_highest_number() {
        let top = u32::MAX;
        assert_eq!(
            Range::compress(&[top - 1, top, 0]),
            [Range::new(top - 1, 2), Range::new(0, 1)]
        );
    }

    #[test]
    fn the_last_packet_of_a_range() {
        assert_eq!(Range::new(7, 1).last(), Some(7));
        assert_eq!(Range::every(3, 1, 4).last(), Some(10));
        assert_eq!(Range::new(7, 0).last(), None);
        assert_eq!(Range::new(u32::MAX, 1).last(), Some(u32::MAX));
        assert_eq!(Range::new(u32::MAX, 2).last(), None);
        assert_eq!(Range::every(u32::MAX, 0, 3).last(), None);
    }

    #[test]
    fn the_packets_of_a_range() {
        assert_eq!(
            Range::every(3, 1, 4).packets().collect::<Vec<_>>(),
            [1, 4, 7, 10]
        );
        let over: Vec<u32> = Range::every(u32::MAX, 5, 3).packets().collect();
        assert_eq!(over, [5, u32::MAX, u32::MAX]);
    }
}
