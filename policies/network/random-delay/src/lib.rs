//! random-delay: each datagram is lost with one probability, and otherwise
//! delayed by half the round-trip time plus a random part.
//!
//! Source: the delay module of the paper that Segue grew from (UFMS, 2019),
//! whose random part is X = −ln(U)/λ with U uniform on (0, 0.1): at least
//! ln(10)/λ, mean (1 + ln 10)/λ, standard deviation 1/λ. `shape=exponential`
//! takes U from (0, 1) instead: the plain exponential of mean 1/λ.
//!
//! Logarithms come from the `libm` crate, so that a seed gives the same delays
//! on every machine.

use rand::distr::{Bernoulli, Distribution};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use segue_policy::blocks::Lanes;
use segue_policy::{
    Datagram, Fate, Info, NetworkModel, Param, Traffic, Values, choices, export_network,
};

struct RandomDelay {
    loss: Bernoulli,
    half_rtt_s: f64,
    /// Of the random part: 1/lambda.
    sd_s: f64,
    u_max: f64,
    seed: u64,
    /// One generator for each flow, so that its k-th draw always belongs to its
    /// k-th datagram.
    streams: Lanes<ChaCha8Rng>,
}

impl NetworkModel for RandomDelay {
    const INFO: Info = Info::new(
        "random-delay",
        env!("CARGO_PKG_VERSION"),
        "independent losses; half the round-trip time plus a random delay",
    )
    .with_params(&[
        Param::number(
            "loss",
            "",
            (0.0, 1.0),
            0.0,
            "probability that a datagram is lost",
        ),
        Param::number(
            "rtt_s",
            "s",
            (0.0, 60.0),
            0.0,
            "round-trip time without the random part",
        ),
        Param::number(
            "lambda",
            "1/s",
            (0.1, 1e6),
            100.0,
            "rate of the random part: sd 1/lambda",
        ),
        Param::choice(
            "shape",
            choices!["paper", "exponential"],
            "random part: as in the paper (at least ln(10)/lambda), or plain exponential",
        ),
    ]);

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            loss: Bernoulli::new(values.number("loss")).expect("from 0 to 1, as the range says"),
            half_rtt_s: values.number("rtt_s") / 2.0,
            sd_s: 1.0 / values.number("lambda"),
            u_max: if values.choice("shape") == "paper" {
                0.1
            } else {
                1.0
            },
            seed,
            streams: Lanes::default(),
        }
    }

    #[inline]
    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let rng = self.streams.get(datagram.flow(), |_| {
            let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
            let traffic = u64::from(datagram.traffic == Traffic::Control);
            rng.set_stream(traffic << 32 | datagram.stream() as u64);
            rng
        });
        // Two draws for every datagram, lost or not (but where all are lost).
        let (is_lost, u) = (self.loss.sample(rng), unit(rng));
        if is_lost {
            return Fate::LOST;
        }
        let random_s = -libm::log(u * self.u_max) * self.sd_s;
        Fate::after_ns(((self.half_rtt_s + random_s) * 1e9) as i64 as u64)
    }
}

/// Uniform on (0, 1], 53 bits: never 0, whose logarithm is infinite.
fn unit(rng: &mut ChaCha8Rng) -> f64 {
    let number = (rng.next_u64() >> 11) as i64 + 1; // signed: converted in one step
    number as f64 / (1u64 << 53) as f64
}

export_network!(RandomDelay);
