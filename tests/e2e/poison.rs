//! Labels that would make Traefik refuse the whole document do not: the document stays one that it applies, and other
//! apps do not notice.

use std::time::Duration;

use serde_json::Value;

use crate::support::docker::{MARK, WHOAMI};
use crate::support::system::System;

const SOON: Duration = Duration::from_secs(3);

const POISON: [(&str, &[&str]); 7] = [
    (
        "del",
        &["traefik.http.routers.e2e-del.rule=Host(`del-e2e.test`) && PathPrefix(`/\u{7f}`)"],
    ),
    (
        "c1",
        &[
            "traefik.http.middlewares.e2e-c1.headers.customrequestheaders.X-E2e=\u{85}\u{9b}\u{feff}",
        ],
    ),
    (
        "chain",
        &[
            "traefik.http.routers.e2e-chain.rule=Host(`chain-e2e.test`)",
            "traefik.http.routers.e2e-chain.middlewares=e2e-chain",
            "traefik.http.middlewares.e2e-chain.chain.middlewares=",
        ],
    ),
    (
        "bracket",
        &["traefik.http.routers.a].rule=Host(`bracket-e2e.test`)"],
    ),
    (
        "at",
        &["traefik.http.routers.e2e@docker.rule=Host(`at-e2e.test`)"],
    ),
    (
        "empty",
        &[
            "traefik.http.routers.e2e-empty.tls=true",
            "traefik.http.services..loadbalancer.server.port=",
        ],
    ),
    (
        "rule",
        &[
            "traefik.http.routers.e2e-rule.rule=Host(`unclosed",
            "traefik.http.routers.e2e-rule.priority=many",
        ],
    ),
];

/// The name of the middleware that stands for the newest revision.
fn marker(system: &System) -> String {
    let document: Value = system.pointsman.get("/v1/document");
    let middlewares = document["http"]["middlewares"].as_object().unwrap();
    let mut names = middlewares.keys();
    names
        .find(|name| name.starts_with("pointsman-rev-"))
        .unwrap()
        .clone()
}

/// Traefik has what Pointsman has.
fn expect_applied(system: &System, after: &str) {
    crate::support::within(SOON, &format!("applied after {after}"), || {
        system.traefik.has(&marker(system))
    });
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn poison_labels_never_make_traefik_refuse_the_document() {
    let system = System::start();
    let app = system.app("e2e-poison");
    for version in ["v1", "v2"] {
        app.deploy(version);
    }
    system.place(&app, "v1", Some("v2"));
    let load = system.load(&app.live(), 2, 50);
    let docker = &system.sandbox.docker;
    for (round, (name, labels)) in POISON.iter().enumerate() {
        let before = marker(&system);
        let container = format!("e2e-poison-{name}");
        let mut args = vec![
            "run",
            "-d",
            "--no-healthcheck",
            "--name",
            &container,
            "--label",
            MARK,
        ];
        args.extend(labels.iter().flat_map(|label| ["--label", label]));
        args.push(WHOAMI);
        docker.run(&args);
        // it has a port, so it is routed, by its default rule if not by that of its labels
        crate::support::within(SOON, &format!("{name} is seen"), || {
            let now = marker(&system);
            if now == before { Err(now) } else { Ok(()) }
        });
        expect_applied(&system, name);
        system.post(&app, "switch", "");
        system.expect(&app.live(), ["v2", "v1"][round % 2], SOON);
        expect_applied(&system, &format!("{name} and a switch"));
    }
    let tally = load.stop();
    println!(
        "among {} kinds of poison: {}",
        POISON.len(),
        tally.summary()
    );
    tally.assert_none_failed("among poisoned labels");
}
