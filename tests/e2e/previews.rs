//! A deployed version answers at its preview hosts, soon and on both forms of the name.

use std::time::Duration;

use crate::support::app::PREVIEW_LIMIT;
use crate::support::millis;
use crate::support::system::System;

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn preview_answers_within_two_seconds_of_compose_up() {
    let system = System::start();
    let app = system.app("e2e-preview");
    let stack = app.stack("v1.2.0").replicas(2);
    let returned = stack.up();
    for form in ["v1.2.0", "v1-2-0"] {
        system.expect(&app.preview(form), "v1.2.0", PREVIEW_LIMIT);
        let took = returned.elapsed();
        println!(
            "preview {form}: {} ms after compose up returned",
            millis(took)
        );
        assert!(took < PREVIEW_LIMIT, "{form} took {took:?}");
    }
    assert_eq!(
        system.answer(&app.live()).unwrap().status,
        404,
        "nothing is live yet"
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn preview_is_unavailable_and_not_unknown_until_it_is_healthy() {
    let system = System::start();
    let app = system.app("e2e-starting");
    let host = app.preview("v1");
    let load = system.load(&host, 1, 100);
    let slow = "healthcheck: {interval: 2s}";
    app.stack("v1").extra(slow).up_without_waiting();
    system.expect(&host, "v1", Duration::from_secs(10));
    load.wait_for(10);
    let tally = load.stop();
    println!("while it started: {}", tally.summary());
    let mut phases: Vec<String> = tally
        .shots
        .iter()
        .map(|shot| {
            shot.outcome
                .clone()
                .map_or_else(|e| e, |a| a.status.to_string())
        })
        .collect();
    phases.dedup();
    assert_eq!(
        phases,
        ["404", "503", "200"],
        "unknown, then starting, then there; never anything else"
    );
}
