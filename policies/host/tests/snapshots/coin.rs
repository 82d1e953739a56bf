//! A network model: built with the SDK of 1.0 and of now.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Rng, Values, export_network};

struct Coin {
    loss: f64,
    seed: u64,
}

impl NetworkModel for Coin {
    const INFO: Info = Info::new("coin", "1.0.0", "loses some, delays and doubles others")
        .with_params(&[Param::number("loss", "", (0.0, 1.0), 0.2, "share that is lost")]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            loss: values.number("loss"),
            seed,
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let place = (datagram.stream() as u64) << 40 | datagram.index;
        let mut draws = Rng::new(self.seed ^ Rng::new(place).next_u64());
        if draws.unit() < self.loss {
            return Fate::LOST;
        }
        let fate = Fate::after_ns(u64::from(draws.below(20_000_000) + datagram.bytes));
        match draws.below(10) {
            0 => fate.and_after_ns(30_000_000),
            _ => fate,
        }
    }
}

export_network!(Coin);
