//! kill -9 at any moment loses no command that was acknowledged, carries none out twice, and takes no route away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pointsman::api::{CommandAnswer, Status};
use pointsman::routing::ids::Slot;

use crate::support::http::{self, Answer, Ask};
use crate::support::random::Random;
use crate::support::system::{System, active};

const KILLS: usize = 100;

/// What the client that sends switches was told last. Each switch raises the generation by one and flips the slots, so
/// the generation alone says which slot must be active.
#[derive(Clone, Copy, Debug)]
struct Told {
    generation: u64,
    active: Slot,
}

struct Ledger {
    told: Mutex<Told>,
    done: AtomicBool,
}

impl Ledger {
    fn told(&self) -> Told {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(status: &Status) -> Told {
    Told {
        generation: status.generation,
        active: status.active.expect("something is active"),
    }
}

fn flipped(slot: Slot, times: u64) -> Slot {
    match (slot, times % 2) {
        (Slot::Blue, 1) => Slot::Green,
        (Slot::Green, 1) => Slot::Blue,
        (same, _) => same,
    }
}

/// Sends one switch after the other, each until it is acknowledged, with the same key when it has to be repeated.
fn send_switches(admin: std::net::SocketAddr, path: &str, ledger: &Ledger) -> (u64, u64) {
    let (mut sent, mut repeated) = (0, 0);
    while !ledger.done.load(Ordering::Relaxed) {
        let key = format!("kill-{sent}");
        let ask = Ask::post("localhost", &format!("{path}/switch"), "").key(&key);
        let until = repeated + 10_000;
        let answer: CommandAnswer = loop {
            assert!(repeated < until, "{key} was never acknowledged");
            match http::ask(admin, &ask) {
                Ok(answer @ Answer { status: 200, .. }) => break answer.json(),
                // not yet: dead, or starting
                Err(_) | Ok(Answer { status: 503, .. }) => repeated += 1,
                Ok(other) => panic!("{key}: {other:?}"),
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        sent += 1;
        let new = told(&answer.status);
        let mut last = ledger.told.lock().unwrap();
        assert_eq!(
            new.generation,
            last.generation + 1,
            "{key} was carried out exactly once, and none before it was lost"
        );
        assert_eq!(
            new.active,
            flipped(last.active, 1),
            "{key}: and it switched"
        );
        *last = new;
        drop(last);
        std::thread::sleep(Duration::from_millis(5));
    }
    (sent, repeated)
}

/// What is stored is what was acknowledged, or that and the one command that was in flight.
fn check(system: &System, path: &str, ledger: &Ledger) {
    let before = ledger.told();
    let found = told(&system.pointsman.get(path));
    let after = ledger.told();
    let range = before.generation..=after.generation + 1;
    assert!(
        range.contains(&found.generation),
        "found {found:?}, but {before:?} was acknowledged (later {after:?})"
    );
    let steps = found.generation - before.generation;
    let active = flipped(before.active, steps);
    assert_eq!(found.active, active, "{found:?} after {before:?}");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn hundred_kills_lose_no_acknowledged_command() {
    let mut system = System::start();
    let app = system.app("e2e-kills");
    for version in ["v1", "v2"] {
        app.deploy(version);
    }
    system.place(&app, "v1", Some("v2"));
    let mut random = Random::seeded();
    let ledger = Ledger {
        told: Mutex::new(told(&system.status(&app))),
        done: AtomicBool::new(false),
    };
    let admin = system.pointsman.admin;
    let probe = system.load(&app.live(), 2, 20);
    let (sent, repeated) = std::thread::scope(|scope| {
        let client = scope.spawn(|| send_switches(admin, &app.path(), &ledger));
        // also when a check fails: the client would go on for ever
        let _done = Done(&ledger);
        for _ in 0..KILLS {
            std::thread::sleep(random.moment(Duration::from_millis(250)));
            system.pointsman.kill();
            system.pointsman.spawn_blindly();
            // every fourth time it dies again before it can have come far
            if random.below(4) > 0 {
                system.pointsman.wait_until_ready();
                check(&system, &app.path(), &ledger);
            }
        }
        system.pointsman.wait_until_ready();
        drop(Done(&ledger));
        client.join().unwrap()
    });
    check(&system, &app.path(), &ledger);
    let tally = probe.stop();
    println!(
        "{KILLS} kills: {sent} switches acknowledged, {repeated} repeated; meanwhile {}",
        tally.summary()
    );
    assert!(sent >= 50, "switches were on their way");
    tally.assert_none_failed("while Pointsman was killed again and again");
    let version = active(&system.status(&app));
    system.expect(&app.live(), &version, TRAEFIK_BACK_OFF);
}

/// After a provider that was away again and again Traefik waits this long at most before it asks again (measured: up
/// to 20 s); until then it keeps the routes it has.
const TRAEFIK_BACK_OFF: Duration = Duration::from_secs(30);

/// Tells the client to end.
struct Done<'a>(&'a Ledger);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done.store(true, Ordering::Relaxed);
    }
}
