//! How datagrams get from node to node.

use std::net::{IpAddr, SocketAddr};

use segue_policy::Direction;

use super::Sim;
use crate::network::{AppliesTo, Network, Transit};
use crate::wire::{
    MAX_DATAGRAM_BYTES, MediaHeader, Message, decode, encode, encoded_bytes, media_bytes,
};

/// An address in short: of which node, after how many moves.
#[derive(Clone, Copy)]
pub(super) struct Place {
    index: u32,
    moves: u8,
}

impl Place {
    pub const NET: u8 = 10;

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
        Sim::moved(self.index(), self.moves)
    }

    fn index(self) -> usize {
        self.index as usize
    }
}

#[derive(Clone)]
pub(super) struct InFlight {
    from: Place,
    to: Place,
    message: Message,
    /// Heard on the port of beacons.
    broadcast: bool,
}

impl Sim {
    pub(super) fn deliver(&mut self, transit: Transit, flight: InFlight) {
        let to = flight.to.index();
        let peer = &mut self.nodes[to];
        if peer.moves != flight.to.moves {
            return; // it has moved
        }
        let bytes = transit.bytes as usize;
        if peer.asleep {
            peer.waiting.push((flight, bytes));
        } else if !peer.dead {
            self.hand_over(to, flight, bytes);
        }
    }

    pub(super) fn hand_over(&mut self, to: usize, flight: InFlight, bytes: usize) {
        let InFlight { from, message, .. } = flight;
        let from = self.address_at(from);
        let node = &mut self.nodes[to].node;
        match message {
            Message::Announce(announce) if flight.broadcast => {
                node.hear_beacon(self.now, from, &announce);
            }
            message => node.handle(self.now, from, message, bytes),
        }
        self.drain(to);
    }

    pub(super) fn transmit(
        &mut self,
        from: usize,
        to: SocketAddr,
        message: Message,
        broadcast: bool,
    ) {
        let Some((from, to)) = self.route(from, to) else {
            return;
        };
        debug_assert!(passes_the_wire(&message, &mut self.scratch), "{message:?}");
        let transit = Transit {
            link: Self::link(from.index(), to.index()),
            direction: direction(&message),
            traffic: message.traffic(),
            bytes: encoded_bytes(&message) as u32,
        };
        let flight = InFlight {
            from,
            to,
            message,
            broadcast,
        };
        let (now, applies_to) = (self.now, self.applies_to);
        let network = self.network(transit.link);
        match applies_to {
            AppliesTo::All => network.send(now, transit, flight),
            AppliesTo::Media => network.bypass(now, transit, flight),
        }
    }

    /// The same for a packet. Most of all that is sent; half of it may be lost.
    pub(super) fn transmit_media(&mut self, from: usize, to: SocketAddr, header: &MediaHeader) {
        let Some((from, to)) = self.route(from, to) else {
            return;
        };
        debug_assert!(
            passes_the_wire(&Message::Media(*header), &mut self.scratch),
            "{header:?}"
        );
        let node = &mut self.nodes[to.index()].node;
        if node.charts() {
            node.note_sent(header.session, from.address(), self.now, header.packet);
        }
        let link = Self::link(from.index(), to.index());
        let transit = Transit::media(link, media_bytes(header) as u32);
        let now = self.now;
        self.network(link).send_with(now, transit, || InFlight {
            from,
            to,
            message: Message::Media(*header),
            broadcast: false,
        });
    }

    /// Who is there has it at hand: made piece by piece and read at once as a whole,
    /// it would be waited for.
    #[inline]
    fn address_at(&self, place: Place) -> SocketAddr {
        match self.nodes.get(place.index()) {
            Some(peer) if peer.moves == place.moves => peer.address,
            _ => place.address(),
        }
    }

    /// From where to where goes what a node sends to this address, if anybody
    /// hears it: the one who was there may have moved.
    #[inline]
    fn route(&self, from: usize, to: SocketAddr) -> Option<(Place, Place)> {
        let to = Place::of(to)?;
        let (sender, hearer) = (&self.nodes[from], self.nodes.get(to.index())?);
        let from = Place {
            index: from as u32,
            moves: sender.moves,
        };
        (!sender.dead && hearer.moves == to.moves).then_some((from, to))
    }

    #[inline]
    fn network(&mut self, link: u32) -> &mut Network<InFlight> {
        let own = self.own.get(&link).copied().unwrap_or(0);
        &mut self.networks[own]
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
