//! The trait that a network model implements.

use crate::abi;
use crate::abi::{MAX_COPIES, RawDatagram, RawFate};
use crate::params::{Info, Values};

/// A network model: decides which datagrams are lost and how long the others
/// take. One instance serves all links of a network.
///
/// All randomness comes from the seed. The weather (state changes) is a
/// function of time, and the k-th draw of a link and direction belongs to its
/// k-th datagram, from a stream of its own: so traffic does not change the
/// weather, and every policy meets the same losses.
pub trait NetworkModel: Sized + Send + 'static {
    /// Name, version, summary and parameters.
    const INFO: Info;

    /// Makes an instance. `values` are checked against [`Self::INFO`].
    fn new(values: &Values<'_>, seed: u64) -> Self;

    /// What becomes of one datagram. Called in order of time.
    fn transit(&mut self, datagram: &Datagram) -> Fate;
}

/// Which way a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a seeder to a listener.
    ToListener,
    /// From a listener to a seeder.
    ToSeeder,
}

/// One datagram at the entrance of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Which link: pairs of peers are numbered from 0.
    pub link: u32,
    /// Which way.
    pub direction: Direction,
    /// Size of the UDP payload.
    pub bytes: u32,
    /// When it enters, nanoseconds since the start.
    pub now_ns: u64,
    /// How many entered this link in this direction before it.
    pub index: u64,
}

impl Datagram {
    /// Number of link and direction together, from 0: an index for per-stream
    /// state.
    pub fn stream(&self) -> usize {
        self.link as usize * 2 + usize::from(self.direction == Direction::ToSeeder)
    }

    pub(crate) fn from_raw(raw: &RawDatagram) -> Self {
        Self {
            link: raw.link,
            direction: if raw.direction == abi::TO_LISTENER {
                Direction::ToListener
            } else {
                Direction::ToSeeder
            },
            bytes: raw.bytes,
            now_ns: raw.now_ns,
            index: raw.index,
        }
    }

    /// The form that crosses the boundary.
    pub fn to_raw(&self) -> RawDatagram {
        RawDatagram {
            size: size_of::<RawDatagram>() as u32,
            link: self.link,
            direction: match self.direction {
                Direction::ToListener => abi::TO_LISTENER,
                Direction::ToSeeder => abi::TO_SEEDER,
            },
            bytes: self.bytes,
            now_ns: self.now_ns,
            index: self.index,
        }
    }
}

/// What becomes of a datagram: the delays of its copies. No copy: it is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate(RawFate);

impl Fate {
    /// It never arrives.
    pub const LOST: Self = Self(RawFate {
        copies: 0,
        reserved: 0,
        delay_ns: [0; MAX_COPIES],
    });

    /// It arrives once, after a delay.
    pub const fn after_ns(delay_ns: u64) -> Self {
        Self(RawFate {
            copies: 1,
            reserved: 0,
            delay_ns: [delay_ns, 0, 0, 0],
        })
    }

    /// Adds a copy that arrives after a delay; beyond four copies nothing is
    /// added.
    pub fn and_after_ns(mut self, delay_ns: u64) -> Self {
        if let Some(slot) = self.0.delay_ns.get_mut(self.0.copies as usize) {
            *slot = delay_ns;
            self.0.copies += 1;
        }
        self
    }

    /// The delays of the copies.
    pub fn delays_ns(&self) -> &[u64] {
        &self.0.delay_ns[..(self.0.copies as usize).min(MAX_COPIES)]
    }

    /// From what came across the boundary; `None` if it has too many copies.
    pub fn from_raw(raw: RawFate) -> Option<Self> {
        (raw.copies as usize <= MAX_COPIES).then_some(Self(raw))
    }

    /// The form that crosses the boundary.
    pub fn to_raw(self) -> RawFate {
        self.0
    }
}
