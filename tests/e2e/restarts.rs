//! Restarts of Traefik and of Pointsman: routes stay or come back by themselves, slots are what they were.

use std::time::Duration;

use crate::support::app::App;
use crate::support::millis;
use crate::support::system::{System, placement};

const SOON: Duration = Duration::from_secs(10);

/// v2 is live, v1 stands by, v3 is a preview.
fn three_versions(system: &System, app: &App) {
    for version in ["v1", "v2", "v3"] {
        app.deploy(version);
    }
    system.place(app, "v1", Some("v2"));
    system.post(app, "switch", "");
    expect_all(system, app);
}

fn expect_all(system: &System, app: &App) {
    system.expect(&app.live(), "v2", SOON);
    system.expect(&app.staged(), "v1", SOON);
    system.expect(&app.preview("v3"), "v3", SOON);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn traefik_restart_brings_all_routes_back() {
    let mut system = System::start();
    let app = system.app("e2e-traefik");
    three_versions(&system, &app);
    let before = placement(&system.status(&app));
    for how in ["SIGTERM", "SIGKILL"] {
        if how == "SIGTERM" {
            let took = system.traefik.stop();
            println!("Traefik ended {} ms after SIGTERM", millis(took));
            assert!(
                took < Duration::from_secs(2),
                "held requests do not delay its end"
            );
        } else {
            system.traefik.kill();
        }
        // while it is away, something changes
        system.post(&app, "switch", "");
        system.post(&app, "switch", "");
        let ping = system.traefik.start_again();
        let took = system.expect(&app.live(), "v2", SOON);
        println!(
            "after {how}: routes {} ms after its ping, which came after {} ms",
            millis(took),
            millis(ping)
        );
        expect_all(&system, &app);
    }
    let after = placement(&system.status(&app));
    let without_generation = |text: &str| text.split_once(' ').unwrap().1.to_owned();
    assert_eq!(
        without_generation(&after),
        without_generation(&before),
        "slots"
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn pointsman_restart_is_not_seen_by_anybody() {
    let mut system = System::start();
    let app = system.app("e2e-pointsman");
    three_versions(&system, &app);
    let before = placement(&system.status(&app));
    let probes =
        [app.live(), app.staged(), app.preview("v3")].map(|host| system.load(&host, 2, 50));
    for _ in 0..3 {
        let stopped = system.pointsman.stop();
        // longer than a poll: Traefik sees that it is away
        std::thread::sleep(Duration::from_millis(700));
        let started = system.pointsman.start_again();
        assert_eq!(
            placement(&system.status(&app)),
            before,
            "slots after a restart"
        );
        println!(
            "Pointsman ended after {} ms, ready again after {} ms",
            millis(stopped),
            millis(started)
        );
        std::thread::sleep(Duration::from_millis(700));
    }
    system.post(&app, "switch", "");
    system.expect(&app.live(), "v1", SOON);
    let [live, staged, preview] = probes.map(crate::support::load::Load::stop);
    live.assert_none_failed("at the live host");
    staged.assert_none_failed("at the staged host");
    preview.assert_none_failed("at the preview host");
}
