//! Packets lost on the way: what is heard after a gap is right, or concealed.

use segue_core::track::TrackInfo;
use segue_playout::decode::Decoder;

use crate::split::{Mp3, split};
use crate::tools::{self, Dice};

/// Side information of the frames used here (MPEG-1 stereo, no CRC).
const SIDE_INFO: usize = 32;
/// Samples after which a concealed gap is silent.
const GONE: usize = 4410;

struct Packet {
    samples: Vec<f32>,
    muted: bool,
}

fn track(options: &[&str]) -> Mp3 {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("source.wav");
    tools::music(&wav, 44_100, 2, 40.0);
    let path = tools::lame(&wav, options);
    split(&std::fs::read(path).unwrap(), "source")
}

/// Decodes all that is here; one entry per packet.
fn decode(mp3: &Mp3, here: &[bool], conceal: bool) -> (Vec<Packet>, u64) {
    // Untrimmed, so that each packet has its full length.
    let track = TrackInfo {
        gapless: None,
        ..mp3.track.clone()
    };
    let mut decoder = Decoder::new(&track).unwrap();
    let mut packets = Vec::new();
    for ((frame, packet), here) in mp3.frames.iter().zip(0..).zip(here) {
        let muted_before = decoder.muted_samples();
        let samples = match (here, conceal) {
            (true, _) => decoder.push(packet, frame).to_vec(),
            (false, true) => decoder.conceal(1).to_vec(),
            (false, false) => {
                decoder.skip(1);
                Vec::new()
            }
        };
        packets.push(Packet {
            samples,
            muted: decoder.muted_samples() > muted_before,
        });
    }
    (packets, decoder.muted_samples())
}

/// The rule, written a second time: from the second frame in a row whose bits
/// have all come since the gap.
fn expected_muted(mp3: &Mp3, here: &[bool]) -> Vec<bool> {
    let mut since_gap = None;
    let mut complete_in_a_row = 2;
    mp3.frames
        .iter()
        .zip(here)
        .map(|(frame, here)| {
            if !here {
                since_gap = Some(0);
                complete_in_a_row = 0;
                return false;
            }
            let begin = usize::from(frame[4]) * 2 + usize::from(frame[5] >> 7);
            if let Some(sum) = &mut since_gap {
                let complete = *sum >= begin;
                complete_in_a_row = if complete { complete_in_a_row + 1 } else { 0 };
                *sum += frame.len() - 4 - SIDE_INFO;
            }
            complete_in_a_row < 2
        })
        .collect()
}

fn check(options: &[&str], seed: u64, lose: impl Fn(&mut Dice, usize) -> Vec<bool>) {
    let mp3 = track(options);
    let here = lose(&mut Dice::new(seed), mp3.frames.len());
    let lost = here.iter().filter(|here| !**here).count();
    let context = format!("{options:?}, seed {seed}, {lost} lost");
    assert!(lost > 10, "{context}");

    let (whole, none) = decode(&mp3, &vec![true; mp3.frames.len()], true);
    assert_eq!(none, 0);
    let muted = expected_muted(&mp3, &here);
    for conceal in [true, false] {
        let (packets, muted_samples) = decode(&mp3, &here, conceal);
        let muted_packets = muted.iter().filter(|muted| **muted).count();
        assert_eq!(muted_samples, muted_packets as u64 * 1152, "{context}");
        let total: usize = packets.iter().map(|packet| packet.samples.len() / 2).sum();
        let silent = if conceal { 0 } else { lost };
        assert_eq!(total, (mp3.frames.len() - silent) * 1152, "{context}");

        let fade = 2 * 44_100 / 200;
        let mut after_silence = false;
        let mut missing = 0;
        for (index, packet) in packets.iter().enumerate() {
            assert!(
                packet.samples.iter().all(|sample| sample.abs() <= 1.0),
                "{context}: packet {index} is beyond full scale"
            );
            assert_eq!(packet.muted, muted[index], "{context}: packet {index}");
            if !here[index] || packet.muted {
                // The sound before may go on for a while, then there is silence.
                missing += packet.samples.len() / 2;
                if missing > packet.samples.len() / 2 + GONE {
                    assert!(
                        packet.samples.iter().all(|sample| *sample == 0.0),
                        "{context}: {index}"
                    );
                }
                after_silence = true;
                continue;
            }
            let from = if after_silence { fade } else { 0 };
            after_silence = false;
            missing = 0;
            let off = tools::rms(&packet.samples[from..], &whole[index].samples[from..]);
            assert!(off < 1e-3, "{context}: packet {index} is off by {off:e}");
        }
    }
}

fn singly(dice: &mut Dice, count: usize) -> Vec<bool> {
    (0..count).map(|_| dice.roll() >= 0.05).collect()
}

fn in_bursts(dice: &mut Dice, count: usize) -> Vec<bool> {
    let mut here = vec![true; count];
    let mut at = 0;
    while at < count {
        let burst = 2 + (dice.roll() * 12.0) as usize;
        let end = (at + burst).min(count);
        if at > 0 {
            here[at..end].fill(false);
        }
        at = end + 10 + (dice.roll() * 60.0) as usize;
    }
    here
}

#[test]
fn constant_128_singly() {
    (1..=3).for_each(|seed| check(&["-b", "128"], seed, singly));
}

#[test]
fn constant_128_in_bursts() {
    check(&["-b", "128"], 4, in_bursts);
}

#[test]
fn variable_v2_singly() {
    (5..=7).for_each(|seed| check(&["-V", "2"], seed, singly));
}

#[test]
fn variable_v2_in_bursts() {
    check(&["-V", "2"], 8, in_bursts);
}

#[test]
fn constant_320_singly() {
    (9..=11).for_each(|seed| check(&["-b", "320"], seed, singly));
}

#[test]
fn constant_320_in_bursts() {
    check(&["-b", "320"], 12, in_bursts);
}

#[test]
fn the_length_is_exact_whatever_is_concealed() {
    let mp3 = track(&["-b", "128"]);
    for lost in [0..1, 0..5, 100..101, 500..502] {
        let mut decoder = Decoder::new(&mp3.track).unwrap();
        let mut total = 0;
        for (frame, packet) in mp3.frames.iter().zip(0..) {
            total += match lost.contains(&packet) {
                true => decoder.conceal(1).len(),
                false => decoder.push(packet, frame).len(),
            };
        }
        total += decoder.finish().len();
        assert_eq!(total as u64, mp3.track.samples() * 2, "{lost:?} lost");
    }
}

#[test]
fn a_gap_does_not_click() {
    let mp3 = track(&["-b", "128"]);
    let mut here = vec![true; mp3.frames.len()];
    here[300] = false;
    let (whole, _) = decode(&mp3, &vec![true; here.len()], true);
    let (packets, _) = decode(&mp3, &here, true);
    let left = |packets: &[Packet]| -> Vec<f32> {
        packets[298..306]
            .iter()
            .flat_map(|packet| packet.samples.iter().step_by(2).copied())
            .collect()
    };
    let steepest = |samples: &[f32]| {
        samples
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f32::max)
    };
    let (before, after) = (steepest(&left(&whole)), steepest(&left(&packets)));
    assert!(
        after <= before * 1.05,
        "steps of {after}, in the original {before}"
    );
}

#[test]
fn bytes_that_are_no_frame_are_a_gap() {
    let mp3 = track(&["-b", "128"]);
    let mut decoder = Decoder::new(&mp3.track).unwrap();
    let mut peak = 0.0_f32;
    let mut total = 0;
    for (frame, packet) in mp3.frames.iter().zip(0..) {
        let mut bytes = frame.to_vec();
        match packet % 50 {
            20 => bytes.truncate(3),
            21 => bytes.truncate(100),
            22 => bytes[4..].fill(0xff),
            23 => bytes[1] = 0xf3,  // MPEG-2
            24 => bytes[3] |= 0xc0, // mono
            25 => bytes[2] = 0xff,
            _ => {}
        }
        let samples = decoder.push(packet, &bytes);
        total += samples.len();
        peak = samples
            .iter()
            .fold(peak, |peak, sample| peak.max(sample.abs()));
    }
    assert_eq!(total as u64, mp3.track.samples() * 2);
    assert!(peak <= 1.0);
    assert!(decoder.muted_s() > 0.0);
}

/// Some encoders pad less than the decoder delays: the end is still inside.
#[test]
fn the_length_is_exact_with_hardly_any_padding() {
    let mut mp3 = track(&["-b", "128"]);
    let gapless = mp3.track.gapless.as_mut().unwrap();
    gapless.padding = 100;
    let mut decoder = Decoder::new(&mp3.track).unwrap();
    let mut sound = Vec::new();
    for (frame, packet) in mp3.frames.iter().zip(0..) {
        sound.extend_from_slice(decoder.push(packet, frame));
    }
    let decoded = sound.len();
    sound.extend_from_slice(decoder.finish());
    assert_eq!(sound.len() - decoded, 2 * (529 - 100));
    assert_eq!(sound.len() as u64, mp3.track.samples() * 2);
    assert!(decoder.finish().is_empty());
}
