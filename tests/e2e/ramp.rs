//! Plans under load: every share as written, the way back at once, and nothing in the way of a rollback.

use std::time::Duration;

use crate::support::app::{App, ENV};
use crate::support::docker::Sandbox;
use crate::support::load::Load;
use crate::support::relay::Relay;
use crate::support::system::{System, active};

const SOON: Duration = Duration::from_secs(10);
/// Until a share that has just been set is what all requests see.
const APPLIED: Duration = Duration::from_secs(1);

/// Four shares, long enough to count each.
const RAMP: &str = r#"{"plan":{"name":"ramp","steps":[
    {"weight":5,"min_dwell":"4s"},{"weight":25,"min_dwell":"4s"},{"weight":50,"min_dwell":"4s"},
    {"weight":100,"min_dwell":"3s"}]}}"#;

fn staged(system: &System, app: &App) {
    for version in ["v1", "v2"] {
        app.stack(version).replicas(2).up();
    }
    system.place(app, "v1", Some("v2"));
}

/// The intended share of the candidate; 100 when it is active.
fn intended(system: &System, app: &App) -> u8 {
    let status = system.status(app);
    match &status.shift {
        Some(shift) => shift.weight,
        None if active(&status) == "v2" => 101,
        None => 0,
    }
}

/// When the share was first seen, and when it was last seen.
fn watch(system: &System, app: &App, load: &Load, weight: u8) -> (Duration, Duration) {
    let mut seen: Option<(Duration, Duration)> = None;
    loop {
        let now = load.now();
        let is = intended(system, app);
        if is == weight {
            seen = Some((seen.map_or(now, |(first, _)| first), now));
        } else if let Some(seen) = seen {
            return seen;
        }
        assert!(is <= weight || seen.is_some(), "{weight} % was passed over");
        load.wait_for(20);
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_ramp_gives_each_share_as_written() {
    let system = System::start();
    let app = system.app("e2e-ramp");
    staged(&system, &app);
    let load = system.load(&app.live(), 8, 50);
    system.post(&app, "shift", RAMP);
    let steps = [5, 25, 50, 100].map(|weight| (weight, watch(&system, &app, &load, weight)));
    system.expect(&app.live(), "v2", SOON);
    load.wait_for(100);
    let tally = load.stop();
    let history = system.pointsman.done(&["history", app.name, ENV]);
    println!("{}", String::from_utf8_lossy(&history.output.stdout));
    for (weight, (from, to)) in steps {
        let shots = tally.sent_in(from + APPLIED, to);
        let share = percent(shots.count("v2"), shots.shots.len());
        println!("{weight} %: {share:.2} % of {} requests", shots.shots.len());
        assert!(shots.shots.len() >= 100, "enough to judge {weight} %");
        assert!(
            (share - f64::from(weight)).abs() <= 2.0,
            "{weight} %: {share}"
        );
    }
    println!("the ramp: {}", tally.summary());
    tally.assert_none_failed("on the way");
    let status = system.status(&app);
    assert_eq!(
        (status.state.as_str(), active(&status).as_str()),
        ("steady", "v2"),
        "by itself"
    );
    let previous = status.previous.map(|version| version.to_string());
    assert_eq!(previous.as_deref(), Some("v1"), "and back is possible");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn abort_takes_everything_back_at_once_and_stale_commands_are_refused() {
    let system = System::start();
    let app = system.app("e2e-abort");
    staged(&system, &app);
    let load = system.load(&app.live(), 8, 50);
    let begun = system.post(&app, "shift", r#"{"plan":"canary"}"#);
    load.wait_for(300);
    let stale = (begun.generation - 1).to_string();
    let refused =
        system
            .pointsman
            .cli(&["finish", app.name, ENV, "--if-match", &stale, "--no-wait"]);
    assert_ne!(refused.output.status.code(), Some(0), "another generation");
    assert_eq!(intended(&system, &app), 5, "and nothing happened");
    system
        .pointsman
        .done(&["abort", app.name, ENV, "--wait", "applied"]);
    let back = load.now();
    load.wait_for(300);
    let tally = load.stop();
    tally.assert_none_failed("while a share was given and taken");
    let after = tally.sent_after(back);
    assert_eq!(after.count("v2"), 0, "after the abort: {:?}", after.words());
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn rollback_works_while_the_candidate_is_dead_docker_is_away_and_all_is_frozen() {
    let mut relay = Relay::start();
    let socket = relay.socket();
    let system = System::with(Sandbox::enter(), Some(&socket));
    let app = system.app("e2e-back");
    app.stack("v1").up();
    let candidate = app.deploy("v2");
    system.place(&app, "v1", Some("v2"));
    system.pointsman.done(&["switch", app.name, ENV]);
    system.expect(&app.live(), "v2", SOON);
    system
        .pointsman
        .done(&["freeze", app.name, ENV, "--why", "audit"]);
    candidate.down();
    system.expect_status(&app.live(), &[503], SOON);
    relay.cut();
    system.pointsman.done(&["rollback", app.name, ENV]);
    let took = system.expect(&app.live(), "v1", SOON);
    println!("back after {} ms", took.as_millis());
    relay.mend();
}

#[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}
