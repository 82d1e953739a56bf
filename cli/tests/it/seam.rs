//! Two tracks cut from one recording, over real sockets that lose a tenth of all
//! datagrams: one after the other, to the sample.

use std::path::{Path, PathBuf};

use hound::{WavReader, WavWriter};
use tempfile::TempDir;

use crate::hearing::{best_fit, fit_anywhere};
use crate::sound_server::{SoundServer, up_to_three_times};
use crate::support::{LIMIT, Sharer, free_port, play_from, start};
use crate::tools;

/// No multiple of a packet, so that both ends of the seam need their cut.
const CUT: usize = 201_234;

/// A recording's left channel, its two halves as MP3 files that two sharers have.
struct Shared {
    recording: Vec<f32>,
    samples: usize,
    halves: [PathBuf; 2],
    sharers: [Sharer; 2],
    _folders: [TempDir; 2],
}

impl Shared {
    fn new() -> Self {
        let [dir, shared] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let whole = dir.path().join("whole.wav");
        tools::music(&whole, 44_100, 2, 9.0);
        let mut reader = WavReader::open(&whole).unwrap();
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        let (first, second) = samples.split_at(CUT * 2);
        let halves = [("first", first), ("second", second)].map(|(name, part)| {
            let path = shared.path().join(name).with_extension("wav");
            let mut writer = WavWriter::create(&path, reader.spec()).unwrap();
            part.iter().for_each(|&s| writer.write_sample(s).unwrap());
            writer.finalize().unwrap();
            tools::lame(&path, &["-b", "128"])
        });
        Self {
            recording: left(&tools::read_wav(&whole)),
            samples: samples.len(),
            halves,
            sharers: [Sharer::start(shared.path()), Sharer::start(shared.path())],
            _folders: [dir, shared],
        }
    }

    /// Before and behind the seam the recording is heard where it belongs: what lies
    /// between two pieces of it lies between them in what is heard. Answers where it
    /// begins. Only the second around the seam is looked at: a machine that was busy
    /// at another moment tells nothing of it.
    fn begins_at(&self, heard: &[f32]) -> Result<i64, String> {
        const PIECE: usize = 20_000;
        let [before, behind] = [CUT - 21_000, CUT + 1_000];
        let piece = |at: usize| &self.recording[at..at + PIECE];
        let found = fit_anywhere(piece(before), heard);
        for (from, wanted) in [(before, found), (behind, found + behind - before)] {
            let (fit, at) = best_fit(heard, piece(from), wanted);
            if fit < 0.98 || at != wanted {
                let more = at as i64 - wanted as i64;
                return Err(format!("correlation {fit}, {more} samples too late"));
            }
        }
        Ok(found as i64 - before as i64)
    }
}

fn left(samples: &[f32]) -> Vec<f32> {
    samples.iter().step_by(2).copied().collect()
}

/// A policy that leaves nothing out, through a network that loses a tenth.
const HOW: [&str; 6] = [
    "--policy",
    "random-recovery:gaps=refill",
    "--network",
    "random-delay:loss=0.1,rtt_s=0.02",
    "--seed",
    "5",
];

#[test]
fn no_sample_is_missing_or_added_at_the_seam_under_a_tenth_of_loss() {
    let shared = Shared::new();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.wav");
    let more = [&["second"], &HOW[..], &["-o", out.to_str().unwrap()]].concat();
    let [one, other] = &shared.sharers;
    start(&mut play_from(&[one, other], "first", &more))
        .done(LIMIT)
        .succeeded();
    let heard = tools::read_wav(&out);
    assert_eq!(heard.len(), shared.samples, "samples of both channels");
    let expected = shared
        .halves
        .each_ref()
        .map(|mp3| tools::ffmpeg(mp3))
        .concat();
    let rms = tools::rms(&heard, &expected);
    assert!(rms < 1e-4, "RMS of the difference {rms}");
    assert_eq!(shared.begins_at(&left(&heard)), Ok(0));
}

#[test]
fn nor_in_what_a_sound_server_plays() {
    up_to_three_times(|| {
        let Some(server) = SoundServer::start(44_100, "type pulse") else {
            return;
        };
        let shared = Shared::new();
        let peers = shared
            .sharers
            .each_ref()
            .map(|sharer| sharer.address.to_string());
        let port = free_port().to_string();
        let how = ["play", "first", "second", "--discovery-port", &port];
        let from = ["--peer", &peers[0], "--peer", &peers[1]];
        let arguments = [&how[..], &from, &HOW].concat();
        let program = Path::new(env!("CARGO_BIN_EXE_segue"));
        // On a busy machine the sound server or its recorder may stumble in just that
        // second. A seam that is wrong is wrong each time, and by as much.
        let mut heard_wrong = Vec::new();
        while heard_wrong.len() < 3 {
            let (output, heard) = server.record(program, &arguments, LIMIT);
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{text}");
            match shared.begins_at(&heard) {
                Ok(_) => return,
                Err(wrong) => heard_wrong.push(wrong),
            }
        }
        panic!("{heard_wrong:?}");
    });
}
