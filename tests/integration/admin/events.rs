//! `GET /v1/events`.

use std::time::Duration;

use pointsman::reconciler::NewsKind;
use pointsman::routing::ids::EnvKey;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::http::Client;
use crate::support::listeners::{Admin, AdminSetup};
use crate::support::sse::Sse;

fn tell(admin: &Admin, app: &str, actor: &str) {
    let key = EnvKey::parse(app, "dev").unwrap();
    let actor = actor.to_owned();
    admin.news.tell(Some(key), NewsKind::Recorded { actor });
}

fn actor(event: &Value) -> &str {
    event["actor"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn events_come_as_they_happen_and_only_those_that_were_asked_for() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut all = Sse::open(admin.address, "/v1/events", None).await;
    let mut one = Sse::open(admin.address, "/v1/events?app=whoami&env=dev", None).await;
    tell(&admin, "other", "1");
    tell(&admin, "whoami", "2");
    let first = all.event().await;
    assert_eq!(
        (actor(&first), &first["app"]),
        ("1", &"other".into()),
        "{first}"
    );
    assert_eq!(actor(&all.event().await), "2", "in order");
    let only = one.event().await;
    assert_eq!(
        (actor(&only), &only["kind"]),
        ("2", &"recorded".into()),
        "{only}"
    );
    assert!(only["time"].as_str().unwrap().ends_with('Z'), "{only}");
    assert_eq!(
        only["message"], "2: the env's record was written",
        "in words"
    );
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was_and_says_when_it_cannot() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut events = Sse::open(admin.address, "/v1/events", None).await;
    let begin = events.block().await.unwrap().id.unwrap();
    drop(events);
    tell(&admin, "whoami", "1");
    tell(&admin, "whoami", "2");
    let mut events = Sse::open(admin.address, "/v1/events", Some(begin)).await;
    let first = events.event().await;
    assert_eq!(actor(&first), "1", "what was told meanwhile");
    let first_id = first["seq"].as_u64();
    let mut events = Sse::open(admin.address, "/v1/events", first_id).await;
    assert_eq!(actor(&events.event().await), "2", "after that");
    let mut events = Sse::open(admin.address, "/v1/events", Some(17)).await;
    let lost = events.event().await;
    assert_eq!(
        (&lost["kind"], &lost["count"]),
        (&"lost".into(), &Value::Null),
        "{lost}"
    );
    assert_eq!(actor(&events.event().await), "1", "then all there is");
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody_and_is_cut() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut slow = TcpStream::connect(admin.address).await.unwrap();
    let request = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    slow.write_all(request.as_bytes()).await.unwrap();
    let mut quick = Sse::open(admin.address, "/v1/events", None).await;
    quick.block().await;
    let long = "x".repeat(4000);
    for _ in 0..5000 {
        tell(&admin, "whoami", &long);
    }
    tell(&admin, "whoami", "last");
    let last = quick.find("the last one", |event| actor(event) == "last");
    last.await;
}

#[tokio::test]
async fn a_stream_ends_at_shutdown() {
    let mut admin = Admin::start(AdminSetup::default()).await;
    let mut events = Sse::open(admin.address, "/v1/events", None).await;
    events.block().await;
    admin.provider.stop.cancel();
    assert_eq!(events.block().await, None, "the end");
    admin.provider.ended().await;
}

#[tokio::test]
async fn mistakes_are_named_and_listeners_are_bounded() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (target, last, says) in [
        ("/v1/events?app=A", "1", "app"),
        ("/v1/events?name=a", "1", "name"),
        (
            "/v1/events",
            "x",
            "last-event-id: \"x\" is not the id of an event",
        ),
    ] {
        let answer = client
            .ask("GET", target, &[("Last-Event-ID", last)], "")
            .await;
        let problem = answer.problem();
        assert_eq!(answer.status, 400, "{target}");
        assert!(problem.detail.contains(says), "{target}: {problem:?}");
    }
    let mut seats = Vec::new();
    for _ in 0..32 {
        seats.push(Sse::open(admin.address, "/v1/events", None).await);
    }
    let full = client.get("/v1/events").await.refusal();
    assert_eq!(full, (503, "too_many_listeners".to_owned()), "full");
    drop(seats);
    let freed = tokio::time::timeout(Duration::from_secs(10), async {
        // a closed connection is noticed when something is written to it
        while client.get("/v1/envs").await.status == 200 {
            tell(&admin, "whoami", "wake");
            let mut probe = TcpStream::connect(admin.address).await.unwrap();
            let request = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
            probe.write_all(request.as_bytes()).await.unwrap();
            let mut status = [0; 12];
            tokio::io::AsyncReadExt::read_exact(&mut probe, &mut status)
                .await
                .unwrap();
            if &status == b"HTTP/1.1 200" {
                return;
            }
        }
    });
    freed.await.expect("seats are given back");
}
