//! The limit: the least startup of any policy that then neither stalls nor
//! leaves anything out, on one run's own losses.
//!
//! S* = max over i of A(i+1) − i·T, where T is the duration of a packet and A(k)
//! the arrival of the k-th useful packet if every seeder sends at its cap from
//! the moment the request reaches it, and never in vain. Startup and stalls of
//! whoever leaves nothing out are at least S* together: when the i-th frame has
//! been played, i + 1 different packets have come.
//!
//! The request takes as long as the quickest of 64 sent at once.
//! Losses and delays are those of the k-th datagram of each seeder, sent at its
//! cap; where the weather depends on time, slower senders may meet better
//! weather, so there it is an estimate.

use std::time::Duration;

use segue_core::network::{AppliesTo, Network, Transit};
use segue_core::sim::Sim;
use segue_core::time::Timestamp;
use segue_core::track::TrackInfo;
use segue_policy::Direction;
use segue_policy_host::CreateError;

use crate::run::{Models, Stage};
use crate::scenario::Seeder;

/// So many copies of the first request race each other.
const REQUESTS: u32 = 64;
/// What a datagram carries beside the frame, about.
const HEADER_BYTES: u32 = 48;

/// The limit of one run, in seconds; `None` where a seeder has no `max_rate`,
/// or the packets never come.
///
/// # Errors
/// When a network model cannot make an instance.
pub fn least_startup_s(stage: &Stage, run: u32) -> Result<Option<f64>, CreateError> {
    let scenario = stage.scenario();
    if scenario.seeders.iter().any(|seeder| seeder.max_rate == 0.0) {
        return Ok(None);
    }
    let race = Race::new(stage, stage.models(run)?);
    let end = Timestamp::from_secs_f64(scenario.timeout_s);
    Ok(least_start(&race.run(end), stage.track()))
}

/// max over i of A(i+1) − i·T, in seconds; `None` if not all came.
fn least_start(arrivals: &[Timestamp], track: &TrackInfo) -> Option<f64> {
    let late = |(i, at): (usize, &Timestamp)| at.as_secs_f64() - i as f64 * track.packet_s();
    let all = arrivals.len() == track.packets as usize;
    all.then(|| arrivals.iter().enumerate().map(late).fold(0.0, f64::max))
}

/// All seeders sending as fast as they may.
struct Race {
    packets: usize,
    applies_to: AppliesTo,
    senders: Vec<Sender>,
    /// The common network, then those of seeders that have one of their own.
    networks: Vec<Network<Datagram>>,
    media_bytes: u32,
}

/// One seeder that sends as fast as it may.
struct Sender {
    network: usize,
    /// When it sends next, and how long from one packet to the next.
    next: Timestamp,
    gap: Duration,
    /// When the listener learns of it, until it does.
    joins: Option<Timestamp>,
    dies: Timestamp,
    /// Which of its datagrams have come: a network may copy them.
    came: Vec<bool>,
}

#[derive(Clone, Copy)]
enum Datagram {
    Request { sender: usize },
    Media { sender: usize, number: usize },
}

impl Race {
    fn new(stage: &Stage, models: Models) -> Self {
        let mut networks = vec![Network::new(models.common)];
        let seeders = stage.scenario().seeders.iter().zip(models.own);
        let senders = seeders.map(|(seeder, own)| {
            let network = own.map_or(0, |own| {
                networks.push(Network::new(own));
                networks.len() - 1
            });
            Sender::new(seeder, network)
        });
        let track = stage.track();
        Self {
            packets: track.packets as usize,
            applies_to: stage.scenario().applies_to,
            senders: senders.collect(),
            media_bytes: (track.bytes / u64::from(track.packets.max(1))) as u32 + HEADER_BYTES,
            networks,
        }
    }

    /// When useful packets came, in order: all of them, unless it takes longer
    /// than `end`.
    fn run(mut self, end: Timestamp) -> Vec<Timestamp> {
        let mut arrivals = Vec::with_capacity(self.packets);
        while arrivals.len() < self.packets {
            let now = self.next_at();
            if now > end {
                break;
            }
            for network in 0..self.networks.len() {
                while let Some((at, _, datagram)) = self.networks[network].poll(now) {
                    match datagram {
                        Datagram::Request { sender } => self.senders[sender].begin(at),
                        Datagram::Media { sender, number } => {
                            if self.senders[sender].is_new(number) {
                                arrivals.push(at);
                            }
                        }
                    }
                }
            }
            for sender in 0..self.senders.len() {
                self.send(now, sender);
            }
        }
        arrivals.truncate(self.packets);
        arrivals
    }

    fn next_at(&self) -> Timestamp {
        let sends = self.senders.iter().map(Sender::next_at);
        let arrivals = self.networks.iter().map(Network::next_at);
        sends.chain(arrivals).min().unwrap_or(Timestamp::NEVER)
    }

    fn send(&mut self, now: Timestamp, number: usize) {
        let sender = &mut self.senders[number];
        let network = &mut self.networks[sender.network];
        let link = Sim::link(0, number + 1);
        if sender.joins.is_some_and(|joins| joins <= now) {
            sender.joins = None;
            let transit = Transit::control(link, Direction::ToSeeder, HEADER_BYTES);
            let request = Datagram::Request { sender: number };
            match self.applies_to {
                AppliesTo::All => (0..REQUESTS).for_each(|_| network.send(now, transit, request)),
                AppliesTo::Media => network.bypass(now, transit, request),
            }
        }
        if sender.next <= now && now < sender.dies {
            let transit = Transit::media(link, self.media_bytes);
            let media = Datagram::Media {
                sender: number,
                number: sender.came.len(),
            };
            network.send(now, transit, media);
            sender.came.push(false);
            sender.next += sender.gap;
        }
    }
}

impl Sender {
    fn new(seeder: &Seeder, network: usize) -> Self {
        Self {
            network,
            next: Timestamp::NEVER,
            gap: Duration::from_secs_f64(1.0 / seeder.max_rate),
            joins: Some(Timestamp::from_secs_f64(seeder.join_s)),
            dies: match seeder.leave_s {
                0.0 => Timestamp::NEVER,
                seconds => Timestamp::from_secs_f64(seconds),
            },
            came: Vec::new(),
        }
    }

    /// A request reaches it; only the first one counts.
    fn begin(&mut self, at: Timestamp) {
        if self.next == Timestamp::NEVER {
            self.next = at;
        }
    }

    fn next_at(&self) -> Timestamp {
        let sends = match self.next < self.dies {
            true => self.next,
            false => Timestamp::NEVER,
        };
        sends.min(self.joins.unwrap_or(Timestamp::NEVER))
    }

    fn is_new(&mut self, number: usize) -> bool {
        !std::mem::replace(&mut self.came[number], true)
    }
}
