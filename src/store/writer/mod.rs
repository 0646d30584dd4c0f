//! The one writer: entries in, one durable line each; now and then the journal is folded into the snapshot.
//!
//! `repair` puts right what a crash left and writes snapshots; `reopen` is the way back after a write that failed.

mod reopen;
mod repair;

use std::path::Path;

use crate::routing::ids::EnvKey;

use super::disk::Disk;
use super::file::FileDisk;
use super::history::{History, HistoryEntry};
use super::image::Image;
use super::journal::{self, Point};
use super::recover::{Recovered, recover};
use super::{Answer, COMPACT_AT, Entry, Error, Loaded, Mode, SCHEMA, Trouble, name};

use reopen::Unsound;

/// The open state directory. There is one per directory, and it belongs to the reconciler.
#[derive(Debug)]
pub struct Store {
    disk: Box<dyn Disk>,
    image: Image,
    head: Point,
    history: History,
    /// The entry up to which `snapshot.json` is complete.
    snapshot_seq: Option<u64>,
    journal_lines: usize,
    journal_schema: u32,
    compact_at: usize,
    mode: Mode,
    /// A write failed, and the directory was not read again since.
    unsound: Option<Unsound>,
    notices: Vec<String>,
}

impl Store {
    /// Opens (or begins) a state directory and reads what is there.
    ///
    /// Takes the lock, finishes what a crash interrupted, and gives the state of the last durable entry. Damage
    /// that leaves a usable state gives [`Mode::ReadOnly`] and touches nothing on disk. A disk that is full or
    /// read-only is no obstacle: what it would have had to write is made up for before the first append.
    pub fn open(dir: &Path) -> Result<(Self, Loaded), Error> {
        Self::open_on(Box::new(FileDisk::open(dir)?), COMPACT_AT)
    }

    /// As [`Store::open`], on any disk.
    pub(super) fn open_on(
        mut disk: Box<dyn Disk>,
        compact_at: usize,
    ) -> Result<(Self, Loaded), Error> {
        lock(disk.as_mut())?;
        Self::open_locked(disk, compact_at)
    }

    /// As [`Store::open_on`], when the lock is taken already.
    pub(super) fn open_locked(
        disk: Box<dyn Disk>,
        compact_at: usize,
    ) -> Result<(Self, Loaded), Error> {
        let recovered = recover(disk.as_ref())?;
        let Recovered {
            image,
            head,
            journal_lines,
            journal_schema,
            history,
            snapshot_seq,
            mode,
            cut: _,
            repair,
            mut warnings,
        } = recovered;
        let mut store = Self {
            disk,
            image,
            head,
            history,
            snapshot_seq,
            journal_lines,
            journal_schema,
            compact_at,
            mode,
            unsound: None,
            notices: Vec::new(),
        };
        if store.mode == Mode::ReadWrite
            && let Err(error) = store.repair(repair)
        {
            match error.trouble() {
                Trouble::Full | Trouble::ReadOnlyFileSystem => {
                    warnings.push(error.chain());
                    store.unsound = Some(Unsound { pending: None });
                }
                Trouble::State | Trouble::Other => return Err(error),
            }
        }
        let loaded = store.loaded(warnings);
        Ok((store, loaded))
    }

    /// Makes an entry durable and gives its number.
    ///
    /// After an error nothing of it may be published or acknowledged; it is taken back from the disk, at the
    /// latest before the next entry. When this returns `Ok`, the entry survives whatever happens.
    pub fn append(&mut self, entry: Entry) -> Result<u64, Error> {
        if let Mode::ReadOnly { reason } = &self.mode {
            let reason = reason.clone();
            return Err(Error::ReadOnly { reason });
        }
        self.make_sound()?;
        self.begin_own_schema()?;
        let (head, line) = journal::encode_entry(&self.head, &entry);
        let written = self.disk.append(&line);
        let written = written.map_err(io_error(self.disk.as_ref(), "append to", name::JOURNAL));
        written.inspect_err(|_unwritten| self.take_back(&head))?;
        self.history.push(HistoryEntry::new(head.seq, &entry));
        self.head = head;
        self.journal_lines += 1;
        self.image.apply(entry.puts, entry.idempotency);
        if self.journal_lines >= self.compact_at
            && let Err(error) = self.compact()
        {
            // The entry is durable all the same.
            self.doubt(&error);
        }
        Ok(self.head.seq)
    }

    /// The latest entries about an env, the newest first.
    ///
    /// Only the last 2,000 of all envs are remembered; the journal files have more.
    pub fn history(&self, key: &EnvKey, limit: usize) -> Vec<HistoryEntry> {
        self.history.of(key).take(limit).cloned().collect()
    }

    /// What went wrong and was put right since the last time, for the log.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// The answer that belongs to an idempotency key.
    pub fn answer(&self, key: &str) -> Option<&Answer> {
        self.image.answers().get(key)
    }

    /// Number of the last durable entry; 0 before the first.
    pub const fn seq(&self) -> u64 {
        self.head.seq
    }

    /// Whether entries can be appended.
    pub const fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Clean shutdown: brings the snapshot up to date. The journal stays as it is, so that many restarts do not
    /// push the audit history out of it, and so does everything while the journal is of an older schema: until the
    /// first command the version that wrote it can come back.
    pub fn close(mut self) -> Result<(), Error> {
        let writable = self.mode == Mode::ReadWrite && self.unsound.is_none();
        let own_schema = self.journal_schema == SCHEMA;
        if writable && own_schema && self.snapshot_seq != Some(self.head.seq) {
            self.write_snapshot()?;
        }
        Ok(())
    }

    fn loaded(&self, warnings: Vec<String>) -> Loaded {
        Loaded {
            envs: self.image.envs.clone(),
            rollouts: self.image.rollouts.clone(),
            answers: self.image.answers().clone(),
            seq: self.head.seq,
            mode: self.mode.clone(),
            warnings,
        }
    }
}

/// Takes the lock, or says who has it.
pub(super) fn lock(disk: &mut dyn Disk) -> Result<(), Error> {
    let locked = disk.lock();
    if locked.map_err(io_error(disk, "lock", name::LOCK))? {
        return Ok(());
    }
    Err(Error::Locked {
        lock: disk.path(name::LOCK),
    })
}

/// Names what was being done and to which file.
pub(super) fn io_error<'a>(
    disk: &'a dyn Disk,
    action: &'static str,
    name: &'a str,
) -> impl FnOnce(std::io::Error) -> Error + use<'a> {
    move |source| Error::Io {
        action,
        path: disk.path(name),
        source,
    }
}
