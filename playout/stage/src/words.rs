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
