//! What is kept between starts.

mod page;

use std::path::{Path, PathBuf};
use std::{fs, io};

use iced::{Size, window};
use segue_stage::{DEFAULT_POLICY, cache_folder};
use segue_transport::DISCOVERY_PORT;
use serde::{Deserialize, Serialize};

pub use page::{Message, State};

/// Names the file in place of the platform's.
const VARIABLE: &str = "SEGUE_GUI_CONFIG";
/// The smallest window that shows everything.
const LEAST: Size = Size::new(640.0, 480.0);

/// What is kept between starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What this machine shares.
    pub folders: Vec<PathBuf>,
    /// Port for data; 0: any free one.
    pub port: u16,
    /// Port of beacons.
    pub discovery_port: u16,
    /// Peers that broadcast does not reach: `HOST:PORT`.
    pub peers: Vec<String>,
    /// `speaker`, or `null`: unheard.
    pub output: String,
    /// Sound device; none: the default one.
    pub device: Option<String>,
    /// 0 to 1.
    pub volume: f32,
    pub muted: bool,
    /// With its parameters: `name:key=value`.
    pub policy: String,
    /// Network models, likewise; empty: the network as it is.
    pub network: String,
    pub look: Look,
    pub width: f32,
    pub height: f32,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// As the system has it.
    #[default]
    System,
    Light,
    Dark,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            port: 0,
            discovery_port: DISCOVERY_PORT,
            peers: Vec::new(),
            output: "speaker".to_owned(),
            device: None,
            volume: 1.0,
            muted: false,
            policy: DEFAULT_POLICY.to_owned(),
            network: String::new(),
            look: Look::System,
            width: 1080.0,
            height: 720.0,
        }
    }
}

/// Where the app keeps things; `None` where there is no place for them.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The file of settings.
    settings: Option<PathBuf>,
    /// The folder of what can be found out again.
    pub cache: Option<PathBuf>,
    /// Where people look for what they saved.
    pub documents: PathBuf,
}

fn documents() -> PathBuf {
    let user = directories::UserDirs::new();
    let documents = user.as_ref().and_then(|user| user.document_dir());
    let home = user.as_ref().map(|user| user.home_dir());
    let folder = documents.filter(|folder| folder.is_dir()).or(home);
    folder.map_or_else(std::env::temp_dir, Path::to_owned)
}

impl Settings {
    /// Reads them. What cannot be read is told, and the defaults hold; the file
    /// stays as it is until a setting is changed.
    pub fn load() -> (Self, Place, Option<String>) {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let place = named.or_else(|| {
            let dirs = directories::BaseDirs::new()?;
            Some(dirs.config_dir().join("segue").join("gui.toml"))
        });
        let (settings, trouble) = place.as_deref().map_or_else(Default::default, read);
        let place = Place {
            settings: place,
            cache: cache_folder(),
            documents: documents(),
        };
        (settings, place, trouble)
    }
}

fn read(path: &Path) -> (Settings, Option<String>) {
    let wrong = |why: String| {
        let text = format!(
            "The settings cannot be read, so the defaults hold ({}: {why}). Mend the file or remove it.",
            path.display()
        );
        (Settings::default(), Some(text))
    };
    match fs::read_to_string(path) {
        Ok(text) => match toml::from_str::<Settings>(&text) {
            Ok(settings) => (settings.sane(), None),
            Err(error) => wrong(error.message().to_owned()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Settings::default(), None),
        Err(error) => wrong(error.to_string()),
    }
}

impl Settings {
    /// Numbers that a window and a loudspeaker can take.
    fn sane(self) -> Self {
        let within = |value: f32, least: f32, most: f32| {
            if value.is_finite() {
                value.clamp(least, most)
            } else {
                most
            }
        };
        Self {
            volume: within(self.volume, 0.0, 1.0),
            width: within(self.width, LEAST.width, 8000.0),
            height: within(self.height, LEAST.height, 8000.0),
            ..self
        }
    }
}

impl Place {
    /// All in one folder.
    #[cfg(test)]
    pub fn within(folder: &Path) -> Self {
        Self {
            settings: Some(folder.join("gui.toml")),
            cache: Some(folder.join("cache")),
            documents: folder.to_owned(),
        }
    }

    /// Writes them, whole or not at all.
    pub fn save(&self, settings: &Settings) -> Result<(), String> {
        let Some(path) = &self.settings else {
            return Ok(());
        };
        let write = || -> io::Result<()> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let text = toml::to_string(settings).map_err(io::Error::other)?;
            let new = path.with_extension("toml.new");
            fs::write(&new, text)?;
            fs::rename(new, path)
        };
        write().map_err(|error| {
            let path = path.display();
            format!(
                "The settings cannot be kept ({path}: {error}). Check the folder's permissions."
            )
        })
    }
}

/// The window as it was left.
pub fn window(settings: &Settings) -> window::Settings {
    window::Settings {
        size: Size::new(settings.width, settings.height),
        min_size: Some(LEAST),
        ..window::Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new folder");
        let settings = Settings {
            folders: vec!["/music".into()],
            policy: "buffered:buffer=0.1".to_owned(),
            look: Look::Dark,
            volume: 0.5,
            ..Settings::default()
        };
        Place::within(&folder).save(&settings).unwrap();
        assert_eq!(read(&folder.join("gui.toml")), (settings, None));
    }

    #[test]
    fn a_broken_file_is_told_and_the_defaults_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gui.toml");
        for text in ["volume = loud", "volume = [1]", "\u{0}"] {
            fs::write(&path, text).unwrap();
            let (settings, trouble) = read(&path);
            assert_eq!(settings, Settings::default());
            assert!(trouble.unwrap().contains("gui.toml"));
        }
    }

    #[test]
    fn senseless_numbers_are_brought_into_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gui.toml");
        fs::write(&path, "volume = 7.0\nwidth = 3.0\nheight = nan\n").unwrap();
        let (settings, _) = read(&path);
        assert_eq!(settings.volume, 1.0);
        assert_eq!(settings.width, LEAST.width);
        assert!(settings.height.is_finite());
    }
}
