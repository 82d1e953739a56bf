//! trace: delay, loss and rate as a file says, which repeats for ever.
//!
//! The file is CSV with the header `time_s,delay_ms,loss,rate_kbps`. The first
//! row is for time 0; each holds until the next, and the last one as long as
//! the one before it (a single row for ever). An empty cell means "as before";
//! in the first row, no delay, no loss, unlimited rate. `rate_kbps` 0 means
//! unlimited in the first row, and an outage in later ones. Lines that begin
//! with `#` are comments.
//!
//! A datagram meets the row of the moment at which it enters. If it is not
//! lost, it queues for the line (first in, first out; what finds no room is
//! dropped; rates count IPv4 and UDP headers, 28 bytes), and has the delay on
//! top. So it may overtake others when the delay falls from row to row.

use segue_policy::blocks::{Lanes, Line};
use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Values, choices, export_network};

#[path = "../../draws.rs"]
mod draws;
mod file;
mod rows;

use draws::{Draws, Use};
use rows::{PER_BYTE, Rows};

/// IPv4 and UDP headers.
const HEADER_BYTES: u32 = 28;

struct Trace {
    seed: u64,
    rows: Rows,
    queue_bytes: u128,
    random_start: bool,
    lanes: Lanes<Lane>,
    /// Draws of each flow.
    fates: Lanes<Draws>,
}

/// One direction of a link.
struct Lane {
    /// Where in the file this link begins.
    start_ns: u64,
    line: Line,
}

impl NetworkModel for Trace {
    const INFO: Info = Info::new(
        "trace",
        env!("CARGO_PKG_VERSION"),
        "delay, loss and rate from a file: time_s,delay_ms,loss,rate_kbps",
    )
    .with_params(&[
        Param::file(
            "file",
            "CSV with the header time_s,delay_ms,loss,rate_kbps; it repeats",
        ),
        Param::integer(
            "queue_bytes",
            "bytes",
            (0, 1_000_000_000),
            65_536,
            "room before the line, the datagram that is being sent included",
        ),
        Param::choice(
            "start",
            choices!["first", "random"],
            "links begin at the first row, or each somewhere in the file",
        ),
    ]);

    fn check(values: &Values<'_>) -> Result<(), String> {
        file::read(values.file("file")).map(drop)
    }

    fn new(values: &Values<'_>, seed: u64) -> Self {
        Self {
            seed,
            rows: file::read(values.file("file")).expect("it was checked"),
            queue_bytes: values.integer("queue_bytes").max(0) as u128,
            random_start: values.choice("start") == "random",
            lanes: Lanes::default(),
            fates: Lanes::default(),
        }
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let lane = self.lanes.get(datagram.stream(), |lane| {
            let start = if self.random_start {
                // Both directions of a link alike.
                Draws::new(self.seed, Use::Weather, lane / 2).between(0.0, 1.0)
            } else {
                0.0
            };
            Lane {
                start_ns: (start * self.rows.period_ns() as f64) as u64,
                line: Line::default(),
            }
        });
        let now_ns = u128::from(datagram.now_ns) + u128::from(lane.start_ns);
        let row = self.rows.at(now_ns);
        let fates = self.fates.get(datagram.flow(), |flow| {
            Draws::new(self.seed, Use::Datagrams, flow)
        });
        // One draw for every datagram.
        if fates.happens(row.loss) {
            return Fate::LOST;
        }
        let size = u128::from(datagram.bytes) + u128::from(HEADER_BYTES);
        let left = lane.line.enter(
            self.rows.carried(now_ns),
            size * PER_BYTE,
            self.queue_bytes * PER_BYTE,
        );
        match left {
            Some(left) => {
                let wait_ns = (self.rows.when(left) - now_ns) as u64;
                Fate::after_ns(wait_ns.saturating_add(row.delay_ns))
            }
            None => Fate::LOST,
        }
    }
}

export_network!(Trace);
