//! What the policy decided becomes sound, silence or a gap.

use segue_policy::Decision;
use segue_policy::abi::{STATE_HOLDING, STATE_PLAYING};

use super::conduct::Misdeed;
use super::{Event, Listener, Output};

impl Listener {
    pub(super) fn on_pause(&mut self) -> bool {
        self.paused = true;
        self.conduct.note_still(self.now, None);
        self.quality.on_pause(self.now);
        false
    }

    /// A frame that was due before the pause is due now, and a hold begins now.
    pub(super) fn on_resume(&mut self) -> bool {
        if !std::mem::take(&mut self.paused) {
            return false;
        }
        self.quality.on_resume(self.now);
        self.state_since = self.now;
        if let Some(since) = &mut self.frame_due {
            *since = self.now;
        }
        true
    }

    /// Whether the policy is to say what is played now.
    pub(super) fn plays(&self) -> bool {
        self.frame_due.is_some() && !self.paused
    }

    pub(super) fn on_decision(&mut self, decision: Decision) {
        if !self.plays() {
            return; // nobody waits for it
        }
        let packets = self.config.track.packets;
        match decision {
            Decision::Play if self.here.contains(self.playhead) => self.play(),
            Decision::SkipTo(to) if to == packets => {
                self.skip_to(to);
                self.frame_due = None;
                self.end();
            }
            Decision::SkipTo(to) if to >= self.playhead && self.here.contains(to) => {
                self.skip_to(to);
                self.play();
            }
            Decision::Conceal => {
                let packet = self.playhead;
                self.close(packet);
                self.outputs.push(Output::Conceal { packet });
                self.frame_goes_out(true);
            }
            Decision::Hold => self.hold(),
            Decision::Play | Decision::SkipTo(_) => {
                self.event(Event::Reason(format!(
                    "{decision:?} at packet {} is not possible: holding",
                    self.playhead
                )));
                self.curb(Misdeed::Decision);
                self.hold();
            }
        }
    }

    pub(super) fn play(&mut self) {
        let packet = self.playhead;
        if self.config.timeline && self.is_heard() {
            self.timeline.played.push((self.now, packet));
        }
        self.outputs.push(Output::Play { packet });
        self.frame_goes_out(false);
    }

    pub(super) fn frame_goes_out(&mut self, concealed: bool) {
        let heard = self.is_heard();
        if heard {
            let stall = self.quality.on_frame(self.now, concealed);
            if self.config.timeline && self.config.paced {
                self.timeline.stalls.extend(stall);
            }
        }
        self.playhead += 1;
        self.frame_due = None;
        if self.config.paced && heard {
            self.next_due = self.now + self.packet;
        }
        self.enter(STATE_PLAYING);
    }

    /// Whether the next packet is not for the decoder alone.
    fn is_heard(&self) -> bool {
        self.playhead >= self.config.start.packet
    }

    pub(super) fn hold(&mut self) {
        self.quality.on_hold(self.now);
        if self.state == STATE_PLAYING {
            self.outputs.push(Output::Hold);
            self.enter(STATE_HOLDING);
        }
    }

    pub(super) fn skip_to(&mut self, to: u32) {
        if to > self.playhead {
            let (packet, count) = (self.playhead, to - self.playhead);
            let last = to.min(packet.saturating_add(self.asks.span()));
            (packet..last).for_each(|packet| self.close(packet));
            self.outputs.push(Output::Skip { packet, count });
            self.playhead = to;
        }
    }
}
