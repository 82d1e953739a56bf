//! Many nodes in virtual time, in one thread: the very state machines of the
//! live network, jumping from event to event.

pub mod device;
mod post;

use std::collections::BTreeMap;
use std::hint::select_unpredictable;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use segue_policy::host::{self, Fault};

use crate::ids::SessionId;
use crate::listener::Output;
pub use crate::network::AppliesTo;
use crate::network::Network;
use crate::node::{Node, NodeOutput};
use crate::time::Timestamp;
use crate::wire::Message;
pub(crate) use device::Device;
use post::{InFlight, Place};

/// What a session did, in order.
pub type Heard = Vec<(Timestamp, SessionId, Output)>;

/// What of its sessions' outputs a simulation keeps for [`Sim::take_heard`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// All.
    #[default]
    Everything,
    /// Events alone: memory stays small, however long the track. Metrics and
    /// timeline are the listener's own, and stay.
    Events,
}

impl Keep {
    #[inline]
    fn keeps(self, output: &Output) -> bool {
        self == Self::Everything || matches!(output, Output::Event(_))
    }
}

/// Nodes, devices, and the network between them.
pub struct Sim {
    now: Timestamp,
    nodes: Vec<Peer>,
    /// When each node wants to be called; `NEVER` for one that does not run. Looked
    /// at for every event, so it lies in one piece.
    wakes: Vec<Timestamp>,
    /// The common network, then those of links that have one of their own.
    networks: Vec<Network<InFlight>>,
    own: BTreeMap<u32, usize>,
    applies_to: AppliesTo,
    devices: Vec<(usize, SessionId, Device)>,
    heard: Heard,
    keep: Keep,
    /// Room for a datagram.
    scratch: Vec<u8>,
    broadcast_blocked: bool,
}

struct Peer {
    node: Node,
    wake: Timestamp,
    /// Switched off: nothing comes in or goes out.
    dead: bool,
    /// Asleep: what comes for it waits.
    asleep: bool,
    waiting: Vec<(InFlight, usize)>,
    /// How often it has got another address.
    moves: u8,
    address: SocketAddr,
}

impl Peer {
    /// When it wants to be called: never, while it does not run.
    fn calls_at(&self) -> Timestamp {
        match self.dead || self.asleep {
            true => Timestamp::NEVER,
            false => self.wake,
        }
    }
}

impl Sim {
    /// No nodes yet, joined by a network of these models.
    pub fn new(models: Vec<Box<dyn host::Network>>, applies_to: AppliesTo) -> Self {
        Self {
            now: Timestamp::ZERO,
            nodes: Vec::new(),
            wakes: Vec::new(),
            networks: vec![Network::new(models)],
            own: BTreeMap::new(),
            applies_to,
            devices: Vec::new(),
            heard: Vec::new(),
            keep: Keep::Everything,
            scratch: Vec::new(),
            broadcast_blocked: false,
        }
    }

    /// Gives the link between two nodes a network of its own, instead of the
    /// common one.
    pub fn set_network(&mut self, a: usize, b: usize, models: Vec<Box<dyn host::Network>>) {
        self.own.insert(Self::link(a, b), self.networks.len());
        self.networks.push(Network::new(models));
    }

    /// Lets no broadcast through, as some access points do; or lets it again.
    pub fn block_broadcast(&mut self, blocked: bool) {
        self.broadcast_blocked = blocked;
    }

    /// The data port of every simulated node.
    pub const PORT: u16 = 9;

    /// The address of node number `index`, unless it has moved.
    pub fn address(index: usize) -> SocketAddr {
        Self::moved(index, 0)
    }

    fn moved(index: usize, moves: u8) -> SocketAddr {
        let number = u32::try_from(index).unwrap_or(u32::MAX) & 0xff_ffff;
        let net = Ipv4Addr::new(Place::NET.wrapping_add(moves), 0, 0, 0);
        let ip = Ipv4Addr::from(u32::from(net) | number);
        SocketAddr::new(IpAddr::V4(ip), Self::PORT)
    }

    /// The address of node number `index` now.
    pub fn address_of(&self, index: usize) -> SocketAddr {
        self.nodes[index].address
    }

    /// Gives a node another address, without a word to it; what is on the way to
    /// the old one is lost.
    pub fn readdress(&mut self, index: usize) {
        let peer = &mut self.nodes[index];
        peer.moves = peer.moves.wrapping_add(1);
        peer.address = Self::moved(index, peer.moves);
    }

    /// Adds a node; answers its number.
    pub fn add(&mut self, node: Node) -> usize {
        self.nodes.push(Peer {
            node,
            wake: self.now,
            dead: false,
            asleep: false,
            waiting: Vec::new(),
            moves: 0,
            address: Self::address(self.nodes.len()),
        });
        self.wakes.push(self.now);
        self.nodes.len() - 1
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Puts another node in the place of one: that program was started anew.
    pub fn replace(&mut self, index: usize, node: Node) {
        self.nodes[index].node = node;
        self.drain(index);
    }

    /// A node, to look at.
    pub fn node(&self, index: usize) -> &Node {
        &self.nodes[index].node
    }

    /// A node, to command; what it wants done is done at once.
    pub fn with_node<R>(
        &mut self,
        index: usize,
        command: impl FnOnce(&mut Node, Timestamp) -> R,
    ) -> R {
        let answer = command(&mut self.nodes[index].node, self.now);
        self.drain(index);
        answer
    }

    /// Attaches a device to a session of a node: it asks for its first frame now.
    pub fn attach(&mut self, index: usize, session: SessionId) {
        if let Some(listener) = self.nodes[index].node.session(session) {
            let config = listener.config();
            let device = Device::new(self.now, &config.track, config.paced);
            self.devices.push((index, session, device));
        }
    }

    /// Switches a node off (it says no goodbye) or on again.
    pub fn set_dead(&mut self, index: usize, dead: bool) {
        let peer = &mut self.nodes[index];
        peer.dead = dead;
        self.wakes[index] = peer.calls_at();
        if !dead {
            self.drain(index);
        }
    }

    /// Puts a node to sleep (its program stands still, its sockets gather what
    /// comes), or wakes it up.
    pub fn set_asleep(&mut self, index: usize, asleep: bool) {
        let peer = &mut self.nodes[index];
        peer.asleep = asleep;
        self.wakes[index] = peer.calls_at();
        if asleep {
            return;
        }
        for (flight, bytes) in std::mem::take(&mut peer.waiting) {
            self.hand_over(index, flight, bytes);
        }
    }

    /// Says what is kept from now on.
    pub fn keep(&mut self, keep: Keep) {
        self.keep = keep;
    }

    /// What sessions did since the last call, as far as it was kept.
    pub fn take_heard(&mut self) -> Heard {
        std::mem::take(&mut self.heard)
    }

    /// Runs until `end`, or until `done` says so after an event.
    pub fn run_until(&mut self, end: Timestamp, mut done: impl FnMut(&Self) -> bool) {
        while self.advance(end) {
            if done(self) {
                return;
            }
        }
        self.now = end;
    }

    /// Does what happens next; answers whether that is by `end`. Of what happens at
    /// one moment arrivals come first, then timers, then devices.
    fn advance(&mut self, end: Timestamp) -> bool {
        let (arrival, (wake, waker), ask) =
            (self.next_arrival(), self.next_wake(), self.next_ask());
        let next = arrival.min(wake).min(ask);
        if next > end || next == Timestamp::NEVER {
            return false;
        }
        self.now = self.now.max(next);
        if arrival == next {
            self.take_arrivals();
        }
        if wake == next {
            // What arrived may have woken others before it.
            self.wake_nodes(if arrival == next { 0 } else { waker });
        }
        if ask == next {
            self.ask_for_frames();
        }
        true
    }

    #[inline]
    fn next_arrival(&self) -> Timestamp {
        match self.networks.as_slice() {
            [common] => common.next_at(),
            all => {
                let next = all.iter().map(Network::next_at);
                next.fold(Timestamp::NEVER, Timestamp::min)
            }
        }
    }

    /// When a node wants to be called next, and the first that does then.
    #[inline]
    fn next_wake(&self) -> (Timestamp, usize) {
        let mut next = (Timestamp::NEVER, 0);
        for (index, &wake) in self.wakes.iter().enumerate() {
            // Which of them it is cannot be foretold.
            next = select_unpredictable(wake < next.0, (wake, index), next);
        }
        next
    }

    #[inline]
    fn next_ask(&self) -> Timestamp {
        let mut next = Timestamp::NEVER;
        for (index, _, device) in &self.devices {
            if device.next_ask() < next && !self.nodes[*index].asleep {
                next = device.next_ask();
            }
        }
        next
    }

    fn take_arrivals(&mut self) {
        for network in 0..self.networks.len() {
            while let Some((_, transit, flight)) = self.networks[network].poll(self.now) {
                self.deliver(transit, flight);
            }
        }
    }

    /// Calls the nodes that want to be called, from this one on.
    fn wake_nodes(&mut self, first: usize) {
        for index in first..self.wakes.len() {
            if self.wakes[index] <= self.now {
                self.nodes[index].node.tick(self.now);
                self.drain(index);
            }
        }
    }

    fn ask_for_frames(&mut self) {
        for number in 0..self.devices.len() {
            let (index, session, device) = &mut self.devices[number];
            let (index, session) = (*index, *session);
            if device.next_ask() <= self.now && !self.nodes[index].asleep {
                device.asked();
                self.nodes[index].node.frame_due(self.now, session);
                self.drain(index);
            }
        }
    }

    /// Does what a node wants done.
    fn drain(&mut self, index: usize) {
        loop {
            match self.nodes[index].node.poll(self.now) {
                NodeOutput::Media { to, ref header, .. } => {
                    self.transmit_media(index, to, header);
                }
                NodeOutput::Transmit { to, message } => {
                    self.transmit(index, to, message, false);
                }
                NodeOutput::Broadcast(message) => self.broadcast(index, &message),
                NodeOutput::Session(session, ref output) if !self.keep.keeps(output) => {
                    self.tell_device(index, session, output);
                }
                NodeOutput::Session(session, output) => {
                    self.tell_device(index, session, &output);
                    self.heard.push((self.now, session, output));
                }
                NodeOutput::PeersChanged => {}
                NodeOutput::WaitUntil(wake) => {
                    let peer = &mut self.nodes[index];
                    peer.wake = wake;
                    self.wakes[index] = peer.calls_at();
                    return;
                }
            }
        }
    }

    #[inline(never)]
    fn broadcast(&mut self, from: usize, message: &Message) {
        if self.broadcast_blocked {
            return;
        }
        for to in (0..self.nodes.len()).filter(|&to| to != from) {
            self.transmit(from, self.address_of(to), message.clone(), true);
        }
    }

    #[inline]
    fn tell_device(&mut self, index: usize, session: SessionId, output: &Output) {
        for (node, id, device) in &mut self.devices {
            if (*node, *id) == (index, session) {
                return device.on_output(self.now, output);
            }
        }
    }

    /// Number of the link between two nodes: more nodes do not change it.
    pub fn link(a: usize, b: usize) -> u32 {
        let (low, high) = (a.min(b), a.max(b));
        (high * high.saturating_sub(1) / 2 + low) as u32
    }

    /// Network models that failed since the last call: their place in the
    /// chain, and how. They let everything pass from then on.
    pub fn take_faults(&mut self) -> Vec<(usize, Fault)> {
        let networks = self.networks.iter_mut();
        networks.flat_map(Network::take_faults).collect()
    }
}
