//! The sound devices: there, and one that really plays, if only silence.

use std::thread::sleep;
use std::time::{Duration, Instant};

use segue_core::track::{TrackId, TrackInfo};
use segue_playout::output::Media;
use segue_playout::{Device, Output, OutputError, OutputSpec, devices};

use super::Finding;

/// How much silence is played.
const SILENCE: Duration = Duration::from_millis(400);
/// A device that took none of it by then takes nothing at all.
const PATIENCE: Duration = Duration::from_secs(3);
const WITHOUT: &str = "This machine can share all the same, and play to files (`-o out.wav`)";

/// `wanted`: the device that `segue play` takes; `None`: the system's default.
pub fn look(wanted: Option<&str>) -> Vec<Finding> {
    let devices = match devices() {
        Ok(devices) => devices,
        Err(error) => return vec![no_list(&error)],
    };
    let opens = devices.iter().any(|device| device.abilities.is_ok());
    if wanted.is_none() && !opens {
        return vec![nothing(&devices)];
    }
    let mut findings = vec![list(&devices)];
    findings.push(match OutputSpec::Speaker.open_on(wanted, &silence()) {
        Ok(output) => play(output, PATIENCE),
        Err(OutputError::NoDevice) => nothing(&devices),
        Err(error @ OutputError::Unnamed { .. }) => Finding::problem(
            error.to_string(),
            "`segue devices` lists them: `segue config set play.device NAME`, or `segue config \
             unset play.device` for the system's default",
        ),
        Err(error) => Finding::problem(
            error.to_string(),
            "Another program may hold the device, or the sound server does not run: start it \
             anew (`systemctl --user restart pipewire` or `pulseaudio --start`), or choose \
             another device of `segue devices`",
        ),
    });
    findings
}

fn no_list(error: &OutputError) -> Finding {
    Finding::warning(
        format!("the system does not tell its sound devices: {error}"),
        WITHOUT,
    )
}

/// As on a machine in a cupboard: no fault of it.
fn nothing(devices: &[Device]) -> Finding {
    let text = if devices.is_empty() {
        "there is no sound device".to_owned()
    } else {
        format!("no sound device opens: {}", names(devices))
    };
    Finding::warning(
        text,
        format!("Plug one in, or start the sound server. {WITHOUT}"),
    )
}

fn list(devices: &[Device]) -> Finding {
    Finding::ok(format!("devices: {}", names(devices)))
}

fn names(devices: &[Device]) -> String {
    let names: Vec<_> = devices
        .iter()
        .map(|device| match (&device.abilities, device.is_default) {
            (Err(_), _) => format!("{} (does not open now)", device.id),
            (Ok(_), true) => format!("{} (the default)", device.id),
            (Ok(_), false) => device.id.clone(),
        })
        .collect();
    names.join(", ")
}

/// Plays silence for a moment: does the device really ask for it?
fn play(mut output: Box<dyn Output>, patience: Duration) -> Finding {
    let track = silence();
    let packet = vec![0.0; usize::from(track.samples_per_packet) * usize::from(track.channels)];
    let packet_s = track.packet_s();
    let enough = (SILENCE.as_secs_f64() / packet_s).ceil() as u32;
    let begun = Instant::now();
    let mut taken = 0;
    while taken < enough {
        let due = match output.due_in() {
            Ok(due) if due.is_zero() => {
                if let Err(error) = output.write(Media::Samples(&packet)) {
                    return stopped(output.name(), &error.to_string());
                }
                taken += 1;
                continue;
            }
            Ok(due) => due,
            Err(error) => return stopped(output.name(), &error.to_string()),
        };
        if begun.elapsed() > patience {
            let why = output.trouble().unwrap_or("it asks for no sound");
            return stopped(output.name(), why);
        }
        sleep(due.min(Duration::from_millis(20)));
    }
    let latency = output.latency().map_or_else(String::new, |latency| {
        format!(", heard {} ms after it is written", latency.as_millis())
    });
    let text = format!("{} plays{latency}", output.name());
    match output.underruns() {
        0 => Finding::ok(text),
        some => Finding::warning(
            format!(
                "{text}, but ran empty {some} times in {} ms",
                begun.elapsed().as_millis()
            ),
            "This machine is very busy, or the sound server's buffers are small: end other \
             programs",
        ),
    }
}

fn stopped(name: &str, why: &str) -> Finding {
    Finding::problem(
        format!("{name} opens but does not play: {why}"),
        "Choose another device of `segue devices`: `segue config set play.device NAME`; or start \
         the sound server anew",
    )
}

/// A track of nothing, for an output that must know what comes.
fn silence() -> TrackInfo {
    TrackInfo {
        id: TrackId([0; 32]),
        packets: u32::MAX,
        sample_rate: 44_100,
        samples_per_packet: 1152,
        channels: 2,
        gapless: None,
        bytes: 0,
        title: String::new(),
        artist: String::new(),
        album: String::new(),
        name: "silence".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn an_output_that_takes_silence_plays() {
        let null = OutputSpec::Null.open(&silence()).unwrap();
        assert_eq!(play(null, PATIENCE).verdict, Verdict::Ok);
    }

    /// Opens, and never asks.
    struct Stuck;

    impl Output for Stuck {
        fn name(&self) -> &str {
            "stuck"
        }
        fn paced(&self) -> bool {
            true
        }
        fn takes(&self) -> segue_playout::output::Takes {
            segue_playout::output::Takes::Samples
        }
        fn begin(&mut self, _: &TrackInfo) -> Result<Duration, OutputError> {
            Ok(Duration::ZERO)
        }
        fn due_in(&mut self) -> Result<Duration, OutputError> {
            Ok(Duration::from_secs(1))
        }
        fn write(&mut self, _: Media<'_>) -> Result<(), OutputError> {
            Ok(())
        }
        fn finish_in(&mut self) -> Result<Duration, OutputError> {
            Ok(Duration::ZERO)
        }
    }

    #[test]
    fn an_output_that_asks_for_nothing_is_a_problem() {
        let told = play(Box::new(Stuck), Duration::ZERO);
        assert_eq!(told.verdict, Verdict::Problem);
        assert!(told.text.contains("asks for no sound"), "{told:?}");
    }
}
