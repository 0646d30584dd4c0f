//! Who did what, asked of the real daemon.

use pointsman::api::{History, HistoryItem};

use crate::support::daemon::Daemon;
use crate::support::fake_engine::FakeEngine;
use crate::support::http::Client;

const HISTORY: &str = "/v1/envs/whoami/dev/history";

async fn history(daemon: &Daemon, query: &str) -> Vec<HistoryItem> {
    let mut client = Client::connect(daemon.admin).await;
    let answer = client.get(&format!("{HISTORY}{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json::<History>().history
}

async fn apply(daemon: &Daemon, domain: &str) {
    let mut client = Client::connect(daemon.admin).await;
    let headers = [("x-pointsman-actor", "ci@build-7")];
    let body = format!("{{\"domain\":\"{domain}\"}}");
    let answer = client
        .ask("PUT", "/v1/envs/whoami/dev", &headers, &body)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn the_history_tells_who_did_what_newest_first_also_after_a_restart() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon.document("the first list", |_| true).await;
    for n in 1..=60 {
        apply(&daemon, &format!("d{n}.example.com")).await;
    }
    let all = history(&daemon, "?limit=1000").await;
    let told: Vec<_> = all.iter().map(|item| (item.seq, &*item.command)).collect();
    assert_eq!(told.len(), 60, "all of them");
    assert_eq!(told[0], (60, "env apply d60.example.com"), "newest first");
    assert_eq!(all[0].actor, "ci@build-7", "who");
    assert_eq!(all[0].generation, None, "no slot was touched");
    assert!(all[0].time.ends_with('Z'), "{}", all[0].time);
    assert_eq!(history(&daemon, "").await, all[..50], "50 when not said");
    assert_eq!(history(&daemon, "?limit=1").await, all[..1], "fewer");
    daemon.kill().await;
    let daemon = Daemon::start(&engine, state.path()).await;
    assert_eq!(history(&daemon, "?limit=1000").await, all, "the same");
    daemon.kill().await;
}

#[tokio::test]
async fn a_history_that_cannot_be_given_says_why() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    let daemon = Daemon::start(&engine, state.path()).await;
    let mut client = Client::connect(daemon.admin).await;
    for (query, part) in [
        ("?limit=0", "1 to 1000"),
        ("?limit=1001", "1 to 1000"),
        ("?limit=-1", "limit"),
        ("?limit=many", "limit"),
        ("?since=1", "since"),
    ] {
        let answer = client.get(&format!("{HISTORY}{query}")).await;
        assert_eq!(
            answer.refusal(),
            (400, "invalid_query".to_owned()),
            "{query}"
        );
        let detail = answer.problem().detail;
        assert!(detail.contains(part), "{query}: {detail}");
    }
    let unknown = client.get(HISTORY).await;
    assert_eq!(
        unknown.refusal(),
        (404, "unknown_env".to_owned()),
        "no such env"
    );
    let wrong = client.ask("POST", HISTORY, &[], "").await;
    assert_eq!(wrong.status, 405, "it can only be read");
    daemon.kill().await;
}
