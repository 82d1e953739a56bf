//! Whether time passes as it should.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::Finding;

const NAP: Duration = Duration::from_millis(5);
const NAPS: u32 = 60;
/// A late wake-up that long can be heard: two packets of music.
const LATE: Duration = Duration::from_millis(50);
/// No clock of a machine that runs this program is that early: 2025.
const EARLIEST: Duration = Duration::from_secs(1_735_689_600);

/// Sleeps a little, and looks at the clocks.
pub fn look() -> Vec<Finding> {
    let (begun, wall) = (Instant::now(), SystemTime::now());
    let mut latest = Duration::ZERO;
    for _ in 0..NAPS {
        let nap = Instant::now();
        sleep(NAP);
        latest = latest.max(nap.elapsed().saturating_sub(NAP));
    }
    let (passed, wall_passed) = (begun.elapsed(), wall.elapsed());
    let since = wall.duration_since(SystemTime::UNIX_EPOCH);
    vec![
        punctuality(latest),
        if since.is_ok_and(|since| since >= EARLIEST) {
            steadiness(passed, wall_passed.ok())
        } else {
            Finding::warning(
                "the system's clock is years behind",
                "Set it, or switch on time synchronisation: dates of files and logs are wrong",
            )
        },
    ]
}

fn punctuality(latest: Duration) -> Finding {
    let text = format!("woken at most {} ms late", latest.as_millis());
    if latest < LATE {
        Finding::ok(text)
    } else {
        Finding::warning(
            text,
            "This machine is very busy: end other programs, or give the policy a larger buffer",
        )
    }
}

fn steadiness(passed: Duration, wall: Option<Duration>) -> Finding {
    let apart = wall.map_or(passed, |wall| wall.abs_diff(passed));
    if apart < Duration::from_millis(200) {
        Finding::ok("the system's clock runs steadily")
    } else {
        Finding::warning(
            format!("the system's clock jumped by {} ms", apart.as_millis()),
            "Playing does not mind; if it jumps often, look at time synchronisation",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn lateness_and_jumps_are_told() {
        let ms = Duration::from_millis;
        assert_eq!(punctuality(ms(3)).verdict, Verdict::Ok);
        assert_eq!(punctuality(ms(80)).verdict, Verdict::Warning);
        assert_eq!(steadiness(ms(300), Some(ms(310))).verdict, Verdict::Ok);
        assert_eq!(
            steadiness(ms(300), Some(ms(3000))).verdict,
            Verdict::Warning
        );
        assert_eq!(steadiness(ms(300), None).verdict, Verdict::Warning);
    }
}
