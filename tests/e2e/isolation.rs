//! Versions never take each other's traffic.

use std::time::Duration;

use pointsman::api::DiagnosticEntry;

use crate::support::app::{App, Stack};
use crate::support::system::System;

const SOON: Duration = Duration::from_secs(10);
const CUSTOMER: &str = "www.customer-e2e.test";

/// One compose file for all versions, with its own preview host and a customer's host.
fn with_customer(app: &App, version: &str) -> Stack {
    let rule = format!("Host(`{}`) || Host(`{CUSTOMER}`)", app.preview(version));
    app.stack(version)
        .label("traefik.http.routers.web.rule", &rule)
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn foreign_host_preview_takes_no_live_traffic() {
    let system = System::start();
    let app = system.app("e2e-foreign");
    with_customer(&app, "v1").up();
    system.place(&app, "v1", None);
    system.expect(CUSTOMER, "v1", SOON);
    let load = system.load(CUSTOMER, 8, 50);
    with_customer(&app, "v2").up();
    system.expect(&app.preview("v2"), "v2", SOON);
    load.wait_for(200);
    system.post(&app, "promote", r#"{"version":"v2"}"#);
    system.expect(&app.staged(), "v2", SOON);
    load.wait_for(200);
    let tally = load.stop();
    println!("{CUSTOMER}: {}", tally.summary());
    tally.assert_none_failed("while v2 was a preview, and staged");
    assert_eq!(tally.count("v1"), tally.shots.len(), "all of it is v1's");

    let load = system.load(CUSTOMER, 8, 50);
    load.wait_for(50);
    let asked = load.now();
    system.post(&app, "switch", "");
    system.expect(CUSTOMER, "v2", SOON);
    load.wait_for(200);
    let tally = load.stop();
    tally.assert_none_failed("when the customer's host moved with the switch");
    tally.takeover(asked, Duration::MAX, "v2");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn two_versions_one_project_never_mix() {
    let system = System::start();
    let app = system.app("e2e-mix");
    let older = app.stack("v1.2.0");
    older.up();
    system.expect(&app.preview("v1.2.0"), "v1.2.0", SOON);
    let (both, own) = (app.preview("v1-2-0"), app.preview("v1.2.0"));
    let loads = [&both, &own].map(|host| system.load(host, 4, 25));
    // compose would replace the older one's containers; under another project name it cannot
    let mut newer = app.stack("v1-2-0");
    newer.project = "e2e-mix-newcomer".to_owned();
    newer.up();
    let refused = |found: &DiagnosticEntry| {
        found.subject.contains("v1-2-0") && found.subject.contains(app.name)
            || found.message.contains("v1-2-0")
    };
    let found: Vec<DiagnosticEntry> = system.pointsman.get("/v1/diagnostics");
    assert!(
        found.iter().any(refused),
        "the newcomer is refused, and that is said: {found:#?}"
    );
    for load in &loads {
        load.wait_for(200);
    }
    for load in loads {
        let tally = load.stop();
        tally.assert_none_failed("while a second version wanted the name");
        assert_eq!(
            tally.count("v1.2.0"),
            tally.shots.len(),
            "the older one keeps it"
        );
    }
    // with the older one gone, the name is free
    assert!(older.down().0, "compose down");
    system.expect(&both, "v1-2-0", SOON);
    system.expect_status(&own, &[404], SOON);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn two_versions_in_one_compose_project_never_mix() {
    let system = System::start();
    let app = system.app("e2e-replace");
    app.deploy("v1.2.0");
    let (slug, own) = (app.preview("v1-2-0"), app.preview("v1.2.0"));
    system.expect(&own, "v1.2.0", SOON);
    system.expect(&slug, "v1.2.0", SOON);
    let load = system.load(&own, 2, 50);
    // the same project: compose replaces the containers, and the Engine gives the new one the old one's address, which
    // is the old one's for Traefik until it has the next document
    app.deploy("v1-2-0");
    system.expect(&slug, "v1-2-0", SOON);
    let replaced = load.now();
    load.wait_for(100);
    let tally = load.stop();
    println!("the replaced one's name: {}", tally.summary());
    let after = tally.sent_after(replaced).words();
    let words: Vec<&String> = after.keys().collect();
    assert_eq!(words, ["404"], "it is nobody's: {after:?}");
}
