//! Plays a local MP3 file through any output, with no network:
//! `play-file FILE.mp3 [OUTPUT] [hold=PACKET|end:MS] [then=FILE.mp3] [device=NAME]
//! [openings=COUNT]`; the last plays it so often, each time through an output
//! opened anew, and tells threads and open files after each.
//!
//! The tests of the speaker run it as a child with a sound server of its own. It
//! tells on standard error when it was asked for each packet.

#[path = "../../tests/it/memory.rs"]
mod memory;
#[path = "../../tests/it/split.rs"]
mod split;
mod told;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use segue_core::playback::{FrameSource, Gone, OpenError, Playback, Start};
use segue_core::track::TrackInfo;
use segue_playout::output::OutputSpec;
use segue_playout::player::{Controls, Player, opened};

/// Notes when it is asked, and can hold before one packet.
struct Watched {
    inner: memory::Memory,
    started: Instant,
    asks: Vec<Duration>,
    hold: Option<(usize, Duration)>,
    held_until: Option<Instant>,
}

impl FrameSource for Watched {
    fn track(&self) -> &TrackInfo {
        self.inner.track()
    }

    fn ask(&mut self) {
        self.asks.push(self.started.elapsed());
        self.inner.ask();
    }

    fn next(&mut self, patience: Duration) -> Result<Option<Playback>, Gone> {
        if let Some((packet, pause)) = self.hold
            && self.asks.len() == packet + 1
        {
            let Some(until) = self.held_until else {
                self.held_until = Some(Instant::now() + pause);
                return Ok(Some(Playback::Hold));
            };
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                std::thread::sleep(left.min(patience));
                return Ok(None);
            }
            self.hold = None;
        }
        self.inner.next(patience)
    }

    fn seek(&mut self, start: Start) -> Result<(), OpenError> {
        self.inner.seek(start)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut stderr = std::io::stderr().lock();
        for ask in &self.asks {
            let _ = writeln!(stderr, "ask {}", ask.as_micros());
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("say which MP3 file to play")?;
    let mp3 = split::split(&std::fs::read(&path)?, &path);
    let (mut spec, mut hold) = (OutputSpec::default(), None);
    let (mut device, mut then) = (None, Vec::new());
    let mut openings = 1;
    for text in arguments {
        if let Some(text) = text.strip_prefix("hold=") {
            let (packet, ms) = text
                .split_once(':')
                .ok_or("say hold=PACKET:MS or hold=end:MS")?;
            let packet = match packet {
                "end" => mp3.frames.len(),
                number => number.parse()?,
            };
            hold = Some((packet, Duration::from_millis(ms.parse()?)));
        } else if let Some(count) = text.strip_prefix("openings=") {
            openings = count.parse()?;
        } else if let Some(name) = text.strip_prefix("device=") {
            device = Some(name.to_owned());
        } else if let Some(file) = text.strip_prefix("then=") {
            then.push(split::split(&std::fs::read(file)?, file));
        } else {
            spec = text.parse()?;
        }
    }
    for _ in 0..openings {
        let output = told::Told::new(spec.open_on(device.as_deref(), &mp3.track)?);
        let source = Watched {
            inner: memory::Memory::whole(&mp3),
            started: Instant::now(),
            asks: Vec::new(),
            hold,
            held_until: None,
        };
        let controls = Controls::default();
        controls.append(opened(source));
        for mp3 in &then {
            controls.append(memory::Memory::whole(mp3));
        }
        let outcome = Player::start(Box::new(output), controls)?.join()?;
        let mut stderr = std::io::stderr().lock();
        writeln!(stderr, "ending {:?}", outcome.ending)?;
        writeln!(stderr, "underruns {}", outcome.progress.underruns)?;
        writeln!(stderr, "output {}", outcome.progress.output)?;
        tell_resources(&mut stderr)?;
    }
    Ok(())
}

/// Threads and open files of this process.
fn tell_resources(stderr: &mut impl Write) -> std::io::Result<()> {
    let count = |what: &str| Ok::<_, std::io::Error>(std::fs::read_dir(what)?.count());
    let (threads, files) = (count("/proc/self/task")?, count("/proc/self/fd")?);
    writeln!(stderr, "resources {threads} {files}")
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
