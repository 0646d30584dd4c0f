//! Every bit of every file turned, every file removed, every length cut: found, or provably harmless.

use super::sim::{Fault, Files, SimDisk};
use super::{State, append_all, entry, state_after};
use crate::store::journal::{Point, encode_header};
use crate::store::seal::Seal;
use crate::store::{Error, Loaded, Mode, SCHEMA, Store, name};

/// A directory after `last` entries; 100 is never reached, 3 compacts often.
fn directory(last: u64, compact_at: usize) -> Files {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), compact_at).unwrap();
    append_all(&mut store, 1..=last);
    disk.files()
}

fn open(files: &Files) -> Result<(Store, Loaded), Error> {
    Store::open_on(SimDisk::new(files, Fault::None).boxed(), 100)
}

/// Either nothing is lost, or it is said; and what is given was once the truth.
fn assert_not_deceived(files: &Files, last: u64, context: &str) -> bool {
    let Ok((_store, loaded)) = open(files) else {
        return true;
    };
    assert_eq!(
        State::from(&loaded),
        state_after(loaded.seq),
        "{context}: a state that never was"
    );
    let complete = loaded.mode == Mode::ReadWrite;
    assert!(
        !complete || loaded.seq == last,
        "{context}: says that {} of {last} entries are all",
        loaded.seq
    );
    !complete
}

#[test]
fn every_turned_bit_is_detected() {
    for (last, compact_at) in [(2, 100), (8, 3)] {
        let files = directory(last, compact_at);
        for (name, bytes) in &files {
            // one bit in every byte; all eight in the last lines, where an unfinished append is forgiven
            let last_lines = bytes.len().saturating_sub(400);
            let all = |at: usize| move |bit: &usize| at >= last_lines || *bit == at % 8;
            let bits = |at: usize| (0..8).filter(all(at)).map(move |bit| (at, bit));
            for (at, bit) in (0..bytes.len()).flat_map(bits) {
                let mut files = files.clone();
                files.get_mut(name).unwrap()[at] ^= 1 << bit;
                let context = format!("{name}, byte {at}, bit {bit}");
                let said = assert_not_deceived(&files, last, &context);
                assert!(
                    said || name != name::JOURNAL,
                    "{context}: the journal is the truth"
                );
            }
        }
    }
}

#[test]
fn a_damaged_snapshot_is_rebuilt_when_its_predecessor_and_the_journals_prove_it() {
    let mut files = directory(8, 3);
    files.get_mut(name::SNAPSHOT).unwrap()[100] ^= 1;
    let disk = SimDisk::new(&files, Fault::None);
    let (store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    super::assert_whole(&loaded, "rebuilt");
    assert_eq!(loaded.seq, 8, "complete");
    assert!(
        loaded.warnings.iter().any(|w| w.contains("snapshot.json")),
        "said: {:?}",
        loaded.warnings
    );
    drop(store);
    let kept = disk.files();
    assert_eq!(
        kept.get(name::SNAPSHOT_DAMAGED),
        files.get(name::SNAPSHOT),
        "the damaged file is kept for a look"
    );
    assert_eq!(
        kept.get(name::SNAPSHOT_PREV),
        files.get(name::SNAPSHOT_PREV),
        "and does not push out the good predecessor"
    );
}

#[test]
fn a_damaged_snapshot_without_proof_is_fatal_and_names_file_and_way_out() {
    let mut files = directory(8, 3);
    files.get_mut(name::SNAPSHOT).unwrap()[100] ^= 1;
    files.remove(name::JOURNAL_OLD);
    let error = open(&files).unwrap_err();
    assert_eq!(
        error.to_string(),
        "state/snapshot.json does not match its checksum, and journal.ndjson does not reach back far enough: \
         restore the state directory from a backup, or move it away to start with no slots known",
        "names the file and the way out"
    );
}

#[test]
fn damage_in_the_middle_opens_read_only_and_names_the_byte() {
    let mut files = directory(8, 100);
    let journal = files.get_mut(name::JOURNAL).unwrap();
    let ends: Vec<_> = (0..journal.len())
        .filter(|at| journal[*at] == b'\n')
        .collect();
    journal[ends[4] + 50] ^= 1;
    let damaged = files.clone();
    let disk = SimDisk::new(&files, Fault::None);
    let (mut store, loaded) = Store::open_on(disk.boxed(), 100).unwrap();
    assert_eq!(loaded.seq, 4, "the records up to the damage");
    assert_eq!(State::from(&loaded), state_after(4), "as they were then");
    let Mode::ReadOnly { reason } = &loaded.mode else {
        panic!("{loaded:?}");
    };
    let offset = ends[4] + 1;
    assert!(
        reason.contains("journal.ndjson") && reason.contains(&format!("byte {offset}")),
        "{reason}"
    );
    let refused = store.append(entry(5)).unwrap_err();
    assert!(
        matches!(refused, Error::ReadOnly { .. }),
        "no append: {refused}"
    );
    store.close().unwrap();
    assert_eq!(disk.files(), damaged, "not a byte is changed");
    // the way out that the message names
    files.get_mut(name::JOURNAL).unwrap().truncate(offset);
    let (mut store, loaded) = open(&files).unwrap();
    assert_eq!(loaded.mode, Mode::ReadWrite, "accepted by the operator");
    assert_eq!(store.append(entry(5)).unwrap(), 5, "and it goes on");
}

#[test]
fn a_line_of_another_history_is_not_taken() {
    let lines_of = |actor: &str| {
        let disk = SimDisk::new(&Files::new(), Fault::None);
        let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
        for n in 1..=4 {
            let mut entry = entry(n);
            entry.actor = actor.to_owned();
            store.append(entry).unwrap();
        }
        let text = String::from_utf8(disk.files()[name::JOURNAL].clone()).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    // number and checksum are right, and a header takes one line
    let (mut lines, other) = (lines_of("a"), lines_of("b"));
    lines[3].clone_from(&other[3]);
    let journal = lines.join("\n") + "\n";
    let files = Files::from([(name::JOURNAL.to_owned(), journal.into_bytes())]);
    let (_store, loaded) = open(&files).unwrap();
    let Mode::ReadOnly { reason } = &loaded.mode else {
        panic!("two histories were mixed: {loaded:?}");
    };
    assert!(
        loaded.seq == 2 && reason.contains("does not continue the line before it"),
        "{reason}"
    );
}

#[test]
fn files_that_are_gone_are_missed() {
    let files = directory(8, 3);
    let names: Vec<_> = files.keys().cloned().collect();
    for gone in 1..1_u32 << names.len() {
        let mut left = files.clone();
        for (bit, name) in names.iter().enumerate() {
            if gone >> bit & 1 == 1 {
                left.remove(name);
            }
        }
        let kept: Vec<_> = left.keys().map(String::as_str).collect();
        // an empty directory is a fresh start, and a lone snapshot a restored backup: both are an operator's doing
        if kept.is_empty() || kept == [name::SNAPSHOT] {
            let (_store, loaded) = open(&left).unwrap();
            super::assert_whole(&loaded, "fresh or restored");
            continue;
        }
        assert_not_deceived(&left, 8, &format!("only {kept:?} left"));
    }
}

#[test]
fn a_left_over_of_a_cut_rotation_does_not_excuse_a_missing_journal() {
    let mut files = directory(6, 3);
    // a crash just before the renames: the old journal still has its name, the new one waits
    files.remove(name::JOURNAL).map(drop).unwrap();
    let old = files.remove(name::JOURNAL_OLD).unwrap();
    let snapshot: serde_json::Value = serde_json::from_slice(&files[name::SNAPSHOT]).unwrap();
    let waiting = encode_header(&Point {
        seq: 6,
        hash: snapshot["hash"].as_str().unwrap().to_owned(),
    });
    files.insert(name::JOURNAL.to_owned(), old);
    files.insert(name::JOURNAL_TMP.to_owned(), waiting);
    let disk = SimDisk::new(&files, Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
    append_all(&mut store, 7..=8);
    let mut files = disk.files();
    files.remove(name::JOURNAL).map(drop).unwrap();
    assert!(
        assert_not_deceived(&files, 8, "journal removed by somebody"),
        "it held acknowledged entries"
    );
}

#[test]
fn a_cut_journal_gives_an_earlier_truth() {
    let files = directory(4, 100);
    let journal = &files[name::JOURNAL];
    let header = journal.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for len in 0..journal.len() {
        let mut files = files.clone();
        files.get_mut(name::JOURNAL).unwrap().truncate(len);
        match open(&files) {
            Ok((_store, loaded)) => super::assert_whole(&loaded, &format!("cut at {len}")),
            Err(error) => assert!(len < header, "cut at {len}: {error}"),
        }
    }
}

#[test]
fn an_older_journal_in_the_newer_one_s_place_is_noticed() {
    let mut files = directory(8, 3);
    let old = files[name::JOURNAL_OLD].clone();
    files.insert(name::JOURNAL.to_owned(), old);
    // it ends exactly where the snapshot was taken, so only what came after the snapshot is gone, as after a cut
    let (_store, loaded) = open(&files).unwrap();
    assert_eq!(loaded.seq, 6, "the snapshot's");
    let mut files = directory(8, 3);
    let other = directory(5, 100)[name::JOURNAL].clone();
    files.insert(name::JOURNAL.to_owned(), other);
    let (_store, loaded) = open(&files).unwrap();
    let Mode::ReadOnly { reason } = loaded.mode else {
        panic!("a journal that ends before the snapshot");
    };
    assert!(reason.contains("does not continue"), "{reason}");
}

#[test]
fn a_newer_schema_is_read_but_not_written() {
    let newer = |sealed: &[u8], seal: Seal, body: usize| {
        let text = String::from_utf8(sealed.to_vec()).unwrap();
        let was = format!("\"schema\":{SCHEMA}");
        let spaced = format!("\"schema\": {SCHEMA}");
        let is = format!("\"schema\":{}", SCHEMA + 1);
        let object = format!("{{{}", text.split_at(body).1);
        seal.close(object.replace(&was, &is).replace(&spaced, &is).as_bytes())
    };
    let crc_body = r#"{"crc":"00000000","#.len();
    let sha_body = r#"{"sha256":"","#.len() + 64;
    let header = encode_header(&Point::genesis());
    let journal = newer(header.strip_suffix(b"\n").unwrap(), Seal::Crc32, crc_body);
    let journal = [&journal[..], b"\n"].concat();
    let files = directory(8, 3);
    let snapshot = newer(&files[name::SNAPSHOT], Seal::Sha256, sha_body);
    let mut with_snapshot = files.clone();
    with_snapshot.insert(name::SNAPSHOT.to_owned(), snapshot);
    let with_journal = Files::from([(name::JOURNAL.to_owned(), journal)]);
    for (files, seq) in [(with_snapshot, 8), (with_journal, 0)] {
        let (mut store, loaded) = open(&files).unwrap();
        assert_eq!(loaded.seq, seq, "what is understood is used");
        let refused = store.append(entry(seq + 1)).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("schema {}", SCHEMA + 1)),
            "{refused}"
        );
    }
    let mut files = files;
    let unknown = format!("{{\"schema\":{},\"news\":1}}\n", SCHEMA + 1);
    files.insert(
        name::SNAPSHOT.to_owned(),
        Seal::Sha256.close(unknown.as_bytes()),
    );
    let error = open(&files).unwrap_err();
    assert!(
        matches!(error, Error::Newer { schema, .. } if schema == SCHEMA + 1),
        "{error}"
    );
}
