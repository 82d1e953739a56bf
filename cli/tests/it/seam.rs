//! Two tracks cut from one recording, over real sockets that lose a tenth of all
//! datagrams: one after the other, to the sample.

use hound::{WavReader, WavWriter};

use crate::hearing::best_fit;
use crate::support::{LIMIT, Sharer, play_from, start};
use crate::tools;

/// No multiple of a packet, so that both ends of the seam need their cut.
const CUT: usize = 201_234;

#[test]
fn no_sample_is_missing_or_added_at_the_seam_under_a_tenth_of_loss() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole.wav");
    tools::music(&whole, 44_100, 2, 9.0);
    let mut reader = WavReader::open(&whole).unwrap();
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let shared = tempfile::tempdir().unwrap();
    let (first, second) = samples.split_at(CUT * 2);
    let halves = [("first", first), ("second", second)].map(|(name, part)| {
        let path = shared.path().join(name).with_extension("wav");
        let mut writer = WavWriter::create(&path, reader.spec()).unwrap();
        part.iter().for_each(|&s| writer.write_sample(s).unwrap());
        writer.finalize().unwrap();
        tools::lame(&path, &["-b", "128"])
    });
    let sharers = [Sharer::start(shared.path()), Sharer::start(shared.path())];
    let out = dir.path().join("out.wav");
    let more = [
        "second",
        "--policy",
        "random-recovery:gaps=refill",
        "--network",
        "random-delay:loss=0.1,rtt_s=0.02",
        "--seed",
        "5",
        "-o",
        out.to_str().unwrap(),
    ];
    start(&mut play_from(&[&sharers[0], &sharers[1]], "first", &more))
        .done(LIMIT)
        .succeeded();
    let heard = tools::read_wav(&out);
    assert_eq!(heard.len(), samples.len(), "samples of both channels");
    let expected = halves.map(|mp3| tools::ffmpeg(&mp3)).concat();
    let rms = tools::rms(&heard, &expected);
    assert!(rms < 1e-4, "RMS of the difference {rms}");
    let left = |samples: &[f32]| samples.iter().step_by(2).copied().collect::<Vec<_>>();
    let (heard, recording) = (left(&heard), left(&tools::read_wav(&whole)));
    for at in [CUT - 30_000, CUT + 3_000] {
        let (fit, found) = best_fit(&heard, &recording[at..at + 20_000], at);
        assert!(fit > 0.98 && found == at, "{fit} at {found}, not {at}");
    }
}
