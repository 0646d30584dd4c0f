//! Shares of live traffic, and the way back from each.

use std::time::Duration;

use crate::support::app::{App, ENV};
use crate::support::system::{System, active};

const SOON: Duration = Duration::from_secs(10);

fn two_versions(system: &System, app: &App) {
    for version in ["v1", "v2"] {
        app.stack(version).replicas(2).up();
    }
    system.place(app, "v1", None);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn weight_25_then_rollback() {
    let system = System::start();
    let app = system.app("e2e-quarter");
    two_versions(&system, &app);
    let load = system.load(&app.live(), 8, 50);
    system
        .pointsman
        .done(&["promote", app.name, ENV, "v2", "25%", "--wait", "applied"]);
    let from = load.now();
    load.wait_for(800);
    let to = load.now();
    let status = system.status(&app);
    assert_eq!(status.state, "shifting", "{status:?}");
    assert_eq!(
        active(&status),
        "v1",
        "a share does not change what is active"
    );
    system.expect(&app.staged(), "v2", SOON);

    system
        .pointsman
        .done(&["rollback", app.name, ENV, "--wait", "applied"]);
    let back = load.now();
    load.wait_for(400);
    let tally = load.stop();
    tally.assert_none_failed("while a share was given and taken");
    let shared = tally.sent_in(from, to);
    let share = share(shared.count("v2"), shared.shots.len());
    println!("25 %: {share:.1} % of {} requests", shared.shots.len());
    assert!(shared.shots.len() >= 400, "enough to judge");
    assert!(
        (20.0..=30.0).contains(&share),
        "{share} % is not about 25 %"
    );
    let after = tally.sent_after(back);
    assert_eq!(
        after.count("v2"),
        0,
        "after the rollback: {:?}",
        after.words()
    );
    let status = system.status(&app);
    assert_eq!(status.state, "steady", "{status:?}");
    assert_eq!(active(&status), "v1", "as before");
    assert_eq!(status.previous, None, "an aborted share is no history");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn weight_100_then_rollback_then_switch() {
    let system = System::start();
    let app = system.app("e2e-whole");
    two_versions(&system, &app);
    let load = system.load(&app.live(), 8, 50);
    load.wait_for(20);
    let mut commands = Vec::new();
    for (new, args) in [
        ("v2", ["promote", app.name, ENV, "v2", "100%"].as_slice()),
        ("v1", &["rollback", app.name, ENV]),
        ("v2", &["switch", app.name, ENV]),
    ] {
        commands.push((load.now(), new));
        system.pointsman.done(args);
        let status = system.status(&app);
        assert_eq!(
            active(&status),
            new,
            "{args:?} commits by itself: {status:?}"
        );
        assert_eq!(status.state, "steady", "{args:?}: {status:?}");
        let old = if new == "v1" { "v2" } else { "v1" };
        let previous = status.previous.map(|version| version.to_string());
        assert_eq!(previous.as_deref(), Some(old), "what rollback returns to");
        system.expect(&app.live(), new, SOON);
        system.expect(&app.staged(), old, SOON);
        load.wait_for(200);
    }
    let tally = load.stop();
    println!("100 %, rollback, switch: {}", tally.summary());
    tally.assert_none_failed("during all three");
    let ends = commands
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .chain([Duration::MAX]);
    for ((from, new), to) in commands.iter().zip(ends) {
        tally.takeover(*from, to, new);
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hundred requests")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}
