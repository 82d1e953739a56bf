//! A hundred listeners of hour-long tracks, never content.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use segue_core::track::TrackId;

use crate::support::{Sharer, frames, free_port, named_song, report};
use crate::wire_client::{Client, track_id};

const LISTENERS: u32 = 100;
const SECONDS: u64 = 10;
const MINUTES: usize = 60;
/// Packets of an hour.
const PACKETS: u32 = 137_800;
const MEMORY_KIB: u64 = 64 << 10;

/// Two hours of 320 kb/s, as two tracks. No header says how long they are.
fn hours(dir: &Path) {
    let minute = named_song(dir, "minute", 60.0, 44_100, 2, &["-b", "320", "-t"]);
    let bytes = frames(&minute);
    fs::remove_file(minute).unwrap();
    for (name, rest) in [("one", &bytes[..0]), ("two", &bytes[..1044])] {
        let mut file = File::create(dir.join(name).with_extension("mp3")).unwrap();
        for _ in 0..MINUTES {
            file.write_all(&bytes).unwrap();
        }
        file.write_all(rest).unwrap();
    }
}

/// Most memory that a process ever had, in KiB.
fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[test]
fn a_hundred_listeners_are_served_in_bounded_memory() {
    let dir = tempfile::tempdir().unwrap();
    hours(dir.path());
    let sharer = Sharer::with(dir.path(), free_port(), &[]);
    let pid = sharer.process.0.id();
    let before = peak_memory(pid);
    let tracks: [TrackId; 2] = [0, 1].map(|number| track_id(&sharer.said, number));

    let mut listeners: Vec<Client> = (0..LISTENERS)
        .map(|number| {
            let track = tracks[number as usize % tracks.len()];
            Client::new(sharer.address, track, 1000 + u64::from(number))
        })
        .collect();
    for listener in &mut listeners {
        listener.shake_hands();
        listener.ask_track(40, u32::MAX);
    }
    let begun = Instant::now();
    let mut round = 0;
    while begun.elapsed() < Duration::from_secs(SECONDS) {
        round += 1;
        for (number, listener) in listeners.iter_mut().enumerate() {
            listener.receive();
            // Each at its own place, all over the hour.
            let place = (number as u32 * 7919 + round * 101) % PACKETS;
            listener.ask_packets(place, 400, 1 + round as u16 % 5);
            if round % 4 == 0 {
                listener.feed_back();
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    for listener in &mut listeners {
        listener.receive();
    }

    let peak = peak_memory(pid);
    let received = |listener: &Client| listener.received;
    let streamed = |listener: &Client| listener.by_stream;
    let least = listeners.iter().map(received).min().unwrap();
    let most = listeners.iter().map(received).max().unwrap();
    let all: u32 = listeners.iter().map(received).sum();
    let least_streamed = listeners.iter().map(streamed).min().unwrap();
    report(&format!(
        "{LISTENERS} listeners, {SECONDS} s: {all} packets ({:.1} MB/s), each {least} to {most}, \
         by stream at least {least_streamed}; peak memory {:.1} MiB, {:.1} before anyone asked",
        f64::from(all) * 1044.0 / 1e6 / SECONDS as f64,
        peak as f64 / 1024.0,
        before as f64 / 1024.0,
    ));
    assert!(peak < MEMORY_KIB, "{peak} KiB");
    assert!(least > 100, "the poorest listener got {least} packets");
    assert!(
        least_streamed > 20,
        "the poorest stream had {least_streamed}"
    );
}
