//! The TOML form of a scenario: every value with its place in the text, so that
//! whatever is wrong can be shown there.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use segue_core::network::AppliesTo;
use segue_core::seeder::Order;
use segue_policy_host::PluginSpec;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::error::WrongAt;
use super::{Contender, Scenario, Seeder, Track};

type Checked<T> = Result<T, WrongAt>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    #[serde(default)]
    about: String,
    runs: Option<Spanned<i64>>,
    seed: Option<Spanned<i64>>,
    timeout_s: Option<Spanned<f64>>,
    track: Spanned<TrackTable>,
    network: Option<NetworkTable>,
    #[serde(default)]
    seeders: Vec<SeederTable>,
    #[serde(default)]
    policies: Vec<PolicyTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrackTable {
    file: Option<std::path::PathBuf>,
    packets: Option<Spanned<i64>>,
    packet_ms: Option<Spanned<f64>>,
    packet_bytes: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkTable {
    model: Option<Spanned<String>>,
    params: Option<Spanned<BTreeMap<String, Spanned<Value>>>>,
    #[serde(default)]
    applies_to: AppliesTo,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnNetworkTable {
    model: Spanned<String>,
    params: Option<Spanned<BTreeMap<String, Spanned<Value>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeederTable {
    count: Option<Spanned<i64>>,
    #[serde(default)]
    order: Order,
    pace_ms: Option<Spanned<f64>>,
    availability: Option<Spanned<f64>>,
    #[serde(default)]
    recovery_streams: bool,
    max_rate: Option<Spanned<f64>>,
    join_s: Option<Spanned<f64>>,
    leave_s: Option<Spanned<f64>>,
    network: Option<OwnNetworkTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyTable {
    name: Spanned<String>,
    #[serde(default)]
    params: BTreeMap<String, Spanned<Value>>,
}

/// Most seeders of a scenario: a session has no more.
const MAX_SEEDERS: usize = 64;
/// A day: longer than any track or run.
const DAY_S: f64 = 86_400.0;

pub(super) fn parse(text: &str) -> Checked<Scenario> {
    let file: File = toml::from_str(text).map_err(|error| {
        let end = text.len();
        WrongAt::new(error.span().unwrap_or(end..end), error.message())
    })?;
    let track = file.track.get_ref().check(file.track.span())?;
    let (network, applies_to) = match &file.network {
        Some(table) => (
            network(table.model.as_ref(), table.params.as_ref())?,
            table.applies_to,
        ),
        None => (Vec::new(), AppliesTo::default()),
    };
    let media_s = match &track {
        Track::Made {
            packets, packet_ms, ..
        } => f64::from(*packets) * packet_ms / 1000.0,
        Track::File(_) => 600.0,
    };
    Ok(Scenario {
        name: name(&file.name)?,
        about: file.about,
        runs: whole(file.runs.as_ref(), "runs", 1..=1_000_000, 100)? as u32,
        seed: whole(file.seed.as_ref(), "seed", 0..=i64::MAX, 1)? as u64,
        timeout_s: number(
            file.timeout_s.as_ref(),
            "timeout_s",
            1.0..=10.0 * DAY_S,
            3.0 * media_s + 300.0,
        )?,
        track,
        network,
        applies_to,
        seeders: seeders(&file.seeders)?,
        policies: file
            .policies
            .iter()
            .map(contender)
            .collect::<Checked<_>>()?,
        folder: None,
    })
}

fn name(name: &Spanned<String>) -> Checked<String> {
    let text = name.get_ref();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(fits) {
        let what = format!("`{text}` cannot be a name: use letters, digits, -, _ and .");
        return Err(WrongAt::new(name.span(), what));
    }
    Ok(text.clone())
}

impl TrackTable {
    fn check(&self, at: std::ops::Range<usize>) -> Checked<Track> {
        if let Some(file) = &self.file {
            let made = [&self.packets, &self.packet_bytes];
            let extra = made.into_iter().flatten().map(Spanned::span).next();
            if let Some(at) = extra.or(self.packet_ms.as_ref().map(Spanned::span)) {
                let what = "a track is either a `file`, or made of `packets`; leave out one";
                return Err(WrongAt::new(at, what));
            }
            return Ok(Track::File(file.clone()));
        }
        if self.packets.is_none() {
            let what = "the track needs `packets` (their number), or `file` (an MP3 file)";
            return Err(WrongAt::new(at, what));
        }
        let most = 10_000_000;
        Ok(Track::Made {
            packets: whole(self.packets.as_ref(), "packets", 1..=most, 1)? as u32,
            packet_ms: number(self.packet_ms.as_ref(), "packet_ms", 1.0..=1000.0, 20.0)?,
            packet_bytes: whole(self.packet_bytes.as_ref(), "packet_bytes", 1..=1200, 418)? as u32,
        })
    }
}

fn seeders(tables: &[SeederTable]) -> Checked<Vec<Seeder>> {
    let mut seeders = Vec::new();
    for table in tables {
        let count = whole(table.count.as_ref(), "count", 1..=MAX_SEEDERS as i64, 1)?;
        seeders.extend(std::iter::repeat_n(seeder(table)?, count as usize));
    }
    if seeders.is_empty() {
        let what = "somebody must serve the track: add [[seeders]]";
        return Err(WrongAt::new(0..0, what));
    }
    if seeders.len() > MAX_SEEDERS {
        let what = format!(
            "there are {} seeders, but a session has at most {MAX_SEEDERS}",
            seeders.len()
        );
        return Err(WrongAt::new(0..0, what));
    }
    Ok(seeders)
}

fn seeder(table: &SeederTable) -> Checked<Seeder> {
    let own = table.network.as_ref();
    let seeder = Seeder {
        order: table.order,
        pace_ms: number(table.pace_ms.as_ref(), "pace_ms", 0.0..=60_000.0, 0.0)?,
        availability: number(table.availability.as_ref(), "availability", 0.01..=1.0, 1.0)?,
        recovery_streams: table.recovery_streams,
        max_rate: number(table.max_rate.as_ref(), "max_rate", 0.0..=1e6, 0.0)?,
        join_s: number(table.join_s.as_ref(), "join_s", 0.0..=DAY_S, 0.0)?,
        leave_s: number(table.leave_s.as_ref(), "leave_s", 0.0..=DAY_S, 0.0)?,
        network: own
            .map(|table| network(Some(&table.model), table.params.as_ref()))
            .transpose()?,
    };
    if let Some(leave) = table.leave_s.as_ref()
        && seeder.leave_s > 0.0
        && seeder.leave_s <= seeder.join_s
    {
        let what = format!(
            "it leaves at {} s, but joins at {} s; 0 means that it never leaves",
            seeder.leave_s, seeder.join_s
        );
        return Err(WrongAt::new(leave.span(), what));
    }
    let paced = seeder.pace_ms > 0.0;
    let place = table.availability.as_ref().map(Spanned::span);
    if let (Some(at), false) = (place, paced || seeder.availability == 1.0) {
        let what = "availability counts turns of a paced seeder: set pace_ms as well";
        return Err(WrongAt::new(at, what));
    }
    if seeder.recovery_streams && !paced {
        let at = table.pace_ms.as_ref().map_or(0..0, Spanned::span);
        let what = "recovery_streams are paced: set pace_ms as well";
        return Err(WrongAt::new(at, what));
    }
    Ok(seeder)
}

fn network(
    model: Option<&Spanned<String>>,
    params: Option<&Spanned<BTreeMap<String, Spanned<Value>>>>,
) -> Checked<Vec<PluginSpec>> {
    let Some(model) = model else {
        return match params {
            Some(params) => Err(WrongAt::new(params.span(), "whose? name the `model`")),
            None => Ok(Vec::new()),
        };
    };
    let mut chain = PluginSpec::parse_chain(model.get_ref())
        .map_err(|error| WrongAt::new(model.span(), error.to_string()))?;
    let Some(params) = params else {
        return Ok(chain);
    };
    let [only] = &mut chain[..] else {
        let what = "of several models each has its own: write them as in \
                    model = \"bursts:mean_s=2+random-delay:rtt_s=0.1\"";
        return Err(WrongAt::new(params.span(), what));
    };
    for (key, value) in params.get_ref() {
        *only = only.clone().with(key, scalar(value)?);
    }
    Ok(chain)
}

fn contender(table: &PolicyTable) -> Checked<Contender> {
    let spec: PluginSpec =
        table
            .name
            .get_ref()
            .parse()
            .map_err(|error: segue_policy_host::SpecError| {
                WrongAt::new(table.name.span(), error.to_string())
            })?;
    let mut settings: Vec<(String, Vec<String>)> = spec
        .settings()
        .map(|(key, value)| (key.to_owned(), vec![value.to_owned()]))
        .collect();
    for (key, value) in &table.params {
        let values = match value.get_ref() {
            Value::Array(values) if !values.is_empty() => values
                .iter()
                .map(|one| scalar(&Spanned::new(value.span(), one.clone())))
                .collect::<Checked<_>>()?,
            _ => vec![scalar(value)?],
        };
        settings.push((key.clone(), values));
    }
    Ok(Contender {
        name: spec.name().to_owned(),
        settings,
    })
}

/// A value as one would write it after `key=`.
fn scalar(value: &Spanned<Value>) -> Checked<String> {
    match value.get_ref() {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(flag) => Ok(flag.to_string()),
        _ => {
            let what = "a setting is a number, a text, or true or false";
            Err(WrongAt::new(value.span(), what))
        }
    }
}

fn whole(
    value: Option<&Spanned<i64>>,
    key: &str,
    range: RangeInclusive<i64>,
    default: i64,
) -> Checked<i64> {
    let Some(value) = value else {
        return Ok(default);
    };
    let number = *value.get_ref();
    if !range.contains(&number) {
        let (least, most) = range.into_inner();
        let what = format!("{key} is {number}, but must be {least} to {most}");
        return Err(WrongAt::new(value.span(), what));
    }
    Ok(number)
}

fn number(
    value: Option<&Spanned<f64>>,
    key: &str,
    range: RangeInclusive<f64>,
    default: f64,
) -> Checked<f64> {
    let Some(value) = value else {
        return Ok(default);
    };
    let number = *value.get_ref();
    if !range.contains(&number) {
        let (least, most) = range.into_inner();
        let what = format!("{key} is {number}, but must be {least} to {most}");
        return Err(WrongAt::new(value.span(), what));
    }
    Ok(number)
}
