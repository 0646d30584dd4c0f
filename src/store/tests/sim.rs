//! A disk in memory that knows what has been synced, and gives every directory that a power loss could leave.
//!
//! Each method of [`Disk`] is taken apart into the system calls of the real one. The n-th call can be the last
//! (power loss) or fail (an I/O error, after which the kernel shows what it could not write and does not try
//! again). Un-synced bytes may be lost, there, cut at any byte, or there without any of their sectors; un-synced
//! names may be there or not, each on its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::store::disk::{Disk, Source};

/// A directory's content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// When the disk goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Calls from this one on do nothing and fail.
    Power(usize),
    /// This one call fails.
    Error(usize),
    /// So many calls from this one on fail.
    Errors(usize, usize),
    /// From this call on there is no space: what would make a file longer fails.
    Full(usize),
    /// From this call on nothing can be changed.
    ReadOnly(usize),
}

/// A cloneable handle; all see the same disk.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk(Arc<Mutex<Sim>>);

#[derive(Debug)]
struct Sim {
    inodes: Vec<Inode>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
    journal: Option<usize>,
    calls: usize,
    fault: Fault,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    cached: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Link(String, usize),
    Unlink(String),
    Rename(String, String),
}

impl SimDisk {
    pub(crate) fn new(files: &Files, fault: Fault) -> Self {
        let contents = files.values().map(|bytes| Inode {
            cached: bytes.clone(),
            durable: bytes.clone(),
            unsynced: Vec::new(),
        });
        let names: BTreeMap<_, _> = files.keys().cloned().zip(0..).collect();
        Self(Arc::new(Mutex::new(Sim {
            inodes: contents.collect(),
            durable_names: names.clone(),
            names,
            unsynced_names: Vec::new(),
            journal: None,
            calls: 0,
            fault,
        })))
    }

    pub(in crate::store) fn boxed(&self) -> Box<dyn Disk> {
        Box::new(self.clone())
    }

    fn sim(&self) -> MutexGuard<'_, Sim> {
        self.0.lock().unwrap()
    }

    pub(crate) fn calls(&self) -> usize {
        self.sim().calls
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.sim().fault = fault;
    }

    /// What programs see.
    pub(crate) fn files(&self) -> Files {
        let sim = self.sim();
        let content = |inode: &usize| sim.inodes[*inode].cached.clone();
        sim.names
            .iter()
            .map(|(name, inode)| (name.clone(), content(inode)))
            .collect()
    }

    /// Somebody else changes a file.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) {
        let mut sim = self.sim();
        let inode = sim.inode(name).unwrap();
        sim.inodes[inode].cached = bytes.to_vec();
        sim.inodes[inode].durable = bytes.to_vec();
    }

    /// Every directory that a power loss now could leave.
    pub(crate) fn crash_images(&self) -> BTreeSet<Files> {
        self.sim().crash_images()
    }
}

impl Sim {
    /// Counts a system call; `false` when it fails.
    fn call(&mut self) -> bool {
        self.calls += 1;
        match self.fault {
            Fault::None | Fault::Full(_) => true,
            Fault::Power(last) | Fault::ReadOnly(last) => self.calls < last,
            Fault::Error(which) => self.calls != which,
            Fault::Errors(first, count) => !(first..first + count).contains(&self.calls),
        }
    }

    /// What the system says of the call that just failed.
    fn error(&self) -> io::Error {
        match self.fault {
            Fault::ReadOnly(_) => io::Error::from(io::ErrorKind::ReadOnlyFilesystem),
            Fault::Full(_) => io::Error::from(io::ErrorKind::StorageFull),
            Fault::None | Fault::Power(_) | Fault::Error(_) | Fault::Errors(..) => {
                io::Error::other("bad sector")
            }
        }
    }

    /// Counts a write; `false` when it fails.
    fn write_call(&mut self, inode: usize, change: &Change) -> bool {
        let grows = change.on(&self.inodes[inode].cached).len() > self.inodes[inode].cached.len();
        self.call() && !matches!(self.fault, Fault::Full(first) if grows && self.calls >= first)
    }

    fn is_off(&self) -> bool {
        matches!(self.fault, Fault::Power(last) | Fault::ReadOnly(last) if self.calls >= last)
    }

    fn change(&mut self, inode: usize, change: Change) -> io::Result<()> {
        if self.write_call(inode, &change) {
            self.inodes[inode].cached = change.on(&self.inodes[inode].cached);
            self.inodes[inode].unsynced.push(change);
            return Ok(());
        }
        // a failed write may have written a part
        if let (false, Change::Write(offset, bytes)) = (self.is_off(), change) {
            let part = Change::Write(offset, bytes[..bytes.len() / 2].to_vec());
            self.inodes[inode].cached = part.on(&self.inodes[inode].cached);
            self.inodes[inode].unsynced.push(part);
        }
        Err(self.error())
    }

    fn sync(&mut self, inode: usize) -> io::Result<()> {
        let works = self.call();
        if self.is_off() {
            return Err(self.error());
        }
        let file = &mut self.inodes[inode];
        let changes = std::mem::take(&mut file.unsynced);
        if !works {
            // the pages count as clean now although they never reached the disk
            return Err(self.error());
        }
        for change in changes {
            file.durable = change.on(&file.durable);
        }
        Ok(())
    }

    fn change_name(&mut self, change: NameChange) -> io::Result<()> {
        if !self.call() {
            return Err(self.error());
        }
        change.on(&mut self.names);
        self.unsynced_names.push(change);
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        if !self.call() {
            return Err(self.error());
        }
        for change in std::mem::take(&mut self.unsynced_names) {
            change.on(&mut self.durable_names);
        }
        Ok(())
    }

    fn inode(&self, name: &str) -> io::Result<usize> {
        let inode = self.names.get(name).copied();
        inode.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn crash_images(&self) -> BTreeSet<Files> {
        let mut images = BTreeSet::new();
        for choice in 0..1_u32 << self.unsynced_names.len() {
            let mut names = self.durable_names.clone();
            for (bit, change) in self.unsynced_names.iter().enumerate() {
                if choice >> bit & 1 == 1 {
                    change.on(&mut names);
                }
            }
            let mut partial = BTreeSet::from([Files::new()]);
            for (name, inode) in &names {
                let contents = self.inodes[*inode].crash_contents();
                partial = partial
                    .iter()
                    .flat_map(|image| {
                        contents.iter().map(move |content| {
                            let mut image = image.clone();
                            image.insert(name.clone(), content.clone());
                            image
                        })
                    })
                    .collect();
            }
            images.append(&mut partial);
        }
        images
    }
}

impl Change {
    fn on(&self, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_vec();
        match self {
            Self::Cut(len) => file.truncate(*len),
            Self::Write(offset, bytes) => {
                let end = offset + bytes.len();
                file.resize(file.len().max(end), 0);
                file[*offset..end].copy_from_slice(bytes);
            }
        }
        file
    }

    /// What a power loss in the middle can leave of it.
    fn torn(&self) -> Vec<Self> {
        let Self::Write(offset, bytes) = self else {
            return Vec::new();
        };
        let mut torn: Vec<_> = (0..bytes.len())
            .map(|len| Self::Write(*offset, bytes[..len].to_vec()))
            .collect();
        // any one sector not written, although later ones are
        let sectors: BTreeSet<_> = (*offset..offset + bytes.len()).map(|at| at / 512).collect();
        for sector in sectors {
            let mut bytes = bytes.clone();
            for (at, byte) in bytes.iter_mut().enumerate() {
                if (offset + at) / 512 == sector {
                    *byte = 0;
                }
            }
            torn.push(Self::Write(*offset, bytes));
        }
        torn
    }
}

impl Inode {
    fn crash_contents(&self) -> BTreeSet<Vec<u8>> {
        let mut contents = BTreeSet::from([self.durable.clone()]);
        let mut file = self.durable.clone();
        for change in &self.unsynced {
            for torn in change.torn() {
                // a sector that is not written keeps what is there, which is zero only behind the end
                let old = &file;
                let mut new = torn.on(old);
                let full = change.on(old);
                for (at, byte) in new.iter_mut().enumerate() {
                    if *byte != full[at] && at < old.len() {
                        *byte = old[at];
                    }
                }
                contents.insert(new);
            }
            file = change.on(&file);
            contents.insert(file.clone());
        }
        contents
    }
}

impl NameChange {
    fn on(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Link(name, inode) => drop(names.insert(name.clone(), *inode)),
            Self::Unlink(name) => drop(names.remove(name)),
            Self::Rename(from, to) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
        }
    }
}

impl Source for SimDisk {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("state").join(name)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files().remove(name))
    }
}

impl Disk for SimDisk {
    fn lock(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut sim = self.sim();
        let inode = if let Ok(inode) = sim.inode(name) {
            sim.change(inode, Change::Cut(0))?;
            inode
        } else {
            sim.inodes.push(Inode::default());
            let inode = sim.inodes.len() - 1;
            sim.change_name(NameChange::Link(name.to_owned(), inode))?;
            inode
        };
        sim.change(inode, Change::Write(0, bytes.to_vec()))?;
        sim.sync(inode)?;
        sim.sync_names()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut sim = self.sim();
        sim.inode(from)?;
        sim.change_name(NameChange::Rename(from.to_owned(), to.to_owned()))?;
        sim.sync_names()
    }

    fn sync_names(&mut self) -> io::Result<()> {
        self.sim().sync_names()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut sim = self.sim();
        if sim.inode(name).is_ok() {
            sim.change_name(NameChange::Unlink(name.to_owned()))?;
            sim.sync_names()?;
        }
        Ok(())
    }

    fn truncate(&mut self, name: &str, len: usize) -> io::Result<()> {
        let mut sim = self.sim();
        let inode = sim.inode(name)?;
        sim.change(inode, Change::Cut(len))?;
        sim.sync(inode)
    }

    fn rewrite(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut sim = self.sim();
        let inode = sim.inode(name)?;
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        sim.change(inode, Change::Write(offset, bytes.to_vec()))?;
        sim.sync(inode)
    }

    fn open_append(&mut self, name: &str) -> io::Result<()> {
        let mut sim = self.sim();
        sim.journal = Some(sim.inode(name)?);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut sim = self.sim();
        let inode = sim.journal.expect("a journal is open");
        let end = sim.inodes[inode].cached.len();
        sim.change(inode, Change::Write(end, bytes.to_vec()))?;
        sim.sync(inode)
    }
}
