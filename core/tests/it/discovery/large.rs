//! Catalogs of large libraries.

use super::*;

const TRACKS: u32 = 10_000;

/// Seconds of virtual time until the last of three peers knows the catalogs of
/// both others.
fn both_known_after(model: &str, at_most_s: f64) -> f64 {
    let mut sim = Sim::new(vec![network(model, 7)], AppliesTo::All);
    for i in 0..3 {
        sim.add(node(i + 1, SeederConfig::default()));
    }
    let both = library(2 * TRACKS);
    let (one, other) = both.split_at(TRACKS as usize);
    sim.with_node(0, |node, now| node.share(now, one));
    sim.with_node(1, |node, now| node.share(now, other));
    let begun = sim.now();
    let end = begun + Duration::from_secs_f64(at_most_s);
    let known = |sim: &Sim| {
        let peers: Vec<_> = sim.node(2).discovery().peers().collect();
        peers.len() == 2 && peers.iter().all(|(.., complete)| *complete)
    };
    sim.run_until(end, known);
    assert!(known(&sim), "not within {at_most_s} s through {model}");
    assert_eq!(tracks(&sim, 2), both.len());
    (sim.now() - begun).as_secs_f64()
}

#[test]
fn two_catalogs_of_ten_thousand_tracks_come_within_3_s_on_a_lan() {
    both_known_after("random-delay:rtt_s=0.002,lambda=1000,loss=0.01", 3.0);
}

#[test]
fn they_do_not_crawl_where_a_fifth_is_lost() {
    both_known_after("random-delay:rtt_s=0.01,lambda=1000,loss=0.2", 8.0);
}

#[test]
fn a_catalog_that_grows_while_it_is_fetched_keeps_what_came() {
    let mut alone = Alone::new();
    let before = catalog::Catalog::new(&library(3000));
    let after = catalog::Catalog::new(&library(3001));
    alone.beacon(before.version());
    // Half of it comes, then the peer goes silent and tells of another version.
    let mut answer = honest(&before);
    let mut budget = before.names().len() / 2;
    let asked = alone.asked_for(0.2, |part| {
        budget = budget.checked_sub(1)?;
        answer(part)
    });
    assert!(page_count(&asked) >= before.names().len() / 3);
    assert_eq!(known(&alone.discovery).len(), 0);
    alone.beacon(after.version());
    let asked = alone.asked_for(2.0, honest(&after));
    assert!(page_count(&asked) < after.names().len() * 2 / 3);
    assert_eq!(known(&alone.discovery).len(), 3001);
    assert_eq!(alone.discovery.sources(track(3000).id).len(), 1);
}
