//! kill -9 of a real process at random moments: no acknowledged entry is lost.
//!
//! The test starts its own executable again, which runs only [`child`]: it appends without end and prints each
//! number once it is acknowledged.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{assert_whole, entry};
use crate::store::{Store, file::FileDisk};

const DIR: &str = "POINTSMAN_TEST_STORE_DIR";
const KILLS: u32 = 50;

#[test]
#[ignore = "the process that `acknowledged_entries_survive_kill_9` kills"]
fn child() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only way to tell a test executable something"
    )]
    let Ok(dir) = std::env::var(DIR) else {
        return;
    };
    let disk = FileDisk::open(Path::new(&dir)).unwrap();
    let (mut store, loaded) = Store::open_on(Box::new(disk), 4).unwrap();
    for n in loaded.seq + 1.. {
        println!("acked {}", store.append(entry(n)).unwrap());
    }
}

/// Lets a child write, kills it, and gives the last number it acknowledged.
fn run_and_kill(dir: &Path, acks: u64, then: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::kill::child"])
        .args(["--ignored", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = lines
        .by_ref()
        .filter_map(|line| line.unwrap().strip_prefix("acked ")?.parse::<u64>().ok());
    let before = seen.by_ref().take(usize::try_from(acks).unwrap()).last();
    std::thread::sleep(then);
    child.kill().unwrap();
    child.wait().unwrap();
    // what it still managed to say
    let last = seen.last().or(before);
    last.expect("the child acknowledged something")
}

#[test]
fn acknowledged_entries_survive_kill_9() {
    let seed = RandomState::new().hash_one(0);
    println!("seed {seed}");
    let dir = tempfile::tempdir().unwrap();
    let mut random = seed;
    for kill in 0..KILLS {
        // splitmix64's step is enough of a lottery here
        random = random.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        let acks = 1 + (random >> 60);
        let then = Duration::from_micros(random >> 40 & 0x7FF);
        let acked = run_and_kill(dir.path(), acks, then);
        let (_store, loaded) = Store::open(dir.path()).unwrap();
        let context = format!("kill {kill}, seed {seed}");
        assert_whole(&loaded, &context);
        assert!(
            (acked..=acked + 1).contains(&loaded.seq),
            "{context}: {acked} was acknowledged, {} is there",
            loaded.seq
        );
    }
}
