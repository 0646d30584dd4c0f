//! `/openapi.json` and the dashboard: real answers are what the description says, and each path is served.

use serde_json::{Value, json};

use crate::daemon::whoami;
use crate::support::daemon::Daemon;
use crate::support::fake_engine::{FakeEngine, container};
use crate::support::http::{Answer, Client};
use crate::support::schema::Description;
use crate::support::sse::Sse;

/// Asks, and compares the answer with its schema.
struct Asker<'a> {
    daemon: &'a Daemon,
    description: Description,
}

impl Asker<'_> {
    async fn ask(&self, method: &str, target: &str, body: &str) -> Answer {
        let mut client = Client::connect(self.daemon.admin).await;
        let json = [("content-type", "application/json")];
        let headers = if body.is_empty() { &[][..] } else { &json };
        client.ask(method, target, headers, body).await
    }

    /// The answer; `path` is as in the description, `target` as it is asked.
    async fn expect(
        &self,
        (method, path): (&str, &str),
        target: &str,
        body: &str,
        status: u16,
    ) -> Value {
        let answer = self.ask(method, target, body).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{method} {target}: {text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        let schema = self.description.schema(method, path, status);
        let faults = self.description.faults(schema, &value, "it");
        assert!(faults.is_empty(), "{method} {target}: {faults:?} in {text}");
        value
    }
}

const ENV: &str = "/v1/envs/{app}/{env}";
const VERB: &str = "/v1/envs/{app}/{env}/{verb}";

/// Three versions, and a container whose label makes no sense.
async fn begin(engine: &FakeEngine, state: &std::path::Path) -> (Daemon, Description) {
    for (version, at) in [("v1", 2), ("v2", 3), ("v3", 4)] {
        engine.start(whoami(version, &format!("172.18.0.{at}")));
    }
    engine.start(container("odd").label("traefik.http.routers.odd.rule", "Nonsense("));
    let daemon = Daemon::start(engine, state).await;
    let previews = |document: &Value| document["http"]["routers"]["whoami-dev-web-v3"].is_object();
    daemon.document("all previews", previews).await;
    let (_, described) = daemon.get("/openapi.json").await;
    (daemon, Description(described))
}

/// A record with something of everything.
fn record() -> String {
    let record = json!({"domain": "dev.example.com", "scheme": "https", "plan": {"steps": [{"weight": "10%"}, {"weight": 100}]},
        "health": {"min_healthy_time": "0s", "min_ratio": 0.5}, "retention": {"keep_last": 1}, "env_file": ".env",
        "variables": {"A": {"from_env": "B"}}, "tls": {"domains": [{"main": "*.dev.example.com"}]}});
    record.to_string()
}

#[tokio::test]
async fn real_answers_are_as_described() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let (daemon, description) = begin(&engine, state.path()).await;
    let asker = Asker {
        daemon: &daemon,
        description,
    };
    commands(&asker).await;
    reads(&asker).await;
    let schema = asker.description.schema("GET", "/v1/events", 200);
    let mut listener = Sse::open(daemon.admin, "/v1/events", Some(1)).await;
    let event = listener.event().await;
    let faults = asker.description.faults(schema, &event, "it");
    assert!(faults.is_empty(), "{event}: {faults:?}");
}

async fn commands(asker: &Asker<'_>) {
    asker
        .expect(("PUT", ENV), "/v1/envs/whoami/dev", &record(), 200)
        .await;
    let verbs = [
        ("promote", r#"{"version":"v1"}"#, 200),
        ("switch", "", 200),
        ("promote", r#"{"version":"v2","weight":25}"#, 200),
        ("freeze", r#"{"why":"a fair","for":"1h"}"#, 200),
        ("finish", "", 409),
        ("unfreeze", "", 200),
        ("shift", r#"{"plan":"none of these"}"#, 400),
        ("maintenance", r#"{"on":true}"#, 200),
        ("promote", r#"{"version":"v9"}"#, 409),
        ("dance", "", 404),
    ];
    for (verb, body, status) in verbs {
        let target = format!("/v1/envs/whoami/dev/{verb}?wait=ready&timeout=10s");
        asker.expect(("POST", VERB), &target, body, status).await;
    }
    let several = r#"[{"app":"whoami","env":"dev","verb":"maintenance","body":{"on":false}}]"#;
    let path = "/v1/transitions";
    asker.expect(("POST", path), path, several, 200).await;
    asker.expect(("POST", path), path, "[]", 400).await;
}

async fn reads(asker: &Asker<'_>) {
    for (path, target) in [
        (ENV, "/v1/envs/whoami/dev"),
        (
            "/v1/envs/{app}/{env}/history",
            "/v1/envs/whoami/dev/history",
        ),
        ("/v1/envs", "/v1/envs"),
        ("/v1/stacks", "/v1/stacks"),
        ("/v1/gc", "/v1/gc?app=whoami&env=dev"),
        ("/v1/diagnostics", "/v1/diagnostics"),
        ("/v1/proxies", "/v1/proxies"),
        ("/v1/settings", "/v1/settings"),
        ("/v1/document", "/v1/document"),
        ("/openapi.json", "/openapi.json"),
    ] {
        let value = asker.expect(("GET", path), target, "", 200).await;
        let is_empty = value.as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_empty, path == "/v1/proxies", "{target} says something");
    }
    asker
        .expect(("GET", ENV), "/v1/envs/none/dev", "", 404)
        .await;
    asker
        .expect(("GET", ENV), "/v1/envs/NONE/dev", "", 400)
        .await;
}

#[tokio::test]
async fn the_dashboard_is_served_and_may_load_nothing_else() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(&engine, state.path()).await;
    let mut client = Client::connect(daemon.admin).await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/dashboard.js", "text/javascript; charset=utf-8"),
        ("/dashboard.css", "text/css; charset=utf-8"),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(!answer.body.is_empty(), "{path}");
    }
}
