//! `state verify` sees every flaw, and none where there is none.

use super::sim::{Fault, Files, SimDisk};
use super::{append_all, entry};
use crate::store::copy::Copy;
use crate::store::seal::Seal;
use crate::store::verify::{judge, verify};
use crate::store::{Condition, Store, Verdict, name};

fn directory(last: u64, compact_at: usize) -> Files {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), compact_at).unwrap();
    append_all(&mut store, 1..=last);
    disk.files()
}

fn verdict(files: &Files) -> Verdict {
    judge(&Copy::of(files)).unwrap()
}

#[test]
fn what_the_store_writes_is_whole() {
    for (last, compact_at) in [(0, 3), (2, 100), (3, 3), (8, 3), (9, 3)] {
        let found = verdict(&directory(last, compact_at));
        assert!(found.whole, "{found:?}");
        assert_eq!(found.seq, last, "up to the last");
        assert_eq!(found.notes, Vec::<String>::new(), "nothing unusual");
    }
    let found = verdict(&directory(8, 3));
    let spans = found
        .files
        .iter()
        .map(|file| (&*file.name, file.first, file.last));
    assert_eq!(
        spans.collect::<Vec<_>>(),
        [
            (name::JOURNAL_OLD, Some(4), Some(6)),
            (name::JOURNAL, Some(7), Some(8)),
            (name::SNAPSHOT, None, Some(6)),
            (name::SNAPSHOT_PREV, None, Some(3)),
        ],
        "what is where"
    );
    assert_eq!(found.entries, 5, "in both journals");
    assert!(verdict(&Files::new()).whole, "nothing is nothing wrong");
}

#[test]
fn every_turned_bit_of_every_file_is_found() {
    let files = directory(8, 3);
    for (name, bytes) in &files {
        for at in 0..bytes.len() {
            let mut files = files.clone();
            files.get_mut(name).unwrap()[at] ^= 1 << (at % 8);
            let found = verdict(&files);
            assert!(!found.whole, "{name}, byte {at}: {found:?}");
            let problems = found.problems.join("\n");
            assert!(problems.contains(name.as_str()), "{name}: {problems}");
            assert!(
                found.problems.iter().all(|problem| problem.contains(": ")),
                "with a way out: {problems}"
            );
        }
    }
}

#[test]
fn an_append_under_way_is_no_damage() {
    let mut files = directory(2, 100);
    let journal = files.get_mut(name::JOURNAL).unwrap();
    let byte = journal.len();
    journal.extend_from_slice(b"{\"crc\":\"12");
    let found = verdict(&files);
    assert!(found.whole, "{found:?}");
    let condition = &found.files[0].condition;
    assert_eq!(*condition, Condition::Unfinished { byte }, "but said");
}

#[test]
fn a_snapshot_that_is_not_the_sum_of_its_entries_is_found() {
    let mut files = directory(8, 3);
    let sealed = String::from_utf8(files[name::SNAPSHOT].clone()).unwrap();
    let prefix = r#"{"sha256":"","#.len() + 64;
    let body = format!("{{{}", sealed.split_at(prefix).1);
    let other = body.replacen("\"v1\"", "\"v2\"", 1);
    assert_ne!(other, body, "a slot holds another version");
    files.insert(
        name::SNAPSHOT.to_owned(),
        Seal::Sha256.close(other.as_bytes()),
    );
    let found = verdict(&files);
    let problems = found.problems.join("\n");
    assert!(problems.contains("snapshot.json is not what"), "{problems}");
}

#[test]
fn a_journal_of_another_history_is_found_and_a_gap_is_told() {
    let mut files = directory(8, 3);
    let mut other = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(other.boxed(), 3).unwrap();
    for n in 1..=8 {
        let mut entry = entry(n);
        entry.actor = "other".to_owned();
        store.append(entry).unwrap();
    }
    let foreign = other.files()[name::JOURNAL_OLD].clone();
    files.insert(name::JOURNAL_OLD.to_owned(), foreign);
    let problems = verdict(&files).problems.join("\n");
    assert!(problems.contains("not of one history"), "{problems}");
    let mut files = directory(12, 3);
    let older = directory(8, 3)[name::JOURNAL_OLD].clone();
    files.insert(name::JOURNAL_OLD.to_owned(), older);
    let found = verdict(&files);
    assert!(found.whole, "only history is missing: {found:?}");
    assert!(
        found.notes.concat().contains("history is missing"),
        "{found:?}"
    );
    other = SimDisk::new(&files, Fault::None);
    Store::open_on(other.boxed(), 3).map(drop).unwrap();
}

#[test]
fn a_directory_that_is_being_written_is_read_without_lock_or_change() {
    let dir = tempfile::tempdir().unwrap();
    let disk = super::super::file::FileDisk::open(dir.path()).unwrap();
    let (mut store, _) = Store::open_on(Box::new(disk), 3).unwrap();
    let writer = std::thread::spawn(move || append_all(&mut store, 1..=400));
    let mut seen = 0;
    while seen < 400 {
        let found = verify(dir.path()).unwrap();
        assert!(found.whole, "{found:?}");
        assert!(found.seq >= seen, "{} after {seen}", found.seq);
        seen = found.seq;
    }
    writer.join().unwrap();
    let missing = verify(&dir.path().join("missing")).unwrap_err();
    assert!(missing.to_string().contains("missing"), "{missing}");
}
