//! Waking in time. Tokio's timers count milliseconds and wake up to two of them
//! late, once at each node and each network model that a packet passes: on a
//! local network that is more than the network's own delay. Where the system has
//! a timer that can be waited for like a socket, that one is taken.

#[cfg(target_os = "linux")]
pub use fine::Alarm;
#[cfg(not(target_os = "linux"))]
pub use plain::Alarm;

#[cfg(target_os = "linux")]
mod fine {
    use std::os::fd::OwnedFd;

    use rustix::io::read;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;
    use tokio::time::{Duration, Instant, sleep_until};

    /// Wakes within a tenth of a millisecond or so.
    pub struct Alarm {
        /// `None`: the system has none to spare.
        timer: Option<AsyncFd<OwnedFd>>,
        /// For when it is set, until it was waited for.
        set: Option<Instant>,
    }

    impl Alarm {
        /// To be called from an async task.
        #[expect(
            deprecated,
            reason = "what follows it is unsafe, for the sake of types whose descriptor \
                      may change; an OwnedFd's does not"
        )]
        pub fn new() -> Self {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags).ok();
            Self {
                timer: timer.and_then(|timer| AsyncFd::new(timer).ok()),
                set: None,
            }
        }

        /// Waits until then.
        pub async fn wait(&mut self, until: Instant) {
            let ahead = until.saturating_duration_since(Instant::now());
            if ahead.is_zero() {
                return;
            }
            let Some(timer) = &self.timer else {
                return sleep_until(until).await;
            };
            if self.set != Some(until) {
                if !set(timer.get_ref(), ahead) {
                    return sleep_until(until).await;
                }
                self.set = Some(until);
            }
            let mut count = [0; 8];
            loop {
                let Ok(mut ready) = timer.readable().await else {
                    return sleep_until(until).await;
                };
                let expired = ready.try_io(|timer| Ok(read(timer.get_ref(), &mut count)?));
                if expired.is_ok() {
                    self.set = None;
                    return;
                }
            }
        }
    }

    fn set(timer: &OwnedFd, ahead: Duration) -> bool {
        let never = Duration::ZERO;
        let spec = |duration: Duration| Timespec::try_from(duration).ok();
        let (Some(it_interval), Some(it_value)) = (spec(never), spec(ahead)) else {
            return false;
        };
        let when = Itimerspec {
            it_interval,
            it_value,
        };
        timerfd_settime(timer, TimerfdTimerFlags::empty(), &when).is_ok()
    }
}

#[cfg(not(target_os = "linux"))]
mod plain {
    use tokio::time::{Instant, sleep_until};

    /// Wakes within some milliseconds.
    pub struct Alarm;

    impl Alarm {
        /// To be called from an async task.
        pub fn new() -> Self {
            Self
        }

        /// Waits until then.
        pub async fn wait(&mut self, until: Instant) {
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Duration, Instant};

    use super::Alarm;

    #[tokio::test(flavor = "current_thread")]
    async fn it_never_wakes_early_and_can_be_set_anew() {
        let mut alarm = Alarm::new();
        for _ in 0..20 {
            let until = Instant::now() + Duration::from_micros(700);
            // Given up before it rings, as when a datagram comes.
            tokio::select! {
                biased;
                () = alarm.wait(until + Duration::from_millis(5)) => panic!("too early"),
                () = tokio::task::yield_now() => {}
            }
            alarm.wait(until).await;
            assert!(Instant::now() >= until);
        }
        // The past, and what rang while nobody waited.
        alarm.wait(Instant::now()).await;
        let soon = Instant::now() + Duration::from_millis(1);
        tokio::select! {
            biased;
            () = alarm.wait(soon) => panic!("too early"),
            () = tokio::task::yield_now() => {}
        }
        std::thread::sleep(Duration::from_millis(3));
        let later = Instant::now() + Duration::from_millis(4);
        alarm.wait(later).await;
        assert!(Instant::now() >= later);
    }
}
