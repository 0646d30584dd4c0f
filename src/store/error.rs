//! What can go wrong with the disk, and what follows from it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use thiserror::Error;

/// The store cannot do what was asked.
///
/// Policy: on load (`open`) every one of these is fatal, and the message names the file and the way out; Traefik
/// keeps what it has meanwhile. On save (`append`) the command fails and nothing is published. No write and no
/// sync is ever repeated: after [`Error::Io`] the store opens the directory anew and reads what is there before
/// it writes again, by itself, at the latest with the next command.
#[derive(Debug, Error)]
pub enum Error {
    /// Somebody else writes in the same directory.
    #[error(
        "{lock} is locked by another pointsman: stop that one first, or give this one its own --state-dir",
        lock = lock.display()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: {hint}", path = path.display(), hint = hint(source))]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// What is stored cannot be put together without guessing.
    #[error("{path} {what}: {way_out}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        what: String,
        /// What the operator can do.
        way_out: &'static str,
    },
    /// The format is of a later version and cannot be read.
    #[error(
        "{path} has schema {schema}, and this pointsman reads schemas up to {known}: run the version that wrote it",
        path = path.display(),
        known = super::SCHEMA
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        schema: u32,
    },
    /// The store was opened read-only.
    #[error("the stored state is read-only: {reason}")]
    ReadOnly {
        /// Why, with the way out.
        reason: String,
    },
    /// After a failed write the directory was read again, and it does not hold what was acknowledged.
    #[error(
        "what is stored is not what was acknowledged ({what}): nothing more is written; look with `pointsman state verify`, then restart pointsman"
    )]
    Diverged {
        /// The difference.
        what: String,
    },
    /// There is nothing here that could be given up.
    #[error("nothing was changed: {0}")]
    NotAccepted(String),
}

/// What a failure is about, for callers that treat them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No space is left, or a quota is used up.
    Full,
    /// The file system is mounted read-only.
    ReadOnlyFileSystem,
    /// What is stored is damaged, or of a later version.
    State,
    /// Anything else: another daemon, a permission, a bad sector.
    Other,
}

impl Error {
    /// What it is about.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Io { source, .. } => trouble_of(source.kind()),
            Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::ReadOnly { .. }
            | Self::Diverged { .. } => Trouble::State,
            Self::Locked { .. } | Self::NotAccepted(_) => Trouble::Other,
        }
    }

    /// The message and its causes on one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

fn trouble_of(kind: ErrorKind) -> Trouble {
    if matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    ) {
        Trouble::Full
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        Trouble::ReadOnlyFileSystem
    } else {
        Trouble::Other
    }
}

/// What to look at.
fn hint(source: &io::Error) -> &'static str {
    match (trouble_of(source.kind()), source.kind()) {
        (Trouble::Full, _) => "make room on its disk",
        (Trouble::ReadOnlyFileSystem, _) => "mount its file system writable",
        (_, ErrorKind::PermissionDenied) => {
            "give the user that pointsman runs as access to it, or name another --state-dir"
        }
        _ => "check that the disk is well and writable",
    }
}
