//! Pointsman for managed containers alone, beside Traefik's own Docker provider for all others.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::docker::{MARK, WHOAMI};
use crate::support::system::System;
use crate::support::within;

const SOON: Duration = Duration::from_secs(10);
/// What the documentation recommends for Traefik.
const DOCKER: &str = "--providers.docker=true";
const CONSTRAINTS: &str = "--providers.docker.constraints=!LabelRegex(`pointsman.app`, `.+`)";
const HTTP_FIRST: &str = "--providers.precedence=http,docker";
const DOCKER_FIRST: &str = "--providers.precedence=docker,http";

/// Full names of the routers or services whose name has a part; its API answers a moment after its ping.
fn names(system: &System, kind: &str, part: &str) -> Result<BTreeSet<String>, String> {
    let target = format!("/api/http/{kind}?search={part}");
    let answer = system.traefik.ask(&target)?;
    if answer.status != 200 {
        return Err(format!("{answer:?}"));
    }
    let all: Vec<serde_json::Value> = answer.json();
    let name = |object: &serde_json::Value| object["name"].as_str().unwrap().to_owned();
    Ok(all.iter().map(name).collect())
}

/// Waits until Traefik has all these names.
fn expect_names(system: &System, kind: &str, part: &str, wanted: &[&str]) {
    let wanted: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
    within(SOON, &format!("{kind} {part}"), || {
        let seen = names(system, kind, part)?;
        (seen == wanted).then_some(()).ok_or(format!("{seen:?}"))
    });
}

/// An unmanaged container; its version is its name.
fn run(system: &System, name: &str, labels: &[&str]) {
    let environment = format!("VERSION={name}");
    let mut args = vec!["run", "-d", "--name", name, "--label", MARK];
    args.extend(labels.iter().flat_map(|label| ["--label", *label]));
    args.extend(["--env", &environment, WHOAMI]);
    system.sandbox.docker.run(&args);
}

/// Every one of some requests is answered by a version.
fn always(system: &System, host: &str, version: &str) {
    for _ in 0..20 {
        let answer = system.answer(host).unwrap();
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, version),
            "{host}"
        );
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn each_provider_has_its_own_containers() {
    let system = System::beside(&[DOCKER, CONSTRAINTS], &["--managed-only"]);
    let app = system.app("e2e-beside");
    app.deploy("v1");
    run(
        &system,
        "e2e-plain",
        &["traefik.http.routers.e2e-plain.rule=Host(`plain-e2e.test`)"],
    );
    system.place(&app, "v1", None);
    system.expect("plain-e2e.test", "e2e-plain", SOON);
    expect_names(&system, "routers", "e2e-plain", &["e2e-plain@docker"]);
    expect_names(&system, "services", "e2e-plain", &["e2e-plain@docker"]);
    expect_names(
        &system,
        "routers",
        "e2e-beside",
        &["e2e-beside-dev-web@http"],
    );
    expect_names(
        &system,
        "services",
        "e2e-beside",
        &["e2e-beside-dev-web@http", "e2e-beside-dev-web-v1@http"],
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn without_the_constraint_the_docker_provider_serves_managed_containers_too() {
    let system = System::beside(&[DOCKER], &["--managed-only"]);
    let app = system.app("e2e-both");
    app.deploy("v1");
    system.place(&app, "v1", None);
    expect_names(
        &system,
        "routers",
        "e2e-both",
        &["e2e-both-dev-web@http", "web-e2e-both-dev-v1@docker"],
    );
}

/// An unmanaged container that wants a host with a priority.
fn rival(system: &System, host: &str, priority: u32) {
    let rule = format!("traefik.http.routers.e2e-rival.rule=Host(`{host}`)");
    let priority = format!("traefik.http.routers.e2e-rival.priority={priority}");
    run(system, "e2e-rival", &[&rule, &priority]);
    expect_names(system, "routers", "e2e-rival", &["e2e-rival@docker"]);
}

// Traefik names a default order in which docker stands before http. Unless it is set, Traefik 3.7.15 does not keep to
// it: a tie goes to either, and to another with each document that it applies.
#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_tie_is_settled_by_the_precedence_that_is_set() {
    let mut system = System::beside(&[DOCKER, CONSTRAINTS, HTTP_FIRST], &["--managed-only"]);
    let app = system.app("e2e-tie");
    app.stack("v1")
        .label("traefik.http.routers.web.priority", "500")
        .up();
    system.place(&app, "v1", None);
    let host = app.live();
    rival(&system, &host, 500);
    always(&system, &host, "v1");
    system.traefik.stop();
    system
        .traefik
        .set_flags(&[DOCKER, CONSTRAINTS, DOCKER_FIRST]);
    system.traefik.start_again();
    expect_names(&system, "routers", "e2e-rival", &["e2e-rival@docker"]);
    system.expect(&host, "e2e-rival", SOON);
    expect_names(&system, "routers", "e2e-tie-dev", &["e2e-tie-dev-web@http"]);
    always(&system, &host, "e2e-rival");
    system.sandbox.docker.run(&["rm", "-f", "e2e-rival"]);
    system.expect(&host, "v1", SOON);
    expect_names(&system, "routers", "e2e-rival", &[]);
    rival(&system, &host, 499);
    always(&system, &host, "v1");
}
