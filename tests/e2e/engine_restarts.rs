//! Restarts of the Docker Engine, on one of the test's own.

use std::time::Duration;

use crate::support::app::App;
use crate::support::docker::Sandbox;
use crate::support::engine::{Containers, Engine};
use crate::support::millis;
use crate::support::system::{System, placement};

const SOON: Duration = Duration::from_secs(10);

fn app(engine: &Engine, name: &'static str) -> App {
    let docker = engine.docker.clone();
    App { name, docker }
}

/// v1 is live, v2 staged, v3 a preview; all come back with the Engine.
fn three_versions(system: &System, app: &App) {
    for version in ["v1", "v2", "v3"] {
        app.stack(version).extra("restart: always").up();
    }
    system.place(app, "v1", Some("v2"));
}

fn expect_all(system: &System, app: &App, limit: Duration) {
    system.expect(&app.live(), "v1", limit);
    system.expect(&app.staged(), "v2", limit);
    system.expect(&app.preview("v3"), "v3", limit);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn docker_restart_brings_all_routes_back() {
    let sandbox = Sandbox::enter();
    let mut engine = Engine::start(&sandbox, Containers::Restart);
    let system = System::with(sandbox, Some(&engine.socket()));
    let app = app(&engine, "e2e-engine");
    three_versions(&system, &app);
    let before = placement(&system.status(&app));
    let stopped = engine.stop();
    // no container runs: unavailable, but not forgotten
    system.expect_status(&app.live(), &[502, 503, 504], SOON);
    assert_eq!(
        placement(&system.status(&app)),
        before,
        "slots while Docker is down"
    );
    let answers = engine.start_again();
    let took = system.expect(&app.live(), "v1", Duration::from_secs(10));
    expect_all(&system, &app, Duration::from_secs(10));
    println!(
        "Docker ended after {} ms, answered after {} ms, live host {} ms later",
        millis(stopped),
        millis(answers),
        millis(took)
    );
    assert_eq!(
        placement(&system.status(&app)),
        before,
        "slots after Docker's restart"
    );
    system.post(&app, "switch", "");
    system.expect(&app.live(), "v2", SOON);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn docker_killed_with_live_restore_is_not_seen_by_anybody() {
    let sandbox = Sandbox::enter();
    let mut engine = Engine::start(&sandbox, Containers::Stay);
    let system = System::with(sandbox, Some(&engine.socket()));
    let app = app(&engine, "e2e-restore");
    three_versions(&system, &app);
    let before = placement(&system.status(&app));
    let probes =
        [app.live(), app.staged(), app.preview("v3")].map(|host| system.load(&host, 2, 50));
    engine.kill();
    // commands need no Engine
    system.post(&app, "switch", "");
    system.expect(&app.live(), "v2", SOON);
    system.post(&app, "rollback", "");
    system.expect(&app.live(), "v1", SOON);
    let answers = engine.start_again();
    println!("Docker answered after {} ms", millis(answers));
    // it is followed again: a new version is seen
    app.deploy("v4");
    system.expect(&app.preview("v4"), "v4", SOON);
    expect_all(&system, &app, SOON);
    for probe in probes {
        probe.stop().assert_none_failed("while Docker was dead");
    }
    let after = placement(&system.status(&app));
    let slots = |text: &str| {
        text.split_once(" previous")
            .unwrap()
            .0
            .split_once(' ')
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(slots(&after), slots(&before), "slots");
}
