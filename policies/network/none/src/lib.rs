//! none: every datagram arrives at once. The simplest network model.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Values, export_network};

struct Untouched;

impl NetworkModel for Untouched {
    const INFO: Info = Info::new(
        "none",
        env!("CARGO_PKG_VERSION"),
        "no loss and no delay of its own",
    );

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }

    fn transit(&mut self, _datagram: &Datagram) -> Fate {
        Fate::after_ns(0)
    }
}

export_network!(Untouched);
