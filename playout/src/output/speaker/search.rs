//! Looking for a device in the place of one that went away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use super::Shape;
use super::device::Playing;
use crate::devices;
use crate::quiet::hush;

/// For so long only the lost device itself is tried: a sound server that starts
/// anew must find its card free.
const LOYALTY: Duration = Duration::from_secs(2);
/// Time between tries: at first, and at most.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// A search under way, in a thread of its own: opening may take its time. Ends by
/// itself soon after it is dropped.
pub(super) struct Search {
    found: Receiver<Playing>,
    over: Arc<AtomicBool>,
}

impl Search {
    /// Lets go of the lost device and looks for it, then for the default one, then
    /// for any. Gives up when the system has no thread for it.
    pub(super) fn start(lost: Playing, shape: Shape) -> std::io::Result<Self> {
        let (sender, found) = mpsc::channel();
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        thread::Builder::new()
            .name("segue-sound".to_owned())
            .spawn(move || {
                hush();
                let id = lost.id.clone();
                // The sound thread ends, and an exclusive device is free again.
                drop(lost);
                if let Some(playing) = look(&id, shape, &stop) {
                    let _ = sender.send(playing);
                }
            })?;
        Ok(Self { found, over })
    }

    /// The device found, if there is one by now.
    pub(super) fn found(&self) -> Result<Option<Playing>, SearchDied> {
        match self.found.try_recv() {
            Ok(playing) => Ok(Some(playing)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(SearchDied),
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}

/// The search ended without a device: a bug.
pub(super) struct SearchDied;

fn look(id: &str, shape: Shape, stop: &AtomicBool) -> Option<Playing> {
    let begun = Instant::now();
    let mut pause = PAUSE;
    while !stop.load(Ordering::Acquire) {
        for device in candidates(id, begun.elapsed() > LOYALTY) {
            if stop.load(Ordering::Acquire) {
                return None;
            }
            match Playing::open(&device, shape) {
                Ok(playing) => return Some(playing),
                Err(error) => {
                    tracing::debug!(%error, device = devices::id(&device), "does not open");
                }
            }
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    None
}

/// The lost device first, if it is there.
fn candidates(id: &str, any: bool) -> Vec<cpal::Device> {
    let mut devices = devices::listed().unwrap_or_default();
    devices.sort_by_key(|device| devices::id(device) != id);
    if !any {
        devices.retain(|device| devices::id(device) == id);
    }
    devices
}
