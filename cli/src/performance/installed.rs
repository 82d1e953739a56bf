//! Plugins that come, change and go while music plays.

use segue_stage::{Shelf, Stage, news};
use segue_transport::Peer;

/// What is installed, and who plays with it.
pub struct Installed<'a> {
    shelf: Shelf,
    peer: &'a Peer,
}

impl<'a> Installed<'a> {
    pub fn new(shelf: Shelf, peer: &'a Peer) -> Self {
        Self { shelf, peer }
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
        match self.shelf.choose_again(&stage.chosen()) {
            Ok(chosen) => {
                let policy = chosen.policy.clone();
                if stage.renew(chosen).policy != policy {
                    let (name, version) = (policy.plugin().name(), policy.plugin().version());
                    told.push(format!(
                        "segue: from the next track on, {name} {version} plays"
                    ));
                }
            }
            Err(error) => told.push(format!("segue: {error}: going on with the one before")),
        }
        told
    }

    /// Another track begins.
    pub fn on_started(&self, stage: &Stage) -> Option<String> {
        let models = stage.network_of_next().map_err(|error| error.to_string());
        let set = models.and_then(|models| match models {
            Some(models) => self
                .peer
                .set_network(models)
                .map_err(|error| error.to_string()),
            None => Ok(()),
        });
        set.err()
            .map(|error| format!("segue: {error}: going on with the network before"))
    }
}
