//! The track's channels to the device's.

/// Appends `samples` to `out`, mono to both sides, stereo to the first two of
/// many, or mixed to one.
pub(in crate::output) fn remap(samples: &[f32], from: usize, to: usize, out: &mut Vec<f32>) {
    for frame in samples.chunks_exact(from) {
        let (left, right) = (frame[0], frame[from.min(2) - 1]);
        match to {
            1 => out.push(((left + right) / 2.0).clamp(-1.0, 1.0)),
            _ => {
                // Resampling may overshoot full scale.
                out.extend([left.clamp(-1.0, 1.0), right.clamp(-1.0, 1.0)]);
                out.extend(std::iter::repeat_n(0.0, to - 2));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remapped(samples: &[f32], from: usize, to: usize) -> Vec<f32> {
        let mut out = Vec::new();
        remap(samples, from, to, &mut out);
        out
    }

    #[test]
    fn each_way() {
        assert_eq!(remapped(&[0.1, 0.2], 1, 2), [0.1, 0.1, 0.2, 0.2]);
        assert_eq!(remapped(&[0.5, 1.5], 2, 2), [0.5, 1.0]);
        assert_eq!(remapped(&[0.5, 0.25], 2, 1), [0.375]);
        assert_eq!(remapped(&[0.5, 0.25], 2, 4), [0.5, 0.25, 0.0, 0.0]);
        assert_eq!(remapped(&[0.5], 1, 1), [0.5]);
    }
}
