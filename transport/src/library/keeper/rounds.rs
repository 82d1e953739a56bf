//! Walks through folders, a bit at a time: a large one takes long, and the
//! library has more to do.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::library::places::{Met, Place, walk};

/// A bit ends after so many files, or after this time if it is slow.
const BIT_FILES: usize = 256;
const BIT: Duration = Duration::from_millis(10);

type Walk = Box<dyn Iterator<Item = Met> + Send>;

/// Walks that are under way.
#[derive(Default)]
pub(super) struct Rounds {
    /// Through single folders, that came just now.
    folders: VecDeque<Walk>,
    /// Through all places, and the time spent on it.
    whole: Option<(VecDeque<Walk>, Duration)>,
}

impl Rounds {
    pub fn look_into(&mut self, folder: &Path) {
        self.folders.push_back(Box::new(walk(folder)));
    }

    pub fn look_everywhere(&mut self, places: &[Place]) {
        let folders = places.iter().filter(|place| place.is_folder);
        let walks = folders.map(|place| Box::new(walk(&place.path)) as Walk);
        self.whole = Some((walks.collect(), Duration::ZERO));
    }

    pub fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.whole.is_none()
    }

    /// Walks on for a bit, new folders first. When all places have been walked
    /// through, it answers how long that took.
    pub fn go_on(&mut self, mut meet: impl FnMut(Met)) -> Option<Duration> {
        let begun = Instant::now();
        for _ in 0..BIT_FILES {
            let walks = match &mut self.whole {
                _ if !self.folders.is_empty() => &mut self.folders,
                Some((walks, _)) => walks,
                None => return None,
            };
            match walks.front_mut().map(Iterator::next) {
                Some(Some(met)) => meet(met),
                Some(None) => drop(walks.pop_front()),
                None => {
                    let (_, spent) = self.whole.take()?;
                    return Some(spent + begun.elapsed());
                }
            }
            if begun.elapsed() >= BIT {
                break;
            }
        }
        if let Some((_, spent)) = &mut self.whole {
            *spent += begun.elapsed();
        }
        None
    }
}
