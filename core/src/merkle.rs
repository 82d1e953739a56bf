//! Identity of a track: a BLAKE3 Merkle tree over its packets.
//!
//! Three keyed hashes, so that no leaf can pass for a node or a node for a root. `K_x`
//! is `derive_key("segue 2026 track x v1", "")`; integers are little-endian.
//!
//! | | |
//! |---|---|
//! | leaf | `hash(K_leaf, packet: u32 ‖ frame)` |
//! | node | `hash(K_node, left ‖ right)` |
//! | id | `hash(K_root, packets: u32 ‖ sample_rate: u32 ‖ samples_per_packet: u16 ‖ channels: u8 ‖ has_gapless: u8 ‖ delay: u16 ‖ padding: u16 ‖ tree)` |
//!
//! The tree pairs neighbours level by level; an odd one at the end of a level goes
//! up as it is. `tree` is the one hash left, 32 zero bytes if there is no packet.
//! Without gapless values `has_gapless`, `delay` and `padding` are 0.

use crate::track::{Gapless, TrackId, TrackInfo};

/// One hash in the tree.
pub type Hash = [u8; 32];

/// What an id commits to besides the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Samples per second.
    pub sample_rate: u32,
    /// Samples per channel in each packet.
    pub samples_per_packet: u16,
    /// 1 or 2.
    pub channels: u8,
    /// Delay and padding.
    pub gapless: Option<Gapless>,
}

impl From<&TrackInfo> for Shape {
    fn from(info: &TrackInfo) -> Self {
        Self {
            sample_rate: info.sample_rate,
            samples_per_packet: info.samples_per_packet,
            channels: info.channels,
            gapless: info.gapless,
        }
    }
}

/// The keys of the three hashes: they cost three hashes to make, so make them once.
#[derive(Clone)]
struct Keys {
    leaf: Hash,
    node: Hash,
    root: Hash,
}

impl Keys {
    fn new() -> Self {
        Self {
            leaf: blake3::derive_key("segue 2026 track leaf v1", &[]),
            node: blake3::derive_key("segue 2026 track node v1", &[]),
            root: blake3::derive_key("segue 2026 track root v1", &[]),
        }
    }

    fn node(&self, left: &Hash, right: &Hash) -> Hash {
        let mut both = [0; 64];
        both[..32].copy_from_slice(left);
        both[32..].copy_from_slice(right);
        blake3::keyed_hash(&self.node, &both).into()
    }

    fn root(&self, packets: u32, shape: &Shape, tree: &Hash) -> TrackId {
        let gapless = shape.gapless.unwrap_or(Gapless {
            delay: 0,
            padding: 0,
        });
        let mut hasher = blake3::Hasher::new_keyed(&self.root);
        hasher
            .update(&packets.to_le_bytes())
            .update(&shape.sample_rate.to_le_bytes())
            .update(&shape.samples_per_packet.to_le_bytes())
            .update(&[shape.channels, u8::from(shape.gapless.is_some())])
            .update(&gapless.delay.to_le_bytes())
            .update(&gapless.padding.to_le_bytes())
            .update(tree);
        TrackId(hasher.finalize().into())
    }
}

/// Hashes a track packet by packet, in memory that grows with the logarithm of its
/// length.
#[derive(Clone)]
pub struct TrackHasher {
    keys: Keys,
    packets: u32,
    /// Roots of full trees, one for each bit set in `packets`, the largest first.
    peaks: Vec<Hash>,
    leaf: Vec<u8>,
}

impl Default for TrackHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl TrackHasher {
    /// A track without packets.
    pub fn new() -> Self {
        Self {
            keys: Keys::new(),
            packets: 0,
            peaks: Vec::with_capacity(32),
            leaf: Vec::new(),
        }
    }

    /// Adds the next packet: a whole frame, header included.
    pub fn push(&mut self, frame: &[u8]) {
        // One call on one slice is BLAKE3's fast path; copying the frame costs less.
        self.leaf.clear();
        self.leaf.extend_from_slice(&self.packets.to_le_bytes());
        self.leaf.extend_from_slice(frame);
        let mut hash = blake3::keyed_hash(&self.keys.leaf, &self.leaf).into();
        // As in a binary counter: each carry joins two trees of the same size.
        for _ in 0..self.packets.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = self.keys.node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.packets += 1;
    }

    /// The id of the track with all packets pushed so far.
    pub fn finish(mut self, shape: &Shape) -> TrackId {
        let mut tree = self.peaks.pop().unwrap_or_default();
        while let Some(left) = self.peaks.pop() {
            tree = self.keys.node(&left, &tree);
        }
        self.keys.root(self.packets, shape, &tree)
    }
}

/// The leaf of one packet, for [`proof`].
pub fn leaf(packet: u32, frame: &[u8]) -> Hash {
    leaf_with(&Keys::new(), packet, frame)
}

fn leaf_with(keys: &Keys, packet: u32, frame: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(&keys.leaf);
    hasher.update(&packet.to_le_bytes()).update(frame);
    hasher.finalize().into()
}

/// The hashes that, with a packet itself, lead to the root: one per level on which the
/// packet's tree has a neighbour, from the leaves up. `None` if there is no such packet.
pub fn proof(leaves: &[Hash], packet: u32) -> Option<Vec<Hash>> {
    let keys = Keys::new();
    let mut index = packet as usize;
    leaves.get(index)?;
    let mut level = leaves.to_vec();
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.extend(level.get(index ^ 1));
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => keys.node(left, right),
                odd => odd[0],
            })
            .collect();
        index /= 2;
    }
    Some(siblings)
}

/// Whether `frame` is packet number `packet` of the track `id`, which has `packets`
/// packets and this shape.
pub fn verify(
    id: &TrackId,
    shape: &Shape,
    packets: u32,
    packet: u32,
    frame: &[u8],
    proof: &[Hash],
) -> bool {
    if packet >= packets {
        return false;
    }
    let keys = Keys::new();
    let mut hash = leaf_with(&keys, packet, frame);
    let mut siblings = proof.iter();
    let (mut index, mut width) = (packet, packets);
    while width > 1 {
        if index ^ 1 < width {
            let Some(sibling) = siblings.next() else {
                return false;
            };
            hash = match index % 2 {
                0 => keys.node(&hash, sibling),
                _ => keys.node(sibling, &hash),
            };
        }
        index /= 2;
        width = width.div_ceil(2);
    }
    siblings.next().is_none() && keys.root(packets, shape, &hash) == *id
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        sample_rate: 44_100,
        samples_per_packet: 1152,
        channels: 2,
        gapless: Some(Gapless {
            delay: 576,
            padding: 1383,
        }),
    };

    fn frame(packet: u32) -> Vec<u8> {
        let bytes = 400 + packet as usize % 19 * 40;
        (0..bytes).map(|i| (i as u32 * 7 + packet) as u8).collect()
    }

    fn id_of(packets: u32, shape: &Shape) -> TrackId {
        let mut hasher = TrackHasher::new();
        (0..packets).for_each(|packet| hasher.push(&frame(packet)));
        hasher.finish(shape)
    }

    /// The documented tree, written down as plainly as can be.
    fn plain_tree(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => [0; 32],
            [one] => *one,
            more => {
                let half = more.len().next_power_of_two() / 2;
                let (left, right) = more.split_at(half);
                Keys::new().node(&plain_tree(left), &plain_tree(right))
            }
        }
    }

    #[test]
    fn golden_ids() {
        let ids: Vec<_> = [0, 1, 2, 3, 1000]
            .map(|packets| id_of(packets, &SHAPE).to_string())
            .into();
        assert_eq!(
            ids,
            [
                "3f3a63785fa94ee3b0101878fa5d3e80af258874ce53da2be4e1507b1a0a416d",
                "c5e4ce00b819f98220915b846dba5c4b2a692fb1305f69b5728d4d841e8defd8",
                "05317c2371772c1670653500ca95321215a5e835d4ebacb2e9ba68b22a697f5b",
                "c2f12a9c9ae4e752565fb7e0ad58f1b86d94252ab2c7b500b964d0d00b38a710",
                "69489c6f0f3a60b1173e860f95c6dd381295dd228c9f5303f1b4b04a43165dc5"
            ],
            "ids in use would change: that needs a new version in the keys"
        );
    }

    #[test]
    fn the_counter_builds_the_documented_tree() {
        for packets in 0..70 {
            let leaves: Vec<_> = (0..packets).map(|n| leaf(n, &frame(n))).collect();
            let tree = plain_tree(&leaves);
            let id = Keys::new().root(packets, &SHAPE, &tree);
            assert_eq!(id_of(packets, &SHAPE), id, "{packets} packets");
        }
    }

    #[test]
    fn memory_stays_logarithmic() {
        let mut hasher = TrackHasher::new();
        for packet in 0..5000 {
            hasher.push(&[]);
            assert_eq!(hasher.peaks.len() as u32, (packet + 1_u32).count_ones());
        }
    }

    #[test]
    fn the_id_depends_on_everything() {
        let base = id_of(10, &SHAPE);
        let zero = Gapless {
            delay: 0,
            padding: 0,
        };
        let shapes = [
            Shape {
                sample_rate: 48_000,
                ..SHAPE
            },
            Shape {
                samples_per_packet: 576,
                ..SHAPE
            },
            Shape {
                channels: 1,
                ..SHAPE
            },
            Shape {
                gapless: None,
                ..SHAPE
            },
            Shape {
                gapless: Some(zero),
                ..SHAPE
            },
        ];
        let mut ids: Vec<_> = shapes.iter().map(|shape| id_of(10, shape)).collect();
        ids.extend([base, id_of(9, &SHAPE), id_of(11, &SHAPE)]);
        let mut swapped = TrackHasher::new();
        [1, 0, 2, 3, 4, 5, 6, 7, 8, 9]
            .iter()
            .for_each(|&packet| swapped.push(&frame(packet)));
        ids.push(swapped.finish(&SHAPE));
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn proofs_hold_for_their_packet_only() {
        for packets in [1, 2, 3, 5, 8, 21] {
            let id = id_of(packets, &SHAPE);
            let leaves: Vec<_> = (0..packets).map(|n| leaf(n, &frame(n))).collect();
            for packet in 0..packets {
                let path = proof(&leaves, packet).expect("in range");
                let check =
                    |n, frame: &[u8], path: &[Hash]| verify(&id, &SHAPE, packets, n, frame, path);
                let good = frame(packet);
                assert!(check(packet, &good, &path), "{packet} of {packets}");
                assert!(!check(packet, &good[1..], &path));
                assert!(!check(packet ^ 1, &good, &path));
                assert!(!check(packets, &good, &path));
                let longer = [path.as_slice(), &[[0; 32]]].concat();
                assert!(!check(packet, &good, &longer));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!check(packet, &good, shorter));
                }
                assert!(!verify(&id, &SHAPE, packets + 1, packet, &good, &path));
            }
            assert_eq!(proof(&leaves, packets), None);
        }
    }
}
