//! What can go wrong with the disk, and what follows from it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The store cannot do what was asked.
///
/// Policy: on load (`open`) every one of these is fatal, and the message names the file and the way out; Traefik
/// keeps what it has meanwhile. On save (`append`) the command fails and nothing is published. Nothing is ever
/// retried here: after [`Error::Io`] from `append` the entry may or may not be on disk, so the store refuses
/// everything with [`Error::Poisoned`] until it is opened again and has looked.
#[derive(Debug, Error)]
pub enum Error {
    /// A second daemon on the same directory.
    #[error(
        "{lock} is locked by another pointsman: stop that one first, or give this one its own --state-dir",
        lock = lock.display()
    )]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action} {path}: check that the disk is writable and not full", path = path.display())]
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
    /// An earlier write failed, so it is unknown what is on disk.
    #[error(
        "an earlier write failed ({cause}): nothing more is written until the store is opened again (restart pointsman once the disk is well)"
    )]
    Poisoned {
        /// What failed.
        cause: String,
    },
}

impl Error {
    /// The message and its causes on one line.
    pub(super) fn chain(&self) -> String {
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
