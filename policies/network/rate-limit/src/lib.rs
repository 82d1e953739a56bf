//! rate-limit: a line that carries so many bits per second, with a first-in
//! first-out queue before it that drops what finds no room (drop tail).
//!
//! Nothing here is random. A datagram counts with its IPv4 and UDP headers (28
//! bytes); its delay is its wait plus the time that its own bits take. Each
//! link and direction has a line of its own, like a seeder's uplink, or all
//! links share one for each direction, like a listener's access line.

use segue_policy::blocks::{Lanes, Line};
use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Values, choices, export_network};

/// IPv4 and UDP headers.
const HEADER_BYTES: u32 = 28;

struct RateLimit {
    bits_per_s: u128,
    queue_bytes: u128,
    shared: bool,
    lines: Lanes<Line>,
}

/// The work of a line is counted in billionths of a bit: so bits per second
/// times nanoseconds is a whole number.
const PER_BYTE: u128 = 8_000_000_000;

impl NetworkModel for RateLimit {
    const INFO: Info = Info::new(
        "rate-limit",
        env!("CARGO_PKG_VERSION"),
        "a line of limited rate with a queue that drops what finds no room",
    )
    .with_params(&[
        Param::number(
            "kbps",
            "kbit/s",
            (1.0, 1e8),
            1000.0,
            "rate of the line; headers count",
        ),
        Param::integer(
            "queue_bytes",
            "bytes",
            (0, 1_000_000_000),
            65_536,
            "room for datagrams, the one that is being sent included",
        ),
        Param::choice(
            "line",
            choices!["each", "shared"],
            "each link has a line of its own, or all links share one (each direction)",
        ),
    ]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        Self {
            bits_per_s: (values.number("kbps") * 1000.0) as u128,
            queue_bytes: values.integer("queue_bytes").max(0) as u128,
            shared: values.choice("line") == "shared",
            lines: Lanes::default(),
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let lane = if self.shared {
            datagram.stream() % 2
        } else {
            datagram.stream()
        };
        let line = self.lines.get(lane, |_| Line::default());
        let now_ns = u128::from(datagram.now_ns);
        let size = u128::from(datagram.bytes) + u128::from(HEADER_BYTES);
        let left = line.enter(
            now_ns * self.bits_per_s,
            size * PER_BYTE,
            self.queue_bytes * PER_BYTE,
        );
        match left {
            Some(left) => Fate::after_ns((left / self.bits_per_s - now_ns) as u64),
            None => Fate::LOST,
        }
    }
}

export_network!(RateLimit);
