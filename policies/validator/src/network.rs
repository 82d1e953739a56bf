//! Datagrams through a network model.

use segue_policy::{Datagram, Direction, Fate, Traffic};

use crate::{Subject, Verdict};

/// Datagrams as in a session: two links, both ways, media every 20 ms.
pub fn traffic(count: u64) -> Vec<Datagram> {
    let one = |number: u64| {
        let (flow, index) = (number % 4, number / 4);
        let media = flow < 2;
        Datagram {
            link: (flow % 2) as u32,
            direction: match media {
                true => Direction::ToListener,
                false => Direction::ToSeeder,
            },
            traffic: match media {
                true => Traffic::Media,
                false => Traffic::Control,
            },
            bytes: if media { 480 } else { 40 },
            now_ns: index * 20_000_000 + flow * 1000,
            index,
        }
    };
    (0..count).map(one).collect()
}

/// Sends them through a fresh instance.
pub fn fates(subject: &Subject, all: &[Datagram]) -> Result<Vec<Fate>, String> {
    let model = subject.configured.network(subject.seed);
    let mut model = model.map_err(|error| error.to_string())?;
    all.iter()
        .map(|datagram| {
            model
                .transit(datagram)
                .map_err(|fault| format!("{fault}, with {}", told(datagram)))
        })
        .collect()
}

fn told(datagram: &Datagram) -> String {
    let Datagram {
        link,
        direction,
        bytes,
        now_ns,
        index,
        ..
    } = datagram;
    let way = match direction {
        Direction::ToListener => "to the listener",
        Direction::ToSeeder => "to the seeder",
    };
    format!(
        "datagram {index} {way} on link {link}: {bytes} bytes at {:.3} s",
        *now_ns as f64 / 1e9
    )
}

/// Datagrams at the edge of what there can be.
pub fn edges(subject: &Subject) -> Verdict {
    let plain = traffic(1)[0];
    let at = |now_ns| Datagram { now_ns, ..plain };
    let series = [
        vec![
            Datagram { bytes: 0, ..plain },
            Datagram {
                bytes: 65_507,
                ..plain
            },
        ],
        (0..64)
            .rev()
            .map(|link| Datagram { link, ..plain })
            .collect(),
        // Several at once, a long silence, and a late start.
        vec![at(0), at(0), at(0), at(86_400_000_000_000)],
        vec![Datagram {
            index: 1 << 20,
            ..at(1 << 50)
        }],
    ];
    for all in series {
        if let Err(why) = fates(subject, &all) {
            return Verdict::Failed(why);
        }
    }
    Verdict::Passed
}

/// Longer than any network keeps a datagram.
const MOST_DELAY_NS: u64 = 600_000_000_000;

/// Something comes through, some time.
pub fn delivers(subject: &Subject) -> Verdict {
    let all = traffic(20_000);
    let fates = match fates(subject, &all) {
        Ok(fates) => fates,
        Err(why) => return Verdict::Failed(why),
    };
    let delays = || fates.iter().flat_map(Fate::delays_ns);
    if delays().next().is_none() {
        return Verdict::Failed(format!("of {} datagrams none was delivered", all.len()));
    }
    match delays().find(|delay_ns| **delay_ns > MOST_DELAY_NS) {
        Some(delay_ns) => Verdict::Failed(format!(
            "a datagram is kept for {} s: delays are in nanoseconds",
            delay_ns / 1_000_000_000
        )),
        None => Verdict::Passed,
    }
}
