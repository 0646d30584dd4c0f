//! P5: a switch until the new slot answers, against the same change of the document through Traefik's file provider.
//!
//! Both Traefiks are under keep-alive load all the time and switch in turn, at random moments.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use crate::e2e::http::{Answer, Ask, ask};
use crate::e2e::load::{Connections, Load, Plan};
use crate::e2e::random::Random;
use crate::e2e::tally::Tally;
use crate::e2e::{runtime, within};
use crate::support::bare::Bare;
use crate::support::fake_engine::{FakeEngine, container};
use crate::support::figures::{Report, Times, ratio};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;
use crate::support::{PATIENCE, sized};

const VERSIONS: [&str; 2] = ["v1", "v2"];
const LIVE: &str = "shop.bench.test";
const ENV: &str = "/v1/envs/shop/dev";

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn switch_to_first_answer() {
    let backends = VERSIONS.map(|version| Bare::start(Bytes::from(version)));
    let engine = {
        let _in = runtime().enter();
        FakeEngine::new()
    };
    for (version, backend) in VERSIONS.iter().zip(&backends) {
        engine.start(replica(version, backend.address));
    }
    let daemon = Pointsman::start(&engine.socket());
    daemon.document();
    let (http, file) = (Traefik::http(daemon.provider), Traefik::file());
    drop((http.asker(), file.asker()));
    daemon.post(&format!("{ENV}/promote"), r#"{"version":"v1"}"#);
    daemon.post(&format!("{ENV}/switch"), "");
    daemon.post(&format!("{ENV}/promote"), r#"{"version":"v2"}"#);
    let documents = [daemon.document().0, switched(&daemon)];
    // back to the first
    switched(&daemon);
    file.write_document(&documents[0]);
    for traefik in [&http, &file] {
        expect(traefik.web, "v1");
    }
    let [of_http, of_file] = [&http, &file].map(|traefik| load(traefik.web));
    let mut random = Random::seeded();
    let (mut switches, mut writes) = (Vec::new(), Vec::new());
    for round in 1..=sized(4, 100) {
        let mut pause = || {
            let more = random.moment(Duration::from_millis(500));
            std::thread::sleep(Duration::from_millis(700) + more);
        };
        pause();
        switches.push(of_http.now());
        daemon.post(&format!("{ENV}/switch"), "");
        pause();
        writes.push(of_file.now());
        file.write_document(&documents[round % 2]);
    }
    std::thread::sleep(Duration::from_secs(1));
    report(&(of_http.stop(), switches), &(of_file.stop(), writes));
}

fn report(ours: &(Tally, Vec<Duration>), theirs: &(Tally, Vec<Duration>)) {
    let mut report = Report::new(
        "switch",
        &[
            "",
            "changes",
            "requests",
            "failed",
            "first new answer after",
            "90 %",
            "times as long",
        ],
    );
    let base = takeovers(theirs).median();
    for (name, seen) in [("switch", ours), ("file provider", theirs)] {
        seen.0.assert_none_failed(name);
        let times = takeovers(seen);
        let cells = [
            name.to_owned(),
            times.len().to_string(),
            seen.0.shots.len().to_string(),
            "0".to_owned(),
            times.spread(),
            crate::support::figures::short(times.per_mille(900)),
            format!("{:.2}", ratio(times.median(), base)),
        ];
        report.row(
            &cells,
            json!({ "side": name, "requests": seen.0.shots.len(), "times_us": times.micros() }),
        );
    }
    report.write();
}

/// From each change to the first answer of the other version.
fn takeovers((tally, changes): &(Tally, Vec<Duration>)) -> Times {
    let ends = changes.iter().skip(1).copied().chain([Duration::MAX]);
    let rounds = changes.iter().zip(ends).enumerate();
    let times =
        rounds.map(|(round, (from, to))| tally.takeover(*from, to, VERSIONS[(round + 1) % 2]));
    Times::new(times.collect())
}

fn replica(version: &str, address: SocketAddr) -> crate::support::fake_engine::FakeContainer {
    container(&format!("shop-dev-{version}-web-1"))
        .label("com.docker.compose.project", &format!("shop-dev-{version}"))
        .label("com.docker.compose.service", "web")
        .label("pointsman.app", "shop")
        .label("pointsman.env", "dev")
        .label("pointsman.version", version)
        .label("pointsman.domain", "bench.test")
        .label("pointsman.port", &address.port().to_string())
        .network("net", &address.ip().to_string())
        .healthcheck("healthy")
}

/// Switches, and gives the document that says so.
fn switched(daemon: &Pointsman) -> String {
    daemon.post(&format!("{ENV}/switch"), "");
    daemon.document().0
}

fn expect(web: SocketAddr, version: &str) {
    within(PATIENCE, version, || {
        match ask(web, &Ask::get(LIVE, "/"))? {
            Answer { status: 200, body } if body == version => Ok::<(), String>(()),
            answer => Err(format!("{answer:?}")),
        }
    });
}

fn load(target: SocketAddr) -> Load {
    Load::start(Plan {
        target,
        host: LIVE.to_owned(),
        path: "/",
        clients: 2,
        rate: 200,
        connections: Connections::Kept,
    })
}
