//! Keeps the sound system's own complaints off the terminal.

#[cfg(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd"
))]
mod alsa_noise {
    use alsa::Output;

    /// ALSA writes to standard error whatever the program thinks of it, unless the
    /// thread has a handler. Told again, what was gathered is dropped.
    pub(crate) fn hush() {
        if let Err(error) = Output::local_error_handler() {
            tracing::debug!(%error, "ALSA cannot be kept quiet");
        }
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd"
)))]
mod alsa_noise {
    /// Other systems say nothing by themselves.
    pub(crate) fn hush() {}
}

/// Silences the sound system in the calling thread.
pub(crate) use alsa_noise::hush;
