//! Files of other schemas: older ones are read and then left behind, newer ones are never touched.
//!
//! `fixtures/schema-1` is what the first release wrote after eight entries, folded after every three.

use super::sim::{Fault, Files, SimDisk};
use super::{State, append_all, assert_whole, entry, state_after};
use crate::store::journal::scan;
use crate::store::seal::Seal;
use crate::store::{Error, Mode, SCHEMA, Store, name};

fn fixture() -> Files {
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    Files::from([
        file(
            name::JOURNAL_OLD,
            include_bytes!("fixtures/schema-1/journal.1.ndjson"),
        ),
        file(
            name::JOURNAL,
            include_bytes!("fixtures/schema-1/journal.ndjson"),
        ),
        file(
            name::SNAPSHOT,
            include_bytes!("fixtures/schema-1/snapshot.json"),
        ),
        file(
            name::SNAPSHOT_PREV,
            include_bytes!("fixtures/schema-1/snapshot.prev.json"),
        ),
    ])
}

/// The same content under another schema number.
fn with_schema(schema: u32, files: &Files) -> Files {
    let renumber = |(name, bytes): (&String, &Vec<u8>)| {
        let journal = name.ends_with(".ndjson");
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let (first, rest) = if journal {
            bytes.split_at(end)
        } else {
            (&bytes[..], &[][..])
        };
        let prefix = if journal { 18 } else { 77 };
        let mut object = format!("{{{}", std::str::from_utf8(&first[prefix..]).unwrap());
        for was in ["\"schema\":", "\"schema\": "] {
            object = object.replacen(&format!("{was}{SCHEMA}"), &format!("{was}{schema}"), 1);
        }
        let seal = if journal { Seal::Crc32 } else { Seal::Sha256 };
        (
            name.clone(),
            [&seal.close(object.as_bytes())[..], rest].concat(),
        )
    };
    files.iter().map(renumber).collect()
}

fn current() -> Files {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 3).unwrap();
    append_all(&mut store, 1..=8);
    disk.files()
}

fn schema_of(files: &Files) -> u32 {
    scan(&files[name::JOURNAL]).unwrap().schema
}

#[test]
fn schema_1_still_loads() {
    let disk = SimDisk::new(&fixture(), Fault::None);
    let (mut store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    assert_whole(&loaded, "of the first release");
    assert_eq!(loaded.seq, 8, "all of it");
    append_all(&mut store, 9..=9);
    assert_eq!(schema_of(&disk.files()), SCHEMA, "written as we write");
    let (_store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    assert_whole(&loaded, "and read again");
    assert_eq!(loaded.seq, 9, "goes on");
}

#[test]
fn an_older_schema_stays_until_the_first_command() {
    let old = with_schema(SCHEMA - 1, &current());
    let disk = SimDisk::new(&old, Fault::None);
    let (store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    assert_whole(&loaded, "older");
    store.close().unwrap();
    assert_eq!(disk.files(), old, "the older program can come back");
    let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
    append_all(&mut store, 9..=9);
    let files = disk.files();
    assert_eq!(
        schema_of(&files),
        SCHEMA,
        "no line of ours under its header"
    );
    assert_eq!(
        files[name::JOURNAL_OLD],
        old[name::JOURNAL],
        "kept as it was"
    );
    let (_store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    assert_whole(&loaded, "after the upgrade");
    assert_eq!(loaded.seq, 9, "complete");
}

#[test]
fn power_loss_during_an_upgrade_leaves_old_or_new() {
    let old = with_schema(SCHEMA - 1, &current());
    let script = |disk: &SimDisk| {
        let (mut store, _) = Store::open_on(disk.boxed(), 100).ok()?;
        store.append(entry(9)).ok()
    };
    let disk = SimDisk::new(&old, Fault::None);
    script(&disk);
    for call in 1..=disk.calls() + 1 {
        let disk = SimDisk::new(&old, Fault::Power(call));
        let acked = script(&disk).unwrap_or(8);
        for image in disk.crash_images() {
            let reached = super::crash::Reached { acked, tried: 9 };
            super::crash::check(&image, reached, &format!("power loss at call {call}"));
        }
    }
}

#[test]
fn a_downgrade_refuses_newer_files_and_leaves_them_untouched() {
    let newer = with_schema(SCHEMA + 1, &current());
    let disk = SimDisk::new(&newer, Fault::None);
    let (mut store, loaded) = Store::open_on(disk.boxed(), 3).unwrap();
    assert_eq!(State::from(&loaded), state_after(8), "routing goes on");
    let Mode::ReadOnly { reason } = &loaded.mode else {
        panic!("{loaded:?}");
    };
    let told = format!("has schema {}", SCHEMA + 1);
    assert!(
        reason.contains(&told) && reason.contains("run the version that wrote it"),
        "{reason}"
    );
    let refused = store.append(entry(9)).unwrap_err();
    assert!(matches!(refused, Error::ReadOnly { .. }), "{refused}");
    store.close().unwrap();
    assert_eq!(disk.files(), newer, "not a byte");
    let verdict = crate::store::verify::judge(&crate::store::copy::Copy::of(&newer)).unwrap();
    assert!(verdict.problems.concat().contains(&told), "{verdict:?}");
}
