//! A scene in virtual time: as soon as it can be computed.

use segue_core::ids::{PeerId, SessionId};
use segue_core::listener::{Event, ListenerConfig, Output};
use segue_core::node::{Node, NodeConfig};
use segue_core::playback::Start;
use segue_core::scene::{Lapse, Played, Scene, Turn};
use segue_core::seeder::SeederConfig;
use segue_core::sim::{Keep, Sim};
use segue_core::time::Timestamp;

/// The listener's number; seeders follow.
const LISTENER: usize = 0;
const SESSION: SessionId = SessionId(1);

/// Plays a scene in the simulator.
pub fn simulate(scene: Scene) -> Played {
    let happenings = happenings(&scene);
    let mut sim = Sim::new(scene.network, scene.applies_to);
    sim.keep(Keep::Events);
    sim.add(node(LISTENER, SeederConfig::default()));
    for (number, server) in scene.seeders.into_iter().enumerate() {
        let mut node = node(LISTENER + 1 + number, server.config);
        // Served, but not announced: seeders join when the scene says.
        node.serve_only([&scene.track]);
        let index = sim.add(node);
        if let Some(own) = server.network {
            sim.set_network(LISTENER, index, own);
        }
    }
    let config = ListenerConfig {
        session: SESSION,
        track: scene.track,
        paced: true,
        ahead_packets: u32::MAX,
        timeline: scene.timeline,
        start: Start::BEGINNING,
        have: Vec::new(),
    };
    let begin = scene.log.map(|label| label.begin(&config));
    sim.with_node(LISTENER, |node, now| {
        node.open(now, config, scene.policy, begin)
    });
    let mut show = Show {
        sim,
        keeps_reasons: scene.timeline,
        played: Played::default(),
    };
    show.perform(&happenings, scene.timeout);
    show.finish()
}

/// What comes from outside.
#[derive(Clone, Copy)]
enum Happening {
    /// A node goes on after a lapse.
    GoesOn(usize),
    Turn(Turn),
    /// A lapse of a node begins.
    Stops(usize),
}

/// All of it, in order: one lapse of a node may begin as another ends.
fn happenings(scene: &Scene) -> Vec<(Timestamp, Happening)> {
    let ends = |lapse: &Lapse| (lapse.until, Happening::GoesOn(lapse.node));
    let begins = |lapse: &Lapse| (lapse.from, Happening::Stops(lapse.node));
    let turns = scene.turns().into_iter();
    let mut all: Vec<_> = scene.lapses.iter().map(ends).collect();
    all.extend(turns.map(|(at, turn)| (at, Happening::Turn(turn))));
    all.extend(scene.lapses.iter().map(begins));
    all.sort_by_key(|&(at, _)| at); // those of one moment stay in this order
    all
}

/// A session under way.
struct Show {
    sim: Sim,
    keeps_reasons: bool,
    played: Played,
}

impl Show {
    /// Runs the session to its end, while seeders come and go.
    fn perform(&mut self, happenings: &[(Timestamp, Happening)], timeout: Timestamp) {
        let mut attached = false;
        for &(at, happening) in happenings {
            if at > Timestamp::ZERO && !attached {
                self.sim.attach(LISTENER, SESSION);
                attached = true;
            }
            self.run_to(at);
            match happening {
                Happening::Stops(node) => self.sim.set_asleep(node, true),
                Happening::GoesOn(node) => self.sim.set_asleep(node, false),
                Happening::Turn(Turn::Joins(seeder)) => join(&mut self.sim, LISTENER + 1 + seeder),
                Happening::Turn(Turn::Dies(seeder)) => {
                    self.sim.set_dead(LISTENER + 1 + seeder, true);
                }
            }
        }
        if !attached {
            self.sim.attach(LISTENER, SESSION);
        }
        self.run_to(timeout);
    }

    /// Runs until `end`, unless the session is over before.
    fn run_to(&mut self, end: Timestamp) {
        if !has_ended(&self.sim) {
            self.sim.run_until(end, has_ended);
        }
        for (at, _, output) in self.sim.take_heard() {
            match output {
                Output::Event(Event::Reason(why)) if self.keeps_reasons => {
                    self.played.reasons.push((at, why));
                }
                Output::Event(event) => self.played.faults.extend(event.of_policy()),
                _ => {}
            }
        }
    }

    fn finish(mut self) -> Played {
        let faults = self.sim.take_faults().into_iter();
        let faults = faults.map(|(_, fault)| fault.to_string());
        self.played.faults.extend(faults);
        if let Some(session) = self.sim.node(LISTENER).session(SESSION) {
            self.played.metrics = session.metrics();
            self.played.timeline = session.timeline().clone();
        }
        self.played.log = (self.sim).with_node(LISTENER, |node, _| node.take_log(SESSION));
        self.played.end = self.sim.now();
        self.played
    }
}

fn node(number: usize, seeder: SeederConfig) -> Node {
    Node::new(NodeConfig {
        peer: PeerId(number as u64),
        port: Sim::PORT,
        secret: [number as u8; 32],
        seeder,
    })
}

fn join(sim: &mut Sim, seeder: usize) {
    let (now, listener) = (sim.now(), sim.address_of(LISTENER));
    let token = sim.node(seeder).token_for(listener, now);
    let address = sim.address_of(seeder);
    sim.with_node(LISTENER, |node, now| {
        node.join(now, SESSION, address, token)
    });
}

fn has_ended(sim: &Sim) -> bool {
    let session = sim.node(LISTENER).session(SESSION);
    session.is_none_or(|session| session.has_ended())
}
