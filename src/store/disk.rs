//! The disk as the store sees it: files by name in one directory, and nothing that is not durable.
//!
//! When a method returns `Ok`, its effect survives power loss; after `Err` the effect may be there, in part, or
//! not. Between the two lies all of the store's crash safety, so the tests put a disk here that stops at every
//! operation.

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;

/// One directory to read.
pub(super) trait Source: Debug {
    /// Where a file is, for messages.
    fn path(&self, name: &str) -> PathBuf;

    /// A whole file; `None` when there is none.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;
}

/// One directory to write.
pub(super) trait Disk: Source + Send {
    /// Takes the one writer's lock, until dropped. `false`: somebody else has it.
    fn lock(&mut self) -> io::Result<bool>;

    /// Makes a file with this content, replacing any.
    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name, replacing any file of that name.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Makes sure of the names that are there now: after a crash of the process alone, or a failed call, some may
    /// be in the kernel's cache only.
    fn sync_names(&mut self) -> io::Result<()>;

    /// Removes a file; it need not exist.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Cuts a file's end off, in place.
    fn truncate(&mut self, name: &str, len: usize) -> io::Result<()>;

    /// Writes again what is there already. After a failed sync the kernel shows bytes that never reached the
    /// disk and will not try again by itself; only writing them anew makes sure of them.
    fn rewrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Opens a file anew; from now on [`append`](Self::append) writes to it.
    fn open_append(&mut self, name: &str) -> io::Result<()>;

    /// Adds to the end of the opened file with one write.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}
