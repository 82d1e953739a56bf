//! How long a policy takes to decide: what an engine without a clock cannot know.
//!
//! Only where time is real does it matter, and only there it is measured: what
//! comes of it goes into the engine as an input, so that a recorded session can be
//! played again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use segue_core::time::Timestamp;
use segue_policy::host::{Fault, Policy};
use segue_policy::{Actions, Decision, View};

/// A decision that takes longer is late. Good ones take microseconds, so on a busy
/// machine, too, only a few are interrupted for so long.
const LATE: Duration = Duration::from_millis(5);
/// Late decisions are counted together over this time...
const WITHIN: Duration = Duration::from_secs(10);
/// ... said when they take so much of it...
const SAID: Duration = Duration::from_millis(100);
/// ... and when they take so much, and there are so many, it is enough.
const ENOUGH: Duration = Duration::from_secs(1);
const OFTEN: usize = 5;

/// A decision that takes longer than this may never end.
const HANGS: Duration = Duration::from_secs(5);
/// How often to look for one.
const LOOK: Duration = Duration::from_secs(1);

/// Measures the decisions of one policy. Clones show the same.
#[derive(Clone)]
pub struct Stopwatch(Arc<Times>);

struct Times {
    base: Instant,
    /// When the running decision began, nanoseconds after `base`; 0: none runs.
    began_ns: AtomicU64,
    /// How long late decisions took that nobody has looked at.
    late: Mutex<Vec<Duration>>,
    /// Whether there are any: asked at each turn of the driver.
    late_ns: AtomicU64,
}

/// A policy whose decisions are timed.
struct Timed {
    policy: Box<dyn Policy>,
    times: Arc<Times>,
}

impl Stopwatch {
    /// The same policy, timed.
    pub fn time(policy: Box<dyn Policy>) -> (Box<dyn Policy>, Self) {
        let times = Arc::new(Times {
            base: Instant::now(),
            began_ns: AtomicU64::new(0),
            late: Mutex::default(),
            late_ns: AtomicU64::new(0),
        });
        let timed = Timed {
            policy,
            times: Arc::clone(&times),
        };
        (Box::new(timed), Self(times))
    }

    /// The late decisions since the last call.
    pub fn take_late(&self) -> Vec<Duration> {
        if self.0.late_ns.swap(0, Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let mut late = self.0.late.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut late)
    }
}

impl Times {
    fn running(&self) -> Option<Duration> {
        let began = self.began_ns.load(Ordering::Relaxed);
        let began = (began > 0).then(|| Duration::from_nanos(began))?;
        Some(self.base.elapsed().saturating_sub(began))
    }
}

impl Policy for Timed {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        let began = self.times.base.elapsed();
        let began_ns = (began.as_nanos() as u64).max(1);
        self.times.began_ns.store(began_ns, Ordering::Relaxed);
        let decision = self.policy.decide(view, actions);
        self.times.began_ns.store(0, Ordering::Relaxed);
        let took = self.times.base.elapsed().saturating_sub(began);
        if took > LATE {
            let late = self.times.late.lock();
            late.unwrap_or_else(PoisonError::into_inner).push(took);
            self.times
                .late_ns
                .fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        }
        decision
    }
}

/// What is made of late decisions.
#[derive(Default)]
pub struct Patience {
    late: VecDeque<(Timestamp, Duration)>,
    said: bool,
}

/// To be told to the engine.
#[derive(Debug, PartialEq)]
pub struct TooSlow {
    pub why: String,
    /// It is enough.
    pub ends: bool,
}

impl Patience {
    /// Some decisions were late.
    pub fn judge(&mut self, now: Timestamp, late: Vec<Duration>) -> Option<TooSlow> {
        self.late.extend(late.into_iter().map(|took| (now, took)));
        while let Some(&(at, _)) = self.late.front()
            && now.since(at) > WITHIN
        {
            self.late.pop_front();
        }
        let all: Duration = self.late.iter().map(|(_, took)| took).sum();
        let ends = all >= ENOUGH && self.late.len() >= OFTEN;
        if !ends && (self.said || all < SAID) {
            return None;
        }
        self.said = true;
        let why = match ends {
            true => format!(
                "it takes too long to decide: more than {} s of {} s went by while it did",
                ENOUGH.as_secs(),
                WITHIN.as_secs()
            ),
            false => {
                let longest = self.late.iter().map(|(_, took)| took).max();
                format!(
                    "decisions take long, up to {} ms",
                    longest.map_or(0, Duration::as_millis)
                )
            }
        };
        Some(TooSlow { why, ends })
    }
}

/// The policies that decide in a node's thread, to be looked at from any other.
/// Clones show the same.
#[derive(Clone, Default)]
pub struct Vitals(Arc<Mutex<Vec<Weak<Times>>>>);

impl Vitals {
    /// How long the decision that is being made has taken so far. The thread does
    /// nothing else meanwhile.
    pub fn deciding(&self) -> Option<Duration> {
        let policies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = policies
            .iter()
            .filter_map(|times| times.upgrade()?.running());
        running.max()
    }

    /// Whether that is so long that it may never end.
    pub fn hangs(&self) -> bool {
        self.deciding().is_some_and(|took| took > HANGS)
    }
}

/// Tells when a policy does not come back from a decision. More cannot be done: the
/// thread is its own. Ends when all that look at the policies are dropped.
#[derive(Default)]
pub struct Watchdog {
    vitals: Vitals,
    is_awake: bool,
}

impl Watchdog {
    pub fn vitals(&self) -> Vitals {
        self.vitals.clone()
    }

    /// Watches this policy, too.
    pub fn watch(&mut self, stopwatch: &Stopwatch) {
        if !std::mem::replace(&mut self.is_awake, true) {
            let watched = Arc::downgrade(&self.vitals.0);
            let thread = thread::Builder::new().name("segue-watchdog".into());
            if let Err(error) = thread.spawn(move || watch(&watched)) {
                tracing::warn!("nobody sees whether a policy hangs: {error}");
            }
        }
        let policies = self.vitals.0.lock();
        let mut policies = policies.unwrap_or_else(PoisonError::into_inner);
        policies.retain(|times| times.strong_count() > 0);
        policies.push(Arc::downgrade(&stopwatch.0));
    }
}

fn watch(policies: &Weak<Mutex<Vec<Weak<Times>>>>) {
    let mut said = false;
    while let Some(policies) = policies.upgrade() {
        let hangs = Vitals(policies).hangs();
        if hangs && !said {
            tracing::error!(
                "the policy has not come back from a decision for {} s, and this program cannot go \
                 on without it: end it (Ctrl-C, twice), and take the plugin away. `segue plugin \
                 check` tells more",
                HANGS.as_secs()
            );
        }
        said = hangs;
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_few_late_decisions_are_a_busy_machines_and_many_the_policys() {
        let mut patience = Patience::default();
        let mut judge = |at_ms, late: &[u64]| {
            let late = late.iter().copied().map(ms).collect();
            patience.judge(Timestamp::ZERO + ms(at_ms), late)
        };
        assert_eq!(judge(0, &[20, 30]), None);
        let said = judge(100, &[60]).expect("it is said");
        assert!(!said.ends && said.why.contains("60 ms"), "{said:?}");
        assert_eq!(judge(200, &[60]), None, "once");
        let ended = judge(9000, &[900]).expect("it is enough");
        assert!(ended.ends, "{ended:?}");
    }

    #[test]
    fn one_long_decision_does_not_end_it_and_old_ones_are_forgotten() {
        let mut patience = Patience::default();
        let mut judge = |at_s, took_ms| {
            let at = Timestamp::ZERO + Duration::from_secs(at_s);
            patience.judge(at, vec![ms(took_ms)])
        };
        assert!(judge(0, 3000).is_some_and(|said| !said.ends));
        assert_eq!(judge(20, 400), None);
        assert_eq!(judge(40, 900), None);
    }
}
