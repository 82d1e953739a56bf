//! The terminal while keys are listened to, and how it was before.
//!
//! It stays a terminal with signals and line ends: only echo and the wait for whole
//! lines are off. So Ctrl-C (and Ctrl-Z, on Unix) does what it does, and whatever
//! prints need not know.

#[cfg(unix)]
pub use unix::{Terminal, restore};
#[cfg(windows)]
pub use windows::{Terminal, restore};

#[cfg(unix)]
mod unix {
    use std::io::stdin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::process::getpgrp;
    use rustix::termios::{
        LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
    };
    use signal_hook::consts::SIGTSTP;
    use signal_hook::low_level::emulate_default_handler;
    use signal_hook::{SigId, flag};

    /// The terminal as it was, while it is not.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    /// Sets the terminal as it was. No harm where it is.
    pub fn restore() {
        let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = before {
            // It may be gone by now.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
        }
    }

    fn listen_to_keys() -> rustix::io::Result<()> {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_none() {
            let mut modes = tcgetattr(stdin())?;
            *before = Some(modes.clone());
            modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(stdin(), OptionalActions::Now, &modes)?;
        }
        Ok(())
    }

    /// Listens to keys, but for the time that others have the terminal.
    pub struct Terminal {
        stop: Arc<AtomicBool>,
        signal: Option<SigId>,
    }

    impl Terminal {
        pub fn new() -> Self {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                hook(panic);
            }));
            let stop = Arc::default();
            // Without it Ctrl-Z leaves the terminal without echo; that is all.
            let signal = flag::register(SIGTSTP, Arc::clone(&stop)).ok();
            Self { stop, signal }
        }

        /// Whether keys may be read now: not in the background, where the shell
        /// reads them.
        pub fn is_ours(&mut self) -> bool {
            if self.stop.swap(false, Ordering::Relaxed) {
                restore();
                // Goes on behind this line when somebody says `fg` or `bg`.
                let _ = emulate_default_handler(SIGTSTP);
            }
            let ours = tcgetpgrp(stdin()).is_ok_and(|group| group == getpgrp());
            ours && listen_to_keys().is_ok()
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            if let Some(id) = self.signal.take() {
                signal_hook::low_level::unregister(id);
            }
            restore();
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use crossterm_winapi::{ConsoleMode, Handle};

    /// `ENABLE_LINE_INPUT` and `ENABLE_ECHO_INPUT`. Raw mode would take
    /// `ENABLE_PROCESSED_INPUT` away, too: then Ctrl-C is a key and ends nothing.
    const LINES_AND_ECHO: u32 = 0x2 | 0x4;

    /// The console's mode as it was, while it is not.
    static BEFORE: Mutex<Option<u32>> = Mutex::new(None);

    /// `CONIN$`, whatever standard input is.
    fn console() -> io::Result<ConsoleMode> {
        Handle::current_in_handle().map(ConsoleMode::from)
    }

    /// Sets the terminal as it was. No harm where it is.
    pub fn restore() {
        let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = before {
            // It may be gone by now.
            let _ = console().and_then(|console| console.set_mode(before));
        }
    }

    fn listen_to_keys() -> io::Result<()> {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_none() {
            let console = console()?;
            let mode = console.mode()?;
            console.set_mode(mode & !LINES_AND_ECHO)?;
            *before = Some(mode);
        }
        Ok(())
    }

    /// Listens to keys.
    pub struct Terminal;

    impl Terminal {
        pub fn new() -> Self {
            let hook = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                hook(panic);
            }));
            Self
        }

        /// Whether keys may be read now.
        pub fn is_ours(&mut self) -> bool {
            listen_to_keys().is_ok()
        }
    }

    impl Drop for Terminal {
        fn drop(&mut self) {
            restore();
        }
    }
}
