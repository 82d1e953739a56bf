//! The trait that a network model implements.

use crate::abi;
use crate::abi::{MAX_COPIES, RawDatagram, RawFate};
use crate::params::{Info, Values};

/// A network model: decides which datagrams are lost and how long the others
/// take. One instance serves all links of a network.
///
/// All randomness comes from the seed. The weather (state changes) is a
/// function of time, and the k-th draw of a link, direction and kind of traffic
/// ([`Datagram::flow`]) belongs to its k-th datagram, from a stream of its own:
/// so traffic does not change the weather, and every policy meets the same
/// losses, however much it says.
pub trait NetworkModel: Sized + Send + 'static {
    /// Name, version, summary and parameters.
    const INFO: Info;

    /// Refuses values that a range cannot rule out: two that contradict each
    /// other, a file with the wrong contents. The error is shown to the user:
    /// one line that says what is wrong and how to mend it. Asked before
    /// [`Self::new`], which is only called if this is `Ok`.
    fn check(_values: &Values<'_>) -> Result<(), String> {
        Ok(())
    }

    /// Makes an instance, when a network begins. `values` are checked against
    /// [`Self::INFO`] and borrowed until this returns; everything random must
    /// come from `seed`.
    fn new(values: &Values<'_>, seed: u64) -> Self;

    /// What becomes of one datagram. Called for each one, in order of time.
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

/// What a datagram carries. Both kinds share weather and queues, but not draws:
/// a policy that asks more often loses other requests, not other media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// A packet of a track.
    Media,
    /// Everything else: requests, reports, catalogs.
    Control,
}

/// One datagram at the entrance of the network.
// Laid out so that fields which are written one by one just before are not read
// together: a processor waits for such reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Datagram {
    /// Which link: pairs of peers are numbered from 0.
    pub link: u32,
    /// Size of the UDP payload in bytes.
    pub bytes: u32,
    /// When it enters, nanoseconds since the network's start. Never goes back.
    pub now_ns: u64,
    /// Which way.
    pub direction: Direction,
    /// What it carries.
    pub traffic: Traffic,
    /// How many of its traffic entered this link in this direction before it,
    /// from 0: the number of its draw.
    pub index: u64,
}

impl Datagram {
    /// Number of link and direction together, from 0: an index for the state of
    /// queues and weather.
    pub fn stream(&self) -> usize {
        self.link as usize * 2 + usize::from(self.direction == Direction::ToSeeder)
    }

    /// Number of link, direction and traffic together, from 0: an index for
    /// streams of draws.
    pub fn flow(&self) -> usize {
        self.stream() * 2 + usize::from(self.traffic == Traffic::Control)
    }

    pub(crate) fn from_raw(raw: &RawDatagram) -> Self {
        Self {
            link: raw.link,
            direction: if raw.direction == abi::TO_LISTENER {
                Direction::ToListener
            } else {
                Direction::ToSeeder
            },
            traffic: if raw.traffic == abi::TRAFFIC_MEDIA {
                Traffic::Media
            } else {
                Traffic::Control
            },
            bytes: raw.bytes,
            now_ns: raw.now_ns,
            index: raw.index,
        }
    }

    /// The form that crosses the boundary.
    #[inline]
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
            traffic: match self.traffic {
                Traffic::Media => abi::TRAFFIC_MEDIA,
                Traffic::Control => abi::TRAFFIC_CONTROL,
            },
            reserved: 0,
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

    /// It arrives once, after a delay in nanoseconds.
    pub const fn after_ns(delay_ns: u64) -> Self {
        Self(RawFate {
            copies: 1,
            reserved: 0,
            delay_ns: [delay_ns, 0, 0, 0],
        })
    }

    /// Adds a copy that arrives after a delay in nanoseconds; beyond four copies
    /// nothing is added.
    pub fn and_after_ns(mut self, delay_ns: u64) -> Self {
        if let Some(slot) = self.0.delay_ns.get_mut(self.0.copies as usize) {
            *slot = delay_ns;
            self.0.copies += 1;
        }
        self
    }

    /// The delays of the copies, nanoseconds.
    #[inline]
    pub fn delays_ns(&self) -> &[u64] {
        &self.0.delay_ns[..(self.0.copies as usize).min(MAX_COPIES)]
    }

    /// The form that crosses the boundary, for a plugin to write.
    #[inline]
    pub fn as_raw_mut(&mut self) -> &mut RawFate {
        &mut self.0
    }

    /// Whether it has no more copies than there can be: a plugin may write
    /// anything.
    #[inline]
    pub fn is_sensible(&self) -> bool {
        self.0.copies as usize <= MAX_COPIES
    }

    /// Writes the form that crosses the boundary.
    #[inline]
    pub fn write_raw(&self, raw: &mut RawFate) {
        raw.copies = self.0.copies;
        raw.reserved = 0;
        for (to, &delay_ns) in raw.delay_ns.iter_mut().zip(self.delays_ns()) {
            *to = delay_ns;
        }
    }
}
