//! What a policy sees of a session.

use std::marker::PhantomData;
use std::ops;

use crate::abi;
use crate::abi::{RawArrival, RawAsk, RawSeeder, RawView};

/// A session at one moment, shown to [`PlayoutPolicy::decide`](crate::PlayoutPolicy::decide) and valid
/// during that call. Nothing is copied: every method reads the host's own
/// tables. Times are nanoseconds since the session began.
#[repr(transparent)]
pub struct View<'a> {
    raw: RawView,
    tables: PhantomData<&'a [u64]>,
}

/// What the session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been played yet.
    Starting,
    /// Frames go out.
    Playing,
    /// The device waits in silence.
    Holding,
}

impl<'a> View<'a> {
    /// Host side: a view of the tables behind `raw`.
    ///
    /// # Safety
    /// Pointers, counts and strides of `raw` must describe readable arrays that
    /// do not change during `'a`; strides at least as large as this version's
    /// elements; `ask_count` a power of two or 0.
    #[inline]
    pub unsafe fn from_raw(raw: RawView) -> Self {
        Self {
            raw,
            tables: PhantomData,
        }
    }

    /// The table underneath, to hand across the boundary.
    pub fn as_raw(&self) -> &RawView {
        &self.raw
    }

    /// Now: nanoseconds since the session began. Never goes back.
    pub fn now_ns(&self) -> u64 {
        self.raw.now_ns
    }

    /// Whether the device wants a frame now.
    pub fn frame_due(&self) -> bool {
        self.raw.flags & abi::VIEW_FRAME_DUE != 0
    }

    /// Whether the output keeps time (a sound device) or takes frames as fast
    /// as they come (a file).
    pub fn paced(&self) -> bool {
        self.raw.flags & abi::VIEW_PACED != 0
    }

    /// When the device will next want a frame, nanoseconds, as far as known;
    /// [`Self::now_ns`] if it waits for one.
    pub fn next_due_ns(&self) -> u64 {
        self.raw.next_due_ns
    }

    /// What the session is doing.
    pub fn state(&self) -> State {
        match self.raw.state {
            abi::STATE_STARTING => State::Starting,
            abi::STATE_PLAYING => State::Playing,
            _ => State::Holding,
        }
    }

    /// Since when it does that, nanoseconds.
    pub fn state_since_ns(&self) -> u64 {
        self.raw.state_since_ns
    }

    /// Number of the next packet to be played: all before it are played or left
    /// out. Equal to [`Self::packets`] at the end.
    pub fn playhead(&self) -> u32 {
        self.raw.playhead
    }

    /// Packets in the track; they are numbered from 0.
    pub fn packets(&self) -> u32 {
        self.raw.packets
    }

    /// Packets that are here, played ones included.
    pub fn here_count(&self) -> u32 {
        self.raw.here_count
    }

    /// Duration of one packet in seconds, the same for all: of an MP3 frame 0.024
    /// to 0.072, of a simulated track what its scenario says.
    pub fn packet_s(&self) -> f64 {
        f64::from(self.raw.samples_per_packet) / f64::from(self.raw.sample_rate.max(1))
    }

    /// Bitmap of the packets that are here: bit `n % 64` of word `n / 64`. Spare
    /// bits are 0.
    pub fn here(&self) -> &'a [u64] {
        // SAFETY: `from_raw`'s caller vouches for pointer and length.
        unsafe { slice(self.raw.here, self.raw.here_words) }
    }

    /// Whether packet `n` is here; false beyond the track's end.
    pub fn is_here(&self, n: u32) -> bool {
        self.here()
            .get(n as usize / 64)
            .is_some_and(|word| word >> (n % 64) & 1 == 1)
    }

    /// The lowest packet from the playhead on that is here; `None` if none is.
    pub fn next_here(&self) -> Option<u32> {
        scan(self.here(), self.playhead(), self.packets(), 0)
    }

    /// The lowest packet from `from` on that is not here; `None` if all are.
    pub fn next_missing(&self, from: u32) -> Option<u32> {
        scan(self.here(), from, self.packets(), u64::MAX)
    }

    /// The packets of `range` that are not here, in order.
    pub fn missing(&self, range: ops::Range<u32>) -> impl Iterator<Item = u32> + use<'a> {
        let here = self.here();
        let end = range.end.min(self.packets());
        let mut next = range.start;
        std::iter::from_fn(move || {
            let found = scan(here, next, end, u64::MAX)?;
            next = found + 1;
            Some(found)
        })
    }

    /// The seeders of the session. Their index never changes. Dead ones stay, but
    /// leave their place to a new one when there are 64: `joined_ns` tells.
    pub fn seeders(&self) -> impl Iterator<Item = Seeder<'a>> + use<'a> {
        let (base, stride) = (self.raw.seeders, self.raw.seeder_stride);
        (0..self.raw.seeder_count).map(move |index| Seeder {
            index,
            // SAFETY: `from_raw`'s caller vouches for pointer, stride and count.
            raw: unsafe { element(base, stride, index) },
        })
    }

    /// The seeder of this index, as it stands in asks and arrivals.
    pub fn seeder(&self, index: u32) -> Option<Seeder<'a>> {
        (index < self.raw.seeder_count).then(|| Seeder {
            index,
            // SAFETY: `from_raw`'s caller vouches; the index is in range.
            raw: unsafe { element(self.raw.seeders, self.raw.seeder_stride, index) },
        })
    }

    /// What was asked for packet `n` by request, if anything; streams do not
    /// count. Known for packets of [`Self::askable`].
    pub fn ask(&self, n: u32) -> Option<Ask> {
        let mask = self.raw.ask_count.checked_sub(1)?;
        // SAFETY: `from_raw`'s caller vouches; the mask keeps the index in range.
        let raw: &RawAsk = unsafe { element(self.raw.asks, self.raw.ask_stride, n & mask) };
        (raw.packet == n && raw.times > 0).then_some(Ask {
            times: raw.times,
            last_ns: raw.last_ns,
            seeder: raw.seeder,
            id: raw.id,
        })
    }

    /// The packets that may be asked for by request: from the first missing one
    /// on, as many as the host keeps books of (all, if it keeps none) and has
    /// room for.
    pub fn askable(&self) -> ops::Range<u32> {
        let first = self.next_missing(self.playhead()).unwrap_or(self.packets());
        let span = match self.raw.ask_count {
            0 => u32::MAX,
            count => count,
        };
        let room = match self.raw.ask_end {
            0 => u32::MAX,
            end => end,
        };
        let end = first.saturating_add(span).min(room).min(self.packets());
        first..end.max(first)
    }

    /// Packets that arrived since the last call, in order of arrival.
    pub fn arrivals(&self) -> impl Iterator<Item = Arrival> + use<'a> {
        let (base, stride) = (self.raw.arrivals, self.raw.arrival_stride);
        (0..self.raw.arrival_count).map(move |index| {
            // SAFETY: `from_raw`'s caller vouches for pointer, stride and count.
            let arrival: &RawArrival = unsafe { element(base, stride, index) };
            Arrival {
                packet: arrival.packet,
                seeder: arrival.seeder,
                at_ns: arrival.at_ns,
                duplicate: arrival.flags & abi::ARRIVAL_DUPLICATE != 0,
                late: arrival.flags & abi::ARRIVAL_LATE != 0,
                by_stream: arrival.flags & abi::ARRIVAL_STREAM != 0,
            }
        })
    }

    /// Whether no more packets will come unless asked for: there are living
    /// seeders, all their streams have ended, and no request is open.
    pub fn nothing_to_come(&self) -> bool {
        let mut living = self.seeders().filter(Seeder::alive).peekable();
        living.peek().is_some() && living.all(|s| s.stream_ended() && s.outstanding() == 0)
    }
}

/// One seeder, as measured in this session.
#[derive(Clone, Copy)]
pub struct Seeder<'a> {
    index: u32,
    raw: &'a RawSeeder,
}

impl<'a> Seeder<'a> {
    /// Its index, from 0, to be used in actions.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Whether it has been heard of lately.
    pub fn alive(&self) -> bool {
        self.raw.flags & abi::SEEDER_ALIVE != 0
    }

    /// Whether a stream was asked of it and has not been given up.
    pub fn streaming(&self) -> bool {
        self.raw.flags & abi::SEEDER_STREAMING != 0
    }

    /// Whether its stream has ended and what was on the way must have come.
    pub fn stream_ended(&self) -> bool {
        self.raw.flags & abi::SEEDER_STREAM_ENDED != 0
    }

    /// Whether it streams in random order.
    pub fn random_order(&self) -> bool {
        self.raw.flags & abi::SEEDER_RANDOM != 0
    }

    /// Highest packet number that came by stream.
    pub fn stream_highest(&self) -> Option<u32> {
        (self.raw.stream_highest != abi::NO_PACKET).then_some(self.raw.stream_highest)
    }

    /// Smoothed round-trip time (RFC 6298) in nanoseconds; `None` before the
    /// first sample.
    pub fn rtt_ns(&self) -> Option<u64> {
        (self.raw.rtt_ns != 0).then_some(self.raw.rtt_ns)
    }

    /// Mean deviation of the round-trip time (RFC 6298) in nanoseconds.
    pub fn rtt_var_ns(&self) -> u64 {
        self.raw.rtt_var_ns
    }

    /// Share of its media packets lost lately, 0 to 1: a moving average, a
    /// quarter of which is the last round trip or so.
    pub fn loss(&self) -> f64 {
        self.raw.loss
    }

    /// Packets per second that came from it lately: a moving average, half of
    /// which is the last round trip or so. What it sent, not what it could.
    pub fn delivery_rate(&self) -> f64 {
        self.raw.delivery_rate
    }

    /// When anything was last heard of it, nanoseconds.
    pub fn last_heard_ns(&self) -> u64 {
        self.raw.last_heard_ns
    }

    /// When it joined the session, nanoseconds.
    pub fn joined_ns(&self) -> u64 {
        self.raw.joined_ns
    }

    /// Packets asked of it by request that neither came nor were given up.
    pub fn outstanding(&self) -> u32 {
        self.raw.outstanding
    }

    /// Whether it has packet `n`.
    pub fn has(&self, n: u32) -> bool {
        let set = self.raw.has;
        // SAFETY: whoever made the set vouches for it.
        let words = unsafe { slice(set.words, set.count) };
        set.words.is_null()
            || words
                .get(n as usize / 64)
                .is_some_and(|word| word >> (n % 64) & 1 == 1)
    }
}

/// What was asked for one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// How often it was asked for, at least 1.
    pub times: u32,
    /// When it was last asked for, nanoseconds.
    pub last_ns: u64,
    /// Index of the seeder that was asked last.
    pub seeder: u32,
    /// Id of the request that asked for it last.
    pub id: u64,
}

/// One media packet that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Number of the packet.
    pub packet: u32,
    /// Index of the seeder that sent it.
    pub seeder: u32,
    /// When it came, nanoseconds.
    pub at_ns: u64,
    /// It was here already, so it was sent in vain.
    pub duplicate: bool,
    /// Its moment was over: the playhead has passed it.
    pub late: bool,
    /// It came by stream, not by request.
    pub by_stream: bool,
}

/// Lowest bit in `from..end` that is set in `words ^ flip`.
fn scan(words: &[u64], from: u32, end: u32, flip: u64) -> Option<u32> {
    let mut index = from as usize / 64;
    let mut word = (words.get(index)? ^ flip) & (u64::MAX << (from % 64));
    loop {
        if word != 0 {
            let found = index as u32 * 64 + word.trailing_zeros();
            return (found < end).then_some(found);
        }
        index += 1;
        if index >= end.div_ceil(64) as usize {
            return None;
        }
        word = words.get(index)? ^ flip;
    }
}

/// # Safety
/// `ptr` must point to `len` elements readable for `'a`, or be null.
unsafe fn slice<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: by the caller.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// # Safety
/// Element `index` of the array with this stride must be readable for `'a`.
unsafe fn element<'a, T>(base: *const T, stride: usize, index: u32) -> &'a T {
    // SAFETY: by the caller.
    unsafe { &*base.byte_add(stride * index as usize) }
}

#[cfg(test)]
mod tests;
