//! The latest commands in memory are those of the journals.

use super::sim::{Fault, Files, SimDisk};
use super::{append_all, entry, key};
use crate::store::{HISTORY, HistoryEntry, Store};

fn numbers(history: &[HistoryEntry]) -> Vec<u64> {
    history.iter().map(|entry| entry.seq).collect()
}

#[test]
fn the_history_is_the_same_after_a_restart() {
    for compact_at in [2, 3, 100] {
        let disk = SimDisk::new(&Files::new(), Fault::None);
        let (mut store, _) = Store::open_on(disk.boxed(), compact_at).unwrap();
        append_all(&mut store, 1..=9);
        let before = store.history(&key("a"), 100);
        assert_eq!(numbers(&before), [8, 6, 4, 2], "newest first, of one env");
        store.close().unwrap();
        let (store, _) = Store::open_on(disk.boxed(), compact_at).unwrap();
        let after = store.history(&key("a"), 100);
        assert!(!after.is_empty(), "both journals are read");
        assert_eq!(after, before[..after.len()], "as far back as they go");
        assert!(compact_at != 100 || after.len() == 4, "all of a journal");
        assert_eq!(numbers(&store.history(&key("a"), 1)), [8], "limited");
        assert_eq!(store.history(&key("c"), 9), [], "unknown");
    }
}

#[test]
fn an_entry_says_who_what_and_which_generation() {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
    append_all(&mut store, 1..=4);
    let last = store.history(&key("a"), 2);
    let [removal, change] = &last[..] else {
        panic!("two: {last:?}");
    };
    assert_eq!(
        (change.actor.as_str(), change.command.as_str()),
        ("t", "c2"),
        "who and what"
    );
    assert_eq!(
        (change.result.as_str(), change.time),
        ("ok", entry(2).time),
        "how and when"
    );
    assert_eq!(change.generation(&key("a")), Some(2), "afterwards");
    assert_eq!(change.generation(&key("b")), None, "of that env only");
    assert_eq!(removal.generation(&key("a")), None, "nothing is left");
}

#[test]
fn only_the_latest_are_kept() {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 1000).unwrap();
    let last = HISTORY as u64 + 10;
    for n in 1..=last {
        let mut entry = entry(n);
        entry.envs = vec![key("a")];
        store.append(entry).unwrap();
    }
    let history = store.history(&key("a"), usize::MAX);
    assert_eq!(history.len(), HISTORY, "bounded");
    assert_eq!(history[0].seq, last, "the newest are there");
}

#[test]
fn a_failed_entry_is_not_in_the_history() {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), 100).unwrap();
    append_all(&mut store, 1..=2);
    disk.set_fault(Fault::Error(disk.calls() + 2));
    store.append(entry(4)).unwrap_err();
    assert_eq!(
        numbers(&store.history(&key("a"), 9)),
        [2],
        "not carried out"
    );
}
