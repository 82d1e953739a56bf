//! What others see of a player, and how they steer it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use segue_core::playback::Playable;

use super::progress::{Event, Progress};
use super::queue::{Item, ItemId, Queue};

/// Events kept for who does not take them; older ones are forgotten.
const MOST_EVENTS: usize = 1024;

/// Watches and steers a player and its queue; clones share it. Nothing here ever
/// waits. What is said before the player starts is done when it does.
#[derive(Clone, Default)]
pub struct Controls(Arc<Shared>);

#[derive(Default)]
struct Shared {
    board: Mutex<Board>,
    changed: Condvar,
}

/// What both sides know.
pub(super) struct Board {
    pub(super) queue: Queue,
    pub(super) progress: Progress,
    commands: VecDeque<Command>,
    events: VecDeque<Event>,
    volume: f32,
    /// How many are still about to add entries.
    pub(super) bringing: usize,
    /// Something else happened that the player should look at.
    nudged: bool,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            queue: Queue::default(),
            progress: Progress::default(),
            commands: VecDeque::new(),
            events: VecDeque::new(),
            volume: 1.0,
            bringing: 0,
            nudged: false,
        }
    }
}

/// What the listener wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Command {
    Play,
    Pause,
    Toggle,
    Stop,
    Next,
    Previous,
    Jump(ItemId),
    SeekTo(f64),
    SeekBy(f64),
    /// The current entry is out of the queue.
    Removed,
    Quit,
}

impl Controls {
    // -- the queue ---------------------------------------------------------------

    /// Adds an entry at the end.
    pub fn append(&self, playable: impl Playable + 'static) -> ItemId {
        self.insert(usize::MAX, Arc::new(playable))
    }

    /// Puts an entry in at this place of the list, at the end if there are fewer.
    pub fn insert(&self, index: usize, playable: Arc<dyn Playable>) -> ItemId {
        let id = self.board().queue.insert(index, playable);
        self.nudge();
        id
    }

    /// Says that entries are still to be added: until the answer is dropped, a
    /// queue that has run out waits for them and is not over.
    pub fn more_to_come(&self) -> MoreToCome {
        self.board().bringing += 1;
        MoreToCome(self.clone())
    }

    /// Takes an entry out. The one that plays ends, and the next one begins.
    pub fn remove(&self, id: ItemId) {
        if self.board().queue.remove(id) {
            self.send(Command::Removed);
        }
    }

    /// Takes all entries out: nothing plays any more.
    pub fn clear(&self) {
        self.board().queue.clear();
        self.send(Command::Removed);
    }

    /// The list, played entries included.
    pub fn queue(&self) -> Vec<Item> {
        self.board().queue.items().to_vec()
    }

    /// The entry that plays.
    pub fn current(&self) -> Option<Item> {
        self.board().queue.current().cloned()
    }

    // -- playing -----------------------------------------------------------------

    /// Goes on after a pause; begins with the next entry when nothing plays.
    pub fn play(&self) {
        self.send(Command::Play);
    }

    /// Silence; nothing is lost, buffers go on filling.
    pub fn pause(&self) {
        self.send(Command::Pause);
    }

    /// Pauses, or goes on.
    pub fn toggle(&self) {
        self.send(Command::Toggle);
    }

    /// Ends playing within some hundredths of a second. A player that does not
    /// stay ends itself, too.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }

    /// Goes on to the next entry; behind the last one, playing ends.
    pub fn next(&self) {
        self.send(Command::Next);
    }

    /// Back to the beginning of the track, or to the entry before when it began
    /// less than three seconds ago.
    pub fn previous(&self) {
        self.send(Command::Previous);
    }

    /// Goes on to this entry.
    pub fn jump(&self, id: ItemId) {
        self.send(Command::Jump(id));
    }

    /// Goes on so many seconds into the track. Said before it begins, it begins
    /// there; beyond the end, the next entry begins.
    pub fn seek_to(&self, seconds: f64) {
        self.send(Command::SeekTo(seconds));
    }

    /// Goes on so many seconds from here; negative ones go back.
    pub fn seek_by(&self, seconds: f64) {
        self.send(Command::SeekBy(seconds));
    }

    /// Sets the volume, 0 to 1. Heard where sound is decoded, not in MP3 outputs.
    pub fn set_volume(&self, volume: f32) {
        let volume = if volume.is_nan() { 1.0 } else { volume };
        self.board().volume = volume.clamp(0.0, 1.0);
    }

    /// The volume, 0 to 1.
    pub fn volume(&self) -> f32 {
        self.board().volume
    }

    /// Ends the player.
    pub fn quit(&self) {
        self.send(Command::Quit);
    }

    // -- watching ----------------------------------------------------------------

    /// How it goes.
    pub fn progress(&self) -> Progress {
        self.board().progress.clone()
    }

    /// The next thing worth telling, if there is one.
    pub fn try_event(&self) -> Option<Event> {
        self.board().events.pop_front()
    }

    // -- the player's side -------------------------------------------------------

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        // Whatever panicked under it left no half-done change.
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, command: Command) {
        self.board().commands.push_back(command);
        self.0.changed.notify_all();
    }

    /// Wakes the player: there may be something to do.
    pub(super) fn nudge(&self) {
        self.board().nudged = true;
        self.0.changed.notify_all();
    }

    pub(super) fn take_command(&self) -> Option<Command> {
        self.board().commands.pop_front()
    }

    pub(super) fn tell(&self, event: Event) {
        let events = &mut self.board().events;
        if events.len() == MOST_EVENTS {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// Waits until something is wanted, or for this long.
    pub(super) fn wait(&self, patience: Duration) {
        let idle = |board: &mut Board| board.commands.is_empty() && !board.nudged;
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.board(), patience, idle);
        waited.unwrap_or_else(PoisonError::into_inner).0.nudged = false;
    }
}

/// Entries are still on their way to a queue. See [`Controls::more_to_come`].
#[derive(Debug)]
#[must_use = "the queue waits only as long as this is kept"]
pub struct MoreToCome(Controls);

impl Drop for MoreToCome {
    fn drop(&mut self) {
        self.0.board().bringing -= 1;
        self.0.nudge();
    }
}

impl fmt::Debug for Controls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Controls")
            .field("progress", &self.board().progress)
            .finish_non_exhaustive()
    }
}
