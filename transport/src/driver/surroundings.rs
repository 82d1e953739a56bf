//! What changes around a node: interfaces, sleep, the addresses of names.

use std::net::SocketAddr;

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant};

use super::Driver;
use crate::files::Fetched;
use crate::interfaces::Look;
use crate::names::PeerName;

/// A name whose peer is silent for this long may stand for another address.
const SILENCE: Duration = Duration::from_secs(5);
/// A name is looked up no more often.
const LOOKUP_PAUSE: Duration = Duration::from_secs(10);

/// News from those who work beside the network's thread.
pub enum News {
    /// A file was read for packets that are to be sent.
    Fetched(Fetched),
    /// A look around.
    Look(Look),
    /// What a name stands for; nothing if that cannot be told now.
    Resolved {
        name: u32,
        addresses: Vec<SocketAddr>,
    },
}

/// A peer named by people.
pub struct Named {
    name: PeerName,
    /// When it may be looked up again; `None` while it is.
    again: Option<Instant>,
}

impl Driver {
    pub(super) async fn on_news(&mut self, news: News) {
        match news {
            News::Fetched(fetched) => self.on_fetched(fetched).await,
            News::Look(look) => self.on_look(look),
            News::Resolved { name, addresses } => {
                if let Some(named) = self.names.get_mut(name as usize) {
                    named.again = Some(Instant::now() + LOOKUP_PAUSE);
                }
                if !addresses.is_empty() {
                    let now = self.clock.now();
                    self.node.add_named_peer(now, name, addresses);
                }
            }
        }
    }

    fn on_look(&mut self, look: Look) {
        let now = self.clock.now();
        let changed = look.changed.is_some();
        if let Some(interfaces) = look.changed {
            tracing::info!("the network interfaces changed");
            self.beacons.move_to(interfaces);
        }
        if look.woke {
            tracing::info!("awake again");
        }
        if changed || look.woke {
            self.node.announce(now);
            for named in &mut self.names {
                named.again = named.again.map(|at| at.min(Instant::now()));
            }
        }
        let silent: Vec<_> = self.node.discovery().silent_names(now, SILENCE).collect();
        for name in silent {
            self.look_up(name);
        }
    }

    pub(super) fn add_name(&mut self, name: PeerName) {
        if self.names.iter().any(|known| known.name == name) {
            return;
        }
        let number = self.names.len() as u32;
        self.names.push(Named {
            name,
            again: Some(Instant::now()),
        });
        // It is asked for from now on, though it stands for nothing yet.
        self.node
            .add_named_peer(self.clock.now(), number, Vec::new());
        self.look_up(number);
    }

    /// Looks a name up beside this thread, unless it was just done.
    fn look_up(&mut self, number: u32) {
        let Some(named) = self.names.get_mut(number as usize) else {
            return;
        };
        if named.again.is_none_or(|at| Instant::now() < at) {
            return;
        }
        named.again = None;
        let (name, tell) = (named.name.clone(), self.tell.clone());
        spawn_blocking(move || tell_addresses(number, &name, &tell));
    }
}

fn tell_addresses(number: u32, name: &PeerName, tell: &UnboundedSender<News>) {
    let addresses = name.resolve().unwrap_or_else(|error| {
        tracing::debug!("cannot look up {name}: {error}");
        Vec::new()
    });
    // Nobody listens any more when the node has ended.
    let _ = tell.send(News::Resolved {
        name: number,
        addresses,
    });
}
