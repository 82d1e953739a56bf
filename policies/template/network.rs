//! @NAME@: a network model for Segue.
//!
//! It is shown each datagram and answers what becomes of it. Results depend
//! only on what it is shown, its parameters and its seed: no clock, no threads,
//! no files.
//!
//! `cargo doc -p segue-policy --open` shows how all of it works; begin with `guide`.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Rng, Values, export_network};

struct Network {
    loss: f64,
    delay_ns: u64,
    seed: u64,
}

impl NetworkModel for Network {
    // Name, version and one line of what it does; then the parameters, each
    // with unit, range, default and help.
    const INFO: Info = Info::new(
        "@NAME@",
        env!("CARGO_PKG_VERSION"),
        "loses datagrams one by one, and delays the others",
    )
    .with_params(&[
        Param::number("loss", "", (0.0, 1.0), 0.05, "share of the datagrams that is lost"),
        Param::number("delay", "s", (0.0, 10.0), 0.02, "delay of the others, one way"),
    ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            loss: values.number("loss"),
            delay_ns: (values.number("delay") * 1e9) as u64,
            seed,
        }
    }

    // Called for every datagram, in order of time.
    fn transit(&mut self, datagram: &Datagram) -> Fate {
        // The draw belongs to the datagram's place in its flow, so that every
        // policy meets the same losses, however much it says.
        let place = (datagram.flow() as u64) << 40 | datagram.index;
        let mut draws = Rng::new(self.seed ^ Rng::new(place).next_u64());
        match draws.unit() < self.loss {
            true => Fate::LOST,
            false => Fate::after_ns(self.delay_ns),
        }
    }
}

export_network!(Network);

#[cfg(test)]
mod tests {
    use segue_policy::testing::Settings;
    use segue_policy::{Direction, Traffic};

    use super::*;

    #[test]
    fn it_loses_as_much_as_it_is_told() {
        let params = Network::INFO.params;
        let settings = Settings::new(params, &[("loss", 0.2)]);
        let mut network = Network::new(&settings.values(params), 1);
        let mut fate = |index| {
            network.transit(&Datagram {
                link: 0,
                direction: Direction::ToListener,
                traffic: Traffic::Media,
                bytes: 480,
                now_ns: index * 20_000_000,
                index,
            })
        };
        let lost = (0..10_000).filter(|&index| fate(index) == Fate::LOST).count();
        assert!((1900..2100).contains(&lost), "{lost}");
    }
}
