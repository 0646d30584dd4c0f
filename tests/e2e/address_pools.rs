//! An Engine runs out of addresses for networks exactly when Pointsman said that it would.

use std::time::Duration;

use pointsman::api::DiagnosticEntry;

use crate::support::docker::{MARK, Sandbox};
use crate::support::engine::{Containers, Engine};
use crate::support::pointsman::Pointsman;
use crate::support::{ports, within};

const SOON: Duration = Duration::from_secs(10);
/// Eight networks.
const POOL: &str = "base=10.230.0.0/21,size=24";

fn create(name: &str) -> [&str; 5] {
    ["network", "create", "--label", MARK, name]
}

/// What `doctor` finds.
fn doctors(pointsman: &Pointsman) -> Option<String> {
    let (_, said) = pointsman.doctor(&[]);
    let mut findings = said["findings"].as_array()?.iter();
    let low = findings.find(|it| it["code"] == "subnets-low")?;
    Some(low["message"].to_string())
}

/// Told by `doctor`, and in the diagnostics of a daemon that looks anew.
#[track_caller]
fn expect(pointsman: &mut Pointsman, diagnosed: &str, by_doctor: &str) {
    let said = doctors(pointsman).unwrap();
    assert!(said.contains(by_doctor), "{said}");
    pointsman.stop();
    pointsman.start_again();
    within(SOON, diagnosed, || {
        let found: Vec<DiagnosticEntry> = pointsman.get("/v1/diagnostics");
        let is_told =
            |it: &DiagnosticEntry| it.code == "address-pools-low" && it.message.contains(diagnosed);
        let is_told = found.iter().any(is_told);
        is_told.then_some(()).ok_or_else(|| format!("{found:?}"))
    });
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn the_last_networks_are_counted_and_the_next_one_is_refused() {
    let sandbox = Sandbox::enter();
    let engine = Engine::start_pooled(&sandbox, Containers::Restart, Some(POOL));
    let docker = &engine.docker;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    // one of the eight is the Engine's own bridge, and three are left
    let (few, last) = names.split_at(4);
    for name in few {
        docker.run(&create(name));
    }
    let mut pointsman = Pointsman::start(Some(&engine.socket()), ports::free());
    assert_eq!(doctors(&pointsman), None, "three are not few");
    let messages = [
        ("room for 2 more networks", "room for 2 more networks,"),
        ("room for one more network", "room for 1 more network,"),
        ("room for no further network", "room for 0 more networks,"),
    ];
    for (name, (diagnosed, by_doctor)) in last.iter().zip(messages) {
        docker.run(&create(name));
        expect(&mut pointsman, diagnosed, by_doctor);
    }
    let refused = docker.command().args(create("h")).output().unwrap();
    let refused = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.contains("could not find an available"), "{refused}");
    docker.run(&["network", "rm", "c"]);
    expect(&mut pointsman, messages[1].0, messages[1].1);
    docker.run(&create("h"));
}
