//! The messages. Their order is their number on the wire: the first four are
//! the paper's (0 announce, 1 request a track, 2 media, 3 request packets).

use segue_policy::Traffic;
use serde::{Deserialize, Serialize};

use crate::ids::{PeerId, SessionId};
use crate::token::Token;
use crate::track::TrackId;

/// One message. The long and rare ones are boxed: messages are moved about for
/// every packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// 0: "I am here", once a second to all neighbours and to peers that we
    /// named.
    Announce(Announce),
    /// 1: "stream me this track".
    RequestTrack(Box<RequestTrack>),
    /// 2: one packet of a track; the payload follows the message.
    Media(MediaHeader),
    /// 3: "these packets I still want of you".
    RequestPackets(Box<RequestPackets>),
    /// 4: "what do you share?"
    CatalogRequest(CatalogRequest),
    /// 5: names of catalog pages.
    CatalogIndex(CatalogIndex),
    /// 6: one catalog page.
    CatalogPage(CatalogPage),
    /// 7: "prove that you are there: come again with this token".
    Retry(Retry),
    /// 8: what a listener received, about once per round trip.
    Feedback(Feedback),
    /// 9: what a seeder heard and did; answers 1, 3 and 8.
    Report(Report),
    /// 10: "enough".
    Cancel(Cancel),
}

/// Name of a catalog page, or of a whole catalog: the start of its hash.
pub type PageHash = [u8; 8];

/// A beacon. Its size does not depend on how much is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announce {
    /// Who.
    pub peer: PeerId,
    /// Its data port, at the address the beacon came from.
    pub port: u16,
    /// Hash of the whole catalog; all zero when nothing is shared.
    pub catalog: PageHash,
    /// It leaves now.
    pub leaving: bool,
}

/// Asks a seeder to stream a track in its own order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestTrack {
    /// Who plays.
    pub session: SessionId,
    /// Proof of address.
    pub token: Token,
    /// What.
    pub track: TrackId,
    /// Number of this wish; the newest wins, repeats change nothing.
    pub sequence: u32,
    /// First packet.
    pub first: u32,
    /// Most packets per second; 0: as fast as the seeder may.
    pub rate: u32,
    /// Packets from this one on are not to be streamed yet.
    pub credit: u32,
    /// Listener's clock, to be echoed.
    pub sent_us: u64,
}

/// The payload is one MP3 frame, as it stands in the file.
pub const FORMAT_FRAME: u8 = 0;

/// What goes before every packet's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaHeader {
    /// Whom it is for.
    pub session: SessionId,
    /// Counts the media datagrams of this seeder in this session, from 0.
    pub path_sequence: u32,
    /// Seeder's clock.
    pub sent_us: u64,
    /// Number of the packet.
    pub packet: u32,
    /// What the payload is: [`FORMAT_FRAME`].
    pub format: u8,
    /// Serial of the [`Want`] that it answers; 0: it is of the stream. Wants are
    /// served in their order, so what comes before it in them was sent, too.
    pub serial: u32,
    /// Highest sequence of a [`RequestPackets`] seen.
    pub wants_seen: u32,
    /// Bytes that follow the message.
    pub payload_bytes: u16,
}

impl MediaHeader {
    /// Whether it was sent for a stream (type 1), not for a request (type 3).
    pub fn by_stream(&self) -> bool {
        self.serial == 0
    }
}

/// All that is still wanted of a seeder, in order. The newest sequence wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPackets {
    /// Who plays.
    pub session: SessionId,
    /// Proof of address.
    pub token: Token,
    /// What.
    pub track: TrackId,
    /// Number of this list.
    pub sequence: u32,
    /// Packets from this one on are not to be streamed yet.
    pub credit: u32,
    /// Listener's clock, to be echoed.
    pub sent_us: u64,
    /// What is wanted, most urgent first.
    pub wants: Vec<Want>,
}

/// One request's share of the list. A packet is sent once for each serial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// Grows with every request of a session, from 1.
    pub serial: u32,
    /// Most packets per second; 0: as fast as the seeder may.
    pub rate: u32,
    /// Which packets, in order.
    pub runs: Vec<Run>,
}

/// Equally spaced packets, told by their distance from the run before (from 0
/// for the first), so that a long list fits a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// First packet minus the last packet of the run before.
    pub delta: i32,
    /// How many packets.
    pub count: u16,
    /// Distance between them.
    pub step: u16,
}

/// Asks for the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogRequest {
    /// Who asks.
    pub peer: PeerId,
    /// Proof of address, or zeros to be told one.
    pub token: Token,
    /// Which part.
    pub part: CatalogPart,
}

/// A part of a catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogPart {
    /// Names of the pages from number `first` on.
    Index {
        /// First page.
        first: u32,
    },
    /// The page of this name.
    Page(PageHash),
}

/// Names of catalog pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogIndex {
    /// Whose catalog.
    pub peer: PeerId,
    /// Hash of the whole catalog.
    pub catalog: PageHash,
    /// Pages in all.
    pub pages: u32,
    /// Number of the first page named here.
    pub first: u32,
    /// Names of the pages from `first` on.
    pub names: Vec<PageHash>,
}

/// Most names in one [`CatalogIndex`].
pub const NAMES_PER_INDEX: usize = 150;

/// One catalog page: encoded tracks, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogPage {
    /// The page, whose hash is its name.
    pub bytes: Vec<u8>,
}

/// Most bytes of a page.
pub const MAX_PAGE_BYTES: usize = 1280;

/// Tells a token. Never longer than what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The session that was refused, if it was about one.
    pub session: Option<SessionId>,
    /// What to come again with.
    pub token: Token,
}

/// What a listener received from one seeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Which session.
    pub session: SessionId,
    /// Proof of address.
    pub token: Token,
    /// Listener's clock, to be echoed.
    pub sent_us: u64,
    /// One more than the highest path sequence received.
    pub path_end: u32,
    /// Media datagrams received.
    pub received: u32,
    /// Seeder's clock: when the packet of the highest sequence was sent, as it
    /// says itself; 0 as long as none came.
    pub newest_sent_us: u64,
    /// For how long it had been here when this was sent.
    pub held_us: u32,
    /// Least one-way delay since the last feedback, above the least ever: the
    /// queue that stands in the network.
    pub queue_us: u32,
    /// Packets from this one on are not to be streamed yet.
    pub credit: u32,
}

/// What a seeder heard and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Which session.
    pub session: SessionId,
    /// `sent_us` of the message that this answers; 0 if it answers none.
    pub echo_us: u64,
    /// How things stand.
    pub status: SeederStatus,
    /// Highest sequence of a [`RequestTrack`] seen.
    pub stream_seen: u32,
    /// Highest sequence of a [`RequestPackets`] seen.
    pub wants_seen: u32,
    /// When the last packet of the ended stream was sent, seeder's clock.
    pub stream_ended_us: Option<u64>,
    /// It streams in random order.
    pub random_order: bool,
    /// Media datagrams sent in this session.
    pub sent: u32,
    /// Most packets that ever waited in this session.
    pub peak_queue: u32,
    /// At most one feedback in so many milliseconds is of use to this seeder, as
    /// long as it is heard; 0: as many as the listener finds good. (QUIC's
    /// ACK_FREQUENCY.)
    #[serde(default)]
    pub feedback_ms: u16,
}

/// How a session stands at a seeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeederStatus {
    /// Served.
    Serving,
    /// It does not know this session: ask again from the start.
    Unknown,
    /// It does not have this track (any more).
    Gone,
    /// It serves as many listeners as it may.
    Busy,
}

/// Ends a session at a seeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// Which session.
    pub session: SessionId,
    /// Proof of address.
    pub token: Token,
}

impl Message {
    /// Bytes of payload that follow the message.
    pub fn payload_bytes(&self) -> usize {
        match self {
            Self::Media(header) => usize::from(header.payload_bytes),
            _ => 0,
        }
    }

    /// What a network model sees of it.
    pub fn traffic(&self) -> Traffic {
        match self {
            Self::Media(_) => Traffic::Media,
            _ => Traffic::Control,
        }
    }

    /// Whether the numbers in it make sense on their own.
    pub(super) fn is_sane(&self) -> bool {
        match self {
            Self::RequestPackets(request) => request.wants.iter().all(Want::is_sane),
            Self::CatalogIndex(index) => index.names.len() <= NAMES_PER_INDEX,
            Self::CatalogPage(page) => page.bytes.len() <= MAX_PAGE_BYTES,
            _ => true,
        }
    }
}

impl Want {
    /// Whether every run has packets, and all their numbers are such.
    fn is_sane(&self) -> bool {
        let mut last = 0i64;
        self.runs.iter().all(|run| {
            let first = last + i64::from(run.delta);
            last = first + i64::from(run.count.saturating_sub(1)) * i64::from(run.step);
            let numbers = u32::try_from(first).is_ok() && u32::try_from(last).is_ok();
            run.count > 0 && run.step > 0 && numbers
        })
    }

    /// The packets asked for, in order; numbers out of any range are left out.
    pub fn packets(&self) -> impl Iterator<Item = u32> + '_ {
        let mut last = 0i64;
        self.runs.iter().flat_map(move |run| {
            let first = last.saturating_add(i64::from(run.delta));
            last = first + i64::from(run.count.saturating_sub(1)) * i64::from(run.step);
            (0..i64::from(run.count))
                .filter_map(move |i| u32::try_from(first + i * i64::from(run.step)).ok())
        })
    }

    /// Bytes of one with so many runs, without these, at most.
    pub fn head_bytes(serial: u32, rate: u32, runs: usize) -> usize {
        varint_bytes(serial) + varint_bytes(rate) + varint_bytes(runs as u32)
    }

    /// Writes a list of packets as runs, keeping its order, in at most `budget`
    /// bytes; answers them, how many packets they hold, and their bytes.
    pub fn runs(packets: &[u32], budget: usize) -> (Vec<Run>, usize, usize) {
        let mut runs = Vec::new();
        let (mut held, mut bytes, mut last) = (0, 0, 0i64);
        while let Some(run) = next_run(&packets[held..], last) {
            let more = varint_bytes(run.delta.unsigned_abs().saturating_mul(2))
                + varint_bytes(run.count.into())
                + varint_bytes(run.step.into());
            if bytes + more > budget {
                break;
            }
            bytes += more;
            held += usize::from(run.count);
            last = i64::from(packets[held - 1]);
            runs.push(run);
        }
        (runs, held, bytes)
    }
}

/// The longest equally spaced, rising run at the front of `packets`.
fn next_run(packets: &[u32], last: i64) -> Option<Run> {
    let first = *packets.first()?;
    let delta = i32::try_from(i64::from(first) - last).ok()?;
    let step = packets
        .get(1)
        .and_then(|&second| u16::try_from(second.checked_sub(first)?).ok())
        .filter(|&step| step > 0);
    let Some(step) = step else {
        return Some(Run {
            delta,
            count: 1,
            step: 1,
        });
    };
    let spaced = packets
        .windows(2)
        .take(usize::from(u16::MAX) - 1)
        .take_while(|pair| pair[1].checked_sub(pair[0]) == Some(u32::from(step)))
        .count();
    let count = match spaced {
        // Two packets apart say no less as two runs, and the second may begin
        // a longer one.
        1 if step > 1 => 1,
        more => more as u16 + 1,
    };
    Some(Run {
        delta,
        count,
        step: if count == 1 { 1 } else { step },
    })
}

/// Bytes of a bincode varint.
fn varint_bytes(value: u32) -> usize {
    match value {
        0..=250 => 1,
        251..=0xffff => 3,
        _ => 5,
    }
}
