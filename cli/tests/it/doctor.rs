//! `segue doctor` about sound and folders. About networks see `house/doctor.rs`.

use std::path::Path;

use serde_json::Value;

use crate::sound_server::SoundServer;
use crate::support::{LIMIT, free_port, segue, start};

/// What it found about sound: verdict, text, remedy.
fn of_sound(findings: &Value) -> Vec<[String; 3]> {
    of("sound", findings)
}

fn of(check: &str, findings: &Value) -> Vec<[String; 3]> {
    let findings = findings.as_array().unwrap().iter();
    findings
        .filter(|finding| finding["check"] == check)
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
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said.json");
    let line = format!(
        "exec '{}' doctor --json --discovery-port {} > '{}'",
        env!("CARGO_BIN_EXE_segue"),
        free_port(),
        said.display()
    );
    let (_, heard) = server.record(Path::new("sh"), &["-c", &line], LIMIT);
    let found = of_sound(&serde_json::from_slice(&std::fs::read(said).unwrap()).unwrap());
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

#[test]
fn a_device_that_is_set_and_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("config.toml");
    std::fs::write(&settings, "[play]\ndevice = 'gramophone'\n").unwrap();
    let port = free_port().to_string();
    let mut command = segue();
    command.args(["doctor", "--json", "--discovery-port", &port]);
    let done = start(command.env("SEGUE_CONFIG", &settings)).done(LIMIT);
    assert_eq!(done.code, Some(1), "{}", done.text());
    let found = of_sound(&done.json());
    let is_it = |[verdict, text, remedy]: &[String; 3]| {
        verdict == "problem" && text.contains("gramophone") && remedy.contains("play.device")
    };
    assert!(found.iter().any(is_it), "{found:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_cache_that_cannot_be_written() {
    let port = free_port().to_string();
    let mut command = segue();
    command.args(["doctor", "--json", "--discovery-port", &port]);
    let done = start(command.env("XDG_CACHE_HOME", "/dev/null/nowhere")).done(LIMIT);
    let found = of("folders", &done.json());
    let is_it = |[verdict, text, _]: &[String; 3]| {
        verdict == "warning" && text.contains("/dev/null/nowhere/segue cannot be written")
    };
    assert!(found.iter().any(is_it), "{found:?}");
}
