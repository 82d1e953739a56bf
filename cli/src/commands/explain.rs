//! `segue explain`: a recorded session told again.

use segue_core::listener::{PlayState, SeederState};
use segue_lab::explain::{Known, Moment, explain};

use crate::args::{self, Globals};
use crate::error::Error;
use crate::{plugins, print, record};

pub fn run(globals: &Globals, args: &args::Explain) -> Result<(), Error> {
    let log = record::read(&args.log)?;
    let registry = plugins::registry(globals)?;
    let known = record::policy(&registry, &log, &args.log);
    let policy = match known.and_then(|policy| Ok(policy.policy(log.begin.seed)?)) {
        Ok(policy) => Some(policy),
        Err(error) => {
            print::note(&format!(
                "segue: {error}. Without the recorded policy nobody can tell what it knew"
            ));
            None
        }
    };
    let moments = explain(&log, policy);
    if args.json {
        return print::json(&moments);
    }
    let track = &log.begin.config.track;
    print::result(&format!(
        "{} with {} ({}), seed {}\n",
        crate::report::name(track),
        log.begin.policy,
        log.begin.policy_version,
        log.begin.seed
    ))?;
    let mut table = print::table(&["time s", "in track", "ahead s", "here", "what", "seeders"]);
    for Moment { at_s, what, known } in &moments {
        let mut row = vec![format!("{at_s:.3}")];
        row.extend(known.as_ref().map_or_else(unknown, |known| {
            [
                position(known),
                format!("{:.2}", known.buffered_s),
                share(known.here, track.packets),
            ]
        }));
        row.push(what.to_string());
        row.push(known.as_ref().map_or_else(String::new, |known| {
            let seeders: Vec<_> = known.seeders.iter().map(seeder).collect();
            seeders.join("; ")
        }));
        table.add_row(row);
    }
    print::result(&table.to_string())
}

fn unknown() -> [String; 3] {
    ["-", "-", "-"].map(str::to_owned)
}

fn position(known: &Known) -> String {
    let state = match known.state {
        PlayState::Starting => "starting",
        PlayState::Playing => "",
        PlayState::Holding => "held",
    };
    let position = print::clock(known.position_s);
    format!("{position} {state}").trim_end().to_owned()
}

fn share(here: u32, all: u32) -> String {
    let share = 100.0 * f64::from(here) / f64::from(all.max(1));
    format!("{share:.0} %")
}

fn seeder(seeder: &SeederState) -> String {
    if !seeder.alive {
        return "lost".to_owned();
    }
    format!(
        "{:.0} ms, {:.0} % lost, {:.0}/s",
        seeder.rtt_s * 1e3,
        seeder.loss * 100.0,
        seeder.packets_per_s
    )
}
