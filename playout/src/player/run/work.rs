//! One step at a time: what can be done now for the current track.

use std::time::{Duration, Instant};

use segue_core::playback::Playback;

use super::{AHEAD_S, NAP, REST, Run, Step};
use crate::output::{Media, Takes};
use crate::player::ahead::{Ahead, Place};
use crate::player::deck::Deck;
use crate::player::progress::{Ending, Event, State};

/// Go on at once.
const NOW: Step = Ok(Duration::ZERO);

impl Run {
    /// Does what can be done now; answers how long to wait before the next step.
    pub(super) fn step(&mut self) -> Step {
        if self.draining.is_some() {
            self.drain_on()
        } else if self.awaiting {
            self.await_more()
        } else if self.item.is_none() {
            Ok(REST)
        } else if self.deck.is_none() {
            self.load()
        } else if !self.begun {
            self.begin_output()
        } else {
            self.fetch_ahead();
            self.play_on()
        }
    }

    fn drain_on(&mut self) -> Step {
        let queue_ended = self.draining.as_ref().is_some_and(|d| d.queue_ended);
        if queue_ended && self.controls.board().queue.next().is_some() {
            self.advance(); // there is more after all
            return NOW;
        }
        let until = self.draining.as_ref().and_then(|draining| draining.until);
        let over = until.is_some_and(|until| Instant::now() >= until);
        if let (Some(output), false) = (&mut self.outlet.output, over) {
            let wait = output.finish_in()?;
            self.controls.board().progress.see(&**output);
            if !wait.is_zero() {
                return Ok(wait.min(NAP));
            }
        }
        // Who stays opens it again: the device is free for others meanwhile.
        self.outlet.output = None;
        let ended = self.draining.take();
        if ended.is_some_and(|draining| draining.queue_ended) {
            self.controls.tell(Event::QueueEnded);
        }
        if self.item.is_none() {
            self.set_state(State::Ended);
        }
        self.over |= !self.stays();
        NOW
    }

    /// Silence until there is another entry, or it is sure that none comes.
    fn await_more(&mut self) -> Step {
        let board = self.controls.board();
        let over = board.queue.next().is_some() || board.bringing == 0;
        drop(board);
        if over {
            self.awaiting = false;
            self.advance();
            return NOW;
        }
        if let Some(output) = &mut self.outlet.output {
            output.hold();
            output.due_in()?;
        }
        Ok(NAP)
    }

    /// Puts the current entry to work as soon as it is open.
    fn load(&mut self) -> Step {
        if !self.ahead.as_mut().is_some_and(Ahead::is_ready) {
            if let Some(output) = &mut self.outlet.output {
                output.hold();
                output.due_in()?; // tells whether the device is still there
            }
            return Ok(NAP);
        }
        if let Some(ahead) = self.ahead.take() {
            let place = ahead.place;
            let deck = Deck::new(ahead.take()?, place)?;
            self.controls.board().progress.position_s = deck.position_s();
            self.deck = Some(deck);
        }
        NOW
    }

    fn begin_output(&mut self) -> Step {
        let Some(track) = self.deck.as_ref().map(Deck::track) else {
            return NOW;
        };
        let output = match (&mut self.outlet.output, &mut self.outlet.open) {
            (Some(output), _) => output,
            (closed, Some(open)) => closed.insert(open(track)?),
            (None, None) => {
                self.over = true;
                return NOW;
            }
        };
        let wait = output.begin(track)?;
        if wait.is_zero() {
            self.controls.board().progress.see(&**output);
            self.begun = true;
        }
        Ok(wait.min(NAP))
    }

    /// Opens the next entry when the current one needs the network no more, or
    /// is nearly over.
    fn fetch_ahead(&mut self) {
        let next = self.controls.board().queue.next().cloned();
        let known = self.ahead.as_ref().map(|ahead| ahead.id);
        if next.as_ref().map(|item| item.id) == known {
            return;
        }
        self.ahead = None;
        let near = |deck: &Deck| deck.source.is_fetched() || deck.left_s() < AHEAD_S;
        if let Some(item) = next
            && self.deck.as_ref().is_some_and(near)
        {
            self.open(&item, 0.0);
        }
    }

    /// Goes where the listener wants to be.
    pub(super) fn seek(&mut self) -> Result<(), super::PlayError> {
        let (Some(seconds), Some(deck)) = (self.seek, &self.deck) else {
            return Ok(());
        };
        if seconds >= deck.track().duration_s() {
            self.go_on(Ending::Left);
            return Ok(());
        }
        self.seek = None;
        let output = self.outlet.output.as_ref();
        let decoded = output.is_none_or(|output| output.takes() == Takes::Samples);
        let place = Place::at(deck.track(), seconds, decoded);
        self.farewell();
        if let Some(deck) = &mut self.deck {
            deck.seek(place)?;
            self.controls.board().progress.position_s = deck.position_s();
        }
        Ok(())
    }

    fn play_on(&mut self) -> Step {
        let (Some(deck), Some(output)) = (&mut self.deck, &mut self.outlet.output) else {
            return NOW;
        };
        let wait = output.due_in()?;
        self.controls.board().progress.see(&**output);
        // Without a device nothing is asked for, as in a pause.
        deck.rest(self.paused || output.trouble().is_some());
        if self.paused {
            return Ok(NAP);
        }
        if !wait.is_zero() && !deck.asked && !deck.in_preroll() {
            return Ok(wait.min(NAP));
        }
        if deck.concealing > 0 {
            deck.concealing -= 1;
            return self.conceal();
        }
        if !deck.asked {
            deck.source.ask();
            deck.asked = true;
        }
        let step = match deck.source.next(NAP) {
            Ok(step) => step,
            Err(gone) => {
                self.go_on(Ending::SessionGone(gone));
                return NOW;
            }
        };
        match step {
            Some(Playback::Frame { packet, bytes }) => return self.frame(packet, &bytes),
            Some(Playback::Conceal { count, .. }) => {
                (deck.asked, deck.concealing) = (false, count);
            }
            Some(Playback::Skip { count, .. }) => {
                if !deck.in_preroll() {
                    self.controls.board().progress.skipped += count;
                }
                deck.decoder.skip(count);
                deck.pass(count);
            }
            Some(Playback::Hold) => {
                output.hold();
                let state = &mut self.controls.board().progress.state;
                if *state == State::Playing {
                    *state = State::Holding; // before the first packet it is still the start
                }
            }
            Some(Playback::End) => return self.finish(),
            None => {}
        }
        NOW
    }

    fn frame(&mut self, packet: u32, bytes: &[u8]) -> Step {
        let (Some(deck), Some(output)) = (&mut self.deck, &mut self.outlet.output) else {
            return NOW;
        };
        deck.asked = false;
        deck.pass_to(packet);
        let heard = !deck.preroll_has(packet);
        let mut count = 0;
        if output.takes() == Takes::Samples {
            let samples = deck.decoder.push(packet, bytes);
            let volume = self.controls.volume();
            let samples = self.gain.apply(samples, deck.channels, volume);
            count = samples.len();
            if heard {
                output.write(Media::Samples(samples))?;
            }
        } else if heard {
            output.write(Media::Frame(bytes))?;
        }
        if heard {
            let progress = &mut self.controls.board().progress;
            progress.played += 1;
            progress.state = State::Playing;
            deck.note(count, progress);
            progress.time(output.latency(), deck.seconds(count));
        }
        NOW
    }

    /// One packet of it; there is no frame to write for who takes frames.
    fn conceal(&mut self) -> Step {
        let (Some(deck), Some(output)) = (&mut self.deck, &mut self.outlet.output) else {
            return NOW;
        };
        let heard = !deck.in_preroll();
        deck.pass(1);
        let mut count = 0;
        if output.takes() == Takes::Samples {
            let samples = deck.decoder.conceal(1);
            let volume = self.controls.volume();
            let samples = self.gain.apply(samples, deck.channels, volume);
            count = samples.len();
            if heard {
                output.write(Media::Samples(samples))?;
            }
        }
        if heard {
            let progress = &mut self.controls.board().progress;
            progress.concealed += 1;
            progress.state = State::Playing;
            deck.note(count, progress);
            progress.time(output.latency(), deck.seconds(count));
        }
        NOW
    }

    /// The track is over, but for what the decoder still has.
    fn finish(&mut self) -> Step {
        if let (Some(deck), Some(output)) = (&mut self.deck, &mut self.outlet.output)
            && output.takes() == Takes::Samples
        {
            let rest = deck.decoder.finish();
            if !rest.is_empty() {
                let volume = self.controls.volume();
                let rest = self.gain.apply(rest, deck.channels, volume);
                output.write(Media::Samples(rest))?;
                let count = rest.len();
                deck.note(count, &mut self.controls.board().progress);
            }
        }
        self.end(Ok(self.outcome(Ending::Finished)));
        self.advance();
        NOW
    }
}
