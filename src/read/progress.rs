//! How far reading has come, for whoever draws it.
//!
//! Counters instead of a callback: the reader never waits for the screen, and a bar may look as often as it likes,
//! from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes read so far and bytes to read; clones count together.
///
/// Every file that is opened with it adds to the total, so files that are opened before any is read give a total
/// that does not grow any more. Of Parquet files only the columns that are read count, compressed.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    done: AtomicU64,
    total: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// Bytes read so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.counters.done.load(Ordering::Relaxed)
    }

    /// Bytes of all files opened so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counters.total.load(Ordering::Relaxed)
    }

    /// Asks whoever reads to stop: a [`Dataset`](crate::data::Dataset) gives no more batches, but an error.
    pub fn stop(&self) {
        self.counters.stopped.store(true, Ordering::Relaxed);
    }

    /// True once somebody has asked to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.counters.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn expect(&self, bytes: u64) {
        self.counters.total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn advance(&self, bytes: u64) {
        self.counters.done.fetch_add(bytes, Ordering::Relaxed);
    }
}
