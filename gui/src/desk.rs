//! What all pages get at: the jukebox, the plugins, the settings.

use std::path::PathBuf;

use segue_policy_host::{Kind, SearchPath};
use segue_stage::{ChooseError, Chosen, Jukebox, JukeboxConfig, Shelf, demo};
use segue_transport::AppliesTo;

use crate::TRY;
use crate::notice::Notices;
use crate::settings::{Place, Settings};

/// What all pages get at.
pub struct Desk {
    pub jukebox: Jukebox,
    pub shelf: Shelf,
    pub settings: Settings,
    pub notices: Notices,
    pub place: Place,
    /// Libraries shared so far.
    pub shared: u64,
}

impl Desk {
    /// Starts node and player as the settings say.
    ///
    /// # Errors
    /// When no policy is installed, or no socket can be had: in words.
    pub fn start(settings: Settings, place: Place) -> Result<Self, String> {
        let registry =
            segue_stage::registry([], &[TRY]).map_err(|error| format!("Cannot start: {error}"))?;
        let shelf = Shelf::new(registry).map_err(|error| format!("Cannot start: {error}"))?;
        Self::with_shelf(settings, place, shelf)
    }

    /// The same with these plugins.
    pub fn with_shelf(mut settings: Settings, place: Place, shelf: Shelf) -> Result<Self, String> {
        let mut notices = Notices::default();
        let network = Some(settings.network.as_str()).filter(|text| !text.is_empty());
        let chosen = choose(&shelf, &settings.policy, network).or_else(|error| {
            // One of the two may be right.
            if let Ok(chosen) = choose(&shelf, &settings.policy, None) {
                notices.error(format!("{error}. The network is taken as it is."));
                settings.network.clear();
                return Ok(chosen);
            }
            let policies = shelf.plugins(Kind::Policy);
            let first = policies
                .iter()
                .find(|policy| policy.name() == segue_stage::DEFAULT_POLICY)
                .or(policies.first())
                .ok_or_else(no_policies)?;
            notices.error(format!("{error}. {} plays instead.", first.name()));
            settings.policy = first.name().to_owned();
            settings.network.clear();
            let chosen = choose(&shelf, &settings.policy, None);
            chosen.map_err(|error| error.to_string())
        })?;
        let config = |port, discovery_port| JukeboxConfig {
            port,
            discovery_port,
            output: settings.output.parse().unwrap_or_default(),
            device: settings.device.clone(),
            chosen: chosen.clone(),
            cache: place.cache.clone(),
        };
        let beacons = Some(settings.discovery_port).filter(|&port| port != 0);
        let jukebox = Jukebox::start(config(settings.port, beacons)).or_else(|error| {
            notices.error(format!(
                "{error}. Until the next start another port is used."
            ));
            Jukebox::start(config(0, beacons)).map_err(|error| error.to_string())
        })?;
        if let Some(error) = jukebox.peer().broadcast_error() {
            notices.error(format!(
                "Others on this network are not found by themselves: the discovery port {} cannot \
                 be had ({error}). Name them in the settings.",
                settings.discovery_port
            ));
        }
        let mut desk = Self {
            jukebox,
            shelf,
            settings,
            notices,
            place,
            shared: 0,
        };
        desk.hear();
        for peer in desk.settings.peers.clone() {
            desk.ask_peer(&peer);
        }
        desk.share_folders();
        Ok(desk)
    }

    // -- sharing -----------------------------------------------------------------

    /// Shares one more folder or file.
    pub fn add_folder(&mut self, path: PathBuf) {
        if !path.exists() {
            let path = path.display();
            return self.notices.error(format!(
                "{path} is not there. Write the whole path of a folder, or drop the folder here."
            ));
        }
        if !self.settings.folders.contains(&path) {
            self.settings.folders.push(path);
            self.share_folders();
            self.save();
        }
    }

    /// Shares a folder no more.
    pub fn remove_folder(&mut self, number: usize) {
        if number < self.settings.folders.len() {
            self.settings.folders.remove(number);
            self.share_folders();
            self.save();
        }
    }

    /// A folder that is gone, such as a stick that is not plugged in, stays in the
    /// settings, and keeps none of the others from being shared.
    fn share_folders(&mut self) {
        let folders = self.settings.folders.iter();
        let (here, gone): (Vec<PathBuf>, Vec<_>) =
            folders.cloned().partition(|folder| folder.exists());
        for folder in gone {
            let folder = folder.display();
            self.notices.error(format!(
                "{folder} is not there, so it is not shared. Bring it back and start again, or \
                 take it out of what is shared."
            ));
        }
        match self.jukebox.share(&here) {
            Ok(()) => self.shared += 1,
            Err(error) => self.notices.error(error),
        }
    }

    /// The bundled track as a file.
    pub fn demo_file(&self) -> Result<PathBuf, String> {
        let folder = self.place.cache.clone();
        let folder = folder.unwrap_or_else(std::env::temp_dir).join("demo");
        demo::file_in(&folder)
            .map_err(|error| format!("Cannot write {}: {error}", folder.display()))
    }

    // -- peers -------------------------------------------------------------------

    /// Asks a peer that broadcast does not reach; answers whether it is one.
    pub fn ask_peer(&mut self, text: &str) -> bool {
        let asked = text
            .parse()
            .map_err(|error| format!("{text}: {error}. Write HOST:PORT, as in 192.168.1.7:4000."))
            .and_then(|name| {
                let added = self.jukebox.add_peer(name);
                added.map_err(|error| error.to_string())
            });
        asked.map_err(|error| self.notices.error(error)).is_ok()
    }

    // -- sound -------------------------------------------------------------------

    /// Makes the volume heard that the settings name.
    pub fn hear(&self) {
        let settings = &self.settings;
        let volume = if settings.muted { 0.0 } else { settings.volume };
        self.jukebox.controls().set_volume(volume);
    }

    // -- plugins -----------------------------------------------------------------

    /// Takes another policy or network, at once.
    pub fn choose(&mut self, policy: String, network: String) {
        let given = Some(network.as_str()).filter(|text| !text.is_empty());
        let chosen = choose(&self.shelf, &policy, given);
        let chosen = chosen.map_err(|error| error.to_string());
        let choose = |chosen| self.jukebox.choose(chosen).map_err(|e| e.to_string());
        if let Err(error) = chosen.and_then(choose) {
            return self.notices.error(error);
        }
        self.settings.policy = policy;
        self.settings.network = network;
        self.save();
    }

    /// Plays with the versions that are installed now, from the next track on.
    pub fn renew(&mut self) {
        let stage = self.jukebox.stage();
        match self.shelf.choose_again(&stage.chosen()) {
            Ok(chosen) => drop(stage.renew(chosen)),
            Err(error) => self.notices.error(error),
        }
    }

    /// Another track begins.
    pub fn begin_track(&mut self) {
        if let Err(error) = self.jukebox.begin_track() {
            self.notices.error(format!(
                "{error}. Datagrams pass the network model that was there before."
            ));
        }
    }

    /// Keeps the settings.
    pub fn save(&mut self) {
        if let Err(error) = self.place.save(&self.settings) {
            self.notices.error(error);
        }
    }
}

fn choose(shelf: &Shelf, policy: &str, network: Option<&str>) -> Result<Chosen, ChooseError> {
    shelf.choose(policy, network, AppliesTo::All, None)
}

/// `~/Music`, as a shell would have it.
pub fn at_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), directories::BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => text.into(),
    }
}

fn no_policies() -> String {
    let folder = SearchPath::user_folder();
    let folder = folder.map_or_else(String::new, |path| format!(" ({})", path.display()));
    format!(
        "No playout policy is installed, so nothing can be played. Policies are the files named \
         segue_playout_… that come with Segue: they belong beside the program, or into the plugin \
         folder{folder}."
    )
}
