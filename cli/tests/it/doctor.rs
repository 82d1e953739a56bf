//! `segue doctor` about sound. About networks see `house/doctor.rs`.

use std::path::Path;

use serde_json::Value;

use crate::sound_server::SoundServer;
use crate::support::{LIMIT, free_port, segue, start};

/// What it found about sound: verdict, text, remedy.
fn of_sound(findings: &Value) -> Vec<[String; 3]> {
    let findings = findings.as_array().unwrap().iter();
    findings
        .filter(|finding| finding["check"] == "sound")
        .map(|finding| {
            ["verdict", "text", "remedy"]
                .map(|field| finding[field].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn a_device_that_plays() {
    let Some(server) = SoundServer::start(44_100, "type pulse") else {
        return;
    };
    let port = free_port().to_string();
    let (output, heard) = server.record(
        Path::new(env!("CARGO_BIN_EXE_segue")),
        &["doctor", "--json", "--discovery-port", &port],
        LIMIT,
    );
    let found = of_sound(&serde_json::from_slice(&output.stdout).unwrap());
    let plays = |[verdict, text, _]: &[String; 3]| verdict != "problem" && text.contains(" plays");
    assert!(found.iter().any(plays), "{found:?}");
    // It tries the device without a sound.
    assert!(heard.iter().all(|&sample| sample == 0.0));
}

#[test]
fn a_machine_without_sound_is_told_what_it_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("alsa.conf");
    std::fs::write(&nothing, "").unwrap();
    let port = free_port().to_string();
    let mut command = segue();
    command.args(["doctor", "--json", "--discovery-port", &port]);
    let done = start(command.env("ALSA_CONFIG_PATH", &nothing)).done(LIMIT);
    let found = of_sound(&done.json());
    assert_eq!(found.len(), 1, "{found:?}");
    let [verdict, text, remedy] = &found[0];
    assert_eq!(verdict, "warning", "{found:?}");
    assert!(text.contains("no sound device"), "{found:?}");
    assert!(remedy.contains("-o out.wav"), "{found:?}");
}
