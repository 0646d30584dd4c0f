//! How long a switch takes to reach the traffic.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::support::docker::Sandbox;
use crate::support::http::{Ask, Client};
use crate::support::random::{Random, often};
use crate::support::system::System;
use crate::support::traefik::Traefik;
use crate::support::{millis, results, root, runtime};

const SWITCHES: usize = 5;

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn switch_latency() {
    let times = measure(&System::start());
    report("switch latency", "switch-latency", &times);
}

/// Without a default certificate Traefik makes one, with a new RSA key, for every document it applies: most of the time
/// that a switch takes.
#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn switch_latency_with_a_default_certificate() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tls.yaml");
    let pem = |name: &str| root().join("tests/fixtures/docker-tls").join(name);
    let certificate = json!({ "certFile": pem("server.pem"), "keyFile": pem("server-key.pem") });
    let store = json!({ "default": { "defaultCertificate": certificate } });
    let mut file = File::create(&path).unwrap();
    write!(file, "{}", json!({ "tls": { "stores": store } })).unwrap();
    let traefik = Traefik::on_free_ports().reading(path);
    let times = measure(&System::of(Sandbox::enter(), None, traefik));
    let title = "switch latency with a default certificate";
    report(title, "switch-latency-default-certificate", &times);
}

/// Command sent to first answer from the new slot, seen by a client that asks every 2 ms through Traefik; sorted. The
/// pauses are longer than Traefik's poll interval and of random length, so that commands come at any moment of it.
fn measure(system: &System) -> Vec<Duration> {
    let app = system.app("e2e-latency");
    for version in ["v1", "v2"] {
        app.deploy(version);
    }
    system.place(&app, "v1", Some("v2"));
    let mut random = Random::seeded();
    let switch = Ask::post("localhost", &format!("{}/switch", app.path()), "");
    let connect = <Client>::connect(system.pointsman.admin);
    let mut admin = runtime().block_on(connect).unwrap();
    let load = system.load(&app.live(), 1, 500);
    let mut commands = Vec::new();
    for _ in 0..often("POINTSMAN_SWITCHES", SWITCHES) {
        std::thread::sleep(Duration::from_secs(1) + random.moment(Duration::from_millis(500)));
        commands.push(load.now());
        let answer = runtime().block_on(admin.ask(&switch)).unwrap();
        assert_eq!(answer.status, 200, "switch: {}", answer.body);
    }
    std::thread::sleep(Duration::from_secs(1));
    let tally = load.stop();
    tally.assert_none_failed("during isolated switches");
    let ends = commands.iter().skip(1).copied().chain([Duration::MAX]);
    let rounds = commands.iter().zip(ends).enumerate();
    let mut times: Vec<Duration> = rounds
        .map(|(round, (from, to))| tally.takeover(*from, to, ["v2", "v1"][round % 2]))
        .collect();
    times.sort();
    assert!(median(&times) < Duration::from_millis(1500), "{times:?}");
    times
}

fn median(sorted: &[Duration]) -> Duration {
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2
}

fn report(title: &str, name: &str, sorted: &[Duration]) {
    let (median, p90) = (
        millis(median(sorted)),
        millis(sorted[sorted.len() * 9 / 10 - 1]),
    );
    let max = millis(sorted[sorted.len() - 1]);
    println!("{title} median={median} ms p90={p90} ms max={max} ms");
    let all: Vec<f64> = sorted.iter().copied().map(millis).collect();
    let figures = json!({ "switches": sorted.len(), "median_ms": median, "p90_ms": p90, "max_ms": max, "all_ms": all });
    let mut file = File::create(results().join(format!("{name}.json"))).unwrap();
    writeln!(file, "{figures:#}").unwrap();
}
