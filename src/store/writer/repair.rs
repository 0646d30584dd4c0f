//! What must be right on disk before an append, and the folding of the journal into the snapshot.

use crate::store::checkpoint;
use crate::store::journal;
use crate::store::recover::Repair;
use crate::store::{Error, SCHEMA, Trouble, name};

use super::{Store, io_error};

impl Store {
    /// Puts right what recovery found, and opens the journal for appending.
    pub(super) fn repair(&mut self, repair: Repair) -> Result<(), Error> {
        let synced = self.disk.sync_names();
        synced.map_err(io_error(self.disk.as_ref(), "sync", ""))?;
        self.repair_files(repair)?;
        for left_over in [name::JOURNAL_TMP, name::SNAPSHOT_TMP] {
            let removed = self.disk.remove(left_over);
            removed.map_err(io_error(self.disk.as_ref(), "remove", left_over))?;
        }
        self.open_journal()
    }

    fn repair_files(&mut self, repair: Repair) -> Result<(), Error> {
        match repair {
            Repair::Begin => {
                self.begin_journal()?;
                self.rename(name::JOURNAL_TMP, name::JOURNAL)
            }
            Repair::Rename => self.rename(name::JOURNAL_TMP, name::JOURNAL),
            Repair::Cut(len) => self.cut(len),
            Repair::Rewrite(range) => self.rewrite(range),
            Repair::Snapshot(damaged, journal) => {
                self.repair_files(*journal)?;
                if damaged {
                    self.rename(name::SNAPSHOT, name::SNAPSHOT_DAMAGED)?;
                }
                self.write_snapshot()
            }
        }
    }

    /// Cuts the journal's end off. The good part becomes a new file: a cut in place whose sync failed would look
    /// done to whoever looks next, and be undone by a power loss. Only a full disk leaves no choice.
    pub(super) fn cut(&mut self, len: usize) -> Result<(), Error> {
        let journal = self.disk.read(name::JOURNAL);
        let journal = journal.map_err(io_error(self.disk.as_ref(), "read", name::JOURNAL))?;
        let journal = journal.unwrap_or_default();
        let good = journal.get(..len).unwrap_or(&journal);
        match self.create(name::JOURNAL_TMP, good) {
            Ok(()) => self.rename(name::JOURNAL_TMP, name::JOURNAL),
            Err(error) if error.trouble() == Trouble::Full => {
                let cut = self.disk.truncate(name::JOURNAL, len);
                cut.map_err(io_error(self.disk.as_ref(), "repair", name::JOURNAL))
            }
            Err(error) => Err(error),
        }
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

    /// A journal of an older schema gets no lines of this one: its header would not tell an older program.
    pub(super) fn begin_own_schema(&mut self) -> Result<(), Error> {
        if self.journal_schema == SCHEMA {
            return Ok(());
        }
        self.compact().inspect_err(|error| self.doubt(error))
    }

    /// Folds the journal into the snapshot and begins a new one; the old one stays as `journal.1.ndjson`.
    pub(super) fn compact(&mut self) -> Result<(), Error> {
        self.write_snapshot()?;
        // The new journal waits under its temporary name, durable, before the old one goes: so that a journal
        // that is missing for another reason can be told from a rotation that was cut.
        self.begin_journal()?;
        self.rename(name::JOURNAL, name::JOURNAL_OLD)?;
        self.rename(name::JOURNAL_TMP, name::JOURNAL)?;
        self.open_journal()
    }

    /// A new journal under its temporary name.
    fn begin_journal(&mut self) -> Result<(), Error> {
        self.create(name::JOURNAL_TMP, &journal::encode_header(&self.head))?;
        self.journal_lines = 0;
        self.journal_schema = SCHEMA;
        Ok(())
    }

    fn open_journal(&mut self) -> Result<(), Error> {
        let opened = self.disk.open_append(name::JOURNAL);
        opened.map_err(io_error(self.disk.as_ref(), "open", name::JOURNAL))
    }

    /// The old snapshot becomes the previous one. Between the two renames there is none, and the journal, which
    /// reaches back before the previous one, makes up for it.
    pub(super) fn write_snapshot(&mut self) -> Result<(), Error> {
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

    /// Writes a temporary file. What could be written of it goes again: on a full disk it would keep the rest out.
    fn create(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let Err(failed) = self.disk.create(name, bytes) else {
            return Ok(());
        };
        if let Err(error) = self.disk.remove(name) {
            let path = self.disk.path(name);
            self.notices
                .push(format!("cannot remove {}: {error}", path.display()));
        }
        Err(io_error(self.disk.as_ref(), "write", name)(failed))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let renamed = self.disk.rename(from, to);
        renamed.map_err(io_error(self.disk.as_ref(), "rename a file to", to))
    }
}
