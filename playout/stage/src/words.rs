//! Numbers as people read them: the same in both programs.

/// Seconds as `1:23` or `1:02:03`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A count, its thousands apart from ten thousand on: `9999`, `10,000`.
pub fn grouped(count: usize) -> String {
    fn apart(count: usize) -> String {
        match count {
            0..1000 => count.to_string(),
            _ => format!("{},{:03}", apart(count / 1000), count % 1000),
        }
    }
    match count {
        0..10_000 => count.to_string(),
        _ => apart(count),
    }
}

/// How long sound takes from the player to the ear.
pub fn latency(seconds: f64) -> String {
    format!("output latency {:.0} ms", seconds * 1000.0)
}

/// How often the device wanted sound and there was some, but it came too late.
pub fn underruns(count: u64) -> String {
    match count {
        1 => "device ran empty once".into(),
        more => format!("device ran empty {more} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_counts_are_read_at_a_glance() {
        for (count, text) in [
            (0, "0"),
            (9_999, "9999"),
            (10_000, "10,000"),
            (123_456, "123,456"),
            (1_000_007, "1,000,007"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
