//! The app in its window, with a sound server and a peer that shares a track.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::Write;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::screen::{Colour, Picture, Screen};
use crate::sound_server::{Running, SoundServer, example, skipped};
use crate::tools;

/// Set where no test may be left out, as in CI.
const REQUIRED: &str = "SEGUE_REQUIRE_SCREEN";
/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_secs(60);
pub const RATE: u32 = 44_100;
const SONG_S: f64 = 40.0;
const WINDOW: (u16, u16) = (1080, 720);

// Colours of the light theme (`gui/src/theme.rs`).
const PAGE: Colour = [0xFB, 0xFA, 0xF7];
pub const ACCENT: Colour = [0xA8, 0x4F, 0x0C];
pub const RAISED: Colour = [0xE7, 0xE3, 0xDB];

/// A line through the boxes of the head, above their words.
const HEAD: u16 = 12;
/// The height of an entry of a dropdown's menu.
const ENTRY: f32 = 28.2;
/// The first row of the table.
pub const ROW: (u16, u16) = (100, 141);
/// Where messages are shown.
const NOTICE: (u16, u16) = (540, 620);

/// The app in its window, with a sound server and a peer that shares a track.
pub struct Stage {
    pub screen: Screen,
    pub sound: SoundServer,
    pub home: TempDir,
    /// What the peer shares.
    pub mp3: PathBuf,
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
    pub fn set(settings: &str) -> Option<Self> {
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
    pub fn see(&self, what: &str, is_so: impl Fn(&Picture) -> bool) -> Picture {
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
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
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

    /// Waits until the peer's track is in the table.
    #[track_caller]
    pub fn see_track(&self) {
        let words = |picture: &Picture| {
            let page = picture.count((ROW.0 - 80, ROW.1 - 10), (160, 20), PAGE);
            (2000..160 * 20 - 20).contains(&page)
        };
        self.see("track in the table", words);
    }

    /// Drops an example among the user's plugins, and waits for word of it.
    #[track_caller]
    pub fn drop_in(&self, name: &str) {
        let plugins = self.home.path().join("data/segue/plugins");
        fs::create_dir_all(&plugins).unwrap();
        let file = format!("{DLL_PREFIX}{name}{DLL_SUFFIX}");
        let around = (NOTICE.0 - 200, NOTICE.1);
        let noticed = |picture: &Picture| picture.count(around, (400, 90), RAISED) > 5000;
        assert!(!noticed(&self.screen.look()));
        fs::copy(example(&file), plugins.join(&file)).unwrap();
        self.see("word of the new plugin", noticed);
    }

    /// Keeps what is seen now, for people to look at.
    pub fn photograph(&self, name: &str) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("app-{name}.png"));
        self.screen.look().save(&path);
    }

    /// What the app keeps between starts.
    pub fn settings(&self) -> String {
        fs::read_to_string(self.home.path().join("gui.toml")).unwrap_or_default()
    }

    /// Chooses this entry of the dropdown of policies.
    pub fn choose_policy(&self, entry: usize) {
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
    pub fn sessions(&self) -> Vec<String> {
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
pub fn bundled() -> Vec<String> {
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
