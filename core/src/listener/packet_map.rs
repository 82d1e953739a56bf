//! Which packets are here and which are asked for, small enough for a seek bar.

use super::asks::Asks;
use super::received::ReceivedMap;

/// Some packets of a track in a row, as a seek bar shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketPart {
    /// How many there are.
    pub packets: u32,
    /// How many of them are here.
    pub here: u32,
    /// How many are asked for and not here.
    pub asked: u32,
}

/// A track in so many parts as equal as may be.
pub fn of(here: &ReceivedMap, asks: &Asks, packets: u32, parts: u32) -> Vec<PacketPart> {
    let parts = parts.clamp(1, packets.max(1));
    let edge = |part: u32| (u64::from(packets) * u64::from(part) / u64::from(parts)) as u32;
    (0..parts)
        .map(|part| {
            let range = edge(part)..edge(part + 1);
            let asked = |packet: &u32| !here.contains(*packet) && asks.is_open(*packet);
            PacketPart {
                packets: range.len() as u32,
                here: here.count_in(range.clone()),
                asked: range.filter(asked).count() as u32,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_is_in_one_part_and_here_asked_for_or_missing() {
        let (mut here, mut asks) = (ReceivedMap::new(1000), Asks::new(1000));
        for packet in 0..500 {
            here.insert(packet);
        }
        for packet in 490..600 {
            asks.ask(packet, 0, 1, (1, 1), 0);
        }
        let map = of(&here, &asks, 1000, 7);
        assert_eq!(map.len(), 7);
        let sum = |count: fn(&PacketPart) -> u32| map.iter().map(count).sum::<u32>();
        assert_eq!(sum(|part| part.packets), 1000);
        assert_eq!(sum(|part| part.here), 500);
        assert_eq!(
            sum(|part| part.asked),
            100,
            "what is here is asked for no more"
        );
        assert_eq!(map[0].here, map[0].packets);
        assert_eq!(
            map[6],
            PacketPart {
                packets: 143,
                ..PacketPart::default()
            }
        );
    }

    #[test]
    fn a_short_track_has_a_part_for_each_packet() {
        let (here, asks) = (ReceivedMap::new(3), Asks::new(3));
        assert_eq!(of(&here, &asks, 3, 200).len(), 3);
        assert_eq!(of(&ReceivedMap::new(0), &Asks::new(0), 0, 5).len(), 1);
    }
}
