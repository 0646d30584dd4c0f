//! The one writer: entries in, one durable line each; now and then the journal is folded into the snapshot.

use std::path::Path;

use super::checkpoint;
use super::disk::Disk;
use super::file::FileDisk;
use super::image::Image;
use super::journal::{self, Point};
use super::recover::{Recovered, Repair, recover};
use super::{Answer, COMPACT_AT, Entry, Error, Loaded, Mode, name};

/// The open state directory. There is one per directory, and it belongs to the reconciler.
#[derive(Debug)]
pub struct Store {
    disk: Box<dyn Disk>,
    image: Image,
    head: Point,
    /// The entry up to which `snapshot.json` is complete.
    snapshot_seq: Option<u64>,
    journal_lines: usize,
    compact_at: usize,
    mode: Mode,
    /// What failed, once something has.
    poison: Option<String>,
}

impl Store {
    /// Opens (or begins) a state directory and reads what is there.
    ///
    /// Takes the lock, finishes what a crash interrupted, and gives the state of the last durable entry. Damage
    /// that leaves a usable state gives [`Mode::ReadOnly`] and touches nothing on disk.
    pub fn open(dir: &Path) -> Result<(Self, Loaded), Error> {
        Self::open_on(Box::new(FileDisk::open(dir)?), COMPACT_AT)
    }

    /// As [`Store::open`], on any disk.
    pub(super) fn open_on(
        mut disk: Box<dyn Disk>,
        compact_at: usize,
    ) -> Result<(Self, Loaded), Error> {
        let locked = disk.lock();
        if !locked.map_err(io_error(disk.as_ref(), "lock", name::LOCK))? {
            return Err(Error::Locked {
                lock: disk.path(name::LOCK),
            });
        }
        let recovered = recover(disk.as_ref())?;
        let Recovered {
            image,
            head,
            journal_lines,
            snapshot_seq,
            mode,
            repair,
            warnings,
        } = recovered;
        let mut store = Self {
            disk,
            image,
            head,
            snapshot_seq,
            journal_lines,
            compact_at,
            mode,
            poison: None,
        };
        if store.mode == Mode::ReadWrite {
            let synced = store.disk.sync_names();
            synced.map_err(io_error(store.disk.as_ref(), "sync", ""))?;
            store.repair(repair)?;
        }
        let loaded = store.loaded(warnings);
        Ok((store, loaded))
    }

    /// Makes an entry durable and gives its number.
    ///
    /// After an error nothing of it may be published or acknowledged; whether it is on disk shows at the next
    /// [`Store::open`]. When this returns `Ok`, the entry survives whatever happens.
    pub fn append(&mut self, entry: Entry) -> Result<u64, Error> {
        if let Mode::ReadOnly { reason } = &self.mode {
            let reason = reason.clone();
            return Err(Error::ReadOnly { reason });
        }
        if let Some(cause) = &self.poison {
            let cause = cause.clone();
            return Err(Error::Poisoned { cause });
        }
        let (head, line) = journal::encode_entry(&self.head, &entry);
        let written = self.disk.append(&line);
        let written = written.map_err(io_error(self.disk.as_ref(), "append to", name::JOURNAL));
        written.inspect_err(|error| self.poison = Some(error.chain()))?;
        self.head = head;
        self.journal_lines += 1;
        self.image.apply(entry.puts, entry.idempotency);
        if self.journal_lines >= self.compact_at
            && let Err(error) = self.compact()
        {
            // The entry is durable all the same; the failure shows at the next append.
            self.poison = Some(error.chain());
        }
        Ok(self.head.seq)
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
    /// push the audit history out of it.
    pub fn close(mut self) -> Result<(), Error> {
        let writable = self.mode == Mode::ReadWrite && self.poison.is_none();
        if writable && self.snapshot_seq != Some(self.head.seq) {
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

    /// What must be right on disk before the first append.
    fn repair(&mut self, repair: Repair) -> Result<(), Error> {
        match repair {
            Repair::Begin => self.begin_journal()?,
            Repair::Rename => self.rename(name::JOURNAL_TMP, name::JOURNAL)?,
            Repair::Truncate(len) => {
                let done = self.disk.truncate(name::JOURNAL, len);
                done.map_err(io_error(self.disk.as_ref(), "repair", name::JOURNAL))?;
            }
            Repair::Rewrite(range) => self.rewrite(range)?,
            Repair::Snapshot(damaged, journal) => {
                self.repair(*journal)?;
                if damaged {
                    self.rename(name::SNAPSHOT, name::SNAPSHOT_DAMAGED)?;
                }
                self.write_snapshot()?;
            }
        }
        for left_over in [name::JOURNAL_TMP, name::SNAPSHOT_TMP] {
            let removed = self.disk.remove(left_over);
            removed.map_err(io_error(self.disk.as_ref(), "remove", left_over))?;
        }
        let opened = self.disk.open_append(name::JOURNAL);
        opened.map_err(io_error(self.disk.as_ref(), "open", name::JOURNAL))
    }

    fn rewrite(&mut self, range: std::ops::Range<usize>) -> Result<(), Error> {
        let offset = range.start as u64;
        let again = self.disk.read(name::JOURNAL).and_then(|bytes| {
            let bytes = bytes.unwrap_or_default();
            let line = bytes.get(range).unwrap_or_default();
            self.disk.rewrite(name::JOURNAL, offset, line)
        });
        again.map_err(io_error(self.disk.as_ref(), "repair", name::JOURNAL))
    }

    /// Folds the journal into the snapshot and begins a new one; the old one stays as `journal.1.ndjson`.
    fn compact(&mut self) -> Result<(), Error> {
        self.write_snapshot()?;
        // The new journal waits under its temporary name, durable, before the old one goes: so that a journal
        // that is missing for another reason can be told from a rotation that was cut.
        self.create(name::JOURNAL_TMP, &journal::encode_header(&self.head))?;
        self.rename(name::JOURNAL, name::JOURNAL_OLD)?;
        self.rename(name::JOURNAL_TMP, name::JOURNAL)?;
        self.journal_lines = 0;
        let opened = self.disk.open_append(name::JOURNAL);
        opened.map_err(io_error(self.disk.as_ref(), "open", name::JOURNAL))
    }

    fn begin_journal(&mut self) -> Result<(), Error> {
        self.create(name::JOURNAL_TMP, &journal::encode_header(&self.head))?;
        self.rename(name::JOURNAL_TMP, name::JOURNAL)?;
        self.journal_lines = 0;
        Ok(())
    }

    /// The old snapshot becomes the previous one. Between the two renames there is none, and the journal, which
    /// reaches back before the previous one, makes up for it.
    fn write_snapshot(&mut self) -> Result<(), Error> {
        self.create(
            name::SNAPSHOT_TMP,
            &checkpoint::encode(&self.head, &self.image),
        )?;
        if self.snapshot_seq.take().is_some() {
            self.rename(name::SNAPSHOT, name::SNAPSHOT_PREV)?;
        }
        self.rename(name::SNAPSHOT_TMP, name::SNAPSHOT)?;
        self.snapshot_seq = Some(self.head.seq);
        Ok(())
    }

    fn create(&mut self, name: &'static str, bytes: &[u8]) -> Result<(), Error> {
        let created = self.disk.create(name, bytes);
        created.map_err(io_error(self.disk.as_ref(), "write", name))
    }

    fn rename(&mut self, from: &'static str, to: &'static str) -> Result<(), Error> {
        let renamed = self.disk.rename(from, to);
        renamed.map_err(io_error(self.disk.as_ref(), "rename a file to", to))
    }
}

/// Names what was being done and to which file.
fn io_error<'a>(
    disk: &'a dyn Disk,
    action: &'static str,
    name: &'static str,
) -> impl FnOnce(std::io::Error) -> Error + use<'a> {
    move |source| Error::Io {
        action,
        path: disk.path(name),
        source,
    }
}
