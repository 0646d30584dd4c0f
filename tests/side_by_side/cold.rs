//! P7: from the start of the process to the whole document, against Traefik's own Docker provider.

use std::time::Duration;

use serde_json::{Value, json};

use crate::e2e::within;
use crate::support::figures::{Report, Times, ratio};
use crate::support::host::{Host, Kind, described, service};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;
use crate::support::{Asker, PATIENCE, sized};

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn cold_start() {
    let size = sized(20, 1_000);
    let host = Host::of(size, Kind::Plain);
    let last = described(size - 1, Kind::Plain);
    let (mut ours, mut theirs, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..sized(1, 10) {
        let before = host.engine.count("/containers/json");
        ours.push(pointsman(&host, size));
        lists.push(host.engine.count("/containers/json") - before);
        theirs.push(docker(&host, service(&last)));
    }
    let (ours, theirs) = (Times::new(ours), Times::new(theirs));
    let mut report = Report::new(
        "cold-start",
        &[
            "containers",
            "Pointsman",
            "providers.docker",
            "share",
            "lists",
        ],
    );
    let cells = [
        size.to_string(),
        ours.spread(),
        theirs.spread(),
        format!("{:.2}", ratio(ours.median(), theirs.median())),
        format!("{lists:?}"),
    ];
    let raw = json!({ "containers": size, "lists": lists, "pointsman_us": ours.micros(), "docker_us": theirs.micros() });
    report.row(&cells, raw);
    report.write();
    assert!(
        lists.iter().all(|lists| *lists == 1),
        "one list each: {lists:?}"
    );
}

/// To the first 200, which must have everything.
fn pointsman(host: &Host, size: usize) -> Duration {
    let daemon = Pointsman::start(&host.socket());
    let (body, took) = daemon.document();
    let document: Value = serde_json::from_str(&body).unwrap();
    let routers = document["http"]["routers"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    assert_eq!(routers, size / 2, "two replicas have one router");
    took
}

/// To the configuration in force: all of it comes at once.
fn docker(host: &Host, last: &str) -> Duration {
    let traefik = Traefik::docker(&host.socket());
    let path = traefik.path("routers", last);
    let mut kept: Option<Asker> = None;
    within(PATIENCE, &path, || {
        let mut asker = match kept.take() {
            Some(asker) => asker,
            None => Asker::connect(traefik.api)?,
        };
        let answer = asker.get(&path)?;
        kept = Some(asker);
        (answer.status == 200)
            .then_some(())
            .ok_or_else(|| format!("{answer:?}"))
    });
    traefik.begun.elapsed()
}
