//! The real binary between a fake Engine and a client that polls as Traefik does: event in, bytes out.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::support::daemon::{Daemon, servers};
use crate::support::fake_engine::{FakeContainer, FakeEngine, container};
use crate::support::http::Client;

pub(crate) fn whoami(version: &str, ip: &str) -> FakeContainer {
    container(&format!("whoami-{version}"))
        .label("pointsman.app", "whoami")
        .label("pointsman.env", "dev")
        .label("pointsman.version", version)
        .label("pointsman.domain", "dev.example.com")
        .label(
            "com.docker.compose.project",
            &format!("whoami-dev-{version}"),
        )
        .label("com.docker.compose.service", "web")
        .port(80)
        .network("front", ip)
}

fn live_child(document: &Value) -> &str {
    document["http"]["services"]["whoami-dev-web"]["weighted"]["services"][0]["name"]
        .as_str()
        .unwrap_or_default()
}

#[tokio::test]
async fn a_container_is_routed_while_it_lives() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(&engine, state.path()).await;
    engine.start(container("plain").port(80).network("front", "172.18.0.9"));
    daemon
        .document("the route", |document| servers(document, "plain") == 1)
        .await;
    engine.die("plain");
    let gone = daemon
        .document("its end", |document| {
            document["http"]["services"]["plain"].is_null()
        })
        .await;
    assert!(
        gone["http"]["middlewares"].is_object(),
        "never an empty document: {gone}"
    );
    assert_eq!(daemon.terminate().await, Some(0), "ends in good order");
}

#[tokio::test]
async fn nothing_is_served_before_the_first_complete_list() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(whoami("v1", "172.18.0.2"));
    engine.stall();
    let daemon = Daemon::start(&engine, state.path()).await;
    let mut poller = Client::connect(daemon.provider).await;
    assert_eq!(
        poller.get("/config?wait=50ms").await.status,
        503,
        "Traefik keeps what it has"
    );
    assert_eq!(daemon.get("/ready").await.0, 503, "not ready");
    let (status, problem) = daemon.post("/v1/envs/whoami/dev/switch", "").await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (503, Some("not_synced")),
        "no verb on half a world"
    );
    engine.resume();
    daemon
        .document("the first document", |document| {
            servers(document, "whoami-dev-web-v1") == 1
        })
        .await;
    daemon.kill().await;
}

#[tokio::test]
async fn slots_survive_kill_and_give_the_same_bytes() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(whoami("v1", "172.18.0.2"));
    engine.start(whoami("v2", "172.18.0.3"));
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon
        .document("both previews", |document| {
            servers(document, "whoami-dev-web-v2") == 1
        })
        .await;
    for (path, body) in [
        ("promote", "{\"version\":\"v1\"}"),
        ("switch", ""),
        ("promote", "{\"version\":\"v2\"}"),
    ] {
        let (status, answer) = daemon
            .post(&format!("/v1/envs/whoami/dev/{path}"), body)
            .await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    let before = daemon
        .document("v1 live", |document| {
            live_child(document) == "whoami-dev-web-v1"
        })
        .await;
    daemon.kill().await;
    let daemon = Daemon::start(&engine, state.path()).await;
    let after = daemon
        .document("the same", |document| {
            servers(document, "whoami-dev-web-v2") == 1
        })
        .await;
    assert_eq!(after, before, "marker included: the same revision");
    let (_, status) = daemon.get("/v1/envs/whoami/dev").await;
    assert_eq!(
        (status["gen"].as_u64(), status["active"].as_str()),
        (Some(3), Some("blue")),
        "slots as they were"
    );
    let (status, answer) = daemon
        .post("/v1/envs/whoami/dev/switch?wait=ready&timeout=2s", "")
        .await;
    assert_eq!(
        status, 200,
        "placed versions need not prove themselves again: {answer}"
    );
    daemon
        .document("v2 live", |document| {
            live_child(document) == "whoami-dev-web-v2"
        })
        .await;
    assert_eq!(daemon.terminate().await, Some(0), "ends in good order");
}

#[tokio::test]
async fn a_switch_waits_for_what_is_not_yet() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(whoami("v1", "172.18.0.2").healthcheck("healthy"));
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon
        .document("v1", |document| servers(document, "whoami-dev-web-v1") == 1)
        .await;
    daemon
        .post("/v1/envs/whoami/dev/promote", "{\"version\":\"v1\"}")
        .await;
    daemon.post("/v1/envs/whoami/dev/switch", "").await;
    engine.start(whoami("v2", "172.18.0.3").healthcheck("starting"));
    let promoted = daemon
        .post(
            "/v1/envs/whoami/dev/promote?wait=ready&timeout=5s",
            "{\"version\":\"v2\"}",
        )
        .await;
    assert_eq!(
        promoted.0, 200,
        "placed although it is still starting: {}",
        promoted.1
    );
    let (status, problem) = daemon.post("/v1/envs/whoami/dev/switch", "").await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (409, Some("not_ready")),
        "not yet: {problem}"
    );
    let waiting = daemon.post("/v1/envs/whoami/dev/switch?wait=ready&timeout=10s", "");
    let (switched, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        engine.health("whoami-v2", "healthy");
    });
    assert_eq!(switched.0, 200, "as soon as Docker says so: {}", switched.1);
    daemon.kill().await;
}

#[tokio::test]
async fn a_pending_weight_begins_by_itself() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(whoami("v1", "172.18.0.2").healthcheck("healthy"));
    engine.start(whoami("v2", "172.18.0.3").healthcheck("starting"));
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon
        .document("v1", |document| servers(document, "whoami-dev-web-v1") == 1)
        .await;
    daemon
        .post("/v1/envs/whoami/dev/promote", "{\"version\":\"v1\"}")
        .await;
    daemon.post("/v1/envs/whoami/dev/switch", "").await;
    let (status, answer) = daemon
        .post(
            "/v1/envs/whoami/dev/promote",
            "{\"version\":\"v2\",\"weight\":25}",
        )
        .await;
    assert_eq!(status, 200, "accepted before it is ready: {answer}");
    let status = &answer["status"];
    assert_eq!(
        status["shift"]["phase"], "pending",
        "and shown as pending: {status}"
    );
    assert_eq!(status["held"]["reason"], "not-ready", "with the reason");
    assert_eq!(
        status["weights"]["effective"],
        serde_json::json!({"blue": 100, "green": 0}),
        "no effect yet"
    );
    engine.health("whoami-v2", "healthy");
    let shared = |document: &Value| {
        let children = &document["http"]["services"]["whoami-dev-web"]["weighted"]["services"];
        children
            .as_array()
            .is_some_and(|children| children.len() == 2)
    };
    let document = daemon.document("the share", shared).await;
    let children = &document["http"]["services"]["whoami-dev-web"]["weighted"]["services"];
    assert_eq!(
        (&children[0]["weight"], &children[1]["weight"]),
        (&75.into(), &25.into()),
        "as intended"
    );
    daemon.kill().await;
}

#[tokio::test]
async fn the_document_is_for_the_release_that_the_operator_says() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let service = "traefik.http.services.plain.loadbalancer";
    let plain = container("plain").port(80).network("front", "172.18.0.9");
    engine.start(
        plain
            .label(&format!("{service}.strategy"), "p2c")
            .label(&format!("{service}.sticky.cookie.path"), "/x"),
    );
    let flags = ["--traefik-version", "3.3"];
    let daemon = Daemon::start_with(&engine, state.path(), &flags).await;
    let document = daemon
        .document("the route", |document| servers(document, "plain") == 1)
        .await;
    let balancer = &document["http"]["services"]["plain"]["loadBalancer"];
    assert_eq!(balancer["strategy"], Value::Null, "since 3.4");
    assert_eq!(balancer["sticky"]["cookie"]["path"], "/x", "since 3.3");
    let (_, told) = daemon.get("/v1/diagnostics").await;
    assert!(told.to_string().contains("traefik-too-old"), "{told}");
    assert_eq!(daemon.terminate().await, Some(0), "ends in good order");
}

#[tokio::test]
async fn a_release_that_is_none_or_too_old_is_refused_at_the_start() {
    let state = tempfile::tempdir().unwrap();
    for (text, right) in [("dev", "3.3 or 3.3.4"), ("2.11", "3.0.0 is the oldest")] {
        let ran = Command::new(env!("CARGO_BIN_EXE_pointsman"))
            .args(["serve", "--docker-endpoint", "unix:///nowhere"])
            .args(["--provider-listen", "127.0.0.1:0"])
            .args(["--admin-listen", "127.0.0.1:0"])
            .arg("--state-dir")
            .arg(state.path())
            .args(["--traefik-version", text])
            .output()
            .await
            .unwrap();
        let error = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success(), "{text}: refused");
        assert!(
            error.contains("--traefik-version") && error.contains(right),
            "{error}"
        );
    }
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_one_can_be_had() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(whoami("v1", "172.18.0.2"));
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon
        .document("a preview", |document| {
            servers(document, "whoami-dev-web-v1") == 1
        })
        .await;
    let promote = "/v1/envs/whoami/dev/promote";
    let (status, answer) = daemon.post(promote, "{\"version\":\"v1\"}").await;
    assert_eq!(status, 200, "{answer}");
    let answer = Client::connect(daemon.admin).await.get("/metrics").await;
    let text = String::from_utf8(answer.body).unwrap();
    let told = text.lines().filter_map(|line| line.strip_prefix("# HELP "));
    let told: BTreeSet<&str> = told.filter_map(|line| line.split(' ').next()).collect();
    let docs = std::fs::read_to_string("docs/monitoring.md").unwrap();
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|row| row.split('`').next());
    let documented: BTreeSet<&str> = rows.collect();
    let unknown: Vec<_> = told.difference(&documented).collect();
    assert!(unknown.is_empty(), "not documented: {unknown:?}");
    let absent: Vec<_> = documented.difference(&told).copied().collect();
    let nothing_to_tell = ["diagnostics", "env_held", "hook_deliveries_total"];
    let nothing_to_tell = nothing_to_tell.map(|name| format!("pointsman_{name}"));
    assert_eq!(absent, nothing_to_tell, "{text}");
    daemon.kill().await;
}
