//! `segue devices`: where sound can go.

use segue_playout::{Abilities, Device};
use serde::Serialize;

use crate::args::Devices;
use crate::error::Error;
use crate::print;

pub fn run(args: &Devices) -> Result<(), Error> {
    let devices = segue_playout::devices()?;
    if args.json {
        let entries: Vec<_> = devices.iter().map(Entry::from).collect();
        return print::json(&entries);
    }
    let mut table = print::table(&["", "device", "name", "rates", "channels", "buffer"]);
    for device in &devices {
        let mark = if device.is_default { "*" } else { "" };
        let [rates, channels, buffer] = match &device.abilities {
            Ok(abilities) => told(abilities),
            Err(_) => ["does not open now", "", ""].map(str::to_owned),
        };
        table.add_row([mark, &device.id, &device.name, &rates, &channels, &buffer]);
    }
    print::result(&table.to_string())?;
    if devices.iter().all(|device| device.abilities.is_err()) {
        print::note(
            "None of them opens. Play without one: `-o null` keeps time in silence, `-o out.wav` \
             writes the sound to a file.",
        );
    }
    Ok(())
}

/// The least sample rate of an MP3, Hz.
const SLOWEST_MP3: u32 = 8_000;

fn told(abilities: &Abilities) -> [String; 3] {
    let (slowest, fastest) = abilities.rates;
    let (fewest, most) = abilities.channels;
    let khz = |rate: u32| f64::from(rate) / 1000.0;
    [
        match slowest {
            // Software takes any: no MP3 is slower than this.
            ..=SLOWEST_MP3 => format!("up to {} kHz", khz(fastest)),
            _ if slowest == fastest => format!("{} kHz", khz(fastest)),
            _ => format!("{}-{} kHz", khz(slowest), khz(fastest)),
        },
        match fewest == most {
            true => most.to_string(),
            false => format!("{fewest}-{most}"),
        },
        format!("{:.0} ms", abilities.buffer.as_secs_f64() * 1000.0),
    ]
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    name: &'a str,
    default: bool,
    /// The least and the highest sample rate, Hz.
    rates: Option<(u32, u32)>,
    /// The least and the highest number of channels.
    channels: Option<(u16, u16)>,
    buffer_s: Option<f64>,
    /// Why it does not open.
    error: Option<&'a str>,
}

impl<'a> From<&'a Device> for Entry<'a> {
    fn from(device: &'a Device) -> Self {
        let abilities = device.abilities.as_ref();
        Self {
            id: &device.id,
            name: &device.name,
            default: device.is_default,
            rates: abilities.ok().map(|can| can.rates),
            channels: abilities.ok().map(|can| can.channels),
            buffer_s: abilities.ok().map(|can| can.buffer.as_secs_f64()),
            error: abilities.err().map(String::as_str),
        }
    }
}
