//! How well a lost frame is hidden: against the same frame undamaged, and against
//! plain silence in its place.

use segue_core::track::TrackInfo;
use segue_playout::decode::Decoder;

use crate::speaker::report;
use crate::split::{Mp3, split};
use crate::tools::{self, Dice};

/// One channel of a track: whole, with losses concealed, with losses silent (5 ms
/// ramps at both ends), and which packets are not as sent.
struct Heard {
    whole: Vec<f32>,
    concealed: Vec<f32>,
    silenced: Vec<f32>,
    broken: Vec<bool>,
    packet: usize,
}

fn heard(mp3: &Mp3, here: &[bool]) -> Heard {
    let track = TrackInfo {
        gapless: None,
        ..mp3.track.clone()
    };
    let channels = usize::from(track.channels);
    let play = |here: &dyn Fn(usize) -> bool| {
        let mut decoder = Decoder::new(&track).unwrap();
        let (mut left, mut broken) = (Vec::new(), Vec::new());
        for (frame, index) in mp3.frames.iter().zip(0..) {
            let muted = decoder.muted_samples();
            let samples = match here(index) {
                true => decoder.push(index as u32, frame),
                false => decoder.conceal(1),
            };
            left.extend(samples.iter().step_by(channels));
            broken.push(!here(index) || decoder.muted_samples() > muted);
        }
        (left, broken)
    };
    let (whole, _) = play(&|_| true);
    let (concealed, broken) = play(&|index| here[index]);
    let packet = usize::from(track.samples_per_packet);
    let ramp = track.sample_rate as usize / 200;
    let mut silenced = whole.clone();
    let lost = |at: usize| broken.get(at / packet).copied().unwrap_or(false);
    // Distance from the nearest undamaged sample decides how silent it is.
    for (at, sample) in silenced.iter_mut().enumerate() {
        if lost(at) {
            let near = (1..=ramp).find(|&reach| at >= reach && !lost(at - reach));
            *sample *= near.map_or(0.0, |near| 1.0 - near as f32 / ramp as f32);
        } else if let Some(near) = (1..=ramp).find(|&reach| at >= reach && lost(at - reach)) {
            *sample *= near as f32 / ramp as f32;
        }
    }
    Heard {
        whole,
        concealed,
        silenced,
        broken,
        packet,
    }
}

impl Heard {
    /// Where each gap is: from its first to behind its last sample.
    fn gaps(&self) -> Vec<std::ops::Range<usize>> {
        let mut gaps: Vec<std::ops::Range<usize>> = Vec::new();
        for (index, _) in self
            .broken
            .iter()
            .enumerate()
            .filter(|(_, broken)| **broken)
        {
            let span = index * self.packet..(index + 1) * self.packet;
            match gaps.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => gaps.push(span),
            }
        }
        // Those with the whole neighbourhood around them.
        let margin = 3 * self.packet;
        gaps.retain(|gap| gap.start > margin && gap.end + margin < self.whole.len());
        gaps
    }
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, s| peak.max(s.abs()))
}

/// The sharpest bend: what a click is.
fn bend(samples: &[f32]) -> f32 {
    samples
        .windows(3)
        .map(|s| (s[2] - 2.0 * s[1] + s[0]).abs())
        .fold(0.0, f32::max)
}

/// Mean distance of the spectra in bands of third octaves, dB. Silence counts as
/// 40 dB below the loudest.
fn spectral_distance(ours: &[f32], theirs: &[f32], rate: f64) -> f64 {
    let bands = |samples: &[f32]| -> Vec<f64> {
        (0..20)
            .map(|third| {
                let pitch = 100.0 * 2.0_f64.powf(f64::from(third) / 3.0);
                let step = std::f64::consts::TAU * pitch / rate;
                let (mut re, mut im) = (0.0, 0.0);
                for (at, sample) in samples.iter().enumerate() {
                    let window =
                        1.0 - (std::f64::consts::TAU * at as f64 / samples.len() as f64).cos();
                    let value = f64::from(*sample) * window;
                    re += value * (step * at as f64).cos();
                    im += value * (step * at as f64).sin();
                }
                re * re + im * im
            })
            .collect()
    };
    let (ours, theirs) = (bands(ours), bands(theirs));
    let floor = theirs.iter().fold(0.0, |most: f64, v| most.max(*v)) * 1e-4 + 1e-9;
    let sum: f64 = ours
        .iter()
        .zip(&theirs)
        .map(|(a, b)| (10.0 * (a.max(floor) / b.max(floor)).log10()).abs())
        .sum();
    sum / ours.len() as f64
}

/// How alike a piece and the same piece one packet before are, -1 to 1.
fn repetition(samples: &[f32], from: usize, to: usize, lag: usize) -> f64 {
    let (now, before) = (&samples[from..to], &samples[from - lag..to - lag]);
    let dot: f64 = now.iter().zip(before).map(|(a, b)| f64::from(a * b)).sum();
    let both = (power(now) * power(before)).sqrt() * (to - from) as f64;
    dot / both.max(1e-9)
}

/// What all gaps of a track have in common.
#[derive(Debug)]
struct Verdict {
    gaps: usize,
    /// Of the power of what is missing, in the first packet of each gap, dB.
    snr: f64,
    distance: f64,
    silent_distance: f64,
    /// The sharpest bend at a seam, over the sharpest around it in the original;
    /// 99th percentile.
    click: f64,
    /// The loudest in the gap, over the loudest around it in the original.
    burst: f64,
    /// How much more than the original a gap repeats the packet before; mean.
    repeats: f64,
}

fn judge(heard: &Heard, rate: f64) -> Verdict {
    let (mut off, mut signal) = (0.0, 0.0);
    let (mut ours, mut silent, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
    let (mut clicks, mut burst) = (Vec::new(), 0.0_f64);
    let gaps = heard.gaps();
    for gap in &gaps {
        let first = gap.start..gap.start + heard.packet;
        let around = gap.start - 2 * heard.packet..gap.end + 2 * heard.packet;
        let original = &heard.whole[around.clone()];
        if power(&heard.whole[first.clone()]) < 1e-6 {
            continue; // nothing to hide
        }
        let difference: Vec<f32> = first
            .clone()
            .map(|at| heard.concealed[at] - heard.whole[at])
            .collect();
        off += power(&difference);
        signal += power(&heard.whole[first.clone()]);
        // With a little around it: seams count too.
        let span = gap.start - 200..gap.end + 200;
        let near = |samples: &[f32]| {
            spectral_distance(&samples[span.clone()], &heard.whole[span.clone()], rate)
        };
        ours.push(near(&heard.concealed));
        silent.push(near(&heard.silenced));
        let seams = [gap.start, gap.end];
        let sharpest = seams
            .iter()
            .map(|&seam| bend(&heard.concealed[seam - 20..seam + 260]))
            .fold(0.0, f32::max);
        clicks.push(f64::from(sharpest / bend(original).max(1e-4)));
        let loud = peak(&heard.concealed[gap.start..gap.end + 300]) / peak(original).max(1e-4);
        burst = burst.max(f64::from(loud));
        let repeat = |samples: &[f32]| repetition(samples, first.start, first.end, heard.packet);
        repeats.push(repeat(&heard.concealed) - repeat(&heard.whole));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    clicks.sort_by(f64::total_cmp);
    Verdict {
        gaps: gaps.len(),
        snr: 10.0 * (signal / off).log10(),
        distance: mean(&ours),
        silent_distance: mean(&silent),
        click: clicks[(clicks.len() - 1) * 99 / 100],
        burst,
        repeats: mean(&repeats),
    }
}

fn lose(count: usize, share: f64, burst: usize) -> Vec<bool> {
    let mut dice = Dice::new(11);
    let mut here = vec![true; count];
    let mut at = 20;
    while at + burst < count {
        if dice.roll() < share / burst as f64 {
            here[at..at + burst].fill(false);
            at += burst;
        }
        at += 1;
    }
    here
}

fn demo() -> Mp3 {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/stage/demo/prelude.mp3");
    split(&std::fs::read(path).unwrap(), "prelude")
}

fn tried(name: &str, mp3: &Mp3, share: f64, burst: usize) -> Verdict {
    let here = lose(mp3.frames.len(), share, burst);
    let verdict = judge(&heard(mp3, &here), f64::from(mp3.track.sample_rate));
    report(&format!(
        "{name}, {:.0} % in {burst}: {verdict:.2?}",
        share * 100.0
    ));
    verdict
}

#[test]
fn music_goes_on_over_lost_frames() {
    let mp3 = demo();
    for (share, burst) in [(0.01, 1), (0.05, 1), (0.2, 1), (0.05, 3)] {
        let verdict = tried("prelude", &mp3, share, burst);
        assert!(verdict.gaps > 20);
        assert!(verdict.snr > 2.0, "worse than silence is 0: {verdict:?}");
        sounds_right(&verdict);
    }
}

#[test]
fn noise_and_attacks_do_not_click_or_burst() {
    let dir = tempfile::tempdir().unwrap();
    let wav = dir.path().join("source.wav");
    tools::music(&wav, 44_100, 2, 30.0);
    let mp3 = split(
        &std::fs::read(tools::lame(&wav, &["-b", "128"])).unwrap(),
        "x",
    );
    sounds_right(&tried("drums", &mp3, 0.05, 1));
}

/// What holds for any music.
fn sounds_right(verdict: &Verdict) {
    assert!(
        verdict.distance < 0.65 * verdict.silent_distance,
        "{verdict:?}"
    );
    assert!(verdict.click < 1.2, "{verdict:?}");
    assert!(verdict.burst < 1.2, "{verdict:?}");
    assert!(verdict.repeats < 0.15, "{verdict:?}");
}
