//! gilbert-elliott: a link with two states, good and bad, each with its own
//! loss, delay and jitter.
//!
//! Sources: E. N. Gilbert, "Capacity of a burst-noise channel" (1960); E. O.
//! Elliott, "Estimates of error rates for codes on burst-noise channels"
//! (1963). Spells of either state are memoryless. With p = 1/mean_good and
//! r = 1/mean_bad, the link is bad for p/(p + r) of the time.
//!
//! `per=ms`: spells last exponentially long in time, and both directions of a
//! link share them, as they share the air. `per=packet`: spells last
//! geometrically many datagrams, counted for each direction by itself; that is
//! the chain of the papers, with p and r per datagram.

use segue_policy::blocks::{Climate, Lanes, Weather};
use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Values, choices, export_network};

#[path = "../../draws.rs"]
mod draws;

use draws::{Draws, Use, ms};

/// Longest mean of a spell: an hour.
const LONGEST: f64 = 3.6e6;

struct GilbertElliott {
    seed: u64,
    per_packet: bool,
    mean_good: f64,
    mean_bad: f64,
    good: Conditions,
    bad: Conditions,
    skies: Lanes<Sky>,
    fates: Lanes<Draws>,
}

/// What a datagram meets in one state.
struct Conditions {
    loss: f64,
    delay_ms: f64,
    jitter_ms: f64,
}

/// The weather of a link, or of one direction of it.
struct Sky {
    weather: Weather,
    spells: Spells,
}

struct Spells {
    draws: Draws,
    per_packet: bool,
    mean_good: f64,
    mean_bad: f64,
}

impl Climate for Spells {
    fn begin(&mut self, era: u64) -> bool {
        self.draws.turn_to(era);
        self.draws
            .happens(self.mean_bad / (self.mean_good + self.mean_bad))
    }

    fn length(&mut self, bad: bool) -> u64 {
        let mean = if bad { self.mean_bad } else { self.mean_good };
        if self.per_packet {
            self.draws.trials(1.0 / mean)
        } else {
            ms(self.draws.exponential(mean))
        }
    }
}

impl NetworkModel for GilbertElliott {
    const INFO: Info = Info::new(
        "gilbert-elliott",
        env!("CARGO_PKG_VERSION"),
        "good and bad spells, each with its own loss, delay and jitter",
    )
    .with_params(&[
        Param::choice(
            "per",
            choices!["ms", "packet"],
            "spells are counted in milliseconds, or in datagrams of one direction",
        ),
        Param::number(
            "mean_good",
            "ms or packets",
            (1.0, LONGEST),
            4000.0,
            "mean length of good spells: 1/p",
        ),
        Param::number(
            "mean_bad",
            "ms or packets",
            (1.0, LONGEST),
            400.0,
            "mean length of bad spells: 1/r",
        ),
        Param::number(
            "loss_good",
            "",
            (0.0, 1.0),
            0.0,
            "probability of loss in good spells",
        ),
        Param::number(
            "loss_bad",
            "",
            (0.0, 1.0),
            0.3,
            "probability of loss in bad spells",
        ),
        Param::number(
            "delay_good_ms",
            "ms",
            (0.0, 60_000.0),
            0.0,
            "delay one way in good spells",
        ),
        Param::number(
            "delay_bad_ms",
            "ms",
            (0.0, 60_000.0),
            0.0,
            "delay one way in bad spells",
        ),
        Param::number(
            "jitter_good_ms",
            "ms",
            (0.0, 60_000.0),
            0.0,
            "mean of the exponential delay on top, good spells",
        ),
        Param::number(
            "jitter_bad_ms",
            "ms",
            (0.0, 60_000.0),
            0.0,
            "mean of the exponential delay on top, bad spells",
        ),
    ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            seed,
            per_packet: values.choice("per") == "packet",
            mean_good: values.number("mean_good"),
            mean_bad: values.number("mean_bad"),
            good: Conditions {
                loss: values.number("loss_good"),
                delay_ms: values.number("delay_good_ms"),
                jitter_ms: values.number("jitter_good_ms"),
            },
            bad: Conditions {
                loss: values.number("loss_bad"),
                delay_ms: values.number("delay_bad_ms"),
                jitter_ms: values.number("jitter_bad_ms"),
            },
            skies: Lanes::default(),
            fates: Lanes::default(),
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let conditions = if self.is_bad(datagram) {
            &self.bad
        } else {
            &self.good
        };
        let fates = self.fates.get(datagram.flow(), |lane| {
            Draws::new(self.seed, Use::Datagrams, lane)
        });
        // Two draws for every datagram, lost or not.
        let lost = fates.happens(conditions.loss);
        let jitter_ms = fates.exponential(conditions.jitter_ms);
        if lost {
            return Fate::LOST;
        }
        Fate::after_ns(ms(conditions.delay_ms + jitter_ms))
    }
}

impl GilbertElliott {
    fn is_bad(&mut self, datagram: &Datagram) -> bool {
        let (lane, now) = if self.per_packet {
            (datagram.flow(), datagram.index)
        } else {
            (datagram.link as usize, datagram.now_ns)
        };
        let sky = self.skies.get(lane, |lane| {
            let cycle = self.mean_good + self.mean_bad;
            Sky {
                weather: Weather::new(if self.per_packet { cycle } else { cycle * 1e6 }),
                spells: Spells {
                    draws: Draws::new(self.seed, Use::Weather, lane),
                    per_packet: self.per_packet,
                    mean_good: self.mean_good,
                    mean_bad: self.mean_bad,
                },
            }
        });
        sky.weather.at(now, &mut sky.spells).bad
    }
}

export_network!(GilbertElliott);
