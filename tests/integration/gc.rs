//! The real binary lets stacks go: what the plan says, and what is left when it is killed in between.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::daemon::whoami;
use crate::support::daemon::Daemon;
use crate::support::fake_engine::{FakeContainer, FakeEngine, FakeNetwork};
use crate::support::http::Client;

/// The names of those that go.
fn going(answer: &Value) -> Vec<&str> {
    let stacks = answer["stacks"].as_array().unwrap().iter();
    let going = stacks.filter(|stack| stack["goes"] == true);
    going.map(|it| it["version"].as_str().unwrap()).collect()
}

fn stack(engine: &FakeEngine, version: &str, at: u8) {
    let project = format!("whoami-dev-{version}");
    engine.add_network(FakeNetwork::new(&format!("{project}_default")).compose(&project));
    let mut container: FakeContainer = whoami(version, &format!("172.18.0.{at}"))
        .network(&format!("{project}_default"), &format!("172.19.0.{at}"))
        .image(&format!("sha256:{version}"));
    container.created += u64::from(at);
    engine.start(container);
}

/// A Traefik that asks all the time, on one connection.
fn poller(daemon: &Daemon) -> JoinSet<()> {
    let address = daemon.provider;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut client = Client::connect(address).await;
        loop {
            client.get("/config?wait=100ms").await;
        }
    });
    tasks
}

async fn begin(engine: &FakeEngine, daemon: &Daemon) {
    for (at, version) in (2..).zip(["v1", "v2", "v3"]) {
        stack(engine, version, at);
    }
    let preview = "whoami-dev-web-v3";
    daemon
        .document("all previews", |document| {
            document["http"]["routers"][preview].is_object()
        })
        .await;
    let record = json!({
        "domain": "dev.example.com", "drain": "0s", "health": { "min_healthy_time": "0" },
        "retention": { "keep_last": 1, "min_age": "0s" }
    });
    let mut client = Client::connect(daemon.admin).await;
    let headers = vec![("content-type", "application/json")];
    let put = client
        .ask("PUT", "/v1/envs/whoami/dev", &headers, &record.to_string())
        .await;
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    for (verb, body) in [("promote", r#"{"version":"v1"}"#), ("switch", "")] {
        let path = format!("/v1/envs/whoami/dev/{verb}?wait=ready&timeout=10s");
        let (status, answer) = daemon.post(&path, body).await;
        assert_eq!(status, 200, "{verb}: {answer}");
    }
}

#[tokio::test]
async fn a_kill_between_plan_and_act_changes_nothing_that_is_in_use() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(&engine, state.path()).await;
    begin(&engine, &daemon).await;
    let before = engine.everything();
    let (status, plan) = daemon.get("/v1/gc?app=whoami&env=dev").await;
    assert_eq!((status, going(&plan)), (200, vec!["v2"]), "{plan}");
    let (status, rehearsed) = daemon.post("/v1/gc?dry_run=true", "").await;
    assert_eq!(
        (status, going(&rehearsed)),
        (200, vec!["v2"]),
        "{rehearsed}"
    );
    assert_eq!(daemon.get("/v1/gc").await.1, plan, "only a plan");
    let (status, run) = daemon.post("/v1/gc", "").await;
    assert_eq!((status, going(&run)), (200, vec!["v2"]), "{run}");
    daemon.kill().await;
    assert_eq!(
        engine.everything(),
        before,
        "nobody has seen it withdrawn yet"
    );

    let daemon = Daemon::start(&engine, state.path()).await;
    let _traefik = poller(&daemon);
    let over = async {
        while !daemon.get("/v1/gc").await.1["removing"]
            .as_array()
            .is_some_and(Vec::is_empty)
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // served is not applied: five seconds of it are Traefik's
    tokio::time::timeout(Duration::from_mins(1), over)
        .await
        .expect("v2 is removed");
    let after = engine.everything();
    let gone: Vec<&String> = before.difference(&after).collect();
    let of_v2 = [
        "container whoami-v2",
        "image sha256:v2",
        "network whoami-dev-v2_default",
    ];
    assert_eq!(gone, of_v2, "finished after the restart, and nothing else");
    let (_, history) = daemon.get("/v1/envs/whoami/dev/history").await;
    let last = &history["history"][0];
    assert_eq!(
        (&last["actor"], &last["command"]),
        (&json!("pointsman"), &json!("remove v2")),
        "{last}"
    );
    let (status, refused) = daemon.post("/v1/gc", r#"{"open_pull_requests":[1]}"#).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (400, Some("invalid_body"))
    );
    let of_env = "/v1/gc?app=whoami&env=dev&open_pull_requests=";
    let (status, refused) = daemon.get(of_env).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (409, Some("no_pull_request_rule")),
        "no rule of this env asks for it"
    );
    daemon.kill().await;
}
