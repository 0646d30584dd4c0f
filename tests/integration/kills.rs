//! kill -9 of the real daemon in a storm of commands over HTTP: nothing that was answered is lost, and nothing is
//! there that nobody asked for.
//!
//! 25 kills; `POINTSMAN_KILLS=1000` for more.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use pointsman::api::{EnvList, History};
use serde_json::Value;

use crate::daemon::whoami;
use crate::support::daemon::{Daemon, servers};
use crate::support::fake_engine::{FakeContainer, FakeEngine};
use crate::support::http::Client;

const KILLS: u32 = 25;
const SWITCHED: &str = "/v1/envs/whoami/dev";
const APPLIED: &str = "/v1/envs/other/dev";

/// Commands that were answered with 200, as the history must tell them.
type Acked = BTreeSet<String>;

fn kills() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a test runs is said from outside"
    )]
    let said = std::env::var("POINTSMAN_KILLS");
    said.map_or(KILLS, |text| text.parse().unwrap())
}

fn healthy(version: &str, ip: &str) -> FakeContainer {
    whoami(version, ip).healthcheck("healthy")
}

/// Sends a command again and again until the daemon is gone.
fn storm(
    mut command: impl FnMut(&ureq::Agent) -> Option<String> + Send + 'static,
) -> JoinHandle<Acked> {
    std::thread::spawn(move || {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)));
        let agent = config.build().new_agent();
        let mut acked = Acked::new();
        while let Some(told) = command(&agent) {
            acked.insert(told);
        }
        acked
    })
}

/// `switch GEN`, once answered.
fn switch(agent: &ureq::Agent, admin: SocketAddr) -> Option<String> {
    let sent = agent
        .post(format!("http://{admin}{SWITCHED}/switch"))
        .send("");
    let mut answer = sent.ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    assert_eq!(answer.status(), 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    Some(format!("switch {}", body["gen"]))
}

/// `env apply DOMAIN`, once answered.
fn apply(agent: &ureq::Agent, admin: SocketAddr, domain: &str) -> Option<String> {
    let request = agent.put(format!("http://{admin}{APPLIED}"));
    let request = request.header("content-type", "application/json");
    let sent = request.send(format!("{{\"domain\":\"{domain}\"}}"));
    let mut answer = sent.ok()?;
    let body = answer.body_mut().read_to_string().ok()?;
    assert_eq!(answer.status(), 200, "{body}");
    Some(format!("env apply {domain}"))
}

/// Each command with its generation, if it has one; the newest first.
async fn history(daemon: &Daemon, env: &str) -> Vec<String> {
    let path = format!("{env}/history?limit=1000");
    let answer = Client::connect(daemon.admin).await.get(&path).await;
    if answer.status == 404 {
        return Vec::new();
    }
    let told = answer.json::<History>().history.into_iter();
    let told = told.map(|item| match item.generation {
        Some(generation) => format!("{} {generation}", item.command),
        None => item.command,
    });
    told.collect()
}

/// Everything acknowledged is there; beyond it at most the one command that was under way.
fn compare(found: &[String], known: &BTreeSet<String>, acked: &Acked, context: &str) {
    let there: BTreeSet<&String> = found.iter().collect();
    let lost: Vec<_> = acked.iter().filter(|told| !there.contains(told)).collect();
    assert_eq!(
        lost,
        Vec::<&String>::new(),
        "{context}: acknowledged and lost"
    );
    let new = found.iter().filter(|told| !known.contains(*told));
    let unasked: Vec<_> = new.filter(|told| !acked.contains(*told)).collect();
    assert!(
        unasked.len() <= 1,
        "{context}: not acknowledged: {unasked:?}"
    );
}

async fn ready(engine: &FakeEngine, state: &Path) -> Daemon {
    let daemon = Daemon::start(engine, state).await;
    daemon
        .document("both versions", |document| {
            servers(document, "whoami-dev-web-v2") == 1
        })
        .await;
    daemon
}

/// v1 is live and v2 staged, so that `switch` is always possible.
async fn prepare(daemon: &Daemon) {
    for (verb, body) in [
        ("promote", "{\"version\":\"v1\"}"),
        ("switch", ""),
        ("promote", "{\"version\":\"v2\"}"),
    ] {
        let (status, answer) = daemon.post(&format!("{SWITCHED}/{verb}"), body).await;
        assert_eq!(status, 200, "{verb}: {answer}");
    }
}

/// The records are what the last entries say.
async fn assert_records(daemon: &Daemon, switches: &[String], applies: &[String], context: &str) {
    let (_, status) = daemon.get(SWITCHED).await;
    let last = switches.first().map(String::as_str).unwrap_or_default();
    assert!(
        last.ends_with(&format!(" {}", status["gen"])),
        "{context}: {last}, and {status}"
    );
    let active = status["active"].as_str().unwrap();
    let version = status["slots"][active]["version"].as_str();
    let generation = status["gen"].as_u64().unwrap();
    // generation 3 is the last of the preparation, with v1 live
    let expected = if generation % 2 == 1 { "v1" } else { "v2" };
    assert_eq!(version, Some(expected), "{context}: {status}");
    let envs = Client::connect(daemon.admin).await.get("/v1/envs").await;
    let envs = envs.json::<EnvList>().envs.into_iter();
    let domain = envs
        .filter(|env| env.app.as_str() == "other")
        .map(|env| env.body.domain)
        .next();
    let told = domain.map(|domain| format!("env apply {domain}"));
    assert_eq!(told.as_ref(), applies.first(), "{context}: the record");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_over_http_is_lost_by_kill_9() {
    let (seed, kills) = (RandomState::new().hash_one(0), kills());
    println!("seed {seed}, {kills} kills");
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(healthy("v1", "172.18.0.2"));
    engine.start(healthy("v2", "172.18.0.3"));
    let mut daemon = ready(&engine, state.path()).await;
    prepare(&daemon).await;
    let mut switches = history(&daemon, SWITCHED).await;
    let mut applies = Vec::new();
    let (mut random, mut total) = (seed, 0);
    for kill in 1..=kills {
        random = random.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
        let admin = daemon.admin;
        let switching = storm(move |agent| switch(agent, admin));
        let mut n = 0;
        let applying = storm(move |agent| {
            n += 1;
            apply(agent, admin, &format!("d{kill}-{n}.example.com"))
        });
        tokio::time::sleep(Duration::from_micros(random >> 40 & 0x1_FFFF)).await;
        daemon.kill().await;
        let answered = [switching.join().unwrap(), applying.join().unwrap()];
        total += answered.iter().map(Acked::len).sum::<usize>();
        daemon = ready(&engine, state.path()).await;
        let context = format!("kill {kill}, seed {seed}");
        let known = switches.iter().cloned().collect();
        switches = history(&daemon, SWITCHED).await;
        compare(&switches, &known, &answered[0], &context);
        let known = applies.iter().cloned().collect();
        applies = history(&daemon, APPLIED).await;
        compare(&applies, &known, &answered[1], &context);
        assert_records(&daemon, &switches, &applies, &context).await;
    }
    println!("{total} acknowledged commands over {kills} kills, none lost");
    assert!(total > 0, "there was a storm");
    daemon.kill().await;
}
