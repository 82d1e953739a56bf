//! The player's thread: one track after the other through one output.

mod work;

use std::time::{Duration, Instant};

use super::ahead::{Ahead, Place};
use super::controls::{Command, Controls};
use super::deck::Deck;
use super::gain::Gain;
use super::progress::{Ending, Event, Outcome, Progress, State};
use super::queue::{Item, ItemId};
use super::{OpenOutput, PlayError};
use crate::output::{Media, Output, OutputError, Takes};

/// The longest wait for something that tells nothing when it comes.
const NAP: Duration = Duration::from_millis(20);
/// The longest wait when there is nothing to do.
const REST: Duration = Duration::from_secs(3600);
/// The next track is fetched when so much is left of this one, at the latest.
const AHEAD_S: f64 = 10.0;
/// Later in a track, "previous" means its beginning.
const RESTART_S: f64 = 3.0;
/// What was stopped is not listened to for longer.
const STOPPING: Duration = Duration::from_millis(200);

/// Where the sound goes.
pub(super) struct Outlet {
    /// The open output, if there is one.
    pub(super) output: Option<Box<dyn Output>>,
    /// Opens it, again and again; without this, the one above is all there is.
    pub(super) open: Option<OpenOutput>,
    pub(super) paced: bool,
}

pub(super) struct Run {
    controls: Controls,
    outlet: Outlet,
    /// The entry whose turn it is.
    item: Option<ItemId>,
    /// Its track, once it is open.
    deck: Option<Deck>,
    /// The output is ready for it.
    begun: bool,
    /// The current entry before it is open, or else the next one.
    ahead: Option<Ahead>,
    draining: Option<Draining>,
    /// The queue has run out, but there is more to come.
    awaiting: bool,
    paused: bool,
    /// What a pause came into: the same goes on after it.
    before_pause: State,
    /// Where the listener wants to be, in seconds, not done yet.
    seek: Option<f64>,
    gain: Gain,
    /// How the last track went.
    last: Option<Result<Outcome, PlayError>>,
    over: bool,
}

/// The output plays its last samples.
struct Draining {
    until: Option<Instant>,
    queue_ended: bool,
}

/// How long to wait before the next step.
type Step = Result<Duration, PlayError>;

impl Run {
    pub(super) fn new(controls: Controls, outlet: Outlet) -> Self {
        Self {
            gain: Gain::new(controls.volume()),
            controls,
            outlet,
            item: None,
            deck: None,
            begun: false,
            ahead: None,
            draining: None,
            awaiting: false,
            paused: false,
            before_pause: State::Starting,
            seek: None,
            last: None,
            over: false,
        }
    }

    /// Plays until the queue is over, or for a player that stays, until it is
    /// told to quit.
    pub(super) fn until_over(mut self) -> Result<Outcome, PlayError> {
        self.set_state(State::Ended);
        if !self.stays() {
            self.controls.play();
        }
        while !self.over {
            while let Some(command) = self.controls.take_command() {
                self.obey(command);
            }
            if self.over {
                break;
            }
            match self.seek().and_then(|()| self.step()) {
                Ok(wait) if wait.is_zero() => {}
                Ok(wait) => self.controls.wait(wait),
                Err(error) => self.on_error(error),
            }
        }
        self.end(Ok(self.outcome(Ending::Stopped)));
        self.set_state(State::Ended);
        let unplayed = self.outcome(Ending::Stopped);
        self.last.unwrap_or(Ok(unplayed))
    }

    /// Whether it waits for more when the queue is over.
    fn stays(&self) -> bool {
        self.outlet.open.is_some()
    }

    // -- what the listener wants -------------------------------------------------

    fn obey(&mut self, command: Command) {
        match command {
            Command::Play => self.play(),
            Command::Pause => self.pause(true),
            Command::Toggle if self.paused || self.item.is_none() => self.play(),
            Command::Toggle => self.pause(true),
            Command::Stop => self.stop(),
            Command::Next if self.item.is_some() => self.go_on(Ending::Left),
            Command::Previous => self.previous(),
            Command::Jump(id) if self.controls.board().queue.select(id) => {
                self.paused = false;
                self.go_on(Ending::Left);
            }
            Command::Removed if self.item.is_some() && !self.is_current() => {
                self.go_on(Ending::Left);
            }
            Command::SeekTo(seconds) if seconds.is_finite() => self.seek = Some(seconds),
            Command::SeekBy(seconds) if seconds.is_finite() && self.item.is_some() => {
                let from = self.seek;
                let from = from.unwrap_or_else(|| self.controls.board().progress.position_s);
                self.seek = Some((from + seconds).max(0.0));
            }
            Command::Quit => {
                self.leave(Ending::Stopped);
                self.over = true;
            }
            Command::Next
            | Command::Jump(_)
            | Command::Removed
            | Command::SeekTo(_)
            | Command::SeekBy(_) => {}
        }
    }

    fn play(&mut self) {
        self.pause(false);
        if self.item.is_none() {
            self.advance();
        }
    }

    fn pause(&mut self, paused: bool) {
        if self.paused == paused || paused && self.item.is_none() {
            return;
        }
        self.paused = paused;
        if let Some(deck) = &mut self.deck {
            let output = self.outlet.output.as_ref();
            let troubled = output.is_some_and(|output| output.trouble().is_some());
            deck.rest(paused || troubled);
            if let (true, Some(output)) = (paused, &mut self.outlet.output) {
                output.hold();
            }
        }
        let state = &mut self.controls.board().progress.state;
        if paused {
            self.before_pause = std::mem::replace(state, State::Paused);
        } else {
            *state = self.before_pause;
        }
    }

    fn previous(&mut self) {
        if self.item.is_some() && self.controls.board().progress.position_s > RESTART_S {
            self.seek = Some(0.0);
            return;
        }
        self.controls.board().queue.step_back();
        self.go_on(Ending::Left);
    }

    fn stop(&mut self) {
        self.leave(Ending::Stopped);
        self.controls.board().queue.rest();
        self.drain(Some(Instant::now() + STOPPING), false);
    }

    /// Leaves the current entry for the one that is next.
    fn go_on(&mut self, ending: Ending) {
        self.leave(ending);
        self.advance();
    }

    /// Whether the queue still says that what plays is its current entry.
    fn is_current(&self) -> bool {
        self.controls.board().queue.current().map(|item| item.id) == self.item
    }

    // -- from entry to entry -----------------------------------------------------

    /// Cuts what plays.
    fn leave(&mut self, ending: Ending) {
        self.seek = None;
        self.farewell();
        self.end(Ok(self.outcome(ending)));
    }

    /// Fades the sound out, where there is someone to hear it.
    fn farewell(&mut self) {
        let (Some(deck), Some(output)) = (&mut self.deck, &mut self.outlet.output) else {
            return;
        };
        if self.outlet.paced && self.begun && output.takes() == Takes::Samples {
            let tail = deck.farewell();
            let volume = self.controls.volume();
            let tail = self.gain.apply(&tail, deck.channels, volume);
            if !self.paused && !tail.is_empty() {
                // An output that fails shows it with the next packet, too.
                let _ = output.write(Media::Samples(tail));
            }
        }
        output.hold();
    }

    /// The current entry is over.
    fn end(&mut self, result: Result<Outcome, PlayError>) {
        self.deck = None;
        let Some(item) = self.item.take() else {
            return;
        };
        let told = result.as_ref().map(Outcome::clone);
        let told = told.map_err(ToString::to_string);
        self.controls.tell(Event::Ended(item, told));
        self.last = Some(result);
    }

    /// On to the next entry; behind the last one, the output plays what it has.
    fn advance(&mut self) {
        let mut board = self.controls.board();
        let next = board.queue.advance().cloned();
        let more_to_come = board.bringing > 0;
        drop(board);
        match next {
            Some(item) => self.begin(&item),
            None if more_to_come => {
                self.awaiting = true;
                self.set_state(State::Starting);
            }
            None => self.drain(None, true),
        }
    }

    fn begin(&mut self, item: &Item) {
        // What the output has yet to play of the end goes before.
        self.draining.take_if(|draining| draining.queue_ended);
        self.awaiting = false;
        self.item = Some(item.id);
        self.begun = false;
        self.show(item);
        self.controls.tell(Event::Started(item.id));
        let seek = self.seek.take();
        if seek.is_some() || self.ahead.as_ref().is_none_or(|ahead| ahead.id != item.id) {
            self.open(item, seek.unwrap_or(0.0));
        }
    }

    /// Counts from nothing for an entry.
    fn show(&mut self, item: &Item) {
        self.before_pause = State::Starting;
        let progress = &mut self.controls.board().progress;
        *progress = Progress {
            state: if self.paused {
                State::Paused
            } else {
                State::Starting
            },
            item: Some(item.id),
            sample_rate: item.playable.track().sample_rate,
            output: std::mem::take(&mut progress.output),
            trouble: progress.trouble.take(),
            underruns: progress.underruns,
            paced: progress.paced,
            ..Progress::default()
        };
    }

    fn open(&mut self, item: &Item, seconds: f64) {
        self.ahead = None; // one at a time: what was opened before is given up first
        let output = self.outlet.output.as_ref();
        let decoded = output.is_none_or(|output| output.takes() == Takes::Samples);
        let place = Place::at(item.playable.track(), seconds, decoded);
        self.ahead = Some(Ahead::begin(item, place, self.outlet.paced, &self.controls));
    }

    fn drain(&mut self, until: Option<Instant>, queue_ended: bool) {
        self.ahead = None;
        self.seek = None;
        self.awaiting = false;
        self.set_state(State::Draining);
        self.draining = Some(Draining { until, queue_ended });
    }

    fn on_error(&mut self, error: PlayError) {
        let PlayError::Output(error) = error else {
            // The fault is this track's: the next one may do.
            self.end(Err(error));
            return self.advance();
        };
        (self.outlet.output, self.draining) = (None, None);
        self.awaiting = false;
        if let OutputError::ReaderClosed = error {
            self.end(Ok(self.outcome(Ending::ReaderClosed)));
        } else {
            let no_device = matches!(error, OutputError::Device(_) | OutputError::NoDevice);
            let why = error.to_string();
            self.controls.tell(Event::OutputFailed { why, no_device });
            self.end(Err(error.into()));
        }
        self.controls.board().queue.rest();
        self.set_state(State::Ended);
        self.over |= !self.stays();
    }

    fn set_state(&self, state: State) {
        self.controls.board().progress.state = state;
    }

    fn outcome(&self, ending: Ending) -> Outcome {
        Outcome {
            ending,
            progress: Progress {
                state: State::Ended,
                ..self.controls.progress()
            },
        }
    }
}
