//! The whole way: a click, a peer's file, datagrams, a policy from the dropdown,
//! an ear.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::Write;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::hearing::{best_fit, fit_anywhere, sounding};
use crate::screen::{Colour, Picture, Screen};
use crate::sound_server::{Running, SoundServer, example, skipped};
use crate::tools;

/// Set where no test may be left out, as in CI.
const REQUIRED: &str = "SEGUE_REQUIRE_SCREEN";
/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_secs(60);
const RATE: u32 = 44_100;
const SONG_S: f64 = 40.0;
const WINDOW: (u16, u16) = (1080, 720);

// Colours of the light theme (`gui/src/theme.rs`).
const PAGE: Colour = [0xFB, 0xFA, 0xF7];
const RAISED: Colour = [0xE7, 0xE3, 0xDB];
const RECEIVED: Colour = [0x00, 0x72, 0xB2];

/// A line through the boxes of the head, above their words.
const HEAD: u16 = 12;
/// The height of an entry of a dropdown's menu.
const ENTRY: f32 = 28.2;
/// The first row of the table.
const ROW: (u16, u16) = (100, 141);
/// Where messages are shown.
const NOTICE: (u16, u16) = (540, 620);
const NOW: (u16, u16) = (210, 22);
/// The keys of the chart, beneath the title.
const KEYS: (u16, u16) = (16, 112);

/// The app in its window, with a sound server and a peer that shares a track.
struct Stage {
    screen: Screen,
    sound: SoundServer,
    home: TempDir,
    /// What the peer shares.
    mp3: PathBuf,
    app: Option<Running>,
    peer: Option<Running>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.photograph("failed");
            let said = [self.app.take(), self.peer.take()].map(|it| it.map(Running::kill));
            let _ = writeln!(std::io::stderr(), "app and peer said: {said:#?}");
        }
    }
}

/// Lies beside the app.
fn built(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_segue-gui")).with_file_name(name);
    let hint = "is missing: run `cargo build --workspace` first";
    assert!(path.exists(), "{} {hint}", path.display());
    path
}

fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

impl Stage {
    /// `None`, and a word about it, where a screen or a sound server is missing.
    fn set(settings: &str) -> Option<Self> {
        let (screen, sound) = match (
            Screen::start(WINDOW),
            SoundServer::start(RATE, "type pulse"),
        ) {
            (Ok(screen), Some(sound)) => (screen, sound),
            (screen, _) => {
                let why = screen.err().unwrap_or_else(|| "no sound server".into());
                assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED}: {why}");
                skipped(&why);
                return None;
            }
        };
        let home = tempfile::tempdir().unwrap();
        let shared = home.path().join("shared");
        fs::create_dir(&shared).unwrap();
        let wav = shared.join("song.wav");
        tools::music(&wav, RATE, 1, SONG_S);
        let mp3 = tools::lame(&wav, &["-b", "128"]);
        fs::remove_file(wav).unwrap();
        let (port, discovery) = (free_port().to_string(), free_port().to_string());

        let mut share = sound.command(&built("segue"));
        share
            .arg("share")
            .arg(&shared)
            .args(["--bind", "127.0.0.1"]);
        share.args(["--port", &port, "--discovery-port", &discovery]);
        let mut app = sound.command(Path::new(env!("CARGO_BIN_EXE_segue-gui")));
        for command in [&mut share, &mut app] {
            command
                .env_remove("SEGUE_PLUGIN_PATH")
                .env_remove("SEGUE_CONFIG")
                .env("XDG_CONFIG_HOME", home.path().join("config"))
                .env("XDG_DATA_HOME", home.path().join("data"))
                .env("XDG_CACHE_HOME", home.path().join("cache"))
                .env("TMPDIR", home.path());
        }
        let config = home.path().join("gui.toml");
        let (width, height) = WINDOW;
        let more = format!(
            "look = 'light'\nwidth = {width}.0\nheight = {height}.0\n\
             peers = ['127.0.0.1:{port}']\ndiscovery_port = {discovery}\n"
        );
        fs::write(&config, format!("{more}{settings}")).unwrap();
        app.env("SEGUE_GUI_CONFIG", &config)
            .env("DISPLAY", &screen.name)
            .env_remove("WAYLAND_DISPLAY");
        let stage = Self {
            peer: Some(Running::start(&mut share)),
            app: Some(Running::start(&mut app)),
            screen,
            sound,
            home,
            mp3,
        };
        Some(stage)
    }

    /// Waits until something is seen, and gives the picture.
    #[track_caller]
    fn see(&self, what: &str, is_so: impl Fn(&Picture) -> bool) -> Picture {
        let begun = Instant::now();
        loop {
            let picture = self.screen.look();
            if is_so(&picture) {
                return picture;
            }
            self.have_patience(what, begun);
        }
    }

    /// Waits until something is so.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            self.have_patience(what, begun);
        }
    }

    #[track_caller]
    fn have_patience(&self, what: &str, begun: Instant) {
        assert!(begun.elapsed() < LIMIT, "no {what} within {LIMIT:?}");
        sleep(Duration::from_millis(50));
    }

    /// Keeps what is seen now, for people to look at.
    fn photograph(&self, name: &str) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("app-{name}.png"));
        self.screen.look().save(&path);
    }

    /// What the app keeps between starts.
    fn settings(&self) -> String {
        fs::read_to_string(self.home.path().join("gui.toml")).unwrap_or_default()
    }

    /// Chooses this entry of the dropdown of policies.
    fn choose_policy(&self, entry: usize) {
        let closed = self.see("dropdowns", |now| boxes(now).len() == 2);
        let policy = &boxes(&closed)[0];
        let x = policy.start + 3;
        let foot = (HEAD..WINDOW.1)
            .find(|&y| closed.at((x, y)) != RAISED)
            .unwrap();
        self.screen.click((policy.start + 60, HEAD + 10), 1);
        // The whole height of an entry is seen, on a ground of its own.
        self.see("menu", |now| now.count((x, foot + 4), (1, 20), RAISED) > 15);
        let middle = f32::from(foot) + ENTRY * (entry as f32 + 0.5);
        self.screen.click((policy.start + 60, middle as u16), 1);
    }

    /// Policies of the sessions so far, as their logs say.
    fn sessions(&self) -> Vec<String> {
        let folders = fs::read_dir(self.home.path()).unwrap().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten());
        let mut logs: Vec<_> = files
            .flatten()
            .filter(|file| {
                file.path()
                    .extension()
                    .is_some_and(|ending| ending == "jsonl")
            })
            .collect();
        logs.sort_by_key(|log| log.metadata().unwrap().created().unwrap());
        let logs = logs
            .iter()
            .map(|log| fs::read_to_string(log.path()).unwrap());
        logs.collect()
    }
}

/// The two dropdowns of the head, from left to right.
fn boxes(picture: &Picture) -> Vec<std::ops::Range<u16>> {
    let mut boxes = picture.runs(HEAD, RAISED);
    boxes.retain(|run| run.len() > 120);
    boxes
}

/// Policies that came with the app, in the order of the dropdown.
fn bundled() -> Vec<String> {
    let folder = built("segue").parent().unwrap().to_owned();
    let files = fs::read_dir(folder).unwrap().flatten();
    let start = format!("{DLL_PREFIX}segue_playout_");
    let mut names: Vec<_> = files
        .filter_map(|file| {
            let name = file.file_name().into_string().ok()?;
            let name = name.strip_prefix(&start)?.strip_suffix(DLL_SUFFIX)?;
            Some(name.replace('_', "-"))
        })
        .collect();
    names.sort();
    names
}

/// Where in the track a moment of what was heard is, seconds. It is looked for
/// around `near`, after as much silence as there may have been.
fn place(heard: &[f32], track: &[f32], near: f64) -> Option<f64> {
    let sample = |seconds: f64| (seconds.max(0.0) * f64::from(RATE)) as usize;
    let (from, to) = (sample(near - 6.0), sample(near + 1.0).min(track.len()));
    let at = from + fit_anywhere(heard, &track[from..to]);
    let (fit, _) = best_fit(&track[at..], heard, 0);
    (fit > 0.98).then_some(at as f64 / f64::from(RATE))
}

#[test]
fn a_policy_from_the_dropdown_plays_and_one_dropped_in_takes_over() {
    let Some(stage) = Stage::set("") else {
        return;
    };
    let track = tools::ffmpeg(&stage.mp3);

    // The peer's track is offered.
    let words = |picture: &Picture| {
        let page = picture.count((ROW.0 - 80, ROW.1 - 10), (160, 20), PAGE);
        (2000..160 * 20 - 20).contains(&page)
    };
    stage.see("track in the table", words);
    stage.photograph("library");

    // A policy from the dropdown.
    let bundled = bundled();
    let buffered = bundled.iter().position(|name| name == "buffered").unwrap();
    stage.choose_policy(buffered);
    stage.until("choice of `buffered`", || {
        stage.settings().contains("policy = \"buffered\"")
    });

    // It is played, and heard.
    let recorder = stage.sound.recorder("out");
    let second = RATE as usize;
    let loud = |from: usize, seconds: usize| {
        let heard = recorder.heard();
        let heard = heard.get(from..).unwrap_or_default();
        heard.iter().filter(|sample| sample.abs() > 0.002).count() > seconds * second
    };
    stage.screen.click(ROW, 2);
    stage.until("sound", || loud(0, 1));
    stage.screen.click(NOW, 1);
    let chart = |picture: &Picture| picture.count(KEYS, (300, 12), RECEIVED) > 20;
    stage.see("chart of what plays", chart);
    stage.photograph("playing");

    // Another policy is dropped in while it plays; it is told, offered and chosen.
    let before = stage.screen.look();
    let plugins = stage.home.path().join("data/segue/plugins");
    fs::create_dir_all(&plugins).unwrap();
    let file = format!("{DLL_PREFIX}adaptive_buffer{DLL_SUFFIX}");
    fs::copy(example(&file), plugins.join(&file)).unwrap();
    let around = (NOTICE.0 - 200, NOTICE.1);
    let noticed = |picture: &Picture| picture.count(around, (400, 90), RAISED) > 5000;
    assert!(!noticed(&before));
    stage.see("word of the new plugin", noticed);
    stage.choose_policy(0);
    stage.until("choice of the new policy", || {
        stage.settings().contains("policy = \"adaptive-buffer\"")
    });
    stage.photograph("dropped-in");
    let chosen = recorder.heard().len();

    // The sound goes on, played by it.
    stage.until("session of the new policy", || {
        let sessions = stage.sessions();
        let last = sessions
            .last()
            .is_some_and(|log| log.contains("adaptive-buffer"));
        last && sessions.iter().any(|log| log.contains("buffered"))
    });
    stage.until("sound after the change", || loud(chosen + second, 1));
    let heard = recorder.stop();
    let span = sounding(&heard);
    // A recorder of a busy machine may stumble, but not everywhere.
    let at = |from: usize| {
        let near = (from - span.start) as f64 / f64::from(RATE);
        place(&heard[from..from + second / 8], &track, near)
    };
    let begin = (0..8).find_map(|piece| at(span.start + (piece + 1) * second / 4));
    let end = (0..8).find_map(|piece| at(span.end - (piece + 2) * second / 4));
    let (begin, end) = begin.zip(end).expect("the track is heard");
    assert!(begin < 3.0, "heard from {begin} s");
    assert!(end > begin + 1.0, "from {begin} to {end} s");
}
