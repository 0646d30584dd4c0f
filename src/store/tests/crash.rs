//! Power loss and I/O errors at every system call: every directory that is left loads as old or new, never as
//! neither, and nothing acknowledged is lost.

use std::collections::BTreeSet;

use super::sim::{Fault, Files, SimDisk};
use super::{append_all, assert_whole, entry};
use crate::store::{Error, Loaded, Store};

/// Small enough that a short script compacts twice.
pub(super) const COMPACT_AT: usize = 3;

fn open(disk: &SimDisk) -> Result<(Store, Loaded), Error> {
    Store::open_on(disk.boxed(), COMPACT_AT)
}

/// How far a script came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) acked: u64,
    pub(super) tried: u64,
}

/// Opens, appends up to entry `last`, closes; stops at the first error.
fn script(disk: &SimDisk, last: u64, acked_before: u64) -> Reached {
    let mut reached = Reached {
        acked: acked_before,
        tried: acked_before,
    };
    let Ok((mut store, loaded)) = open(disk) else {
        return reached;
    };
    reached.acked = loaded.seq;
    for n in loaded.seq + 1..=last {
        reached.tried = n;
        match store.append(entry(n)) {
            Ok(seq) => reached.acked = seq,
            Err(_refused) => return reached,
        }
    }
    drop(store.close());
    reached
}

/// A directory loads with everything acknowledged and nothing that was never tried, and goes on from there.
pub(super) fn check(image: &Files, reached: Reached, context: &str) {
    let disk = SimDisk::new(image, Fault::None);
    let (mut store, loaded) =
        open(&disk).unwrap_or_else(|error| panic!("{context}: {}", error.chain()));
    assert_whole(&loaded, context);
    assert!(
        (reached.acked..=reached.tried).contains(&loaded.seq),
        "{context}: entry {} after {reached:?}",
        loaded.seq
    );
    let next = loaded.seq + 1;
    let appended = store.append(entry(next)).unwrap();
    assert_eq!(appended, next, "{context}: the log goes on");
    drop(store);
    let again = SimDisk::new(&disk.files(), Fault::None);
    let (_store, loaded) = open(&again).unwrap();
    assert_whole(&loaded, context);
    assert_eq!(loaded.seq, next, "{context}: after a second start");
}

fn calls_of(start: &Files, last: u64) -> usize {
    let disk = SimDisk::new(start, Fault::None);
    script(&disk, last, 0);
    disk.calls()
}

#[test]
fn power_loss_at_every_call_leaves_old_or_new() {
    let start = Files::new();
    let mut images = 0;
    for call in 1..=calls_of(&start, 7) + 1 {
        let disk = SimDisk::new(&start, Fault::Power(call));
        let reached = script(&disk, 7, 0);
        for image in disk.crash_images() {
            images += 1;
            check(&image, reached, &format!("power loss at call {call}"));
        }
    }
    println!("{images} crash images");
    assert!(images > 2000, "the disk was really torn: {images}");
}

#[test]
fn power_loss_during_recovery_leaves_old_or_new() {
    let start = Files::new();
    for call in 1..=calls_of(&start, 7) {
        let first = SimDisk::new(&start, Fault::Power(call));
        let reached = script(&first, 7, 0);
        for image in some(first.crash_images(), 3) {
            for second_call in 1..=calls_of(&image, 0) {
                let second = SimDisk::new(&image, Fault::Power(second_call));
                drop(open(&second));
                for image in some(second.crash_images(), 10) {
                    let context = format!("power loss at call {call}, then at {second_call}");
                    check(&image, reached, &context);
                }
            }
        }
    }
}

/// The first, the last and some between: the tears of one write differ little.
pub(super) fn some(images: BTreeSet<Files>, count: usize) -> Vec<Files> {
    let step = images.len().div_ceil(count);
    let last = images.last().cloned();
    images.into_iter().step_by(step).chain(last).collect()
}

#[test]
fn an_io_error_at_any_call_loses_nothing_over_a_restart() {
    for call in 1..=calls_of(&Files::new(), 8) {
        go_on_from_the_cache(Fault::Error(call));
    }
}

#[test]
fn a_killed_process_leaves_nothing_that_a_later_power_loss_could_take() {
    for call in 1..=calls_of(&Files::new(), 8) {
        go_on_from_the_cache(Fault::Power(call));
    }
}

/// After the fault the next process sees what is in the kernel's cache, synced or not. What it acknowledges
/// must not stand on anything that never reached the disk.
fn go_on_from_the_cache(fault: Fault) {
    let disk = SimDisk::new(&Files::new(), fault);
    let mut reached = script(&disk, 8, 0);
    disk.set_fault(Fault::None);
    let context = format!("{fault:?}");
    let (mut store, loaded) =
        open(&disk).unwrap_or_else(|error| panic!("{context}: {}", error.chain()));
    assert_whole(&loaded, &context);
    assert!(
        (reached.acked..=reached.tried).contains(&loaded.seq),
        "{context}: entry {} after {reached:?}",
        loaded.seq
    );
    reached.acked = loaded.seq;
    while reached.acked < 9 {
        reached.tried = reached.acked;
        for image in disk.crash_images() {
            let context = format!("{context}, then power loss after {}", reached.acked);
            check(&image, reached, &context);
        }
        reached.acked += 1;
        append_all(&mut store, reached.acked..=reached.acked);
    }
}
