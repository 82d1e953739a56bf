//! Many nodes in virtual time, in one thread: the very state machines of the
//! live network, jumping from event to event.

pub mod device;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use segue_policy::Direction;
use segue_policy::host::{self, Fault};

use crate::ids::SessionId;
use crate::listener::Output;
pub use crate::network::AppliesTo;
use crate::network::{Network, Transit};
use crate::node::{Node, NodeOutput};
use crate::time::Timestamp;
use crate::wire::{MAX_DATAGRAM_BYTES, Message, decode, encode, encoded_bytes};
pub(crate) use device::Device;

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

/// Nodes, devices, and the network between them.
pub struct Sim {
    now: Timestamp,
    nodes: Vec<Peer>,
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
}

impl Peer {
    fn runs(&self) -> bool {
        !self.dead && !self.asleep
    }
}

/// An address in short: of which node, after how many moves.
#[derive(Clone, Copy)]
struct Place {
    index: u32,
    moves: u8,
}

impl Place {
    const NET: u8 = 10;

    fn of(address: SocketAddr) -> Option<Self> {
        let IpAddr::V4(ip) = address.ip() else {
            return None;
        };
        let [net, ..] = ip.octets();
        (address.port() == Sim::PORT).then_some(Self {
            index: u32::from(ip) & 0xff_ffff,
            moves: net.wrapping_sub(Self::NET),
        })
    }

    fn address(self) -> SocketAddr {
        Sim::moved(self.index as usize, self.moves)
    }
}

#[derive(Clone)]
struct InFlight {
    from: Place,
    to: Place,
    message: Message,
    /// Heard on the port of beacons.
    broadcast: bool,
}

impl Sim {
    /// No nodes yet, joined by a network of these models.
    pub fn new(models: Vec<Box<dyn host::Network>>, applies_to: AppliesTo) -> Self {
        Self {
            now: Timestamp::ZERO,
            nodes: Vec::new(),
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
        Self::moved(index, self.nodes[index].moves)
    }

    /// Gives a node another address, without a word to it; what is on the way to
    /// the old one is lost.
    pub fn readdress(&mut self, index: usize) {
        let moves = &mut self.nodes[index].moves;
        *moves = moves.wrapping_add(1);
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
        });
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
        self.nodes[index].dead = dead;
        if !dead {
            self.drain(index);
        }
    }

    /// Puts a node to sleep (its program stands still, its sockets gather what
    /// comes), or wakes it up.
    pub fn set_asleep(&mut self, index: usize, asleep: bool) {
        let peer = &mut self.nodes[index];
        peer.asleep = asleep;
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
        loop {
            let next = self.next_event();
            if next > end || next == Timestamp::NEVER {
                break;
            }
            self.step(next);
            if done(self) {
                return;
            }
        }
        self.now = end;
    }

    /// When the next event is.
    fn next_event(&self) -> Timestamp {
        let mut next = Timestamp::NEVER;
        for peer in &self.nodes {
            if peer.wake < next && peer.runs() {
                next = peer.wake;
            }
        }
        for (index, _, device) in &self.devices {
            if device.next_ask() < next && !self.nodes[*index].asleep {
                next = device.next_ask();
            }
        }
        for network in &self.networks {
            next = next.min(network.next_at());
        }
        next
    }

    /// Does all that happens at the next moment: arrivals, then timers, then
    /// devices.
    fn step(&mut self, next: Timestamp) {
        self.now = self.now.max(next);
        for network in 0..self.networks.len() {
            while let Some((_, transit, flight)) = self.networks[network].poll(self.now) {
                self.deliver(transit, flight);
            }
        }
        let now = self.now;
        let mut next = 0;
        let due = |peer: &Peer| peer.wake <= now && peer.runs();
        while let Some(further) = self.nodes[next..].iter().position(due) {
            let index = next + further;
            self.nodes[index].node.tick(now);
            self.drain(index);
            next = index + 1;
        }
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

    fn deliver(&mut self, transit: Transit, flight: InFlight) {
        let to = flight.to.index as usize;
        if self.nodes[to].moves != flight.to.moves {
            return; // it has moved
        }
        let bytes = transit.bytes as usize;
        if self.nodes[to].asleep {
            self.nodes[to].waiting.push((flight, bytes));
        } else if !self.nodes[to].dead {
            self.hand_over(to, flight, bytes);
        }
    }

    fn hand_over(&mut self, to: usize, flight: InFlight, bytes: usize) {
        let InFlight { from, message, .. } = flight;
        let from = from.address();
        let node = &mut self.nodes[to].node;
        match message {
            Message::Announce(announce) if flight.broadcast => {
                node.hear_beacon(self.now, from, &announce);
            }
            message => node.handle(self.now, from, message, bytes),
        }
        self.drain(to);
    }

    /// Does what a node wants done.
    fn drain(&mut self, index: usize) {
        loop {
            match self.nodes[index].node.poll(self.now) {
                NodeOutput::Media { to, header, .. } => {
                    self.transmit(index, to, Message::Media(header), false);
                }
                NodeOutput::Transmit { to, message } => {
                    self.transmit(index, to, message, false);
                }
                NodeOutput::Broadcast(_) if self.broadcast_blocked => {}
                NodeOutput::Broadcast(message) => {
                    for to in (0..self.nodes.len()).filter(|&to| to != index) {
                        self.transmit(index, self.address_of(to), message.clone(), true);
                    }
                }
                NodeOutput::Session(session, output) => {
                    let device = self
                        .devices
                        .iter_mut()
                        .find(|(node, id, _)| (*node, *id) == (index, session));
                    if let Some((_, _, device)) = device {
                        device.on_output(self.now, &output);
                    }
                    if self.keep == Keep::Everything || matches!(output, Output::Event(_)) {
                        self.heard.push((self.now, session, output));
                    }
                }
                NodeOutput::PeersChanged => {}
                NodeOutput::WaitUntil(wake) => {
                    self.nodes[index].wake = wake;
                    return;
                }
            }
        }
    }

    fn transmit(&mut self, from: usize, to: SocketAddr, message: Message, broadcast: bool) {
        let Some(index) = self.index_of(to).filter(|_| !self.nodes[from].dead) else {
            return;
        };
        debug_assert!(passes_the_wire(&message, &mut self.scratch), "{message:?}");
        let source = self.place(from);
        if let Message::Media(header) = &message
            && self.nodes[index].node.charts()
        {
            let (from, session) = (source.address(), header.session);
            let node = &mut self.nodes[index].node;
            node.note_sent(session, from, self.now, header.packet);
        }
        let transit = Transit {
            link: Self::link(from, index),
            direction: direction(&message),
            traffic: message.traffic(),
            bytes: encoded_bytes(&message) as u32,
        };
        let is_media = matches!(message, Message::Media(_));
        let flight = InFlight {
            from: source,
            to: self.place(index),
            message,
            broadcast,
        };
        let own = self.own.get(&transit.link).copied().unwrap_or(0);
        let network = &mut self.networks[own];
        if is_media || self.applies_to == AppliesTo::All {
            network.send(self.now, transit, flight);
        } else {
            network.bypass(self.now, transit, flight);
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

    fn place(&self, index: usize) -> Place {
        Place {
            index: index as u32,
            moves: self.nodes[index].moves,
        }
    }

    /// The node at an address; none if it has moved, or never was there.
    fn index_of(&self, address: SocketAddr) -> Option<usize> {
        let Place { index, moves } = Place::of(address)?;
        let peer = self.nodes.get(index as usize)?;
        (peer.moves == moves).then_some(index as usize)
    }
}

/// Whether a message is the same after real encoding and decoding: the live
/// network has nothing else.
fn passes_the_wire(message: &Message, datagram: &mut Vec<u8>) -> bool {
    let payload = [0; MAX_DATAGRAM_BYTES];
    encode(message, &payload[..message.payload_bytes()], datagram);
    decode(datagram).is_ok_and(|(read, _)| read == *message)
}

fn direction(message: &Message) -> Direction {
    match message {
        Message::Media(_)
        | Message::Report(_)
        | Message::Retry(_)
        | Message::CatalogIndex(_)
        | Message::CatalogPage(_)
        | Message::Announce(_) => Direction::ToListener,
        _ => Direction::ToSeeder,
    }
}
