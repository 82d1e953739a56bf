//! Broken on purpose: delivers nothing.

use segue_policy::{Datagram, Fate, Info, NetworkModel, Values, export_network};

struct Broken;

impl NetworkModel for Broken {
    const INFO: Info = Info::new("drops-everything", "1.0.0", "delivers nothing");

    fn new(_values: &Values<'_>, _seed: u64) -> Self {
        Self
    }

    fn transit(&mut self, _datagram: &Datagram) -> Fate {
        Fate::LOST
    }
}

export_network!(Broken);
