//! Peers that forge, lie, or are too many.

use super::*;

#[test]
fn forged_beacons_make_us_ask_once_each() {
    let mut alone = Alone::new();
    let mut asked = 0;
    for second in 0..10 {
        alone.beacon([second + 1; 8]);
        asked += alone.asked_for(1.0, |_| None).len();
    }
    assert!(
        (8..=10).contains(&asked),
        "asked {asked} times, never answered"
    );
}

#[test]
fn a_peer_that_lies_is_asked_at_a_bounded_pace_and_costs_no_memory() {
    type Answer = Box<dyn FnMut(CatalogPart) -> Option<Message>>;
    let mut versions = 0u64;
    let mut tokens = 0u8;
    let liars: BTreeMap<&str, Answer> = [
        (
            "the hash is another",
            Box::new(|_| Some(index([5; 8], 1, 0, vec![[1; 8]]))) as Answer,
        ),
        (
            "empty parts",
            Box::new(|_| Some(index([5; 8], 1000, 0, vec![]))),
        ),
        (
            "too many pages",
            Box::new(|_| Some(index([5; 8], u32::MAX, 0, vec![[1; 8]; 150]))),
        ),
        (
            "more names than pages",
            Box::new(|_| Some(index([5; 8], 1, 0, vec![[1; 8]; 150]))),
        ),
        (
            "a new catalog each time",
            Box::new(move |_| {
                versions += 1;
                Some(index(versions.to_be_bytes(), 1, 0, vec![[1; 8]]))
            }),
        ),
        (
            "a new token each time",
            Box::new(move |_| {
                tokens = tokens.wrapping_add(1);
                Some(Message::Retry(Retry {
                    session: None,
                    token: Token([tokens; 16]),
                }))
            }),
        ),
        (
            "the same token",
            Box::new(|_| {
                Some(Message::Retry(Retry {
                    session: None,
                    token: Token([1; 16]),
                }))
            }),
        ),
        (
            "pages of garbage",
            Box::new(|part| {
                Some(match part {
                    CatalogPart::Index { .. } => {
                        let name = catalog::name(&[1, 2, 3]);
                        index(catalog::version(&[name]), 1, 0, vec![name])
                    }
                    CatalogPart::Page(_) => Message::CatalogPage(CatalogPage {
                        bytes: vec![1, 2, 3],
                    }),
                })
            }),
        ),
    ]
    .into();
    for (lie, mut answer) in liars {
        let mut alone = Alone::new();
        alone.discovery.add_peer(alone.now, peer_address());
        let mut asked = 0;
        for _ in 0..10 {
            alone.beacon([5; 8]);
            asked += alone.asked_for(1.0, &mut answer).len();
        }
        assert!(asked <= 150, "{lie}: asked {asked} times in 10 s");
        assert_eq!(known(&alone.discovery).len(), 0, "{lie}");
    }
}

#[test]
fn a_catalog_of_many_pages_is_fetched_without_growing_costs() {
    let mut alone = Alone::new();
    let big = catalog::Catalog::new(&library(20_000));
    alone.beacon(big.version());
    let asked = alone.asked_for(5.0, honest(&big));
    assert_eq!(page_count(&asked), big.names().len());
    assert_eq!(known(&alone.discovery).len(), 20_000);
}

#[test]
fn peers_beyond_all_measure_are_ignored() {
    let mut alone = Alone::new();
    for number in 0..10_000u64 {
        let from = SocketAddr::from(([10, 1, (number >> 8) as u8, number as u8], 5000));
        let announce = Announce {
            peer: PeerId(1000 + number),
            port: 5000,
            catalog: [0; 8],
            leaving: false,
        };
        alone.discovery.hear_beacon(alone.now, from, &announce);
    }
    assert_eq!(alone.discovery.peers().count(), 4096);
}

/// A peer that came by its beacon, at an address of its own.
fn beacon_of(alone: &mut Alone, number: u16, catalog: [u8; 8]) -> SocketAddr {
    let from = SocketAddr::from(([10, 2, (number >> 8) as u8, number as u8], 5000));
    let announce = Announce {
        peer: PeerId(5000 + u64::from(number)),
        port: 5000,
        catalog,
        leaving: false,
    };
    alone.discovery.hear_beacon(alone.now, from, &announce);
    from
}

#[test]
fn catalogs_take_so_much_memory_in_all_and_no_more() {
    const EACH: u32 = 10_000;
    let mut alone = Alone::new();
    // Each tells of ten thousand pages, of which the first names come at once.
    let tells = |alone: &mut Alone, number: u16| {
        let version = [number as u8 + 1; 8];
        let from = beacon_of(alone, number, version);
        let names = (0..150u16).map(|page| {
            let mut name = [number as u8; 8];
            name[..2].copy_from_slice(&page.to_le_bytes());
            name
        });
        let index = Message::CatalogIndex(CatalogIndex {
            peer: PeerId(5000 + u64::from(number)),
            catalog: version,
            pages: EACH,
            first: 0,
            names: names.collect(),
        });
        alone.discovery.handle(alone.now, from, &index, 1300);
    };
    for number in 0..8 {
        tells(&mut alone, number);
    }
    let left_out = |alone: &Alone| -> Vec<u64> {
        let peers = alone.discovery.left_out();
        peers.map(|peer| peer.0 - 5000).collect()
    };
    assert_eq!(left_out(&alone), [3, 4, 5, 6, 7], "three have the room");
    // One goes, and another gets its room.
    let from = beacon_of(&mut alone, 0, [1; 8]);
    let goodbye = Announce {
        peer: PeerId(5000),
        port: 5000,
        catalog: [0; 8],
        leaving: true,
    };
    alone.discovery.hear_beacon(alone.now, from, &goodbye);
    tells(&mut alone, 5);
    assert_eq!(left_out(&alone), [3, 4, 6, 7]);
}
