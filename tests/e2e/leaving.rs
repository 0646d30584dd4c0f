//! A container that is told to stop gets no new request, although it goes on answering for a while.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::docker::{Docker, MARK, WHOAMI};
use crate::support::http::Ask;
use crate::support::load::Load;
use crate::support::random::often;
use crate::support::system::System;
use crate::support::tally::Tally;
use crate::support::{millis, within};

const SOON: Duration = Duration::from_secs(10);
const ROUNDS: usize = 1;
/// How long the sample app goes on after SIGTERM.
const LINGER: Duration = Duration::from_secs(4);
/// After this nothing is sent to it any more.
const WITHDRAWN: Duration = Duration::from_secs(2);

/// Runs a container with plain labels; `--stop-timeout` and the like go before the image.
fn run(docker: &Docker, name: &str, host: &str, options: &[&str]) {
    let rule = format!("traefik.http.routers.{host}.rule=Host(`{host}`)");
    let port = format!("traefik.http.services.{host}.loadbalancer.server.port=80");
    let head = ["run", "-d", "--name", name, "--hostname", name];
    let labels = ["--label", MARK, "--label", &rule, "--label", &port];
    docker.run(&[&head[..], &labels, options, &[WHOAMI]].concat());
}

/// How many containers answered for it, by their host names.
fn answering(system: &System, host: &str) -> usize {
    let load = system.load_at("/", host, 4, 100);
    load.wait_for(60);
    load.stop().words().len()
}

fn both_answer(system: &System, host: &str) {
    within(
        SOON,
        &format!("both replicas of {host} answer"),
        || match answering(system, host) {
            2 => Ok(()),
            other => Err(format!("{other} answer")),
        },
    );
}

fn since_epoch() -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "the Engine's events are told in it"
    )]
    let now = SystemTime::now();
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

/// When the Engine told the container to stop. The command line may take a second to get there on a busy machine.
fn killed_at(docker: &Docker, command: &[&str], (begun, ended): (Duration, Duration)) -> Duration {
    let seconds = |time: Duration| format!("{:.9}", time.as_secs_f64());
    let container = format!("container={}", command.last().unwrap());
    let (since, until) = (seconds(begun), seconds(ended));
    let window = ["events", "--since", &since, "--until", &until];
    let filter = ["--filter", &container, "--filter", "event=kill"];
    let told = docker.run(&[&window[..], &filter, &["--format", "{{.TimeNano}}"]].concat());
    let first = told.lines().next().expect("it was told to stop");
    Duration::from_nanos(first.trim().parse().unwrap())
}

/// Stops one of two (named by `word` in its answers) and gives what happened meanwhile, and when it was told to stop.
fn stop_under_load(system: &System, host: &str, command: &[&str]) -> (Tally, Duration) {
    let load: Load = system.load_at("/", host, 8, 50);
    load.wait_for(200);
    let (begun, began_at) = (since_epoch(), load.now());
    system.sandbox.docker.run(command);
    let (ended, done) = (since_epoch(), load.now());
    let killed = killed_at(&system.sandbox.docker, command, (begun, ended));
    let told = began_at + killed.saturating_sub(begun);
    within(SOON, "some more requests", || {
        let later = load.now();
        let enough = later > done + Duration::from_millis(500);
        enough.then_some(()).ok_or_else(|| format!("{later:?}"))
    });
    (load.stop(), told)
}

/// No request failed, and none was sent to the leaving one once it was withdrawn, while it still answered.
fn assert_withdrawn(tally: &Tally, told: Duration, leaving: &str, when: &str) {
    tally.assert_none_failed(when);
    let by_it = |words: std::collections::BTreeMap<String, usize>| -> usize {
        let its = words.iter().filter(|(word, _)| word.contains(leaving));
        its.map(|(_, count)| count).sum()
    };
    let before = by_it(tally.sent_in(Duration::ZERO, told).words());
    assert!(before > 0, "{leaving} answered before: {:?}", tally.words());
    let after = by_it(tally.sent_in(told + WITHDRAWN, told + LINGER).words());
    assert_eq!(
        after, 0,
        "{leaving} got requests after it was told to stop, {when}"
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_replica_that_is_stopped_gracefully_costs_no_request() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    let mut total = 0;
    let app = system.app("e2e-leaving");
    let linger = format!("environment: {{LINGER_MS: \"{}\"}}", LINGER.as_millis());
    let stack = app.stack("v1").replicas(2).extra(&linger);
    stack.up();
    system.place(&app, "v1", None);
    for name in ["e2e-plain-1", "e2e-plain-2"] {
        let linger = format!("LINGER_MS={}", LINGER.as_millis());
        run(docker, name, "leaving-plain-e2e", &["--env", &linger]);
    }
    let managed = stack.ids().pop_first().unwrap();
    for (host, id) in [
        (app.live(), managed.as_str()),
        ("leaving-plain-e2e".to_owned(), "e2e-plain-1"),
    ] {
        let hostname = docker.run(&["inspect", "-f", "{{.Config.Hostname}}", id]);
        for round in 0..often("POINTSMAN_STOPS", ROUNDS) {
            for command in [&["stop", id][..], &["restart", id]] {
                docker.run(&["start", id]);
                both_answer(&system, &host);
                let (tally, told) = stop_under_load(&system, &host, command);
                let when = format!("round {round}: docker {command:?} of {host}");
                println!("{when}: {}", tally.summary());
                assert_withdrawn(&tally, told, &hostname, &when);
                total += tally.shots.len();
            }
        }
    }
    println!("{total} requests, 0 failed");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_hangup_is_no_reason_for_a_new_revision() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    run(docker, "e2e-hup", "hup-e2e", &["--env", "VERSION=hup"]);
    system.expect("hup-e2e", "hup", SOON);
    let before = system.marker();
    let published = || {
        let metrics = system.pointsman.ask(&Ask::get("localhost", "/metrics"));
        let text = metrics.unwrap().body;
        let mut lines = text.lines().map(str::to_owned);
        lines.find(|line| line.starts_with("pointsman_published_revisions_total"))
    };
    let count = published();
    assert!(count.is_some(), "it is counted");
    // the first asks what its stop signal is, the others know
    for _ in 0..3 {
        for signal in ["HUP", "USR1", "WINCH"] {
            docker.run(&["kill", "-s", signal, "e2e-hup"]);
        }
    }
    docker.run(&["update", "--restart", "no", "e2e-hup"]);
    // an event that does count, told after all of these
    docker.run(&["pause", "e2e-hup"]);
    system.expect_no_router("hup-e2e", SOON);
    docker.run(&["unpause", "e2e-hup"]);
    system.expect("hup-e2e", "hup", SOON);
    assert_eq!(system.marker(), before, "the document it had before");
    let only = published();
    let number = |line: &Option<String>| -> u64 {
        let line = line.as_ref().unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(
        number(&only),
        number(&count) + 2,
        "the pause and its end: {count:?}, {only:?}"
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn what_does_not_stop_is_admitted_again_and_named() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    let options = [
        "--stop-timeout",
        "1",
        "--env",
        "LINGER_MS=600000",
        "--env",
        "VERSION=deaf",
    ];
    run(docker, "e2e-deaf", "deaf-e2e", &options);
    system.expect("deaf-e2e", "deaf", SOON);
    docker.run(&["kill", "-s", "TERM", "e2e-deaf"]);
    let withdrawn = system.expect_status("deaf-e2e", &[404], SOON);
    let back = system.expect("deaf-e2e", "deaf", SOON);
    println!(
        "withdrawn after {} ms, back {} ms later",
        millis(withdrawn),
        millis(back)
    );
    let found = system.findings("e2e-deaf");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, "still-running", "{found:?}");
    docker.run(&["restart", "--time", "1", "e2e-deaf"]);
    system.expect("deaf-e2e", "deaf", SOON);
    assert!(system.findings("e2e-deaf").is_empty(), "a start ends it");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn pause_rename_and_networks_are_followed() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    docker.run(&["network", "create", "--label", MARK, "e2e-other"]);
    let args = [
        "run",
        "-d",
        "--name",
        "e2e-first",
        "--label",
        MARK,
        "--env",
        "VERSION=one",
        WHOAMI,
    ];
    docker.run(&args);
    let took = |what: &str, took: Duration| println!("{what}: {} ms", millis(took));
    system.expect("e2e-first", "one", SOON);
    docker.run(&["rename", "e2e-first", "e2e-second"]);
    took(
        "renamed, the new host answers",
        system.expect("e2e-second", "one", SOON),
    );
    took(
        "and the old one is unknown",
        system.expect_status("e2e-first", &[404], SOON),
    );
    docker.run(&["pause", "e2e-second"]);
    took("paused", system.expect_no_router("e2e-second", SOON));
    docker.run(&["unpause", "e2e-second"]);
    took("unpaused", system.expect("e2e-second", "one", SOON));
    let server = || {
        let document: Value = system.pointsman.get("/v1/document");
        let servers = &document["http"]["services"]["e2e-second"]["loadBalancer"]["servers"];
        servers[0]["url"].as_str().map(str::to_owned)
    };
    let before = server();
    docker.run(&["network", "connect", "e2e-other", "e2e-second"]);
    docker.run(&["network", "disconnect", "bridge", "e2e-second"]);
    within(SOON, "another address", || {
        let now = server();
        let moved = now.is_some() && now != before;
        moved.then_some(()).ok_or_else(|| format!("{now:?}"))
    });
    system.expect_applied("the move: before it a request would hang");
    took(
        "in another network",
        system.expect("e2e-second", "one", SOON),
    );
    docker.run(&["network", "disconnect", "e2e-other", "e2e-second"]);
    took("in none", system.expect_no_router("e2e-second", SOON));
    docker.run(&["network", "connect", "e2e-other", "e2e-second"]);
    took("back", system.expect("e2e-second", "one", SOON));
    docker.run(&["rm", "-f", "e2e-second"]);
    took("gone", system.expect_no_router("e2e-second", SOON));
    system.expect_applied("all of it");
}
