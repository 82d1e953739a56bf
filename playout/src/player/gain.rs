//! Volume.

/// Scales samples, gliding over a packet from the last volume to the new one, so
/// that a moving slider is not heard as steps.
pub(super) struct Gain {
    current: f32,
    scaled: Vec<f32>,
}

impl Gain {
    pub(super) fn new(volume: f32) -> Self {
        Self {
            current: volume,
            scaled: Vec::new(),
        }
    }

    /// The samples at this volume; at full volume they are left as they are.
    pub(super) fn apply<'a>(
        &'a mut self,
        samples: &'a [f32],
        channels: usize,
        volume: f32,
    ) -> &'a [f32] {
        let from = std::mem::replace(&mut self.current, volume);
        if from == 1.0 && volume == 1.0 {
            return samples;
        }
        let step = (volume - from) / (samples.len() / channels).max(1) as f32;
        self.scaled.clear();
        self.scaled.extend(
            samples
                .iter()
                .enumerate()
                .map(|(index, sample)| sample * (from + step * (index / channels + 1) as f32)),
        );
        &self.scaled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glides_to_the_new_volume() {
        let mut gain = Gain::new(1.0);
        let samples = [1.0; 8];
        assert_eq!(gain.apply(&samples, 2, 1.0), samples);
        assert_eq!(
            gain.apply(&samples, 2, 0.0),
            [0.75, 0.75, 0.5, 0.5, 0.25, 0.25, 0.0, 0.0]
        );
        assert_eq!(gain.apply(&samples, 2, 0.0), [0.0; 8]);
        assert_eq!(gain.apply(&[], 2, 0.5), [0.0_f32; 0]);
        assert_eq!(gain.apply(&samples, 2, 0.5), [0.5; 8]);
    }
}
