//! rush-hour: a shared line that is quiet at night and crowded in the evening.
//!
//! Loss and delay follow the time of day, which is a function of the session's
//! time: it begins at `start_hour`, and `speed` lets a day pass while a track
//! plays. No clock is read, so the same seed gives the same evening each time.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Rng, Values, export_network};

/// How crowded the line is at each full hour, from midnight on: 0 empty, 1 full.
/// The shape of a residential network's day, made up for this example.
const LOAD: [f64; 24] = [
    0.45, 0.25, 0.12, 0.06, 0.03, 0.05, 0.12, 0.25, 0.35, 0.40, 0.42, 0.45, //
    0.50, 0.48, 0.48, 0.50, 0.55, 0.65, 0.78, 0.90, 1.00, 0.98, 0.85, 0.65,
];
const HOUR_NS: f64 = 3.6e12;

struct RushHour {
    start_hour: f64,
    speed: f64,
    loss: f64,
    delay_ns: f64,
    queue_ns: f64,
    seed: u64,
}

impl NetworkModel for RushHour {
    const INFO: Info = Info::new(
        "rush-hour",
        "1.0.0",
        "a shared line: quiet at night, crowded in the evening",
    )
    .with_params(&[
        Param::number(
            "start_hour",
            "h",
            (0.0, 24.0),
            20.0,
            "time of day when it begins",
        ),
        Param::number(
            "speed",
            "",
            (0.0, 86_400.0),
            1.0,
            "hours of that day in an hour of music",
        ),
        Param::number(
            "loss",
            "",
            (0.0, 1.0),
            0.1,
            "share that is lost when the line is full",
        ),
        Param::number(
            "delay_s",
            "s",
            (0.0, 10.0),
            0.02,
            "one way, when the line is empty",
        ),
        Param::number(
            "queue_s",
            "s",
            (0.0, 10.0),
            0.1,
            "most that queues add when the line is full",
        ),
    ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            start_hour: values.number("start_hour"),
            speed: values.number("speed"),
            loss: values.number("loss"),
            delay_ns: values.number("delay_s") * 1e9,
            queue_ns: values.number("queue_s") * 1e9,
            seed,
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let load = self.load(datagram.now_ns);
        // The draws belong to the datagram's place in its flow, so that every
        // policy meets the same evening, however much it says.
        let place = (datagram.flow() as u64) << 40 | datagram.index;
        let mut draws = Rng::new(self.seed ^ Rng::new(place).next_u64());
        // Queues grow long before they drop: loss goes with the load's cube.
        if draws.unit() < self.loss * load * load * load {
            return Fate::LOST;
        }
        Fate::after_ns((self.delay_ns + draws.unit() * load * self.queue_ns) as u64)
    }
}

impl RushHour {
    /// How crowded the line is at this time of the session, 0 to 1.
    fn load(&self, now_ns: u64) -> f64 {
        let hour = (self.start_hour + now_ns as f64 / HOUR_NS * self.speed) % 24.0;
        let (before, part) = (hour as usize % 24, hour % 1.0);
        let after = (before + 1) % 24;
        LOAD[before] + part * (LOAD[after] - LOAD[before])
    }
}

export_network!(RushHour);

#[cfg(test)]
mod tests {
    use segue_policy::testing::Settings;
    use segue_policy::{Direction, Traffic};

    use super::*;

    const MINUTE_NS: u64 = 60_000_000_000;

    fn network(changed: &[(&str, f64)]) -> RushHour {
        let params = RushHour::INFO.params;
        RushHour::new(&Settings::new(params, changed).values(params), 1)
    }

    /// Share that is lost of many datagrams that enter at this time.
    fn loss(network: &mut RushHour, now_ns: u64) -> f64 {
        let lost = (0..10_000).filter(|&index| {
            let datagram = Datagram {
                link: 0,
                direction: Direction::ToListener,
                traffic: Traffic::Media,
                bytes: 480,
                now_ns,
                index,
            };
            network.transit(&datagram) == Fate::LOST
        });
        lost.count() as f64 / 10_000.0
    }

    #[test]
    fn the_evening_is_worse_than_the_night() {
        let night = loss(&mut network(&[("start_hour", 4.0)]), 0);
        let evening = loss(&mut network(&[("start_hour", 20.0)]), 0);
        assert!(night < 0.001, "{night}");
        assert!((0.09..0.11).contains(&evening), "{evening}");
    }

    #[test]
    fn the_day_goes_on_with_the_session_and_begins_again() {
        // A day in an hour: from eight in the evening, 20 minutes are 8 hours.
        let mut network = network(&[("speed", 24.0)]);
        assert!(loss(&mut network, 20 * MINUTE_NS) < 0.001);
        assert_eq!(network.load(60 * MINUTE_NS), network.load(0));
    }
}
