//! Memory and time.

use std::time::{Duration, Instant};

use segue_policy::testing::Session;
use segue_policy_host::Kind;

use crate::{Subject, Verdict, network};

/// Instances that are made and ended before measuring, and while.
const INSTANCES: u64 = 1000;
/// Growth that an allocator may show by itself.
const NOISE_BYTES: u64 = 512 * 1024;

/// Makes and ends instances; the memory must stay.
pub fn instances(subject: &Subject) -> Verdict {
    let cycle = || -> Result<(), String> {
        for number in 0..INSTANCES {
            use_once(subject, number)?;
        }
        Ok(())
    };
    // Twice before: allocators and plugins have something to set up.
    if let Err(why) = cycle().and_then(|()| cycle()) {
        return Verdict::Failed(why);
    }
    let Some(before) = resident_bytes() else {
        return Verdict::Skipped("memory cannot be measured on this system".into());
    };
    if let Err(why) = cycle() {
        return Verdict::Failed(why);
    }
    let grown = resident_bytes().unwrap_or(before).saturating_sub(before);
    match grown > NOISE_BYTES {
        true => Verdict::Failed(format!(
            "{} more bytes for each instance that was made and ended: free in `destroy` what \
             `create` and the work took",
            grown / INSTANCES
        )),
        false => Verdict::Passed,
    }
}

/// An instance that works a little.
fn use_once(subject: &Subject, number: u64) -> Result<(), String> {
    match subject.plugin().kind() {
        Kind::Policy => {
            let policy = subject.configured.policy(number);
            let mut policy = policy.map_err(|error| error.to_string())?;
            let mut session = Session::new(20).seed(number).begin();
            for _ in 0..10 {
                session.step(&mut *policy);
            }
        }
        Kind::Network => {
            let model = subject.configured.network(number);
            let mut model = model.map_err(|error| error.to_string())?;
            for datagram in network::traffic(10) {
                let fate = model.transit(&datagram);
                fate.map_err(|fault| fault.to_string())?;
            }
        }
    }
    Ok(())
}

/// Memory that this process has in use.
#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident_bytes() -> Option<u64> {
    None
}

/// A decision in more is noticed in comparisons.
const SLOW: Duration = Duration::from_micros(500);
/// A decision in more makes the sound stop.
const TOO_SLOW: Duration = Duration::from_millis(5);

/// Time for each decision or datagram, on average: the best of three, so that
/// a busy machine is not held against it.
pub fn time(subject: &Subject) -> Verdict {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        match average(subject) {
            Ok(average) => best = best.min(average),
            Err(why) => return Verdict::Failed(why),
        }
    }
    let told = format!("{} µs for each decision", best.as_micros());
    match best {
        _ if best > TOO_SLOW => Verdict::Failed(told),
        _ if best > SLOW => Verdict::Warning(told),
        _ => Verdict::Passed,
    }
}

fn average(subject: &Subject) -> Result<Duration, String> {
    match subject.plugin().kind() {
        Kind::Policy => {
            let policy = subject.configured.policy(subject.seed);
            let mut policy = policy.map_err(|error| error.to_string())?;
            let session = Session::new(1000).seeders(2).loss(0.1).seed(subject.seed);
            let mut session = session.begin();
            let begun = Instant::now();
            let mut decisions = 0;
            while decisions < 150 && session.step(&mut *policy) {
                decisions += 1;
            }
            Ok(begun.elapsed() / decisions.max(1))
        }
        Kind::Network => {
            let all = network::traffic(150);
            let begun = Instant::now();
            network::fates(subject, &all)?;
            Ok(begun.elapsed() / 150)
        }
    }
}
