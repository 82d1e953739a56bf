//! What the policy does, told in small sessions.

use std::collections::VecDeque;

use segue_policy::abi::{STATE_PLAYING, STATE_STARTING};
use segue_policy::testing::{Record, S, Scene, Settings};
use segue_policy::{Decision, Param, PlayoutPolicy};

use crate::Deadline;

const PARAMS: &[Param] = Deadline::INFO.params;
const STEP_S: f64 = 0.005;

/// A policy and seeders that send what it asks for 20 ms later.
struct Stage {
    scene: Scene,
    policy: Deadline,
    /// For each seeder: when each packet comes, and which.
    coming: Vec<VecDeque<(u64, u32)>>,
    /// How many packets each sends in a second.
    rates: Vec<f64>,
    lost: Vec<u32>,
    /// All that was asked: of whom, and what.
    asked: Vec<(u32, Vec<u32>)>,
    last: Decision,
}

impl Stage {
    fn new(packets: u32, rates: &[f64], settings: &[(&str, f64)]) -> Self {
        let mut scene = Scene::new(packets, rates.len());
        scene.state = STATE_STARTING;
        for seeder in &mut scene.seeders {
            seeder.rtt_ns = S / 50;
            seeder.rtt_var_ns = S / 1000;
        }
        let settings = Settings::new(PARAMS, settings);
        Self {
            scene,
            policy: PlayoutPolicy::new(&settings.values(PARAMS), 0),
            coming: vec![VecDeque::new(); rates.len()],
            rates: rates.to_vec(),
            lost: Vec::new(),
            asked: Vec::new(),
            last: Decision::Hold,
        }
    }

    /// What is asked for now.
    fn ask(&mut self) -> Record {
        let (decision, record) = self.scene.ask(&mut self.policy);
        self.last = decision;
        for (seeder, packets) in &record.requests {
            let coming = &mut self.coming[*seeder as usize];
            let gap = (1e9 / self.rates[*seeder as usize]) as u64;
            // What is asked again has a lower id: it is sent before all that is new.
            let soonest = self.scene.now_ns + S / 50;
            let is_again = |packet| self.asked.iter().any(|(_, before)| before.contains(packet));
            let first = if packets.iter().all(is_again) {
                coming.partition_point(|&(at, _)| at < soonest)
            } else {
                coming.len()
            };
            for (index, &packet) in (first..).zip(packets) {
                let free = coming.back().map_or(0, |&(at, _)| at + gap);
                let at = coming.get(index).map_or(free, |&(at, _)| at);
                coming.range_mut(index..).for_each(|(at, _)| *at += gap);
                coming.insert(index, (at.max(soonest), packet));
                self.scene.asked(packet, *seeder, 0);
            }
            self.asked.push((*seeder, packets.clone()));
        }
        self.count();
        record
    }

    fn count(&mut self) {
        for (seeder, coming) in self.scene.seeders.iter_mut().zip(&self.coming) {
            seeder.outstanding = coming.len() as u32;
        }
    }

    /// Goes on for a while; packets of `lost` are lost once.
    fn run(&mut self, seconds: f64) {
        for _ in 0..(seconds / STEP_S).round() as u32 {
            self.ask();
            self.scene.wait(STEP_S);
            for seeder in 0..self.coming.len() {
                while let Some(&(at, packet)) = self.coming[seeder].front() {
                    if at > self.scene.now_ns {
                        break;
                    }
                    self.coming[seeder].pop_front();
                    match self.lost.iter().position(|&lost| lost == packet) {
                        Some(index) => drop(self.lost.swap_remove(index)),
                        None => self.scene.arrive(seeder as u32, packet),
                    }
                }
            }
            self.count();
        }
    }

    /// Music plays from this packet on.
    fn play_from(&mut self, packet: u32) {
        self.scene.state = STATE_PLAYING;
        self.scene.playhead = packet;
        self.scene.due = false;
        self.scene.next_due_ns = self.scene.now_ns + S / 50;
    }

    /// How often a packet was asked for.
    fn times(&self, packet: u32) -> usize {
        let all = self.asked.iter().flat_map(|(_, packets)| packets);
        all.filter(|&&asked| asked == packet).count()
    }

    /// What was asked of a seeder, in order.
    fn of(&self, seeder: u32) -> Vec<u32> {
        let mine = self.asked.iter().filter(|(other, _)| *other == seeder);
        mine.flat_map(|(_, packets)| packets.clone()).collect()
    }
}

#[test]
fn new_ground_is_striped_and_earlier_packets_are_asked_for_first() {
    let mut stage = Stage::new(5000, &[100.0, 100.0], &[("spare", 0.0)]);
    stage.run(1.0);
    let (of_0, of_1) = (stage.of(0), stage.of(1));
    assert!(of_0.len() > 60 && of_1.len() > 60, "both have work");
    assert!(of_0.is_sorted() && of_1.is_sorted(), "what is due first");
    let mut all = [of_0, of_1].concat();
    all.sort_unstable();
    let stripes = 0..all.len() as u32;
    assert!(all.iter().copied().eq(stripes), "no gap, and none twice");
}

#[test]
fn a_packet_is_asked_for_once_as_long_as_it_may_come() {
    let mut stage = Stage::new(5000, &[100.0, 100.0], &[("spare", 0.0)]);
    stage.run(2.0);
    for packet in 0..200 {
        assert_eq!(stage.times(packet), 1, "packet {packet}");
    }
}

#[test]
fn what_is_lost_is_asked_for_again_once_and_soon() {
    let mut stage = Stage::new(5000, &[100.0, 100.0], &[("spare", 0.0)]);
    stage.lost = vec![20, 33];
    stage.run(2.0);
    assert!(stage.lost.is_empty(), "they were sent, and lost");
    assert_eq!([20, 33].map(|packet| stage.times(packet)), [2, 2]);
    assert!(stage.scene.view().next_missing(0) > Some(100));
}

#[test]
fn spare_copies_are_asked_for_when_the_deadline_is_near_and_not_before() {
    for (playhead, wait_s, copied) in [(38, 0.1, true), (0, 0.6, false)] {
        let mut stage = Stage::new(5000, &[100.0, 100.0], &[("spare", 0.1)]);
        stage.run(0.05);
        let all = stage.asked.len();
        stage.lost = vec![40];
        // Packet 40 gets lost, due in two packets' time or in forty.
        while stage.lost.contains(&40) {
            stage.run(STEP_S);
        }
        stage.scene.put(0..40);
        stage.play_from(playhead);
        stage.run(wait_s);
        let lists = &stage.asked[all..];
        let again = lists.iter().filter(|(_, packets)| packets.contains(&40));
        let times = again.count();
        assert!(times >= 1, "from {playhead}: not at all");
        assert_eq!(times > 1, copied, "from {playhead}: {times} times");
    }
}

#[test]
fn it_starts_when_more_comes_than_is_played() {
    let starts = |rate: f64| {
        let mut stage = Stage::new(5000, &[rate], &[]);
        for step in 0..200 {
            stage.run(STEP_S);
            if stage.last == Decision::Play {
                return Some(f64::from(step) * STEP_S);
            }
        }
        None
    };
    let fast = starts(200.0).expect("four times as fast as the music");
    assert!(fast < 0.2, "{fast}");
    assert_eq!(starts(20.0), None, "less comes than is played");
}

#[test]
fn nothing_is_left_out_unless_it_is_told_to() {
    let decision = |skip_s: f64| {
        let mut stage = Stage::new(5000, &[200.0], &[("skip_s", skip_s)]);
        stage.run(0.5);
        stage.scene.here[0] &= !(1 << 5);
        stage.scene.playhead = 5;
        stage.scene.state = segue_policy::abi::STATE_HOLDING;
        stage.scene.wait(60.0);
        stage.ask();
        stage.last
    };
    assert_eq!(decision(0.0), Decision::Hold);
    assert_eq!(decision(0.1), Decision::SkipTo(6));
}

#[test]
fn it_never_falls_asleep_while_something_is_missing() {
    let mut stage = Stage::new(5000, &[100.0, 100.0], &[("spare", 0.0)]);
    stage.run(1.0);
    // All that is under way but one packet comes by other ways, and music plays.
    let lost = stage.coming[0].back().expect("something is under way").1;
    for coming in &mut stage.coming {
        let packets = coming.drain(..).map(|(_, packet)| packet);
        stage.scene.put(packets.filter(|&packet| packet != lost));
    }
    stage.play_from(10);
    stage.scene.due = true;
    for _ in 0..100 {
        let record = stage.ask();
        let wake_ns = record.wake_ns.expect("it wants to be called again");
        assert!(wake_ns <= stage.scene.now_ns + 2 * S, "and soon");
        stage.scene.wait(0.02);
    }
    assert!(stage.times(lost) >= 2, "it was asked for again");
}
