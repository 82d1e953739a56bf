//! Once a session runs, no packet costs an allocation: not in the engine, nor in
//! the simulator, nor in a seeder. (Plugins have an allocator of their own.)

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use segue_core::seeder::SeederConfig;
use segue_core::sim::{AppliesTo, Keep};

#[path = "it/world.rs"]
#[allow(dead_code)]
mod world;

use world::{Setup, World, paper_seeder};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
struct Counted;

// SAFETY: everything is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.realloc(ptr, layout, size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: by the caller.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// What two minutes of a session cost, after one of warming up.
struct Cost {
    received: u64,
    requests: u64,
    /// Lines of the decision log, and other events.
    events: u64,
    allocations: u64,
}

fn cost(setup: Setup) -> Cost {
    let mut world = Setup {
        packets: 12_000,
        keep: Keep::Events,
        ..setup
    }
    .begin();
    world.run_s(60.0);
    let counts = |world: &World| {
        let metrics = world.metrics();
        let events = world.heard().len() as u64;
        [metrics.packets_received, metrics.requests, events]
    };
    let before_them = counts(&world);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    world.run_s(120.0);
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let after = counts(&world);
    assert!(!world.ended(), "it was to go on");
    let [received, requests, events] = std::array::from_fn(|i| after[i] - before_them[i]);
    Cost {
        received,
        requests,
        events,
        allocations,
    }
}

/// One test, for the count is of the whole program.
#[test]
fn a_packet_costs_no_allocation() {
    let paper = Setup {
        seeders: vec![paper_seeder(); 2],
        network: "random-delay:loss=0.3,rtt_s=1".into(),
        applies_to: AppliesTo::Media,
        ..Setup::default()
    };
    let paced = Setup {
        seeders: vec![
            SeederConfig {
                max_bytes_per_s: Some(418.0 * 50.0),
                ..SeederConfig::default()
            };
            3
        ],
        network: "random-delay:loss=0.1,rtt_s=0.1".into(),
        ..Setup::default()
    };
    for (name, setup) in [("paper", paper), ("paced", paced)] {
        for policy in ["stop-1s", "buffered", "sequential-recovery"] {
            let setup = Setup {
                policy: policy.into(),
                ..setup.clone()
            };
            let Cost {
                received,
                requests,
                events,
                allocations,
            } = cost(setup);
            assert!(received > 5000, "{name}, {policy}: {received} packets");
            // A request is a list, noted on both sides and on the wire, and
            // repeated until it is heard. An event is a text. The rest is room
            // for a list that grew.
            let allowed = 20 + events + 12 * requests;
            assert!(
                allocations <= allowed,
                "{name}, {policy}: {allocations} allocations for {received} packets, \
                 {requests} requests and {events} events"
            );
        }
    }
}
