//! Keys while playing. Only where a person sits at a terminal.

mod terminal;

use std::io::{IsTerminal, stderr, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use terminal::Terminal;
pub use terminal::restore;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Pause,
    Back,
    Forward,
    Louder,
    Softer,
    Next,
    Previous,
    Quit,
    Help,
}

/// What `?` prints.
pub const HELP: &str = "space pause   ←/→ 10 s back/on   ↑/↓ or +/- volume   \
                        n next   p previous   q quit";

/// How soon the end of it is noticed.
const LOOK: Duration = Duration::from_millis(50);

/// The keyboard, listened to until this is dropped; then the terminal is as it
/// was.
pub struct Keys {
    keys: Receiver<Key>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    /// `None` where nobody can press keys and see what they do.
    pub fn open() -> Option<Self> {
        if !stdin().is_terminal() || !stderr().is_terminal() {
            return None;
        }
        let (tell, keys) = mpsc::channel();
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let listen = move || {
            let mut terminal = Terminal::new();
            while !told.load(Ordering::Relaxed) {
                if !terminal.is_ours() {
                    thread::sleep(LOOK);
                    continue;
                }
                let event = match event::poll(LOOK) {
                    Ok(true) => event::read(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                };
                match event {
                    Ok(Event::Key(pressed)) => {
                        let _ = key(&pressed).map(|key| tell.send(key));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::debug!("no keys any more: {error}");
                        return;
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("segue-keys".into());
        let thread = thread.spawn(listen).ok()?;
        Some(Self {
            keys,
            over,
            thread: Some(thread),
        })
    }

    /// The next key that was pressed.
    pub fn next(&self) -> Option<Key> {
        self.keys.try_recv().ok()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        restore();
    }
}

fn key(event: &KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        _ if control => return None,
        KeyCode::Char(' ') => Key::Pause,
        KeyCode::Left => Key::Back,
        KeyCode::Right => Key::Forward,
        KeyCode::Up | KeyCode::Char('+' | '=') => Key::Louder,
        KeyCode::Down | KeyCode::Char('-') => Key::Softer,
        KeyCode::Char('n') => Key::Next,
        KeyCode::Char('p') => Key::Previous,
        KeyCode::Char('q') => Key::Quit,
        KeyCode::Char('?' | 'h') => Key::Help,
        _ => return None,
    })
}
