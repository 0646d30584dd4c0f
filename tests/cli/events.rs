//! `events` and `status --watch`: streams that are followed, and what ends them.

use pointsman::api::{Event, EventKind};
use pointsman::routing::ids::{AppName, EnvName};

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

const STREAM: &str = "content-type: text/event-stream\r\n";

fn event(seq: u64, message: &str) -> String {
    let event = Event {
        seq,
        time: "2030-01-01T00:00:00Z".to_owned(),
        app: Some(AppName::parse("whoami").unwrap()),
        env: Some(EnvName::parse("dev").unwrap()),
        kind: EventKind::Recorded {
            actor: "api".to_owned(),
        },
        message: message.to_owned(),
    };
    let json = serde_json::to_string(&event).unwrap();
    format!("id: {seq}\nevent: recorded\ndata: {json}\n\n")
}

fn stream(blocks: &[String]) -> Reply {
    Reply::Answer(
        200,
        STREAM,
        format!("retry: 1000\nid: 6\n\n{}", blocks.concat()),
    )
}

#[test]
fn events_are_lines_and_a_stream_that_ends_is_opened_where_it_was() {
    let ran = Test::new("events whoami dev")
        .daemon(vec![
            Reply::ok(&live("v1")),
            stream(&[event(7, "one"), event(8, "two")]),
            stream(&[event(9, "three")]),
            Reply::json(401, &problem(401, "unauthorized", "a token is needed")),
        ])
        .stdout(
            "2030-01-01T00:00:00Z whoami/dev one
2030-01-01T00:00:00Z whoami/dev two
2030-01-01T00:00:00Z whoami/dev three",
        )
        .stderr_has(&["a token is needed"])
        .code(1)
        .run();
    let last = ran.requests.iter().map(|it| it.header("last-event-id"));
    assert_eq!(
        last.collect::<Vec<_>>(),
        [None, None, Some("8"), Some("9")],
        "where it was"
    );
    ran.sent(&[
        "GET /v1/envs/whoami/dev",
        "GET /v1/events?app=whoami&env=dev",
        "GET /v1/events?app=whoami&env=dev",
        "GET /v1/events?app=whoami&env=dev",
    ]);
}

#[test]
fn json_events_come_verbatim() {
    let block = event(7, "one");
    let data = block.split_once("data: ").unwrap().1.trim_end().to_owned();
    Test::new("events --json")
        .daemon(vec![
            stream(&[block]),
            Reply::json(401, &problem(401, "unauthorized", "no")),
        ])
        .stdout(&format!(
            "{data}\n{}",
            serde_json::to_string(&problem(401, "unauthorized", "no")).unwrap()
        ))
        .stderr_has(&["no"])
        .code(1)
        .run();
}

#[test]
fn without_a_daemon_there_is_nothing_to_follow() {
    Test::new("events --url http://127.0.0.1:9")
        .stderr_has(&["no daemon answers at http://127.0.0.1:9"])
        .code(4)
        .run();
}

#[test]
fn a_watched_status_is_shown_again_with_each_event() {
    let text = "whoami/dev: steady, generation 7
SLOT   VERSION  ROLE    WEIGHT  HEALTH
blue   v1       live    100%    ready 2/2
green  v2       staged  0%      ready 2/2
live: http://whoami.dev.example.com
staged: http://vnext-whoami.dev.example.com
";
    Test::new("status whoami dev --watch")
        .daemon(vec![
            stream(&[event(7, "one")]),
            Reply::ok(&both("v1", "v2")),
            Reply::ok(&both("v1", "v2")),
            Reply::json(401, &problem(401, "unauthorized", "a token is needed")),
        ])
        .stdout(&format!("{text}\n{text}\n"))
        .stderr_has(&["a token is needed"])
        .code(1)
        .run()
        .sent(&[
            "GET /v1/events?app=whoami&env=dev",
            "GET /v1/envs/whoami/dev",
            "GET /v1/envs/whoami/dev",
            "GET /v1/events?app=whoami&env=dev",
        ]);
}
