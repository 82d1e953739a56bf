//! Broken on purpose: knows two links only.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Values, export_network};

struct Broken;

impl NetworkModel for Broken {
    const INFO: Info = Info::new("two-links", "1.0.0", "knows two links only");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }

    fn transit(&mut self, datagram: &Datagram) -> Fate {
        let delays_ns = [10_000_000, 20_000_000];
        Fate::after_ns(delays_ns[datagram.link as usize])
    }
}

export_network!(Broken);
