//! Plugins that come, change and go while music plays.

use segue_stage::{Shelf, Stage, news};
use segue_transport::Peer;

/// What is installed, and who plays with it.
pub struct Installed<'a> {
    shelf: Shelf,
    peer: &'a Peer,
    /// Other network models wait for the next track.
    network_waits: bool,
}

impl<'a> Installed<'a> {
    pub fn new(shelf: Shelf, peer: &'a Peer) -> Self {
        Self {
            shelf,
            peer,
            network_waits: false,
        }
    }

    /// Takes new versions of what is chosen for the tracks to come; answers what is
    /// to be told.
    pub fn look(&mut self, stage: &Stage) -> Vec<String> {
        let changes = self.shelf.take_news();
        if changes.is_empty() {
            return Vec::new();
        }
        let words = changes.iter().filter_map(news);
        let mut told: Vec<_> = words.map(|(text, _)| format!("segue: {text}")).collect();
        let before = stage.chosen();
        match self.shelf.choose_again(&before) {
            Ok(chosen) => {
                self.network_waits |= chosen.networks != before.networks;
                if chosen.policy != before.policy {
                    let plugin = chosen.policy.plugin();
                    let (name, version) = (plugin.name(), plugin.version());
                    told.push(format!(
                        "segue: from the next track on, {name} {version} plays"
                    ));
                }
                stage.choose(chosen);
            }
            Err(error) => told.push(format!("segue: {error}: going on with the one before")),
        }
        told
    }

    /// Another track begins.
    pub fn on_started(&mut self, stage: &Stage) -> Option<String> {
        if !std::mem::take(&mut self.network_waits) {
            return None;
        }
        let models = stage.chosen().network();
        let set = models
            .map_err(|error| error.to_string())
            .and_then(|models| {
                let set = self.peer.set_network(models);
                set.map_err(|error| error.to_string())
            });
        set.err()
            .map(|error| format!("segue: {error}: going on with the network before"))
    }
}
