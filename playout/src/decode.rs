//! From MP3 frames to samples, gaps included.

mod conceal;
mod gap;
mod layout;
mod predict;
mod window;

use segue_core::track::TrackInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};
use symphonia::default::codecs::MpaDecoder;

use conceal::Concealment;
use gap::Continuity;
use layout::Layout;
use window::Window;

/// The track cannot be decoded at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The track's shape is none that MP3 can have.
    #[error(
        "track `{name}` claims {channels} channels of {samples_per_packet} samples at \
         {sample_rate} Hz, which no MP3 has; play it from another peer"
    )]
    Shape {
        /// What the track is called.
        name: String,
        /// Channels it claims.
        channels: u8,
        /// Samples per packet it claims.
        samples_per_packet: u16,
        /// Sample rate it claims.
        sample_rate: u32,
    },
    /// The MP3 decoder would not start.
    #[error("the MP3 decoder does not start: {0}")]
    Codec(#[from] symphonia::core::errors::Error),
}

/// Decodes one track, packet by packet, in playing order.
///
/// Each packet gives its full duration, be it sound or silence; only skipped
/// packets give nothing. What the encoder added at both ends is cut off, so a
/// track played without skips is [`TrackInfo::samples`] long to the sample.
///
/// Layer III lets a frame keep part of its bits in the frames before it. After a
/// gap those bits are wrong without any decoder noticing, so frames are muted, and
/// concealed, until two in a row were complete (see `gap.rs`).
pub struct Decoder {
    codec: MpaDecoder,
    channels: usize,
    samples_per_packet: usize,
    sample_rate: u32,
    window: Window,
    continuity: Continuity,
    /// The packet that continues the one before.
    next: u32,
    /// Header of the last frame decoded, and its length.
    last: Option<([u8; 4], usize)>,
    concealment: Concealment,
    /// Reused for every packet.
    samples: Vec<f32>,
    muted: u64,
}

impl Decoder {
    /// A decoder at the start of `track`.
    ///
    /// # Errors
    /// When the track's shape is none that MP3 can have.
    pub fn new(track: &TrackInfo) -> Result<Self, DecodeError> {
        let known_shape = matches!(track.channels, 1 | 2)
            && matches!(track.samples_per_packet, 576 | 1152)
            && (8_000..=48_000).contains(&track.sample_rate);
        if !known_shape {
            return Err(DecodeError::Shape {
                name: track.label().to_owned(),
                channels: track.channels,
                samples_per_packet: track.samples_per_packet,
                sample_rate: track.sample_rate,
            });
        }
        Ok(Self {
            codec: new_codec()?,
            channels: usize::from(track.channels),
            samples_per_packet: usize::from(track.samples_per_packet),
            sample_rate: track.sample_rate,
            window: Window::new(track.trim_start(), track.samples()),
            continuity: Continuity::at_start(),
            next: 0,
            last: None,
            concealment: Concealment::new(track.sample_rate, usize::from(track.channels)),
            samples: Vec::new(),
            muted: 0,
        })
    }

    /// A decoder that begins with packet `first` and gives what is heard from
    /// `sample` on (of the music, per channel): to the sample, as soon as the
    /// packets between bring what the bit reservoir lacks.
    ///
    /// # Errors
    /// As for [`Decoder::new`].
    pub fn starting_at(track: &TrackInfo, first: u32, sample: u64) -> Result<Self, DecodeError> {
        let mut decoder = Self::new(track)?;
        if first > 0 {
            decoder.continuity.gap();
            decoder.next = first;
        }
        let position = u64::from(first) * u64::from(track.samples_per_packet);
        let heard = track.trim_start().saturating_add(sample);
        decoder.window = decoder.window.from(position, heard);
        Ok(decoder)
    }

    /// Decodes one packet: interleaved samples, concealed while a gap still hurts.
    ///
    /// A packet that is not the next one tells of a gap by itself. Bytes that do
    /// not decode are a gap too; it takes the packet's time.
    pub fn push(&mut self, packet: u32, frame: &[u8]) -> &[f32] {
        debug_assert!(packet >= self.next, "packets come in playing order");
        if packet > self.next {
            self.skip(packet - self.next);
        }
        self.next = packet.saturating_add(1);
        let audible = self.decode(frame);
        if audible {
            self.concealment.hear(&mut self.samples);
        } else {
            self.bridge(self.samples_per_packet);
        }
        for sample in &mut self.samples {
            *sample = sample.clamp(-1.0, 1.0);
        }
        let kept = self.window.take(self.samples_per_packet);
        if !audible {
            self.muted += kept.len() as u64;
        }
        &self.samples[kept.start * self.channels..kept.end * self.channels]
    }

    /// The sound of `count` missing packets: the last sound goes on for a moment
    /// and fades, then silence.
    pub fn conceal(&mut self, count: u32) -> &[f32] {
        self.begin_gap();
        self.next = self.next.saturating_add(count);
        let total = self.samples_per_packet * count as usize;
        self.bridge(total);
        let kept = self.window.take(total);
        &self.samples[kept.start * self.channels..kept.end * self.channels]
    }

    /// Leaves out `count` packets: no samples, but a gap all the same.
    pub fn skip(&mut self, count: u32) {
        if count == 0 {
            return;
        }
        self.begin_gap();
        self.next = self.next.saturating_add(count);
        self.window
            .take(self.samples_per_packet.saturating_mul(count as usize));
    }

    /// What the track still lacks when its last packet is decoded. Empty for
    /// all usual encoders; a short padding leaves the end in the decoder's hands.
    pub fn finish(&mut self) -> &[f32] {
        let missing = self.window.missing();
        self.samples.clear();
        if missing == 0 || missing > self.samples_per_packet {
            return &[];
        }
        if self.continuity.is_sound() {
            self.decode_nothing();
        } else {
            self.bridge(self.samples_per_packet);
        }
        let kept = self.window.take(self.samples_per_packet);
        &self.samples[kept.start * self.channels..kept.end * self.channels]
    }

    /// Samples per channel that came but were not heard because of a gap before.
    pub fn muted_samples(&self) -> u64 {
        self.muted
    }

    /// The same in seconds (the metric `muted_s`).
    pub fn muted_s(&self) -> f64 {
        self.muted as f64 / f64::from(self.sample_rate)
    }

    /// Decodes into `samples`; false when it must not be heard.
    fn decode(&mut self, frame: &[u8]) -> bool {
        let layout = Layout::read(frame)
            .filter(|layout| usize::from(layout.samples) == self.samples_per_packet);
        let Some(layout) = layout else {
            self.begin_gap();
            return false;
        };
        let audible = self
            .continuity
            .admit(layout.main_data_begin, layout.main_data);
        if self.decode_frame(frame) {
            self.last = frame.first_chunk().map(|header| (*header, frame.len()));
            audible
        } else {
            // The decoder dropped its bit reservoir, and so must the sum.
            self.begin_gap();
            false
        }
    }

    /// One frame through the codec; false when it gave no whole packet.
    fn decode_frame(&mut self, frame: &[u8]) -> bool {
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, frame);
        match self.codec.decode_ref(&packet) {
            Ok(decoded) if decoded.num_planes() == self.channels => {
                decoded.copy_to_vec_interleaved(&mut self.samples);
                self.samples.len() == self.samples_per_packet * self.channels
            }
            Ok(_) => false,
            Err(error) => {
                tracing::debug!(%error, "a frame does not decode");
                false
            }
        }
    }

    /// Starts a gap, once: the sound before it goes on, the bit reservoir is
    /// forgotten.
    fn begin_gap(&mut self) {
        self.concealment.begin();
        self.continuity.gap();
        self.codec.reset();
    }

    /// Decodes a frame that holds no bits: what comes out is the second half of
    /// the last frame's overlap and the filters' ring, a natural continuation.
    fn decode_nothing(&mut self) {
        let decoded = self
            .last
            .is_some_and(|(header, length)| self.decode_frame(&layout::empty(header, length)));
        if !decoded {
            self.samples.clear();
            self.samples
                .resize(self.samples_per_packet * self.channels, 0.0);
        }
    }

    /// So many samples per channel in the place of sound that is missing.
    fn bridge(&mut self, count: usize) {
        self.concealment.begin();
        self.samples.clear();
        self.samples.resize(count * self.channels, 0.0);
        self.concealment.fill(&mut self.samples);
    }
}

fn new_codec() -> Result<MpaDecoder, DecodeError> {
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_MP3);
    // We trim by the track's own values, so the codec must leave its samples be.
    let options = AudioDecoderOptions::default().gapless(false);
    Ok(MpaDecoder::try_new(&params, &options)?)
}
