//! DISK: what an operator was told is done survives kill -9 and power loss.
//!
//! The reconciler [`append`](Store::append)s one [`Entry`] per accepted command before anything is published;
//! [`Store::open`] gives back what all entries add up to. `journal.ndjson` is the truth (a redo log, one line
//! per command, and the audit log), `snapshot.json` its sum; `docs/state.md` is the format and what to do when
//! it is damaged.
//!
//! Invariants: an acknowledged entry is on disk; an entry is there as a whole or not at all; damage is found by
//! checksum and hash chain, and is never guessed over. The files' types (`record`) are not the live types, so
//! that a refactoring cannot change the format silently. Nothing here reads a clock, knows what a verb means,
//! or is asynchronous: the caller blocks until the disk has answered.

mod accept;
mod checkpoint;
mod copy;
mod disk;
mod entry;
mod error;
mod file;
mod history;
mod image;
mod journal;
mod loaded;
mod record;
mod recover;
mod seal;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

/// A disk in memory for those who test on top of the store.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::tests::sim::{Fault, Files, SimDisk};
    use super::{COMPACT_AT, Error, Loaded, Store};

    pub(crate) fn open(disk: &SimDisk) -> Result<(Store, Loaded), Error> {
        Store::open_on(disk.boxed(), COMPACT_AT)
    }
}

pub use accept::{Acceptance, GivenUp, accept};
pub use entry::{Answer, Entry, Idempotency, Put};
pub use error::{Error, Trouble};
pub use history::HistoryEntry;
pub use loaded::{Loaded, Mode};
pub use verify::{Condition, FileVerdict, Verdict, peek, verify};
pub use writer::Store;

/// Version of the files' format. Any change of it, an added field too, needs the next number: an older
/// binary that writes a record back would lose what it does not know.
const SCHEMA: u32 = 2;

/// Entries in the journal at which it is folded into the snapshot and rotated.
const COMPACT_AT: usize = 1000;

/// How many idempotency keys are remembered.
const ANSWERS: usize = 1000;

/// How many of the latest entries are kept in memory, over all envs.
const HISTORY: usize = 2000;

/// File names inside the state directory.
mod name {
    pub(super) const LOCK: &str = "lock";
    pub(super) const JOURNAL: &str = "journal.ndjson";
    pub(super) const JOURNAL_OLD: &str = "journal.1.ndjson";
    pub(super) const JOURNAL_DAMAGED: &str = "journal.damaged.ndjson";
    pub(super) const JOURNAL_TMP: &str = "journal.tmp";
    pub(super) const SNAPSHOT: &str = "snapshot.json";
    pub(super) const SNAPSHOT_PREV: &str = "snapshot.prev.json";
    pub(super) const SNAPSHOT_TMP: &str = "snapshot.tmp";
    pub(super) const SNAPSHOT_DAMAGED: &str = "snapshot.damaged.json";
}
