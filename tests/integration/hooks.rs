//! The real binary and its hooks: told what happens, asked before a switch, with a client that polls as Traefik does.

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::daemon::whoami;
use crate::support::daemon::Daemon;
use crate::support::fake_engine::FakeEngine;
use crate::support::hook_server::HookServer;
use crate::support::http::Client;
use crate::support::sse::Sse;

const ENV: &str = "/v1/envs/whoami/dev";

/// v1 is live, v2 runs, and somebody polls.
struct Rig {
    engine: FakeEngine,
    state: TempDir,
    daemon: Daemon,
    hooks: HookServer,
    pollers: JoinSet<()>,
}

impl Rig {
    async fn start(hooks: impl Fn(&HookServer) -> Value) -> Self {
        let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
        engine.start(whoami("v1", "172.18.0.2"));
        let daemon = Daemon::start(&engine, state.path()).await;
        daemon.document("v1", Value::is_object).await;
        let server = HookServer::start().await;
        let mut rig = Self {
            engine,
            state,
            daemon,
            hooks: server,
            pollers: JoinSet::new(),
        };
        rig.poll();
        rig.polled().await;
        rig.put(&json!([])).await;
        rig.verb("promote?wait=ready", r#"{"version":"v1"}"#).await;
        rig.verb("switch?wait=applied", "").await;
        rig.put(&hooks(&rig.hooks)).await;
        rig
    }

    fn poll(&mut self) {
        let provider = self.daemon.provider;
        self.pollers.spawn(async move {
            let mut poller = Client::connect(provider).await;
            loop {
                poller.get("/config?wait=100ms").await;
            }
        });
    }

    /// Waits until the poller counts as a proxy: before that there is nobody to apply anything.
    async fn polled(&self) {
        let polled = async {
            loop {
                let (_, proxies) = self.daemon.get("/v1/proxies").await;
                if proxies
                    .as_array()
                    .is_some_and(|proxies| !proxies.is_empty())
                {
                    return;
                }
            }
        };
        let limit = std::time::Duration::from_secs(10);
        tokio::time::timeout(limit, polled).await.expect("a proxy");
    }

    async fn put(&self, hooks: &Value) {
        let body = json!({
            "domain": "dev.example.com", "health": {"min_healthy_time": "0"}, "hooks": hooks,
        });
        let mut client = Client::connect(self.daemon.admin).await;
        let headers = [("content-type", "application/json")];
        let answer = client.ask("PUT", ENV, &headers, &body.to_string()).await;
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
    }

    async fn verb(&self, verb: &str, body: &str) -> Value {
        let (status, answer) = self.daemon.post(&format!("{ENV}/{verb}"), body).await;
        assert_eq!(status, 200, "{verb}: {answer}");
        answer
    }

    async fn stage_v2(&self) {
        self.engine.start(whoami("v2", "172.18.0.3"));
        self.verb("promote?wait=ready", r#"{"version":"v2"}"#).await;
    }

    async fn events(&self) -> Sse {
        let target = "/v1/events?app=whoami&env=dev";
        Sse::open(self.daemon.admin, target, None).await
    }

    async fn active(&self) -> Value {
        let (_, status) = self.daemon.get(ENV).await;
        let slot = status["active"].as_str().unwrap().to_owned();
        status["slots"][slot]["version"].clone()
    }
}

#[tokio::test]
async fn hooks_are_told_what_happens_in_both_forms() {
    let rig = Rig::start(|hooks| {
        json!([
            {"name": "all", "url": hooks.url("/all"), "on": ["deploy", "promote", "switch", "rollback", "unhealthy"]},
            {"name": "team", "url": hooks.url("/chat"), "on": ["switch"], "format": "chat"},
        ])
    })
    .await;
    rig.stage_v2().await;
    rig.verb("switch", "").await;
    rig.verb("rollback", "").await;
    rig.engine.die("whoami-v1");
    let told = rig.hooks.received("/all", 5).await;
    let told: Vec<Value> = told.into_iter().map(|it| it.body).collect();
    let events: Vec<&str> = told
        .iter()
        .map(|it| it["event"].as_str().unwrap())
        .collect();
    let expected = ["deploy", "promote", "switch", "rollback", "unhealthy"];
    assert_eq!(events, expected, "in order: {told:#?}");
    let switch = &told[2];
    assert_eq!(switch["app"], "whoami", "which app");
    assert_eq!(switch["env"], "dev", "which env");
    assert_eq!(
        (&switch["version"], &switch["previous"]),
        (&json!("v2"), &json!("v1")),
        "versions"
    );
    assert_eq!(switch["actor"], "api", "who");
    assert!(
        switch["gen"].is_u64() && switch["revision"].is_string(),
        "{switch}"
    );
    let chat = rig.hooks.received("/chat", 1).await.remove(0).body;
    let text = "whoami/dev switch: api: switch: switched (v2, beside v1)";
    assert_eq!(chat, json!({"text": text}), "as a text");
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_and_then_told() {
    let rig = Rig::start(|hooks| {
        json!([{"name": "ci", "url": hooks.url("/ci"), "on": ["promote", "switch"], "retries": 1}])
    })
    .await;
    rig.hooks.will("/ci", 500, "");
    let mut events = rig.events().await;
    rig.stage_v2().await;
    rig.hooks.received("/ci", 2).await;
    rig.hooks.will("/ci", 302, "");
    rig.hooks.will("/ci", 404, "");
    rig.verb("switch", "").await;
    let lost = events
        .find("the failure", |event| event["kind"] == "undelivered")
        .await;
    assert_eq!(
        (&lost["hook"], &lost["event"]),
        (&json!("ci"), &json!("switch")),
        "{lost}"
    );
    let message = lost["message"].as_str().unwrap();
    assert!(
        message.contains("404") && message.contains("attempts: 2"),
        "{message}"
    );
    assert!(!message.contains("127.0.0.1"), "no address: {message}");
    let metrics = Client::connect(rig.daemon.admin)
        .await
        .get("/metrics")
        .await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    for (event, result) in [("promote", "delivered"), ("switch", "failed")] {
        let line =
            format!("pointsman_hook_deliveries_total{{event=\"{event}\",result=\"{result}\"}} 1");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_switch_waits_for_its_hook_and_a_success_opens() {
    let rig = Rig::start(
        |hooks| json!([{"name": "smoke", "url": hooks.url("/smoke"), "on": ["pre-switch"]}]),
    )
    .await;
    rig.stage_v2().await;
    let mut events = rig.events().await;
    let held = rig.verb("switch", "").await;
    assert_eq!(held["status"]["held"]["reason"], "hook", "{held}");
    let asked = rig.hooks.received("/smoke", 1).await.remove(0).body;
    assert_eq!(
        (&asked["event"], &asked["hook"]),
        (&json!("gate"), &json!("smoke")),
        "{asked}"
    );
    assert_eq!(
        (&asked["from"], &asked["to"]),
        (&json!("v1"), &json!("v2")),
        "{asked}"
    );
    let moved = events
        .find("the switch", |event| event["what"] == "switched")
        .await;
    assert_eq!(moved["actor"], "hook smoke", "{moved}");
    assert_eq!(rig.active().await, "v2", "live");
}

#[tokio::test]
async fn a_hook_that_says_no_or_nothing_before_a_switch_stops_it() {
    let rig = Rig::start(|hooks| {
        json!([{"name": "smoke", "url": hooks.url("/smoke"), "on": ["pre-switch"], "retries": 0, "timeout": "200ms"}])
    })
    .await;
    rig.stage_v2().await;
    let mut events = rig.events().await;
    let is_abort = |event: &Value| event["what"] == "aborted";
    rig.hooks.will(
        "/smoke",
        200,
        r#"{"answer":"abort","why":"2 of 5 checks failed"}"#,
    );
    rig.verb("switch", "").await;
    let aborted = events.find("the end", is_abort).await;
    let result = aborted["result"].as_str().unwrap();
    assert!(result.contains("2 of 5 checks failed"), "{aborted}");
    rig.verb("evict", "").await;
    rig.put(&json!([
        {"name": "smoke", "url": rig.hooks.url("/slow"), "on": ["pre-switch"], "retries": 0, "timeout": "200ms"},
    ]))
    .await;
    rig.engine.destroy("whoami-v2");
    rig.engine.start(whoami("v3", "172.18.0.4"));
    rig.verb("promote?wait=ready", r#"{"version":"v3"}"#).await;
    rig.hooks.will_hang("/slow");
    rig.verb("switch", "").await;
    let aborted = events.find("the end", is_abort).await;
    let result = aborted["result"].as_str().unwrap();
    assert!(result.contains("no answer within 200 ms"), "{aborted}");
    assert_eq!(rig.active().await, "v1", "as before");
}

#[tokio::test]
async fn after_a_switch_a_hook_can_take_it_back() {
    let rig = Rig::start(|hooks| {
        json!([{"name": "check", "url": hooks.url("/check"), "on": ["post-switch"], "retries": 0}])
    })
    .await;
    rig.stage_v2().await;
    let mut events = rig.events().await;
    rig.hooks.will("/check", 503, "");
    rig.verb("switch", "").await;
    let asked = rig.hooks.received("/check", 1).await.remove(0).body;
    assert_eq!(asked["weight"], 100, "it has all of the traffic: {asked}");
    let aborted = events
        .find("the end", |event| event["what"] == "aborted")
        .await;
    assert_eq!(aborted["actor"], "hook check", "{aborted}");
    assert_eq!(rig.active().await, "v1", "back");
}

#[tokio::test]
async fn a_hook_is_asked_again_after_a_restart() {
    let rig = Rig::start(
        |hooks| json!([{"name": "smoke", "url": hooks.url("/smoke"), "on": ["pre-switch"]}]),
    )
    .await;
    rig.stage_v2().await;
    rig.hooks.will_hang("/smoke");
    rig.verb("switch", "").await;
    rig.hooks.received("/smoke", 1).await;
    let Rig {
        engine,
        state,
        daemon,
        hooks,
        mut pollers,
    } = rig;
    pollers.abort_all();
    daemon.kill().await;
    let daemon = Daemon::start(&engine, state.path()).await;
    let mut rig = Rig {
        engine,
        state,
        daemon,
        hooks,
        pollers: JoinSet::new(),
    };
    rig.poll();
    rig.hooks.received("/smoke", 2).await;
    assert!(rig.state.path().exists(), "the same state");
    rig.daemon
        .document("the switch", |document| {
            let services = &document["http"]["services"]["whoami-dev-web"];
            services["weighted"]["services"][0]["name"] == "whoami-dev-web-v2"
        })
        .await;
    assert_eq!(rig.daemon.terminate().await, Some(0), "ends in good order");
}

#[tokio::test]
async fn a_token_is_sent_from_the_daemons_environment_and_a_missing_one_is_told() {
    let rig = Rig::start(|hooks| {
        json!([{"name": "ci", "url": hooks.url("/ci"), "on": ["promote"], "secret_env": "POINTSMAN_HOOK_ABSENT"}])
    })
    .await;
    let mut events = rig.events().await;
    rig.stage_v2().await;
    let lost = events
        .find("the failure", |event| event["kind"] == "undelivered")
        .await;
    let message = lost["message"].as_str().unwrap();
    assert!(
        message.contains("POINTSMAN_HOOK_ABSENT is not set"),
        "{message}"
    );
    rig.put(&json!([
        {"name": "ci", "url": rig.hooks.url("/ci"), "on": ["switch"], "secret_env": "POINTSMAN_HOOK_TEST"},
    ]))
    .await;
    rig.verb("switch", "").await;
    let told = rig.hooks.received("/ci", 1).await.remove(0);
    assert_eq!(
        told.authorization.as_deref(),
        Some("Bearer t0ken-of-a-test"),
        "sent"
    );
}
