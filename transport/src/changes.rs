//! A count of changes, to be looked at from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts changes. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Something changed.
    pub(crate) fn grow(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How often something has changed.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
