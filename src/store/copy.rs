//! A directory as it was read at one time: nothing is locked, nothing can be written.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Error;
use super::disk::Source;

/// All files of a directory, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    dir: PathBuf,
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl Copy {
    /// Reads them one after the other; a daemon may be writing meanwhile.
    pub(super) fn read(dir: &Path) -> Result<Self, Error> {
        let listed = names(dir).map_err(|source| error("read", dir, source))?;
        let mut files = BTreeMap::new();
        for name in listed {
            let path = dir.join(&name);
            match std::fs::read(&path) {
                Ok(bytes) => drop(files.insert(name, bytes)),
                // renamed meanwhile
                Err(source) if source.kind() == ErrorKind::NotFound => {}
                Err(source) => return Err(error("read", &path, source)),
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            files,
        })
    }

    /// The same for files that were never on a disk.
    #[cfg(test)]
    pub(super) fn of(files: &BTreeMap<String, Vec<u8>>) -> Self {
        Self {
            dir: PathBuf::from("state"),
            files: files.clone(),
        }
    }
}

fn error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Regular files; a name that is no text is none of ours.
fn names(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

impl Source for Copy {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files.get(name).cloned())
    }
}
