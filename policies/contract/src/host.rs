//! What a program that calls plugins needs: the host's side of views and
//! actions, as safe traits.

use std::ffi::c_void;

use crate::abi;
use crate::abi::{RawActions, RawArrival, RawAsk, RawRange, RawSeeder, RawView, Str};
use crate::actions::{Actions, Range, Refused};
use crate::network::{Datagram, Fate, NetworkModel};
use crate::policy::{Decision, PlayoutPolicy};
use crate::view::View;

/// A policy at work, wherever it comes from. Fallible: a plugin can fail.
pub trait Policy: Send {
    /// See [`PlayoutPolicy::decide`].
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault>;
}

impl<P: PlayoutPolicy> Policy for P {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        Ok(PlayoutPolicy::decide(self, view, actions))
    }
}

/// A network model at work, wherever it comes from.
pub trait Network: Send {
    /// The same as [`Self::transit`], written where the caller will look: for a
    /// datagram that costs little else, moving the answer about is much.
    fn transit_into(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault>;

    /// See [`NetworkModel::transit`].
    fn transit(&mut self, datagram: &Datagram) -> Result<Fate, Fault> {
        let mut fate = Fate::LOST;
        self.transit_into(datagram, &mut fate)?;
        Ok(fate)
    }
}

impl<N: NetworkModel> Network for N {
    fn transit_into(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault> {
        *fate = NetworkModel::transit(self, datagram);
        Ok(())
    }
}

/// A plugin failed; its instance is not called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It panicked (what it said is in the decision log).
    Panicked,
    /// It answered a decision or fate that makes no sense.
    Nonsense,
    /// It answered this status, one of the contract's or not.
    Status(i32),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Panicked => f.write_str("it panicked"),
            Self::Nonsense => f.write_str("it gave an answer that the contract does not know"),
            Self::Status(status) => write!(f, "it failed with status {status}"),
        }
    }
}

/// The host's tables for one call, to make a [`View`] of.
pub struct ViewParts<'a> {
    /// The device wants a frame now.
    pub frame_due: bool,
    /// The output keeps time.
    pub paced: bool,
    /// Now.
    pub now_ns: u64,
    /// When the device will next want a frame.
    pub next_due_ns: u64,
    /// Since when `state` holds.
    pub state_since_ns: u64,
    /// One of the `STATE_` constants.
    pub state: u32,
    /// Next packet to be played.
    pub playhead: u32,
    /// Packets in the track.
    pub packets: u32,
    /// Packets here.
    pub here_count: u32,
    /// Samples per packet.
    pub samples_per_packet: u32,
    /// Samples per second.
    pub sample_rate: u32,
    /// Bitmap of what is here.
    pub here: &'a [u64],
    /// Seeders.
    pub seeders: &'a [RawSeeder],
    /// Ring of asks; its length is a power of two.
    pub asks: &'a [RawAsk],
    /// Packets from this one on may not be asked for yet; 0: no such bound.
    pub ask_end: u32,
    /// Arrivals since the last call.
    pub arrivals: &'a [RawArrival],
}

impl<'a> ViewParts<'a> {
    /// The view of these tables.
    #[inline]
    pub fn view(&self) -> View<'a> {
        assert!(self.asks.is_empty() || self.asks.len().is_power_of_two());
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        // SAFETY: pointers and counts are those of slices borrowed for `'a`.
        unsafe {
            View::from_raw(RawView {
                size: size_of::<RawView>() as u32,
                flags: flag(self.frame_due, abi::VIEW_FRAME_DUE)
                    | flag(self.paced, abi::VIEW_PACED),
                now_ns: self.now_ns,
                next_due_ns: self.next_due_ns,
                state_since_ns: self.state_since_ns,
                state: self.state,
                playhead: self.playhead,
                packets: self.packets,
                here_count: self.here_count,
                samples_per_packet: self.samples_per_packet,
                sample_rate: self.sample_rate,
                here: self.here.as_ptr(),
                here_words: self.here.len(),
                seeders: self.seeders.as_ptr(),
                seeder_stride: size_of::<RawSeeder>(),
                asks: self.asks.as_ptr(),
                ask_stride: size_of::<RawAsk>(),
                arrivals: self.arrivals.as_ptr(),
                arrival_stride: size_of::<RawArrival>(),
                arrival_count: self.arrivals.len() as u32,
                seeder_count: self.seeders.len() as u32,
                ask_count: self.asks.len() as u32,
                ask_end: self.ask_end,
            })
        }
    }
}

// SAFETY: the only pointer in it, in `has`, comes from `PacketSet::new`, whose
// caller vouches for it.
unsafe impl Send for RawSeeder {}

impl RawSeeder {
    /// A seeder that just joined and has the whole track.
    pub const fn joining(now_ns: u64) -> Self {
        Self {
            flags: abi::SEEDER_ALIVE,
            stream_highest: abi::NO_PACKET,
            rtt_ns: 0,
            rtt_var_ns: 0,
            loss: 0.0,
            delivery_rate: 0.0,
            last_heard_ns: now_ns,
            joined_ns: now_ns,
            outstanding: 0,
            reserved: 0,
            has: abi::PacketSet::ALL,
        }
    }

    /// Sets or clears `SEEDER_` bits; answers whether that changed anything.
    pub fn set(&mut self, bits: u32, on: bool) -> bool {
        let before = self.flags;
        self.flags = if on { before | bits } else { before & !bits };
        self.flags != before
    }
}

/// Where a policy's actions go.
pub trait ActionSink {
    /// See [`Actions::stream`].
    fn stream(&mut self, seeder: u32, first: u32, rate: f64) -> Result<(), Refused>;
    /// See [`Actions::request`].
    fn request(
        &mut self,
        id: u64,
        seeder: u32,
        ranges: &mut dyn Iterator<Item = Range>,
        rate: f64,
    ) -> Result<(), Refused>;
    /// See [`Actions::cancel`].
    fn cancel(&mut self, id: u64) -> Result<(), Refused>;
    /// See [`Actions::wake_at`].
    fn wake_at(&mut self, at_ns: u64);
    /// See [`Actions::log`].
    fn log(&mut self, line: &str);
    /// See [`Actions::let_arrivals_wait`]. A host need not heed it.
    fn let_arrivals_wait(&mut self) {}
    /// See [`Actions::let_frames_play`]. A host need not heed it.
    fn let_frames_play(&mut self) {}
}

/// Calls `body` with actions that go to `sink`.
pub fn with_actions<R>(
    mut sink: &mut dyn ActionSink,
    body: impl FnOnce(&mut Actions<'_>) -> R,
) -> R {
    let raw = RawActions {
        size: size_of::<RawActions>() as u32,
        reserved: 0,
        ctx: (&raw mut sink).cast(),
        stream: Some(stream),
        request: Some(request),
        cancel: Some(cancel),
        wake_at: Some(wake_at),
        log: Some(log),
        playback_rate: Some(playback_rate),
        repair: Some(repair),
        extension: None,
        let_arrivals_wait: Some(let_arrivals_wait),
        let_frames_play: Some(let_frames_play),
    };
    // SAFETY: `ctx` points to `sink`, which lives until `body` returned.
    body(&mut unsafe { Actions::from_raw(&raw) })
}

/// # Safety
/// `ctx` must come from [`with_actions`], during its call.
unsafe fn sink<'a>(ctx: *mut c_void) -> &'a mut &'a mut dyn ActionSink {
    // SAFETY: by the caller.
    unsafe { &mut *ctx.cast() }
}

fn status(result: Result<(), Refused>) -> i32 {
    match result {
        Ok(()) => abi::OK,
        Err(Refused::Unsupported) => abi::UNSUPPORTED,
        Err(Refused::Invalid) => abi::INVALID,
        Err(Refused::Full) => abi::FULL,
    }
}

unsafe extern "C" fn stream(ctx: *mut c_void, seeder: u32, first: u32, rate: f64) -> i32 {
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    status(unsafe { sink(ctx) }.stream(seeder, first, rate))
}

unsafe extern "C" fn request(
    ctx: *mut c_void,
    id: u64,
    seeder: u32,
    ranges: *const RawRange,
    count: usize,
    stride: usize,
    rate: f64,
) -> i32 {
    if count > 0 && (ranges.is_null() || stride < size_of::<RawRange>()) {
        return abi::INVALID;
    }
    // SAFETY: the contract: `count` elements, `stride` bytes apart.
    let mut ranges = (0..count).map(|i| unsafe { *ranges.byte_add(i * stride) });
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    status(unsafe { sink(ctx) }.request(id, seeder, &mut ranges, rate))
}

unsafe extern "C" fn cancel(ctx: *mut c_void, id: u64) -> i32 {
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    status(unsafe { sink(ctx) }.cancel(id))
}

unsafe extern "C" fn wake_at(ctx: *mut c_void, at_ns: u64) -> i32 {
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    unsafe { sink(ctx) }.wake_at(at_ns);
    abi::OK
}

unsafe extern "C" fn log(ctx: *mut c_void, line: Str) -> i32 {
    // SAFETY: the contract: the text is readable during the call.
    let Some(line) = (unsafe { line.get() }) else {
        return abi::INVALID;
    };
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    unsafe { sink(ctx) }.log(line);
    abi::OK
}

unsafe extern "C" fn let_arrivals_wait(ctx: *mut c_void) -> i32 {
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    unsafe { sink(ctx) }.let_arrivals_wait();
    abi::OK
}

unsafe extern "C" fn let_frames_play(ctx: *mut c_void) -> i32 {
    // SAFETY: the contract: called in `decide` with the table's own ctx.
    unsafe { sink(ctx) }.let_frames_play();
    abi::OK
}

unsafe extern "C" fn playback_rate(_ctx: *mut c_void, _rate: f64) -> i32 {
    abi::UNSUPPORTED
}

unsafe extern "C" fn repair(
    _ctx: *mut c_void,
    _id: u64,
    _seeder: u32,
    _range: *const RawRange,
    _symbols: u32,
) -> i32 {
    abi::UNSUPPORTED
}
