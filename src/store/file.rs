//! The real disk: a directory on a POSIX file system.
//!
//! Every change is followed by the sync that makes it last: `fdatasync` for appended lines, `fsync` for new
//! files, and `fsync` of the directory for names. The handle that writes is the handle that syncs, because an
//! error of the write-back is told to the handles that were open.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Error;
use super::disk::{Disk, Source};
use super::name;

/// The state holds who did what: for its owner only.
const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A directory, and the journal open for appending.
#[derive(Debug)]
pub(super) struct FileDisk {
    dir: PathBuf,
    lock: Option<File>,
    journal: Option<File>,
}

impl FileDisk {
    /// Makes the directory if it is missing.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        make_dir(dir).map_err(|source| Error::Io {
            action: "create the state directory",
            path: dir.to_owned(),
            source,
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            lock: None,
            journal: None,
        })
    }

    /// A directory that must be there.
    pub(super) fn existing(dir: &Path) -> Result<Self, Error> {
        let listed = std::fs::read_dir(dir).map(drop);
        listed.map_err(|source| Error::Io {
            action: "read",
            path: dir.to_owned(),
            source,
        })?;
        Self::open(dir)
    }
}

/// Makes the missing part of a path, each new name durable in its parent.
fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or_else(|| Path::new("."));
    make_dir(parent)?;
    DirBuilder::new().mode(DIR_MODE).create(dir)?;
    File::open(parent)?.sync_all()
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(FILE_MODE);
    options
}

/// The lock file; on a read-only file system an existing one can be locked all the same.
fn open_lock(path: &Path) -> io::Result<File> {
    let opened = options().create(true).truncate(false).open(path);
    match opened {
        Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => File::open(path),
        other => other,
    }
}

impl Source for FileDisk {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Disk for FileDisk {
    fn lock(&mut self) -> io::Result<bool> {
        let file = open_lock(&self.path(name::LOCK))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = options()
            .create(true)
            .truncate(true)
            .open(self.path(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.sync_names()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))?;
        self.sync_names()
    }

    fn sync_names(&mut self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path(name)) {
            Ok(()) => self.sync_names(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn truncate(&mut self, name: &str, len: usize) -> io::Result<()> {
        let file = options().open(self.path(name))?;
        file.set_len(len as u64)?;
        file.sync_all()
    }

    fn rewrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let file = options().open(self.path(name))?;
        file.write_all_at(bytes, offset)?;
        file.sync_all()
    }

    fn open_append(&mut self, name: &str) -> io::Result<()> {
        let file = OpenOptions::new().append(true).open(self.path(name))?;
        self.journal = Some(file);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(file) = self.journal.as_mut() else {
            return Err(io::Error::other("no journal is open for appending"));
        };
        file.write_all(bytes)?;
        file.sync_data()
    }
}
