//! Looks now and then whether anything changed: only then the window is drawn.

use std::hash::{Hash, Hasher};
use std::thread;
use std::time::Duration;

use iced::Subscription;
use iced::futures::Stream;
use iced::futures::channel::mpsc;
use segue_playout::State;
use segue_stage::{Beat, Pulse, Shelf};

/// While music plays, and while it does not.
const PLAYING: Duration = Duration::from_millis(250);
const IDLE: Duration = Duration::from_millis(400);

/// Who looks, and for what: one that looks for something else is another.
#[derive(Clone)]
struct Watched {
    pulse: Pulse,
    shelf: Shelf,
    /// Counts libraries: each has a pulse of its own.
    number: u64,
}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// Tells whenever something changed.
pub fn changes(pulse: Pulse, shelf: Shelf, number: u64) -> Subscription<()> {
    let watched = Watched {
        pulse,
        shelf,
        number,
    };
    Subscription::run_with(watched, watch)
}

fn watch(watched: &Watched) -> impl Stream<Item = ()> + use<> {
    let (mut tell, told) = mpsc::channel(1);
    let watched = watched.clone();
    let look = move || {
        let mut last: Option<(Beat, u64)> = None;
        loop {
            let now = (watched.pulse.beat(), watched.shelf.edition());
            let state = now.0.progress.state;
            let moves = matches!(state, State::Playing | State::Holding | State::Starting);
            // While a track starts or holds, its buffer grows.
            if moves || last.as_ref() != Some(&now) {
                // Full: the window has yet to look; closed: nobody will.
                if tell.try_send(()).is_err() && tell.is_closed() {
                    return;
                }
                last = Some(now);
            } else if tell.is_closed() {
                return;
            }
            thread::sleep(if moves { PLAYING } else { IDLE });
        }
    };
    // Without it nothing moves, but all can be used.
    let _ = thread::Builder::new()
        .name("segue-pulse".into())
        .spawn(look);
    told
}
