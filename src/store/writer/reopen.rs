//! The way back after a write that failed: the directory is opened and read anew, never written on trust.
//!
//! After a failed write or sync nobody knows what is on disk, and repeating the sync would only hear what the kernel
//! has forgotten. So the files decide. They may differ from memory in one way: the entry whose append failed may be
//! there, in part or as a whole. Nobody was told that it is done, so it is cut off, and then what memory says and
//! what a restart would find are the same again. Any other difference is refused.

use crate::store::journal::Point;
use crate::store::recover::{Recovered, Repair, recover};
use crate::store::{Error, Mode};

use super::Store;

/// A write failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsound {
    /// The entry that was being appended, if it was an append.
    pub(super) pending: Option<Point>,
}

impl Store {
    /// After a failed append: takes the entry back at once, or, if the disk does not let it, before the next one.
    pub(super) fn take_back(&mut self, pending: &Point) {
        let pending = Some(pending.clone());
        self.unsound = Some(Unsound { pending });
        if let Err(error) = self.make_sound() {
            self.notices.push(format!(
                "an entry that failed could not be taken back yet: {}",
                error.chain()
            ));
        }
    }

    /// After a failure in something else than an append.
    pub(super) fn doubt(&mut self, error: &Error) {
        self.unsound = Some(Unsound { pending: None });
        self.notices.push(format!(
            "the journal could not be folded into the snapshot: {}",
            error.chain()
        ));
    }

    /// Reads the directory again if a write has failed since the last time.
    pub(super) fn make_sound(&mut self) -> Result<(), Error> {
        let Some(Unsound { pending }) = self.unsound.clone() else {
            return Ok(());
        };
        let mut found = recover(self.disk.as_ref())?;
        let unacknowledged = pending.is_some_and(|pending| found.head == pending);
        if let Some(line) = last_line(&found.repair).filter(|_| unacknowledged) {
            self.cut(line.start)?;
            found = recover(self.disk.as_ref())?;
        }
        self.compare(&found)?;
        self.snapshot_seq = found.snapshot_seq;
        self.journal_lines = found.journal_lines;
        self.journal_schema = found.journal_schema;
        self.repair(found.repair)?;
        self.notices.append(&mut found.warnings);
        let seq = self.head.seq;
        self.notices.push(format!(
            "a write had failed; the state directory was read again and is whole up to entry {seq}"
        ));
        self.unsound = None;
        Ok(())
    }

    /// Is what was acknowledged there, and nothing else.
    fn compare(&self, found: &Recovered) -> Result<(), Error> {
        let diverged = |what| Err(Error::Diverged { what });
        if let Mode::ReadOnly { reason } = &found.mode {
            return diverged(reason.clone());
        }
        if found.head != self.head {
            let (seq, acknowledged) = (found.head.seq, self.head.seq);
            return diverged(format!(
                "entry {acknowledged} was the last one, and the files end with entry {seq}"
            ));
        }
        Ok(())
    }
}

/// Where the journal's last line is, when nothing is wrong with it.
fn last_line(repair: &Repair) -> Option<&std::ops::Range<usize>> {
    match repair {
        Repair::Rewrite(range) => Some(range),
        Repair::Snapshot(_, journal) => last_line(journal),
        Repair::Begin | Repair::Rename | Repair::Cut(_) => None,
    }
}
