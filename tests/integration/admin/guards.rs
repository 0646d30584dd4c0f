//! Who is let in, and what a request may look like.

use std::time::Duration;

use pointsman::web::{Limits, Token};

use crate::support::http::{Answer, Client, request};
use crate::support::listeners::{Admin, AdminSetup, document};

const ROUTES: [(&str, &str); 10] = [
    ("GET", "/openapi.json"),
    ("GET", "/v1/settings"),
    ("GET", "/metrics"),
    ("GET", "/v1/envs"),
    ("GET", "/v1/envs/whoami/dev"),
    ("PUT", "/v1/envs/whoami/dev"),
    ("DELETE", "/v1/envs/whoami/dev"),
    ("POST", "/v1/envs/whoami/dev/switch"),
    ("GET", "/v1/document"),
    ("GET", "/nowhere"),
];

#[tokio::test]
async fn every_route_refuses_a_foreign_host() {
    let admin = Admin::start(AdminSetup {
        hosts: vec!["Pointsman.internal".to_owned()],
        ..AdminSetup::default()
    })
    .await;
    let mut client = Client::connect(admin.address).await;
    let routes = ROUTES
        .into_iter()
        .chain([("GET", "/live"), ("GET", "/ready"), ("GET", "/")]);
    for (method, target) in routes {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.0.2.1",
            "user@localhost",
            "",
        ] {
            let answer = client.ask(method, target, &[("Host", host)], "").await;
            let expected = (421, "foreign_host".to_owned());
            assert_eq!(answer.refusal(), expected, "{method} {target} at {host:?}");
        }
    }
    let address = admin.address.to_string();
    for host in [
        "localhost",
        "LOCALHOST:9001",
        "localhost.",
        "127.0.0.1",
        "127.1.2.3:80",
        "[::1]:9001",
        "pointsman.internal:9001",
        &address,
    ] {
        let answer = client.ask("GET", "/live", &[("Host", host)], "").await;
        assert_eq!(answer.status, 200, "{host} is ours");
    }
}

#[tokio::test]
async fn a_host_is_given_once_and_the_request_line_cannot_hide_another() {
    let admin = Admin::start(AdminSetup::default()).await;
    for text in [
        "GET /live HTTP/1.1\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET http://evil.example/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let mut client = Client::connect(admin.address).await;
        client.send(text).await;
        assert_eq!(client.answer().await.status, 421, "{text:?}");
    }
}

#[tokio::test]
async fn every_route_refuses_web_pages() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (method, target) in ROUTES {
        for header in [
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Origin", "http://localhost"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = client.ask(method, target, &[header], "").await;
            let expected = (403, "foreign_origin".to_owned());
            assert_eq!(answer.refusal(), expected, "{method} {target} {header:?}");
        }
    }
    let typed = [("Sec-Fetch-Site", "none")];
    let answer = client.ask("GET", "/live", &typed, "").await;
    assert_eq!(answer.status, 200, "an address typed by a person");
}

#[tokio::test]
async fn every_route_wants_the_token_but_probes_from_this_machine() {
    let admin = Admin::start(AdminSetup {
        token: Some(Token::parse("s3cret").unwrap()),
        ..AdminSetup::default()
    })
    .await;
    for (method, target) in ROUTES {
        for headers in [[].as_slice(), &[("Authorization", "Bearer wrong")]] {
            let mut client = Client::connect(admin.address).await;
            let answer = client.ask(method, target, headers, "").await;
            let expected = (401, "unauthorized".to_owned());
            assert_eq!(answer.refusal(), expected, "{method} {target}");
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge, Some("Bearer realm=\"pointsman\""), "how to ask");
        }
    }
    assert!(admin.reconciler.asked().is_empty(), "nothing got through");
    let mut client = Client::connect(admin.address).await;
    assert_eq!(client.get("/live").await.status, 200, "a local probe");
    for path in ["/", "/dashboard.js", "/dashboard.css"] {
        let status = client.get(path).await.status;
        assert_eq!(status, 200, "{path} asks for the token itself");
    }
    let right = [("Authorization", "Bearer s3cret")];
    let answer = client.ask("GET", "/v1/envs", &right, "").await;
    assert_eq!(answer.status, 200, "the right token");
}

const PROMOTE: &str = "/v1/envs/whoami/dev/promote";

#[tokio::test]
async fn a_body_has_known_fields_with_values_that_fit() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (body, says) in [
        (
            "{\"version\":\"v1\",\"wieght\":5}",
            "unknown field `wieght`",
        ),
        ("{\"version\":\"v1\"} x", "trailing"),
        (
            "[\"v1\"]",
            ".: an object with named fields is expected, not a list",
        ),
        (
            "{\"version\":\"v 1\"}",
            "version: version \"v 1\" must match",
        ),
        (
            "{\"version\":\"v1\",\"weight\":101}",
            "weight \"101\" must be a whole number",
        ),
        (
            "{\"version\":\"v1\",\"weight\":-1}",
            "whole number from 0 to 100",
        ),
        (
            "{\"version\":\"v1\",\"weight\":2.5}",
            "whole number from 0 to 100",
        ),
        ("{\"version\":\"v1\",\"weight\":\"x%\"}", "weight \"x%\""),
        ("{}", "missing field `version`"),
        ("", "JSON object"),
        ("[", "EOF"),
    ] {
        let answer = client.ask("POST", PROMOTE, &[], body).await;
        let expected = (400, "invalid_body".to_owned());
        assert_eq!(answer.refusal(), expected, "{body}");
        let detail = answer.problem().detail;
        assert!(detail.contains(says), "{body}: {detail}");
    }
    assert!(admin.reconciler.asked().is_empty(), "nothing got through");
}

#[tokio::test]
async fn a_body_is_bounded_and_says_that_it_is_json() {
    let admin = Admin::start(AdminSetup::default()).await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let mut client = Client::connect(admin.address).await;
        let headers = [("Content-Type", kind)];
        let answer = client.ask("POST", PROMOTE, &headers, "{}").await;
        assert_eq!(answer.refusal(), (415, "not_json".to_owned()), "{kind}");
    }
    let large = "x".repeat(70_000);
    let head = "Host: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
    let size = large.len();
    let chunked = format!("POST {PROMOTE} HTTP/1.1\r\n{head}\r\n\r\n{size:x}\r\n{large}");
    for text in [request("POST", PROMOTE, &[], &large), chunked] {
        let mut client = Client::connect(admin.address).await;
        client.send(&text).await;
        let refusal = client.answer().await.refusal();
        assert_eq!(refusal, (413, "body_too_large".to_owned()), "70 KB");
    }
    assert!(admin.reconciler.asked().is_empty(), "nothing got through");
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let answer = client.get("/v1/nothing").await;
    assert_eq!(
        answer.refusal(),
        (404, "not_found".to_owned()),
        "no such path"
    );
    let answer = client.ask("PATCH", "/v1/envs/whoami/dev", &[], "").await;
    let expected = (405, "method_not_allowed".to_owned());
    assert_eq!(answer.refusal(), expected, "no such method");
    let allow = answer.header("allow").unwrap_or_default();
    assert!(allow.contains("PUT") && allow.contains("DELETE"), "{allow}");
    for target in [
        "/v1/envs/Whoami/dev",
        "/v1/envs/whoami/-dev",
        "/v1/envs/%ff/dev",
    ] {
        let answer = client.get(target).await;
        assert_eq!(answer.status, 400, "{target} is no name");
    }
}

#[tokio::test]
async fn the_admin_port_has_the_same_clocks() {
    let admin = Admin::start(AdminSetup {
        limits: Limits {
            header: Duration::from_millis(80),
            ..Limits::default()
        },
        ..AdminSetup::default()
    })
    .await;
    let mut client = Client::connect(admin.address).await;
    client.send("GET /live HTTP/1.1\r\nHost: local").await;
    client.closed().await;
}

#[tokio::test]
async fn probes_metrics_and_reads_answer() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let answer = client.get("/ready").await;
    assert_eq!(answer.refusal(), (503, "not_synced".to_owned()), "not yet");
    for target in ["/v1/stacks", "/v1/diagnostics"] {
        let answer = client.get(target).await;
        let refusal = (503, "not_synced".to_owned());
        assert_eq!(answer.refusal(), refusal, "{target}: nobody knows");
    }
    admin.reconciler.sync();
    assert_eq!(client.get("/ready").await.status, 200, "now it is");
    let answer = client.get("/v1/document").await;
    assert_eq!(
        answer.refusal(),
        (503, "not_synced".to_owned()),
        "nothing out"
    );
    admin.provider.publisher.publish(&document("a"));
    let answer = client.get("/v1/document").await;
    assert_eq!(answer.body, document("a").to_bytes(), "verbatim");
    for target in ["/v1/stacks", "/v1/diagnostics", "/v1/proxies"] {
        let list: Vec<serde_json::Value> = client.get(target).await.json();
        assert!(list.is_empty(), "{target} is an empty list");
    }
    client
        .ask("POST", "/v1/envs/whoami/dev/switch", &[], "")
        .await;
    let answer = client.get("/metrics").await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    for line in [
        "pointsman_build_info{version=",
        "pointsman_published_revisions_total 1",
        "pointsman_proxies 0",
        "pointsman_commands_total{verb=\"switch\",result=\"not_ready\"} 1",
        "pointsman_connections{listener=\"admin\"} 1",
        "pointsman_slot_active{app=\"whoami\",env=\"dev\",slot=\"blue\",version=\"v1\"} 1",
        "pointsman_env_frozen{app=\"whoami\",env=\"dev\"} 0",
        "pointsman_proxies_behind 0",
        "# TYPE pointsman_commands_total counter",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let kind = |answer: &Answer| answer.header("content-type").unwrap().to_owned();
    assert_eq!(kind(&answer), "text/plain; version=0.0.4; charset=utf-8");
    let accept = [("accept", "application/openmetrics-text;version=1.0.0")];
    let answer = client.ask("GET", "/metrics", &accept, "").await;
    assert!(kind(&answer).starts_with("application/openmetrics-text"));
    assert!(answer.body.ends_with(b"# EOF\n"), "{answer:?}");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let two = request("GET", "/live", &[], "") + &request("GET", "/nowhere", &[], "");
    client.send(&two).await;
    assert_eq!(client.answer().await.status, 200, "the first");
    assert_eq!(client.answer().await.status, 404, "the second");
}
