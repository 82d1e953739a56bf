//! Lists in messages: short where they can be, refused where they are senseless.

use super::*;

#[test]
fn long_stripes_are_short_on_the_wire() {
    let packets: Vec<u32> = (0..5000).map(|i| 1000 + 3 * i).collect();
    let (runs, held, bytes) = Want::runs(&packets, 100);
    assert_eq!((runs.len(), held), (1, 5000));
    assert!(bytes <= 7);
}

#[test]
fn lists_that_say_nothing_or_too_much_are_refused() {
    let with_run = |count, step| {
        let Message::RequestPackets(mut request) = golden().swap_remove(3).0 else {
            panic!("number 3 asks for packets");
        };
        request.wants[0].runs[0].count = count;
        request.wants[0].runs[0].step = step;
        decode(&written(&Message::RequestPackets(request))).is_ok()
    };
    assert!(with_run(1, 1));
    assert!(!with_run(0, 1));
    assert!(!with_run(1, 0));
    let index = |names: usize| {
        let message = Message::CatalogIndex(CatalogIndex {
            peer: PeerId(1),
            catalog: [0; 8],
            pages: 1000,
            first: 0,
            names: vec![[0; 8]; names],
        });
        decode(&written(&message)).is_ok()
    };
    assert!(index(NAMES_PER_INDEX));
    assert!(!index(NAMES_PER_INDEX + 1));
}

#[test]
fn a_list_with_numbers_that_are_none_is_malformed() {
    let list = |delta| {
        let run = Run {
            delta,
            count: 2,
            step: 1,
        };
        Message::RequestPackets(Box::new(RequestPackets {
            session: SessionId(1),
            token: Token::default(),
            track: TrackId([0; 32]),
            sequence: 1,
            credit: 0,
            sent_us: 0,
            wants: vec![Want {
                serial: 1,
                rate: 0,
                runs: vec![run; 3],
            }],
        }))
    };
    let mut datagram = Vec::new();
    encode(&list(1), &[], &mut datagram);
    assert!(decode(&datagram).is_ok());
    // Millions of such numbers would cost the seeder time and ask for nothing.
    for delta in [-1, i32::MIN, i32::MAX] {
        encode(&list(delta), &[], &mut datagram);
        assert_eq!(decode(&datagram), Err(WireError::Malformed), "{delta}");
    }
}
