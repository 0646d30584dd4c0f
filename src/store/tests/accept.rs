//! Giving up what comes after damage, on purpose.

use super::crash::some;
use super::sim::{Fault, Files, SimDisk};
use super::{State, append_all, entry, key, state_after};
use crate::store::accept::accept_on;
use crate::store::copy::Copy;
use crate::store::verify::judge;
use crate::store::{Acceptance, Error, GivenUp, Loaded, Mode, Store, name};

fn directory(last: u64, compact_at: usize) -> Files {
    let disk = SimDisk::new(&Files::new(), Fault::None);
    let (mut store, _) = Store::open_on(disk.boxed(), compact_at).unwrap();
    append_all(&mut store, 1..=last);
    disk.files()
}

fn open(files: &Files) -> (Store, Loaded) {
    Store::open_on(SimDisk::new(files, Fault::None).boxed(), 100).unwrap()
}

fn until(seq: u64) -> Acceptance {
    Acceptance {
        until: seq,
        actor: "cli:ann".to_owned(),
        time: entry(1).time,
    }
}

/// Turns a bit of the line after the `n`th of the current journal.
fn damage(files: &mut Files, n: usize) {
    let journal = files.get_mut(name::JOURNAL).unwrap();
    let mut ends = (0..journal.len()).filter(|at| journal[*at] == b'\n');
    let end = ends.nth(n).unwrap();
    journal[end + 50] ^= 1;
}

/// Damaged after entry 4 with no snapshot; damaged after the snapshot; damaged before it; no journal.
fn damaged() -> [(Files, u64); 4] {
    let mut plain = directory(8, 100);
    damage(&mut plain, 4);
    let mut after = directory(8, 3);
    damage(&mut after, 1);
    let mut before = directory(5, 3);
    let disk = SimDisk::new(&before, Fault::None);
    let (store, _) = Store::open_on(disk.boxed(), 3).unwrap();
    store.close().unwrap();
    before = disk.files();
    damage(&mut before, 1);
    let mut missing = directory(8, 3);
    missing.remove(name::JOURNAL).map(drop).unwrap();
    [(plain, 4), (after, 7), (before, 5), (missing, 6)]
}

#[test]
fn damage_is_cut_and_the_damaged_journal_is_kept() {
    for (files, seq) in damaged() {
        let (store, loaded) = open(&files);
        let Mode::ReadOnly { reason } = &loaded.mode else {
            panic!("damaged: {loaded:?}");
        };
        let way_out = format!("pointsman state accept --until {seq}");
        assert!(reason.contains(&way_out), "names the way out: {reason}");
        drop(store);
        let disk = SimDisk::new(&files, Fault::None);
        let done = accept_on(disk.boxed(), &until(seq)).unwrap();
        let was = files.get(name::JOURNAL);
        let kept = was.map(|_| name::JOURNAL_DAMAGED.to_owned());
        assert_eq!(done, GivenUp { until: seq, kept }, "said");
        assert_eq!(disk.files().get(name::JOURNAL_DAMAGED), was, "kept");
        let (mut store, loaded) = open(&disk.files());
        assert_eq!(loaded.mode, Mode::ReadWrite, "writable");
        assert_eq!(State::from(&loaded), state_after(seq), "as it was then");
        assert_eq!(loaded.seq, seq + 1, "and an entry about it");
        let history = store.history(&key("b"), 1);
        assert_eq!(
            (history[0].actor.as_str(), history[0].command.clone()),
            ("cli:ann", format!("state accept --until {seq}")),
            "in the history of every env"
        );
        let verdict = judge(&Copy::of(&disk.files())).unwrap();
        assert!(verdict.whole, "{verdict:?}");
        store.append(entry(seq + 2)).unwrap();
    }
}

#[test]
fn only_the_last_good_entry_is_accepted_and_only_when_there_is_damage() {
    for (files, seq) in damaged() {
        for other in [0, seq - 1, seq + 1] {
            let disk = SimDisk::new(&files, Fault::None);
            let error = accept_on(disk.boxed(), &until(other)).unwrap_err();
            let right = format!("ends with entry {seq}, not {other}");
            assert!(
                matches!(&error, Error::NotAccepted(why) if why.contains(&right)),
                "{error}"
            );
            assert_eq!(disk.files(), files, "untouched");
        }
    }
    let files = directory(8, 3);
    let disk = SimDisk::new(&files, Fault::None);
    let error = accept_on(disk.boxed(), &until(8)).unwrap_err().to_string();
    assert!(error.contains("whole up to entry 8"), "{error}");
    assert_eq!(disk.files(), files, "untouched");
}

#[test]
fn a_second_damage_does_not_replace_the_first_one_s_copy() {
    let mut files = directory(8, 100);
    damage(&mut files, 4);
    let first = files[name::JOURNAL].clone();
    let disk = SimDisk::new(&files, Fault::None);
    accept_on(disk.boxed(), &until(4)).unwrap();
    let mut files = disk.files();
    damage(&mut files, 3);
    // the snapshot that was made meanwhile is ahead of the damage
    let disk = SimDisk::new(&files, Fault::None);
    let done = accept_on(disk.boxed(), &until(5)).unwrap();
    let second = "journal.damaged.2.ndjson";
    assert_eq!(done.kept.as_deref(), Some(second), "another name");
    assert_eq!(disk.files()[second], files[name::JOURNAL], "kept");
    assert_eq!(disk.files()[name::JOURNAL_DAMAGED], first, "both");
}

#[test]
fn power_loss_at_every_call_leaves_the_damage_or_its_end() {
    let mut images = 0;
    for (files, seq) in damaged() {
        let calls = {
            let disk = SimDisk::new(&files, Fault::None);
            accept_on(disk.boxed(), &until(seq)).unwrap();
            disk.calls()
        };
        for call in 1..=calls + 1 {
            let disk = SimDisk::new(&files, Fault::Power(call));
            let done = accept_on(disk.boxed(), &until(seq));
            for image in some(disk.crash_images(), 40) {
                images += 1;
                let context = format!("until {seq}, power loss at call {call}");
                check(&image, seq, &context);
                assert!(done.is_err() || open(&image).1.seq == seq + 1, "{context}");
            }
        }
    }
    println!("{images} crash images");
}

/// Still damaged, then a second try works; or cut.
fn check(image: &Files, seq: u64, context: &str) {
    let (_store, loaded) = open(image);
    assert_eq!(State::from(&loaded), state_after(seq), "{context}");
    if loaded.mode == Mode::ReadWrite {
        return;
    }
    let disk = SimDisk::new(image, Fault::None);
    accept_on(disk.boxed(), &until(seq)).unwrap_or_else(|error| panic!("{context}: {error}"));
    let (_store, loaded) = open(&disk.files());
    assert_eq!(loaded.mode, Mode::ReadWrite, "{context}: a second try");
    let copies = disk.files();
    let copies = copies.keys().filter(|name| name.contains("damaged"));
    assert!(copies.count() <= 1, "{context}: kept once");
}
