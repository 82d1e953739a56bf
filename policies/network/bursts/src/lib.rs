//! bursts: now and then everything on a link is lost for a while.
//!
//! A burst begins an exponentially distributed time after the end of the one
//! before, and lasts uniformly long between two bounds; both directions of a
//! link are silent together. So no burst is ever longer than the upper bound:
//! the classes of bursts (up to 120, 320, 1000 ms) in which public challenges
//! for packet-loss concealment sort their traces of real calls.

use segue_policy::blocks::{Climate, Lanes, Weather};
use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Values, export_network};

#[path = "../../draws.rs"]
mod draws;

use draws::{Draws, Use, ms};

struct Bursts {
    seed: u64,
    law: Law,
    delay_ms: f64,
    jitter_ms: f64,
    skies: Lanes<Sky>,
    fates: Lanes<Draws>,
}

#[derive(Clone, Copy)]
struct Law {
    mean_s: f64,
    min_ms: f64,
    max_ms: f64,
}

struct Sky {
    weather: Weather,
    spells: Spells,
}

struct Spells {
    draws: Draws,
    law: Law,
}

impl Climate for Spells {
    fn begin(&mut self, era: u64) -> bool {
        self.draws.turn_to(era);
        false
    }

    fn length(&mut self, burst: bool) -> u64 {
        let Law {
            mean_s,
            min_ms,
            max_ms,
        } = self.law;
        ms(if burst {
            self.draws.between(min_ms, max_ms)
        } else {
            self.draws.exponential(mean_s * 1000.0)
        })
    }
}

impl NetworkModel for Bursts {
    const INFO: Info = Info::new(
        "bursts",
        env!("CARGO_PKG_VERSION"),
        "now and then everything is lost for a while",
    )
    .with_params(&[
        Param::number(
            "mean_s",
            "s",
            (0.01, 3600.0),
            5.0,
            "mean time from the end of a burst to the next one",
        ),
        Param::number(
            "min_ms",
            "ms",
            (0.0, 60_000.0),
            120.0,
            "shortest burst; lengths are uniform up to max_ms",
        ),
        Param::number("max_ms", "ms", (0.0, 60_000.0), 320.0, "longest burst"),
        Param::number("delay_ms", "ms", (0.0, 60_000.0), 0.0, "delay one way"),
        Param::number(
            "jitter_ms",
            "ms",
            (0.0, 60_000.0),
            0.0,
            "mean of the exponential delay on top",
        ),
    ]);

    fn check(values: &Values<'_>) -> Result<(), String> {
        let (min_ms, max_ms) = (values.number("min_ms"), values.number("max_ms"));
        if min_ms > max_ms {
            return Err(format!(
                "`min_ms` is {min_ms}, but must not be above `max_ms`, which is {max_ms}"
            ));
        }
        Ok(())
    }

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            seed,
            law: Law {
                mean_s: values.number("mean_s"),
                min_ms: values.number("min_ms"),
                max_ms: values.number("max_ms"),
            },
            delay_ms: values.number("delay_ms"),
            jitter_ms: values.number("jitter_ms"),
            skies: Lanes::default(),
            fates: Lanes::default(),
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let (seed, law) = (self.seed, self.law);
        let sky = self.skies.get(datagram.link as usize, |lane| {
            let burst_ms = (law.min_ms + law.max_ms) / 2.0;
            Sky {
                weather: Weather::new((law.mean_s * 1000.0 + burst_ms) * 1e6),
                spells: Spells {
                    draws: Draws::new(seed, Use::Weather, lane),
                    law,
                },
            }
        });
        let lost = sky.weather.at(datagram.now_ns, &mut sky.spells).bad;
        let fates = self.fates.get(datagram.flow(), |lane| {
            Draws::new(seed, Use::Datagrams, lane)
        });
        // One draw for every datagram, lost or not.
        let jitter_ms = fates.exponential(self.jitter_ms);
        if lost {
            return Fate::LOST;
        }
        Fate::after_ns(ms(self.delay_ms + jitter_ms))
    }
}

export_network!(Bursts);
