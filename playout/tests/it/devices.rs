//! Opening devices by name, many times.

use segue_playout::{OutputSpec, devices};

use crate::sound_server::{SoundServer, example, run_without_server};
use crate::speaker::{LIMIT, track};

#[test]
fn a_name_that_fits_none_gets_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, 1.0);
    let arguments = [mp3.as_str(), "device=no such thing"];
    let output = run_without_server(&example("play-file"), &arguments, "type hw card 31");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{text}");
    assert!(
        text.contains("`default`") && text.contains("segue devices"),
        "{text}"
    );
    assert!(!text.contains("ALSA lib"), "{text}");
}

#[test]
fn a_part_of_its_name_opens_a_device() {
    let Some(server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (mp3, _) = track(dir.path(), 44_100, 1.0);
    let program = server.start_program(&example("play-file"), &[&mp3, "device=pulseaudio"]);
    let output = program.wait(LIMIT);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("ending Finished"), "{text}");
    assert!(text.contains("output PulseAudio"), "{text}");
}

#[test]
fn the_list_begins_with_the_default() {
    let devices = devices().unwrap();
    assert!(devices.first().is_none_or(|device| device.is_default));
    assert_eq!(OutputSpec::default(), OutputSpec::Speaker);
}
