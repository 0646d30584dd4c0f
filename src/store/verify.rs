//! Is what is stored whole: every checksum, the chain through both journals, and that it all adds up.
//!
//! Works on a [`struct@Copy`] in memory, so that a running daemon is neither disturbed nor waited for, and judges with the
//! same recovery that a start would use.

use std::path::Path;

use serde::Serialize;

use super::copy::Copy;
use super::disk::Source as _;
use super::journal::{End, Scan};
use super::recover::{Files, Stored, recover};
use super::{Error, Loaded, Mode, name};

/// How often a directory that changes while it is read is read again before its state is believed.
const ATTEMPTS: usize = 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Nothing is wrong.
    pub whole: bool,
    /// The last entry that can be vouched for; 0 when there is none.
    pub seq: u64,
    /// How many entries the journals hold.
    pub entries: usize,
    /// Each file that is there.
    pub files: Vec<FileVerdict>,
    /// What is wrong: file, place, way out.
    pub problems: Vec<String>,
    /// What is unusual and does no harm.
    pub notes: Vec<String>,
}

/// What was found in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileVerdict {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: usize,
    /// Version of its format, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<u32>,
    /// The first entry in a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// The last entry in a journal, or the one a snapshot was taken at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// How it is.
    #[serde(flatten)]
    pub condition: Condition,
}

/// How a file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "condition")]
pub enum Condition {
    /// Every byte is as it was written.
    Whole,
    /// It ends in an append that is under way or was cut; nobody was told that it is done.
    Unfinished {
        /// Where that begins.
        byte: usize,
    },
    /// Something no crash leaves.
    Damaged {
        /// The first byte that cannot be vouched for.
        byte: usize,
        /// What is wrong there.
        what: String,
    },
    /// Not part of the state: the lock, a left-over, something kept aside.
    Aside,
}

/// Reads a state directory without locking or changing it, and says what is wrong.
pub fn verify(dir: &Path) -> Result<Verdict, Error> {
    let mut copy = Copy::read(dir)?;
    for _attempt in 1..ATTEMPTS {
        let verdict = judge(&copy)?;
        if verdict.whole {
            return Ok(verdict);
        }
        // files that were read before and after a fold do not fit together
        let again = Copy::read(dir)?;
        if again == copy {
            return Ok(verdict);
        }
        copy = again;
    }
    judge(&copy)
}

/// What a state directory holds, as far as it can be vouched for, without locking or changing it.
pub fn peek(dir: &Path) -> Result<Loaded, Error> {
    let recovered = recover(&Copy::read(dir)?)?;
    Ok(Loaded {
        answers: recovered.image.answers().clone(),
        envs: recovered.image.envs,
        rollouts: recovered.image.rollouts,
        seq: recovered.head.seq,
        mode: recovered.mode,
        warnings: recovered.warnings,
    })
}

/// Judges files that do not change any more.
pub(super) fn judge(copy: &Copy) -> Result<Verdict, Error> {
    let mut verdict = Verdict {
        whole: false,
        seq: 0,
        entries: 0,
        files: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
    };
    match recover(copy) {
        Ok(recovered) => {
            verdict.seq = recovered.head.seq;
            verdict.notes = recovered.warnings;
            if let Mode::ReadOnly { reason } = recovered.mode {
                verdict.problems.push(reason);
            }
        }
        Err(error) => verdict.problems.push(error.chain()),
    }
    match Files::read(copy) {
        Ok(files) => verdict.add(copy, &files),
        Err(Error::Newer { .. }) => {}
        Err(other) => return Err(other),
    }
    verdict.whole = verdict.problems.is_empty();
    Ok(verdict)
}

impl Verdict {
    fn add(&mut self, copy: &Copy, files: &Files<'_>) {
        for (name, content) in &copy.files {
            let file = describe(files, name, content.len());
            if let Condition::Damaged { byte, what } = &file.condition {
                self.tell_damage(copy, name, *byte, what);
            }
            self.files.push(file);
        }
        let journals = [&files.older, &files.journal];
        let scans = journals.into_iter().filter_map(Stored::good);
        self.entries = scans.map(|scan| scan.lines.len()).sum();
        self.compare(copy, files);
    }

    /// Damage in a file that a start would not need is a problem, too.
    fn tell_damage(&mut self, copy: &Copy, name: &str, byte: usize, what: &str) {
        let way_out = match name {
            name::SNAPSHOT => "the next start rebuilds it if the other files prove it",
            name::SNAPSHOT_PREV => {
                "it is needed only when snapshot.json is damaged; restore it, or move it away"
            }
            name::JOURNAL_OLD => {
                "it holds history, and is needed when snapshot.json is damaged; restore it, or move it away"
            }
            _ => return,
        };
        let path = copy.path(name);
        let path = path.display();
        self.problems.push(format!(
            "{path} is damaged at byte {byte} ({what}): {way_out}"
        ));
    }

    /// Do the files fit together.
    fn compare(&mut self, copy: &Copy, files: &Files<'_>) {
        if let (Some(older), Some(journal)) = (files.older.good(), files.journal.good())
            && *older.head() != journal.base
        {
            let (ends, begins) = (older.head().seq, journal.base.seq);
            let told = format!(
                "{} ends with entry {ends}, and {} goes on after entry {begins}",
                copy.path(name::JOURNAL_OLD).display(),
                copy.path(name::JOURNAL).display()
            );
            if ends < begins {
                self.notes.push(format!("{told}: history is missing"));
            } else {
                self.problems.push(format!(
                    "{told}: they are not of one history; restore the first"
                ));
            }
        }
        let Some(snapshot) = files.snapshot.good() else {
            return;
        };
        let sum = files.sum_until(&snapshot.head);
        if sum.is_some_and(|sum| sum != snapshot.image) {
            let path = copy.path(name::SNAPSHOT);
            self.problems.push(format!(
                "{} is not what the entries up to {} add up to: restore the state directory from a backup",
                path.display(),
                snapshot.head.seq
            ));
        }
    }
}

fn describe(files: &Files<'_>, name: &str, bytes: usize) -> FileVerdict {
    match name {
        name::JOURNAL => journal(name, bytes, &files.journal),
        name::JOURNAL_OLD => journal(name, bytes, &files.older),
        name::SNAPSHOT => snapshot(name, bytes, &files.snapshot),
        name::SNAPSHOT_PREV => snapshot(name, bytes, &files.previous),
        _ => FileVerdict::new(name, bytes, Condition::Aside),
    }
}

impl FileVerdict {
    fn new(name: &str, bytes: usize, condition: Condition) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            schema: None,
            first: None,
            last: None,
            condition,
        }
    }
}

fn damaged(what: &str) -> Condition {
    Condition::Damaged {
        byte: 0,
        what: what.to_owned(),
    }
}

fn journal(name: &str, bytes: usize, stored: &Stored<Scan, String>) -> FileVerdict {
    let scan = match stored {
        Stored::Missing => return FileVerdict::new(name, bytes, Condition::Aside),
        Stored::Bad(what) => return FileVerdict::new(name, bytes, damaged(what)),
        Stored::Good(scan) => scan,
    };
    let condition = match &scan.end {
        End::Clean { .. } => Condition::Whole,
        End::Torn { offset, .. } => Condition::Unfinished { byte: *offset },
        End::Damaged { offset, what } => Condition::Damaged {
            byte: *offset,
            what: what.clone(),
        },
    };
    FileVerdict {
        schema: Some(scan.schema),
        first: scan.lines.first().map(|line| line.at.seq),
        last: scan.lines.last().map(|line| line.at.seq),
        ..FileVerdict::new(name, bytes, condition)
    }
}

fn snapshot(
    name: &str,
    bytes: usize,
    stored: &Stored<super::checkpoint::Checkpoint, String>,
) -> FileVerdict {
    match stored {
        Stored::Missing => FileVerdict::new(name, bytes, Condition::Aside),
        Stored::Bad(what) => FileVerdict::new(name, bytes, damaged(what)),
        Stored::Good(checkpoint) => FileVerdict {
            schema: Some(checkpoint.schema),
            last: Some(checkpoint.head.seq),
            ..FileVerdict::new(name, bytes, Condition::Whole)
        },
    }
}
