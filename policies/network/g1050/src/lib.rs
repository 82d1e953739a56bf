//! g1050: the local network of ITU-T G.1050 (2007), also TIA-921: a network
//! model for multimedia over IP.
//!
//! Time runs in slots of 1 ms, and each direction of a link (a switched LAN is
//! full duplex) is in a low or a high state: P(low → high) = 0.0001 · occupancy
//! and P(high → low) = 0.1 per slot, occupancy in %. Only in the high state are
//! datagrams lost, with probability 0.000025 · occupancy, and only there has a
//! slot, with probability 0.5, an impulse of delay, uniform up to the time that
//! the line takes for a datagram of full size, times 1 + occupancy/40. Every
//! datagram is delayed by another 0 to 1.5 ms, uniformly.
//!
//! The severities A to H are occupancies of 1, 2, 3, 5, 8, 12, 16 and 20 %.
//! Full size and rate of the line are parameters; their defaults, 1500 bytes at
//! 100 Mbit/s, are those of Fast Ethernet.

use segue_policy::blocks::{Climate, Lanes, Weather};
use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Values, choices, export_network};

#[path = "../../draws.rs"]
mod draws;

use draws::{Draws, Use, ms};

const SLOT_NS: u64 = 1_000_000;
/// P(high → low) per slot.
const CALMS: f64 = 0.1;
/// P(impulse) per slot of the high state.
const IMPULSE: f64 = 0.5;
/// Most delay that every datagram may get.
const SPREAD_MS: f64 = 1.5;

struct G1050 {
    seed: u64,
    /// P(low → high) per slot.
    rises: f64,
    loss_high: f64,
    highest_impulse_ms: f64,
    lanes: Lanes<Lane>,
    /// Draws of each flow.
    fates: Lanes<Draws>,
}

/// One direction of a link.
struct Lane {
    weather: Weather,
    spells: Spells,
    slots: Draws,
}

struct Spells {
    draws: Draws,
    rises: f64,
}

impl Climate for Spells {
    fn begin(&mut self, era: u64) -> bool {
        self.draws.turn_to(era);
        self.draws.happens(self.rises / (self.rises + CALMS))
    }

    fn length(&mut self, high: bool) -> u64 {
        self.draws.trials(if high { CALMS } else { self.rises })
    }
}

/// Occupancy in % of a severity.
fn occupancy(severity: &str) -> f64 {
    match severity {
        "a" => 1.0,
        "b" => 2.0,
        "c" => 3.0,
        "d" => 5.0,
        "e" => 8.0,
        "f" => 12.0,
        "g" => 16.0,
        _ => 20.0,
    }
}

impl NetworkModel for G1050 {
    const INFO: Info = Info::new(
        "g1050",
        env!("CARGO_PKG_VERSION"),
        "local network after ITU-T G.1050 (2007), severity a to h",
    )
    .with_params(&[
        Param::choice(
            "severity",
            choices!["a", "b", "c", "d", "e", "f", "g", "h"],
            "how busy it is: occupancy of 1, 2, 3, 5, 8, 12, 16 or 20 %",
        ),
        Param::number(
            "occupancy",
            "%",
            (0.0, 100.0),
            0.0,
            "how busy it is; 0 uses severity",
        ),
        Param::integer(
            "mtu_bytes",
            "bytes",
            (64, 65_535),
            1500,
            "full size of a datagram of other traffic",
        ),
        Param::number("kbps", "kbit/s", (64.0, 1e8), 100_000.0, "rate of the line"),
    ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        let occupancy = match values.number("occupancy") {
            0.0 => occupancy(values.choice("severity")),
            percent => percent,
        };
        let full_size_ms = values.number("mtu_bytes") * 8.0 / values.number("kbps");
        Self {
            seed,
            rises: 0.0001 * occupancy,
            loss_high: 0.000_025 * occupancy,
            highest_impulse_ms: full_size_ms * (1.0 + occupancy / 40.0),
            lanes: Lanes::default(),
            fates: Lanes::default(),
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let (seed, rises) = (self.seed, self.rises);
        let lane = self.lanes.get(datagram.stream(), |lane| Lane {
            weather: Weather::new(1.0 / rises + 1.0 / CALMS),
            spells: Spells {
                draws: Draws::new(seed, Use::Weather, lane),
                rises,
            },
            slots: Draws::new(seed, Use::Slots, lane),
        });
        let fates = self.fates.get(datagram.flow(), |flow| {
            Draws::new(seed, Use::Datagrams, flow)
        });
        let slot = datagram.now_ns / SLOT_NS;
        let high = lane.weather.at(slot, &mut lane.spells).bad;
        // Two draws for every datagram, lost or not.
        let (lost, spread_ms) = (fates.happens(self.loss_high), fates.between(0.0, SPREAD_MS));
        if !high {
            return Fate::after_ns(ms(spread_ms));
        }
        if lost {
            return Fate::LOST;
        }
        lane.slots.turn_to_pair(slot);
        let impulse_ms = if lane.slots.happens(IMPULSE) {
            lane.slots.between(0.0, self.highest_impulse_ms)
        } else {
            0.0
        };
        Fate::after_ns(ms(spread_ms + impulse_ms))
    }
}

export_network!(G1050);
