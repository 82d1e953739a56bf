//! The plugins that are installed, as they come and go while a program runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use segue_policy_host::{Change, Kind, Plugin, RefusedFile, Registry, Watch};
use segue_transport::AppliesTo;

use crate::plugins::{ChooseError, Chosen};

/// Where folders cannot be watched, they are looked at so often.
const LOOK: Duration = Duration::from_secs(5);

/// The plugins that are installed. A thread of its own follows what changes, as
/// trying a new one takes its time. Clones show the same.
#[derive(Clone)]
pub struct Shelf(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    plugins: Vec<Plugin>,
    refused: Vec<RefusedFile>,
    news: Vec<Change>,
    edition: u64,
}

impl Shelf {
    /// What is in a registry, and what comes into its folders.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(mut registry: Registry) -> std::io::Result<Self> {
        let shelf = Self(Arc::default());
        shelf.content().show(&registry);
        let weak = Arc::downgrade(&shelf.0);
        thread::Builder::new()
            .name("segue-plugins".into())
            .spawn(move || {
                let (tell, told) = std::sync::mpsc::channel();
                // A sender stays here: without a watch, too, the wait below waits.
                let watcher = tell.clone();
                let watch = registry.watch(move || {
                    let _ = watcher.send(()); // nobody looks any more
                });
                if let Err(error) = &watch {
                    tracing::warn!("{error}; they are looked at now and then");
                }
                let watch: Option<Watch> = watch.ok();
                let _tell = tell;
                loop {
                    let changed = told.recv_timeout(LOOK).is_ok();
                    let Some(content) = weak.upgrade() else {
                        return;
                    };
                    if !changed && watch.is_some() {
                        continue;
                    }
                    let news = registry.rescan();
                    if !news.is_empty() {
                        let mut content = lock(&content);
                        content.show(&registry);
                        content.news.extend(news);
                    }
                }
            })?;
        Ok(shelf)
    }

    /// All plugins of a kind, by name.
    pub fn plugins(&self, kind: Kind) -> Vec<Plugin> {
        let content = self.content();
        let of_kind = content
            .plugins
            .iter()
            .filter(|plugin| plugin.kind() == kind);
        of_kind.cloned().collect()
    }

    /// What is asked for, checked: see [`Chosen::new`].
    ///
    /// # Errors
    /// When one is not there, or does not take these values.
    pub fn choose(
        &self,
        policy: &str,
        network: Option<&str>,
        applies_to: AppliesTo,
        seed: Option<u64>,
    ) -> Result<Chosen, ChooseError> {
        Chosen::new(&self.content().plugins, policy, network, applies_to, seed)
    }

    /// The same choice, of the versions that are installed now.
    ///
    /// # Errors
    /// As [`Chosen::among`].
    pub fn choose_again(&self, chosen: &Chosen) -> Result<Chosen, ChooseError> {
        chosen.among(&self.content().plugins)
    }

    /// Files that were refused.
    pub fn refused(&self) -> Vec<RefusedFile> {
        self.content().refused.clone()
    }

    /// How often it has changed.
    pub fn edition(&self) -> u64 {
        self.content().edition
    }

    /// What has changed since the last call.
    pub fn take_news(&self) -> Vec<Change> {
        std::mem::take(&mut self.content().news)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        lock(&self.0)
    }
}

fn lock(content: &Mutex<Content>) -> MutexGuard<'_, Content> {
    content.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What came, went or was refused, half a sentence, and whether it is trouble.
pub fn news(change: &Change) -> Option<(String, bool)> {
    let told = |plugin: &Plugin, what: &str| {
        let (kind, name, version) = (plugin.kind(), plugin.name(), plugin.version());
        Some((format!("the {kind} {name} {version} {what}"), false))
    };
    match change {
        Change::Added(plugin) => told(plugin, "is installed now"),
        Change::Replaced(plugin) => told(
            plugin,
            "is installed in the place of another version; what plays goes on with that one",
        ),
        Change::Removed(plugin) => told(plugin, "is gone; what plays goes on with it"),
        Change::Refused(file) => {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            Some((
                format!("the file {name} is no plugin for here: {}", file.reason),
                true,
            ))
        }
        _ => None,
    }
}

impl Content {
    fn show(&mut self, registry: &Registry) {
        self.plugins = registry.plugins().to_vec();
        self.refused = registry.refused().to_vec();
        self.edition += 1;
    }
}
