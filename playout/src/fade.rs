//! Short ramps, so that a cut does not click.

/// Ramps the first `length` samples per channel up from silence.
pub(crate) fn fade_in(samples: &mut [f32], channels: usize, length: usize) {
    for (index, frame) in samples.chunks_mut(channels).take(length).enumerate() {
        scale(frame, (index as f32 + 0.5) / length as f32);
    }
}

/// Ramps the first `length` samples per channel down to silence.
pub(crate) fn fade_out(samples: &mut [f32], channels: usize, length: usize) {
    for (index, frame) in samples.chunks_mut(channels).take(length).enumerate() {
        scale(frame, 1.0 - (index as f32 + 0.5) / length as f32);
    }
}

fn scale(frame: &mut [f32], gain: f32) {
    for sample in frame {
        *sample *= gain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramps_meet_in_the_middle() {
        let mut up = vec![1.0; 12];
        fade_in(&mut up, 2, 4);
        assert_eq!(up[..4], [0.125, 0.125, 0.375, 0.375]);
        assert_eq!(up[8..], [1.0; 4]);
        let mut down = vec![1.0; 12];
        fade_out(&mut down, 2, 4);
        for (up, down) in up.iter().zip(&down).take(8) {
            assert!((up + down - 1.0).abs() < 1e-6);
        }
    }
}
