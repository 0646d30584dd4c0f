//! Giving up, on purpose, what comes after damage. The damaged journal is kept beside.
//!
//! Nothing is guessed here either: the operator names the last entry that stays, and it must be the one that can be
//! vouched for. What was given up is itself an entry, in the history of every env.

use std::path::Path;

use crate::routing::time::Timestamp;

use super::disk::Disk;
use super::file::FileDisk;
use super::journal::encode_header;
use super::recover::{Cut, Recovered, recover};
use super::writer::{io_error, lock};
use super::{COMPACT_AT, Entry, Error, Mode, Store, name};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// The last entry that stayed.
    pub until: u64,
    /// The file that keeps the damaged journal, if there was one.
    pub kept: Option<String>,
}

/// Who gives up what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The last entry that stays.
    pub until: u64,
    /// Who decided it.
    pub actor: String,
    /// When.
    pub time: Timestamp,
}

/// Gives up everything after an entry, so that the state can be written again. No daemon may be running.
pub fn accept(dir: &Path, acceptance: &Acceptance) -> Result<GivenUp, Error> {
    accept_on(Box::new(FileDisk::existing(dir)?), acceptance)
}

/// As [`accept`], on any disk.
pub(super) fn accept_on(
    mut disk: Box<dyn Disk>,
    acceptance: &Acceptance,
) -> Result<GivenUp, Error> {
    lock(disk.as_mut())?;
    let recovered = recover(disk.as_ref())?;
    let cut = judge(&recovered, acceptance.until)?;
    let kept = keep(disk.as_mut())?;
    let good = match cut {
        Cut::Begin => encode_header(&recovered.head),
        Cut::At(len) => {
            let journal = read(disk.as_ref(), name::JOURNAL)?.unwrap_or_default();
            journal.get(..len).unwrap_or(&journal).to_vec()
        }
    };
    put(disk.as_mut(), name::JOURNAL, &good)?;
    record(disk, acceptance, kept.as_deref())?;
    let until = acceptance.until;
    Ok(GivenUp { until, kept })
}

/// How to give up what is damaged, if that is what was meant.
fn judge(recovered: &Recovered, until: u64) -> Result<Cut, Error> {
    let seq = recovered.head.seq;
    match (&recovered.mode, recovered.cut) {
        (_, Some(_)) if seq != until => Err(Error::NotAccepted(format!(
            "what can be vouched for ends with entry {seq}, not {until}"
        ))),
        (_, Some(cut)) => Ok(cut),
        (Mode::ReadOnly { reason }, None) => Err(Error::NotAccepted(reason.clone())),
        (Mode::ReadWrite, None) => Err(Error::NotAccepted(format!(
            "the state is whole up to entry {seq}, so there is nothing to give up"
        ))),
    }
}

/// Copies the journal to a name that is free, or has that very content from an earlier try.
fn keep(disk: &mut dyn Disk) -> Result<Option<String>, Error> {
    let Some(journal) = read(disk, name::JOURNAL)? else {
        return Ok(None);
    };
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => name::JOURNAL_DAMAGED.to_owned(),
            n => name::JOURNAL_DAMAGED.replace(".ndjson", &format!(".{n}.ndjson")),
        };
        match read(disk, &name)? {
            Some(other) if other != journal => number += 1,
            Some(_same) => return Ok(Some(name)),
            None => {
                put(disk, &name, &journal)?;
                return Ok(Some(name));
            }
        }
    }
}

/// A file appears with all of its content or not at all.
fn put(disk: &mut dyn Disk, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let created = disk.create(name::JOURNAL_TMP, bytes);
    created.map_err(io_error(disk, "write", name::JOURNAL_TMP))?;
    let renamed = disk.rename(name::JOURNAL_TMP, name);
    renamed.map_err(io_error(disk, "rename a file to", name))
}

fn read(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>, Error> {
    disk.read(name).map_err(io_error(disk, "read", name))
}

/// The audit log says that it was cut.
fn record(disk: Box<dyn Disk>, acceptance: &Acceptance, kept: Option<&str>) -> Result<(), Error> {
    let (mut store, loaded) = Store::open_locked(disk, COMPACT_AT)?;
    let until = acceptance.until;
    let result = match kept {
        Some(name) => format!("what came after entry {until} was given up, kept in {name}"),
        None => format!("what came after entry {until} was given up"),
    };
    store.append(Entry {
        time: acceptance.time,
        actor: acceptance.actor.clone(),
        command: format!("state accept --until {until}"),
        result,
        envs: loaded.envs.into_keys().collect(),
        idempotency: None,
        puts: Vec::new(),
    })?;
    store.close()
}
