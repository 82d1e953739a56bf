//! Tables of the interface `segue.policy/1`.

use std::ffi::c_void;

use super::{CreateFn, Descriptor, DestroyFn, ExtensionFn, Str};

/// A playout policy. Static in the plugin.
#[repr(C)]
pub struct PolicyTable {
    /// `sizeof(PolicyTable)` in bytes as the plugin knows it.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Name, version, parameters.
    pub descriptor: *const Descriptor,
    /// Makes an instance: one for each session.
    pub create: Option<CreateFn>,
    /// Ends an instance, when its session is over.
    pub destroy: Option<DestroyFn>,
    /// Decides. Called by the host, by one thread at a time: when the device
    /// wants a frame (see `let_frames_play`), while it waits for one on every
    /// arrival and wake-up, and whenever packets (see `let_arrivals_wait`) or
    /// seeders came or went. View, actions and answer are borrowed for the call.
    /// A status other than `OK` ends the instance's part in the session; so may
    /// standing still for seconds where it could go on, and, live, taking
    /// milliseconds again and again.
    pub decide: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            view: *const RawView,
            actions: *const RawActions,
            answer: *mut RawDecision,
        ) -> i32,
    >,
    /// Optional: extensions of an instance.
    pub extension: Option<ExtensionFn>,
}

// SAFETY: a table is read-only after the library is loaded.
unsafe impl Sync for PolicyTable {}

/// The device wants a frame now; only then does the decision count.
pub const VIEW_FRAME_DUE: u32 = 1;
/// The output keeps time (a device). Without it, it takes frames as fast as
/// they come (a file).
pub const VIEW_PACED: u32 = 2;

/// Nothing has been played yet.
pub const STATE_STARTING: u32 = 0;
/// The last answer to a device that asked was to play.
pub const STATE_PLAYING: u32 = 1;
/// The last answer was to hold.
pub const STATE_HOLDING: u32 = 2;

/// What a policy sees. All pointers are valid during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawView {
    /// `sizeof(RawView)` in bytes as the host knows it.
    pub size: u32,
    /// Sum of `VIEW_` bits; unknown ones are to be ignored.
    pub flags: u32,
    /// Now, in nanoseconds since the session began; never less than in an
    /// earlier call. All other times count from the same moment.
    pub now_ns: u64,
    /// When the device will next want a frame, in nanoseconds, as far as known;
    /// `now_ns` if it waits for one.
    pub next_due_ns: u64,
    /// Since when `state` holds, in nanoseconds.
    pub state_since_ns: u64,
    /// One of the `STATE_` constants.
    pub state: u32,
    /// Number of the next packet to be played: all before it are played or
    /// left out. Equal to `packets` at the end.
    pub playhead: u32,
    /// Packets in the track, numbered from 0.
    pub packets: u32,
    /// How many packets are here, played ones included; 0 to `packets`.
    pub here_count: u32,
    /// Samples per packet; over `sample_rate` the exact duration of a packet in
    /// seconds.
    pub samples_per_packet: u32,
    /// Samples per second, at least 1.
    pub sample_rate: u32,
    /// `here_words` words: bit `n % 64` of word `n / 64` is set when packet `n` is here.
    pub here: *const u64,
    /// Words in `here`: enough for `packets` bits; spare bits are 0.
    pub here_words: usize,
    /// Seeders of the session, `seeder_count` of them, `seeder_stride` bytes
    /// apart; they keep their index, also when dead. Of 64 the
    /// one dead for longest leaves its place to a new one: `joined_ns` tells.
    pub seeders: *const RawSeeder,
    /// Bytes from one seeder to the next.
    pub seeder_stride: usize,
    /// Ring of asks: packet `n` is at `asks[n % ask_count]`, if the `packet`
    /// there is `n`. Covers at least `ask_count` packets from the playhead.
    pub asks: *const RawAsk,
    /// Bytes from one ask to the next.
    pub ask_stride: usize,
    /// Packets that arrived since the last call, in order of arrival:
    /// `arrival_count` of them, `arrival_stride` bytes apart.
    pub arrivals: *const RawArrival,
    /// Bytes from one arrival to the next.
    pub arrival_stride: usize,
    /// Number of arrivals.
    pub arrival_count: u32,
    /// Number of seeders, 0 to 64.
    pub seeder_count: u32,
    /// Size of the ring of asks; a power of two, or 0.
    pub ask_count: u32,
    /// Packets from this one on may not be asked for yet: there is no room to
    /// keep them. 0: no such bound.
    pub ask_end: u32,
}

/// The seeder answers (heard of lately).
pub const SEEDER_ALIVE: u32 = 1;
/// A stream was asked of it and has not been given up.
pub const SEEDER_STREAMING: u32 = 2;
/// Its stream ended, and what was on the way must have come.
pub const SEEDER_STREAM_ENDED: u32 = 4;
/// It streams in random order.
pub const SEEDER_RANDOM: u32 = 8;

/// `stream_highest` before the first packet of a stream.
pub const NO_PACKET: u32 = u32::MAX;

/// A bitmap of packets, like `RawView::here`: in C, a pointer to its words and
/// their number. Null means all packets. Valid during the call only.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PacketSet {
    pub(crate) words: *const u64,
    pub(crate) count: usize,
}

impl PacketSet {
    /// All packets.
    pub const ALL: Self = Self {
        words: std::ptr::null(),
        count: 0,
    };

    /// The packets whose bits are set.
    ///
    /// # Safety
    /// `words` must outlive every view that shows this set.
    pub const unsafe fn new(words: &[u64]) -> Self {
        Self {
            words: words.as_ptr(),
            count: words.len(),
        }
    }
}

/// One seeder, as measured in this session.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawSeeder {
    /// Sum of `SEEDER_` bits; unknown ones are to be ignored.
    pub flags: u32,
    /// Highest packet number that came by stream, or [`NO_PACKET`].
    pub stream_highest: u32,
    /// Smoothed round-trip time (RFC 6298) in nanoseconds; 0 before the first
    /// sample.
    pub rtt_ns: u64,
    /// Mean deviation of the round-trip time (RFC 6298) in nanoseconds.
    pub rtt_var_ns: u64,
    /// Share of its media packets lost lately, 0 to 1: a moving average, a
    /// quarter of which is the last round trip or so.
    pub loss: f64,
    /// Packets per second that came from it lately: a moving average, half of
    /// which is the last round trip or so. What it sent, not what it could.
    pub delivery_rate: f64,
    /// When anything was last heard of it, in nanoseconds.
    pub last_heard_ns: u64,
    /// When it joined the session, in nanoseconds.
    pub joined_ns: u64,
    /// Packets asked of it by request that neither came nor were given up.
    pub outstanding: u32,
    /// 0.
    pub reserved: u32,
    /// The packets it has.
    pub has: PacketSet,
}

/// What was asked for one packet. A packet never asked for has `times` 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawAsk {
    /// Which packet this is about.
    pub packet: u32,
    /// How often it was asked for by request; 0: never.
    pub times: u32,
    /// When it was last asked for, in nanoseconds.
    pub last_ns: u64,
    /// Index of the seeder that was asked last.
    pub seeder: u32,
    /// 0.
    pub reserved: u32,
    /// Id of the request that asked for it last.
    pub id: u64,
}

/// The packet was here already.
pub const ARRIVAL_DUPLICATE: u32 = 1;
/// Its moment was over.
pub const ARRIVAL_LATE: u32 = 2;
/// It came by stream (else by request).
pub const ARRIVAL_STREAM: u32 = 4;

/// One media packet that came.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawArrival {
    /// Number of the packet.
    pub packet: u32,
    /// Index of the seeder that sent it.
    pub seeder: u32,
    /// When it came, in nanoseconds.
    pub at_ns: u64,
    /// Sum of `ARRIVAL_` bits; unknown ones are to be ignored.
    pub flags: u32,
    /// 0.
    pub reserved: u32,
}

/// Stay silent; the policy is asked again on arrivals and wake-ups.
pub const DECIDE_HOLD: u32 = 0;
/// Play the packet at the playhead; it must be here.
pub const DECIDE_PLAY: u32 = 1;
/// Leave out everything before `packet` and play that one, which must be here;
/// `packet == packets` ends the track.
pub const DECIDE_SKIP_TO: u32 = 2;
/// Fill the time of the packet at the playhead with concealment.
pub const DECIDE_CONCEAL: u32 = 3;

/// A policy's answer; the host sets it to hold before the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RawDecision {
    /// One of the `DECIDE_` constants.
    pub kind: u32,
    /// For [`DECIDE_SKIP_TO`]: from the playhead to `packets`. Else ignored.
    pub packet: u32,
}

/// Packets `first`, `first + step`, … (`count` of them).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRange {
    /// First packet.
    pub first: u32,
    /// How many; at least 1.
    pub count: u32,
    /// Distance between them; at least 1.
    pub step: u32,
    /// 0.
    pub reserved: u32,
}

/// What a policy may do besides answering. Owned by the host, valid during
/// `decide`, each function only callable in it, with `ctx` as first argument.
/// All answer a status; after anything but `OK` nothing was done. `INVALID` is
/// the answer to a seeder, packet or rate that does not exist, `FULL` to more
/// than 1024 wishes in one decision, to floods of them in a second, or to more
/// packets than may be asked for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawActions {
    /// `sizeof(RawActions)` in bytes as the host knows it.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// The host's own: the first argument of each function.
    pub ctx: *mut c_void,
    /// Asks a seeder to stream the track from packet `first` on, in its own
    /// order, at most `rate` packets per second (0: as fast as it may).
    /// Replaces an earlier stream of that seeder.
    pub stream:
        Option<unsafe extern "C" fn(ctx: *mut c_void, seeder: u32, first: u32, rate: f64) -> i32>,
    /// Asks a seeder for packets, in this order, at most `rate` packets per
    /// second (0: as fast as it may). `id` is the policy's own; an id in use
    /// is replaced, and of the requests to a seeder those of lower ids are
    /// served first. A packet asked for again in a later decision is no
    /// longer wanted from before; one decision may ask several seeders for it,
    /// or one seeder under several ids for several copies.
    /// The ranges (`count` elements, `stride` bytes apart) are read during the
    /// call only, and must lie below `ask_end` and within `ask_count` packets of
    /// the first that is missing.
    pub request: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            id: u64,
            seeder: u32,
            ranges: *const RawRange,
            count: usize,
            stride: usize,
            rate: f64,
        ) -> i32,
    >,
    /// Takes back what is still open of a request; an unknown id is no error.
    pub cancel: Option<unsafe extern "C" fn(ctx: *mut c_void, id: u64) -> i32>,
    /// Asks to be called at `at_ns` (at least a millisecond from now). The
    /// earliest wish of one call counts, and
    /// replaces the one before; without a wish the one before stands.
    pub wake_at: Option<unsafe extern "C" fn(ctx: *mut c_void, at_ns: u64) -> i32>,
    /// Writes a line to the decision log: why it decided so. It is copied, of
    /// the first 400 bytes.
    pub log: Option<unsafe extern "C" fn(ctx: *mut c_void, line: Str) -> i32>,
    /// Reserved: plays faster or slower from now on (1.0 is normal). Answers
    /// `UNSUPPORTED` today.
    pub playback_rate: Option<unsafe extern "C" fn(ctx: *mut c_void, rate: f64) -> i32>,
    /// Reserved: asks a seeder for `symbols` repair symbols over the packets
    /// of `range`. Answers `UNSUPPORTED` today.
    pub repair: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            id: u64,
            seeder: u32,
            range: *const RawRange,
            symbols: u32,
        ) -> i32,
    >,
    /// Answers a host table for an extension id, or null. None is defined yet,
    /// and the pointer itself may be null.
    pub extension: Option<unsafe extern "C" fn(ctx: *mut c_void, id: Str) -> *const c_void>,
    /// Says that packets which come need not be shown at once: until the next
    /// decision `decide` is not called for them alone, but sees them together
    /// then, or when many have come. To be said in each decision; after one to
    /// hold it counts with a wake-up only. A host may call nevertheless.
    pub let_arrivals_wait: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
    /// Says that what is here is to be played: until the next decision a packet
    /// that is here when its frame is due is played at once, and `decide` is not
    /// called for that frame. To be said in each decision; while it holds it does
    /// not count. A host may call nevertheless.
    pub let_frames_play: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<PolicyTable>() == 48);
    assert!(size_of::<RawView>() == 136);
    assert!(size_of::<RawSeeder>() == 80);
    assert!(size_of::<RawAsk>() == 32);
    assert!(size_of::<RawArrival>() == 24);
    assert!(size_of::<RawDecision>() == 8);
    assert!(size_of::<RawRange>() == 16);
    assert!(size_of::<RawActions>() == 96);
};
