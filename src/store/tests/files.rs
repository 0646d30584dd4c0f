//! The real directory: lock, permissions, restart, rotation.

use std::os::unix::fs::PermissionsExt;

use super::{append_all, assert_whole, entry};
use crate::store::{COMPACT_AT, Error, Mode, Store, name};

#[test]
fn a_second_daemon_is_refused_and_told_the_lock_file() {
    let dir = tempfile::tempdir().unwrap();
    let (first, _) = Store::open(dir.path()).unwrap();
    let refused = Store::open(dir.path()).unwrap_err();
    assert!(matches!(refused, Error::Locked { .. }), "{refused}");
    let lock = dir.path().join(name::LOCK);
    assert!(
        refused.to_string().contains(lock.to_str().unwrap()),
        "{refused}"
    );
    drop(first);
    Store::open(dir.path()).map(drop).unwrap();
}

#[test]
fn a_missing_directory_is_a_fresh_start_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/state");
    let (mut store, loaded) = Store::open(&dir).unwrap();
    assert_whole(&loaded, "fresh");
    assert_eq!((loaded.seq, loaded.warnings.len()), (0, 0), "nothing yet");
    store.append(entry(1)).unwrap();
    for (path, mode) in [(dir.clone(), 0o700), (dir.join(name::JOURNAL), 0o600)] {
        let permissions = path.metadata().unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn restarts_and_rotations_keep_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut next = 1;
    for compact_at in [3, 1000, 2, 5] {
        let disk = super::super::file::FileDisk::open(dir.path()).unwrap();
        let (mut store, loaded) = Store::open_on(Box::new(disk), compact_at).unwrap();
        assert_whole(&loaded, "after a restart");
        assert_eq!(loaded.seq, next - 1, "nothing is missing");
        append_all(&mut store, next..=next + 6);
        next += 7;
        store.close().unwrap();
    }
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("tmp") || name.contains("damaged"))
        .collect();
    assert_eq!(names, Vec::<String>::new(), "no left-overs");
}

#[test]
fn the_journal_is_folded_after_a_thousand_entries() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path()).unwrap();
    let last = COMPACT_AT as u64 + 2;
    append_all(&mut store, 1..=last);
    let lines = |name| {
        let text = std::fs::read_to_string(dir.path().join(name)).unwrap();
        text.lines().count()
    };
    assert_eq!(lines(name::JOURNAL), 1 + 2, "a header and what came after");
    assert_eq!(lines(name::JOURNAL_OLD), 1 + COMPACT_AT, "kept for audit");
    drop(store);
    let (store, loaded) = Store::open(dir.path()).unwrap();
    assert_whole(&loaded, "after rotation");
    assert_eq!((loaded.seq, store.mode()), (last, &Mode::ReadWrite), "all");
    assert!(store.answer("k999").is_some(), "answers survive");
}

#[test]
fn an_unreadable_directory_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("state");
    std::fs::File::create(&file).unwrap();
    let error = Store::open(&file).unwrap_err();
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
}
