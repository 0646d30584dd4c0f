//! A disk that fails while the daemon runs: what is refused, what is told, and the way back without a restart.

use super::crash::{COMPACT_AT, Reached, check, some};
use super::sim::{Fault, Files, SimDisk};
use super::{State, append_all, assert_whole, entry, state_after};
use crate::store::{Error, Loaded, Mode, Store, Trouble, name};

fn open(disk: &SimDisk) -> Result<(Store, Loaded), Error> {
    Store::open_on(disk.boxed(), COMPACT_AT)
}

fn fresh() -> (SimDisk, Store) {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (store, _) = open(&disk).unwrap();
    (disk, store)
}

/// What a restart would find.
fn restarted(disk: &SimDisk) -> Loaded {
    let again = SimDisk::new(&disk.files(), Fault::None);
    open(&again).unwrap().1
}

#[test]
fn torn_tail_is_dropped_with_a_warning() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    let mut files = disk.files();
    let journal = files.get_mut(name::JOURNAL).unwrap();
    let whole = journal.len();
    journal.extend_from_slice(b"{\"crc\":\"0000");
    let disk = SimDisk::new(&files, Fault::None);
    let (mut store, loaded) = open(&disk).unwrap();
    assert_whole(&loaded, "without the torn line");
    let told = loaded.warnings.concat();
    assert!(
        told.contains("unfinished") && told.contains(&format!("byte {whole}")),
        "{told}"
    );
    append_all(&mut store, 3..=3);
    assert_eq!(restarted(&disk).seq, 3, "the log goes on");
}

#[test]
fn enospc_refuses_commands_until_there_is_space_and_leaves_no_trace() {
    // at the write of the line, at its end, and while there is still room for the line but not for a snapshot
    for room in 0..3 {
        let (disk, mut store) = fresh();
        append_all(&mut store, 1..=2);
        disk.set_fault(Fault::Full(disk.calls() + 1 + room));
        let mut acked = 2;
        let mut refused = None;
        while refused.is_none() {
            match store.append(entry(acked + 1)) {
                Ok(seq) => acked = seq,
                Err(error) => refused = Some(error),
            }
        }
        for _again in 0..2 {
            let refused = store.append(entry(acked + 50)).unwrap_err();
            assert_eq!(refused.trouble(), Trouble::Full, "{}", refused.chain());
        }
        assert_eq!(store.seq(), acked, "nothing of it shows");
        let files = disk.files();
        assert!(files[name::JOURNAL].ends_with(b"\n"), "no part of a line");
        let left_over = files.keys().find(|name| name.contains("tmp"));
        assert_eq!(left_over, None, "nothing that takes up room");
        assert_eq!(
            State::from(&restarted(&disk)),
            state_after(acked),
            "nor after a restart"
        );
        disk.set_fault(Fault::None);
        append_all(&mut store, acked + 1..=acked + 5);
        assert_whole(&restarted(&disk), "with space");
        assert_eq!(restarted(&disk).seq, acked + 5, "all of it");
        let told = store.take_notices();
        assert!(
            told.iter().any(|told| told.contains("read again")),
            "{told:?}"
        );
    }
}

#[test]
fn a_read_only_file_system_refuses_commands_until_it_is_writable() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    disk.set_fault(Fault::ReadOnly(disk.calls() + 1));
    for _again in 0..3 {
        let refused = store.append(entry(50)).unwrap_err();
        let trouble = refused.trouble();
        assert_eq!(trouble, Trouble::ReadOnlyFileSystem, "{}", refused.chain());
    }
    disk.set_fault(Fault::None);
    append_all(&mut store, 3..=9);
    assert_whole(&restarted(&disk), "writable again");
}

#[test]
fn a_start_on_a_full_or_read_only_disk_gives_the_state_and_refuses_commands() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    let mut torn = disk.files();
    let journal = torn.get_mut(name::JOURNAL).unwrap();
    journal.extend_from_slice(b"{\"crc\":");
    for (fault, trouble) in [
        (Fault::Full(1), Trouble::Full),
        (Fault::ReadOnly(1), Trouble::ReadOnlyFileSystem),
    ] {
        for (files, seq) in [(&Files::new(), 0), (&torn, 2)] {
            let disk = SimDisk::new(files, fault);
            let (mut store, loaded) = open(&disk).unwrap();
            assert_eq!(State::from(&loaded), state_after(seq), "{fault:?}");
            assert!(!loaded.warnings.is_empty(), "{fault:?}: said");
            let refused = store.append(entry(50)).unwrap_err();
            assert_eq!(refused.trouble(), trouble, "{}", refused.chain());
            disk.set_fault(Fault::None);
            append_all(&mut store, seq + 1..=seq + 4);
            assert_whole(&restarted(&disk), "made up for");
        }
    }
}

#[test]
fn a_failed_write_or_fsync_is_never_retried_and_its_entry_is_cut_off() {
    for part in [1, 2] {
        let (disk, mut store) = fresh();
        append_all(&mut store, 1..=1);
        disk.set_fault(Fault::Error(disk.calls() + part));
        let failed = store.append(entry(50)).unwrap_err();
        assert!(matches!(failed, Error::Io { .. }), "{failed}");
        assert_eq!(store.seq(), 1, "nothing of it shows");
        for image in disk.crash_images() {
            let reached = Reached { acked: 1, tried: 1 };
            check(&image, reached, "taken back before the client hears of it");
        }
        append_all(&mut store, 2..=2);
        assert_whole(&restarted(&disk), "another entry in its place");
    }
}

#[test]
fn a_disk_that_goes_on_failing_is_read_again_with_every_command() {
    let calls = {
        let (disk, mut store) = fresh();
        let before = disk.calls();
        append_all(&mut store, 1..=7);
        before..disk.calls()
    };
    for first in calls {
        for count in 1..=5 {
            survive(Fault::Errors(first + 1, count));
        }
    }
}

/// Tries each entry until it is accepted; every crash on the way leaves what was acknowledged and at most the entry
/// that was being tried.
fn survive(fault: Fault) {
    let (disk, mut store) = fresh();
    disk.set_fault(fault);
    for n in 1..=8 {
        let (mut tries, failed_before) = (0, !store.take_notices().is_empty());
        while let Err(error) = store.append(entry(n)) {
            let context = format!("{fault:?}, entry {n} failed");
            assert_eq!(store.seq(), n - 1, "{context}");
            let reached = Reached {
                acked: n - 1,
                tried: n,
            };
            for image in some(disk.crash_images(), 8) {
                check(&image, reached, &context);
            }
            tries += 1;
            assert!(tries < 10, "{context}: {}", error.chain());
        }
        let reached = Reached { acked: n, tried: n };
        for image in some(disk.crash_images(), 8) {
            if tries > 0 || failed_before {
                check(&image, reached, &format!("{fault:?}, entry {n} done"));
            }
        }
    }
    assert_whole(&restarted(&disk), "at the end");
}

#[test]
fn a_failed_compaction_does_not_take_back_the_entry_that_caused_it() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    let done = disk.calls() + 2;
    append_all(&mut store, 3..=3);
    for call in done + 1..=disk.calls() {
        let disk = SimDisk::new(&Files::new(), Fault::Error(call));
        let (mut store, _) = open(&disk).unwrap();
        append_all(&mut store, 1..=3);
        let told = store.take_notices();
        assert!(!told.is_empty(), "call {call}: said");
        for image in disk.crash_images() {
            let reached = Reached { acked: 3, tried: 3 };
            check(&image, reached, "failed compaction");
        }
        append_all(&mut store, 4..=9);
        assert_whole(&restarted(&disk), "folded later");
    }
}

#[test]
fn a_directory_that_changed_under_the_daemon_is_not_written_to() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    let (other, mut other_store) = fresh();
    append_all(&mut other_store, 1..=1);
    disk.set_fault(Fault::ReadOnly(disk.calls() + 1));
    store.append(entry(3)).unwrap_err();
    disk.set_fault(Fault::None);
    disk.replace(name::JOURNAL, &other.files()[name::JOURNAL]);
    for _again in 0..2 {
        let refused = store.append(entry(3)).unwrap_err();
        assert!(
            matches!(&refused, Error::Diverged { what } if what.contains("entry 1")),
            "{refused}"
        );
    }
    assert_eq!(disk.files(), other.files(), "not a byte was changed");
}

#[test]
fn damage_that_is_found_while_reopening_is_refused_with_file_and_byte() {
    let (disk, mut store) = fresh();
    append_all(&mut store, 1..=2);
    disk.set_fault(Fault::ReadOnly(disk.calls() + 1));
    store.append(entry(3)).unwrap_err();
    disk.set_fault(Fault::None);
    let mut journal = disk.files()[name::JOURNAL].clone();
    journal[300] ^= 1;
    disk.replace(name::JOURNAL, &journal);
    let refused = store.append(entry(3)).unwrap_err().to_string();
    assert!(
        refused.contains("journal.ndjson") && refused.contains("at byte "),
        "{refused}"
    );
    assert_eq!(store.mode(), &Mode::ReadWrite, "as soon as it is restored");
}
