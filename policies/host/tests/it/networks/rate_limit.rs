use super::*;

/// 500 bytes with headers, at 1 Mbit/s: 4 ms each.
const SPEC: &str = "rate-limit:kbps=1000,queue_bytes=5000";

#[test]
fn an_idle_line_delays_by_the_time_of_the_bits() {
    let fates = every(10 * MS).through(&mut *network(SPEC, 0), 100);
    assert!(fates.iter().all(|fate| fate.delays_ns() == [4 * MS]));
}

#[test]
fn a_busy_line_queues_and_then_drops_what_finds_no_room() {
    // A datagram every 2 ms, twice the rate.
    let fates = every(2 * MS).through(&mut *network(SPEC, 0), 10_000);
    let delays: Vec<f64> = fates.iter().filter_map(delay_ms).collect();
    assert_eq!(delays[..3], [4.0, 6.0, 8.0]);
    // Ten datagrams of 4 ms: no more than 40 ms.
    let longest = delays.iter().copied().fold(0.0, f64::max);
    assert!((36.0..=40.0).contains(&longest), "{longest}");
    let carried = delays.len() as f64 * 4.0 / 20_000.0;
    near(carried, 1.0, 0.005);
}

#[test]
fn it_carries_exactly_its_rate_whatever_the_sizes() {
    let mut model = network("rate-limit:kbps=123.457,queue_bytes=20000", 0);
    let mut last_ns = 0;
    let mut bits = 0;
    for index in 0..20_000 {
        let bytes = 1 + (index * 7919 % 1400) as u32;
        let datagram = Traffic { bytes, ..every(MS) }.datagram(index);
        if let [delay_ns] = model.transit(&datagram).unwrap().delays_ns() {
            let left_ns = datagram.now_ns + delay_ns;
            assert!(left_ns >= last_ns, "first in, first out");
            last_ns = left_ns;
            bits += u64::from(bytes + 28) * 8;
        }
    }
    near(bits as f64 / (last_ns as f64 / 1e9), 123_457.0, 10.0);
}

#[test]
fn each_link_and_direction_has_its_own_line_unless_shared() {
    let crowd = [
        every(MS),
        every(MS).back(),
        every(MS).on(1),
        every(MS).on(7),
    ];
    let at_once = |spec: &str| -> Vec<f64> {
        let mut model = network(spec, 0);
        let fates = crowd.map(|traffic| model.transit(&traffic.datagram(0)).unwrap());
        fates.iter().map(|fate| delay_ms(fate).unwrap()).collect()
    };
    assert_eq!(at_once(SPEC), [4.0, 4.0, 4.0, 4.0]);
    assert_eq!(
        at_once(&format!("{SPEC},line=shared")),
        [4.0, 4.0, 8.0, 12.0]
    );
}
