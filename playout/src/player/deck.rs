//! One track at work: its source, its decoder, and how far it is.

use segue_core::playback::FrameSource;
use segue_core::track::TrackInfo;

use super::PlayError;
use super::ahead::Place;
use super::progress::Progress;
use crate::decode::Decoder;
use crate::fade;

pub(super) struct Deck {
    pub(super) source: Box<dyn FrameSource>,
    pub(super) decoder: Decoder,
    pub(super) channels: usize,
    /// The source owes an answer.
    pub(super) asked: bool,
    /// Packets of concealment yet to be given.
    pub(super) concealing: u32,
    /// The source knows that it is not asked for a while.
    resting: bool,
    place: Place,
    /// The packet that comes next.
    next: u32,
    /// Of decoders before a seek.
    muted_before: u64,
    /// Something was heard since the last cut.
    sounding: bool,
}

impl Deck {
    /// A source that was opened at this place.
    pub(super) fn new(source: Box<dyn FrameSource>, place: Place) -> Result<Self, PlayError> {
        let track = source.track();
        Ok(Self {
            decoder: Decoder::starting_at(track, place.start.first(), place.sample)?,
            channels: usize::from(track.channels),
            source,
            asked: false,
            concealing: 0,
            resting: false,
            place,
            next: place.start.first(),
            muted_before: 0,
            sounding: false,
        })
    }

    pub(super) fn track(&self) -> &TrackInfo {
        self.source.track()
    }

    /// Tells the source whether it is asked for nothing now: that time is none of
    /// its stalls.
    pub(super) fn rest(&mut self, resting: bool) {
        if std::mem::replace(&mut self.resting, resting) != resting {
            self.source.pause(resting);
        }
    }

    /// Goes on at another place.
    pub(super) fn seek(&mut self, place: Place) -> Result<(), PlayError> {
        self.source.seek(place.start)?;
        self.muted_before += self.decoder.muted_samples();
        self.decoder = Decoder::starting_at(self.track(), place.start.first(), place.sample)?;
        self.place = place;
        self.next = place.start.first();
        (self.asked, self.concealing, self.sounding) = (false, 0, false);
        Ok(())
    }

    /// Whether the packet that comes next is for the decoder alone.
    pub(super) fn in_preroll(&self) -> bool {
        self.preroll_has(self.next)
    }

    /// Whether this packet is for the decoder alone.
    pub(super) fn preroll_has(&self, packet: u32) -> bool {
        packet < self.place.start.packet
    }

    /// So many packets are done with.
    pub(super) fn pass(&mut self, count: u32) {
        self.next = self.next.saturating_add(count);
    }

    /// Packet `number` is done with, and all before it.
    pub(super) fn pass_to(&mut self, number: u32) {
        self.next = number.saturating_add(1);
    }

    /// Music that is left, in seconds.
    pub(super) fn left_s(&self) -> f64 {
        let track = self.track();
        f64::from(track.packets.saturating_sub(self.next)) * track.packet_s()
    }

    /// How long so many samples, of all channels, sound.
    pub(super) fn seconds(&self, samples: usize) -> f64 {
        let rate = f64::from(self.track().sample_rate.max(1));
        (samples / self.channels) as f64 / rate
    }

    /// Notes a packet that was handed over: `samples` of sound.
    pub(super) fn note(&mut self, samples: usize, progress: &mut Progress) {
        let rate = f64::from(self.track().sample_rate.max(1));
        progress.samples += (samples / self.channels) as u64;
        progress.position_s = self.position_s();
        progress.muted_s = (self.muted_before + self.decoder.muted_samples()) as f64 / rate;
        self.sounding |= samples > 0;
    }

    /// How far in the music it is, in seconds.
    pub(super) fn position_s(&self) -> f64 {
        let track = self.track();
        let decoded = u64::from(self.next) * u64::from(track.samples_per_packet);
        let music = decoded.saturating_sub(track.trim_start());
        let sample = music.min(track.samples()).max(self.place.sample);
        sample as f64 / f64::from(track.sample_rate.max(1))
    }

    /// The sound is cut here: a last few milliseconds that fade it out, so that
    /// nothing clicks. Empty when nothing was heard.
    pub(super) fn farewell(&mut self) -> Vec<f32> {
        if !std::mem::take(&mut self.sounding) {
            return Vec::new();
        }
        let length = self.track().sample_rate as usize / 200;
        let mut tail = self.decoder.conceal(1).to_vec();
        tail.truncate(length * self.channels);
        let length = tail.len() / self.channels;
        fade::fade_out(&mut tail, self.channels, length);
        tail
    }
}
