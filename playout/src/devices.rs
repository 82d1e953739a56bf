//! The sound devices of this machine.

use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{SupportedBufferSize, SupportedStreamConfigRange};

use crate::output::{OutputError, PERIOD};
use crate::quiet::hush;

/// What ALSA lists beside devices: parts to build them from, things that make no
/// sound, second names, and JACK, whose library talks to the terminal when asked.
const PLUMBING: [&str; 14] = [
    "null",
    "jack",
    "lavrate",
    "samplerate",
    "speexrate",
    "speex",
    "upmix",
    "vdownmix",
    "oss",
    "usbstream",
    "dsnoop",
    "dmix",
    "dshare",
    "hw",
];

/// A device that can play.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Its name for the system: stays the same when the device comes back.
    pub id: String,
    /// Its name for a person.
    pub name: String,
    /// Whether it is taken when none is named.
    pub is_default: bool,
    /// What it can do, or why it does not open now.
    pub abilities: Result<Abilities, String>,
}

/// What a device can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// The least and the highest sample rate, Hz.
    pub rates: (u32, u32),
    /// The least and the highest number of channels.
    pub channels: (u16, u16),
    /// How much sound it keeps in its own buffer when Segue plays.
    pub buffer: Duration,
}

/// The devices that can play, the default one first. Opens each for a moment.
///
/// # Errors
/// When the system does not tell its devices.
pub fn devices() -> Result<Vec<Device>, OutputError> {
    hush();
    let default = cpal::default_host()
        .default_output_device()
        .and_then(|device| device.id().ok());
    let devices = listed()?
        .into_iter()
        .map(|device| {
            let id = id(&device);
            Device {
                is_default: default.as_ref().is_some_and(|default| default.id() == id),
                name: name(&device),
                abilities: abilities(&device).map_err(|error| error.to_string()),
                id,
            }
        })
        .collect();
    Ok(devices)
}

/// The device of that id or name, or the only one with that part in either. One
/// that is not listed can still be named by its whole id.
pub(crate) fn find(wanted: &str) -> Result<cpal::Device, OutputError> {
    let mut devices = listed()?;
    let mut all = cpal::default_host()
        .output_devices()
        .map_err(OutputError::Device)?;
    if let Some(device) = all.find(|device| id(device) == wanted) {
        return Ok(device);
    }
    let names: Vec<_> = devices
        .iter()
        .map(|device| (id(device), name(device)))
        .collect();
    match pick(&names, wanted) {
        Ok(index) => Ok(devices.swap_remove(index)),
        Err(fitting) => Err(OutputError::Unnamed {
            wanted: wanted.to_owned(),
            fitting,
            there: names.into_iter().map(|(id, _)| id).collect(),
        }),
    }
}

/// The device taken when none is named.
pub(crate) fn default() -> Result<cpal::Device, OutputError> {
    cpal::default_host()
        .default_output_device()
        .ok_or(OutputError::NoDevice)
}

/// All that make sense to play to, the default one first.
pub(crate) fn listed() -> Result<Vec<cpal::Device>, OutputError> {
    let host = cpal::default_host();
    let mut devices: Vec<_> = host.default_output_device().into_iter().collect();
    for device in host.output_devices().map_err(OutputError::Device)? {
        let is_alsa = device
            .id()
            .is_ok_and(|id| id.host().name().eq_ignore_ascii_case("alsa"));
        if !(is_alsa && is_plumbing(&id(&device))) && !devices.contains(&device) {
            devices.push(device);
        }
    }
    Ok(devices)
}

/// What the system calls it.
pub(crate) fn id(device: &cpal::Device) -> String {
    device
        .id()
        .map_or_else(|_| String::new(), |id| id.id().to_owned())
}

/// What a person calls it.
pub(crate) fn name(device: &cpal::Device) -> String {
    device
        .description()
        .map_or_else(|_| "default".to_owned(), |told| told.name().to_owned())
}

fn abilities(device: &cpal::Device) -> Result<Abilities, cpal::Error> {
    let ranges: Vec<_> = device.supported_output_configs()?.collect();
    let least = |value: fn(&SupportedStreamConfigRange) -> u32| ranges.iter().map(value).min();
    let most = |value: fn(&SupportedStreamConfigRange) -> u32| ranges.iter().map(value).max();
    let channels = |value: Option<u32>| value.unwrap_or(0) as u16;
    let usual = device.default_output_config()?;
    let period = match *usual.buffer_size() {
        SupportedBufferSize::Range { min, max } => PERIOD.clamp(min.min(max), max),
        SupportedBufferSize::Unknown => PERIOD,
    };
    Ok(Abilities {
        rates: (
            least(|range| range.min_sample_rate()).unwrap_or(0),
            most(|range| range.max_sample_rate()).unwrap_or(0),
        ),
        channels: (
            channels(least(|range| range.channels().into())),
            channels(most(|range| range.channels().into())),
        ),
        // Devices are opened with two periods.
        buffer: Duration::from_secs_f64(
            2.0 * f64::from(period) / f64::from(usual.sample_rate().max(1)),
        ),
    })
}

fn is_plumbing(id: &str) -> bool {
    let (kind, rest) = id.split_once(':').unwrap_or((id, ""));
    // Cards are listed by name too; a number may be another one's tomorrow.
    let card = rest.strip_prefix("CARD=").unwrap_or("");
    let numbered = card.split(',').next().unwrap_or("").parse::<u32>().is_ok();
    PLUMBING.contains(&kind) || kind.starts_with("surround") || numbered
}

/// The index of the one that `wanted` means, or else those it might mean.
fn pick(names: &[(String, String)], wanted: &str) -> Result<usize, Vec<String>> {
    let position = |is: &dyn Fn(&(String, String)) -> bool| names.iter().position(is);
    let exact = position(&|(id, _)| id == wanted)
        .or_else(|| position(&|(_, name)| name.eq_ignore_ascii_case(wanted)));
    if let Some(index) = exact {
        return Ok(index);
    }
    let part = wanted.to_lowercase();
    let fitting: Vec<usize> = (0..names.len())
        .filter(|&index| {
            let (id, name) = &names[index];
            id.to_lowercase().contains(&part) || name.to_lowercase().contains(&part)
        })
        .collect();
    match fitting[..] {
        [only] => Ok(only),
        _ => Err(fitting
            .into_iter()
            .map(|index| names[index].0.clone())
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<(String, String)> {
        [
            ("default", "Default Audio Device"),
            ("front:CARD=PCH,DEV=0", "HDA Intel PCH, ALC257 Analog"),
            ("hdmi:CARD=PCH,DEV=0", "HDA Intel PCH, HDMI 0"),
            ("front:CARD=DAC,DEV=0", "USB Audio DAC"),
        ]
        .map(|(id, name)| (id.to_owned(), name.to_owned()))
        .to_vec()
    }

    #[test]
    fn an_id_a_name_or_the_only_one_with_that_part() {
        assert_eq!(pick(&names(), "hdmi:CARD=PCH,DEV=0"), Ok(2));
        assert_eq!(pick(&names(), "usb audio dac"), Ok(3));
        assert_eq!(pick(&names(), "hdmi"), Ok(2));
        assert_eq!(pick(&names(), "alc257"), Ok(1));
    }

    #[test]
    fn what_fits_several_or_none_is_not_guessed() {
        let fitting = pick(&names(), "Intel").unwrap_err();
        assert_eq!(fitting, ["front:CARD=PCH,DEV=0", "hdmi:CARD=PCH,DEV=0"]);
        assert_eq!(pick(&names(), "bluetooth"), Err(Vec::new()));
    }

    #[test]
    fn what_makes_no_sound_is_no_device() {
        for id in [
            "null",
            "hw:CARD=PCH,DEV=0",
            "plughw:CARD=0,DEV=0",
            "dmix:CARD=PCH",
            "surround51:CARD=PCH,DEV=0",
        ] {
            assert!(is_plumbing(id), "{id}");
        }
        for id in [
            "default",
            "pulse",
            "sysdefault:CARD=PCH",
            "plughw:CARD=PCH,DEV=0",
            "hdmi:CARD=0x,DEV=1",
        ] {
            assert!(!is_plumbing(id), "{id}");
        }
    }
}
