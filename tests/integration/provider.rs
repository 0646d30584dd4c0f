//! The provider listener as Traefik meets it, and as somebody meets it who means no good.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pointsman::reconciler::{Closed, Farewell};
use pointsman::routing::ids::EnvKey;
use pointsman::routing::model::Change;
use pointsman::routing::rollout::Maintenance;
use pointsman::routing::traefik::Section;
use pointsman::web::{Limits, Token, published, tell_reached};
use tokio::sync::mpsc;

use crate::support::http::{Client, PATIENCE, request, until};
use crate::support::listeners::{Provider, ProviderSetup, document};

/// Long enough that only an event can have ended it.
const LONG: &str = "/config?wait=3s";

async fn start() -> Provider {
    Provider::start(ProviderSetup::default()).await
}

async fn start_with(limits: Limits) -> Provider {
    Provider::start(ProviderSetup {
        limits,
        ..ProviderSetup::default()
    })
    .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "these tests are about how long things take"
)]
fn now() -> Instant {
    Instant::now()
}

/// Polls until the connection counts as a proxy; the last revision has then been served.
async fn become_proxy(client: &mut Client, provider: &Provider) {
    for _ in 0..3 {
        assert_eq!(client.get("/config").await.status, 200, "a plain poll");
    }
    until("three polls make a proxy", || {
        provider.proxies.list().len() == 1
    })
    .await;
}

/// Sends a request and waits until the listener is at work on it.
async fn send_held(client: &mut Client, provider: &Provider, target: &str) {
    let polls = provider.proxies.list()[0].polls;
    client.send(&request("GET", target, &[], "")).await;
    until("the poll has begun", || {
        provider.proxies.list()[0].polls > polls
    })
    .await;
}

#[tokio::test]
async fn before_the_first_publication_the_answer_is_an_empty_503_on_a_kept_connection() {
    let provider = start().await;
    let mut client = Client::connect(provider.address).await;
    let answer = client.get("/config").await;
    assert_eq!(answer.status, 503, "nothing is known yet");
    assert_eq!(answer.header("content-length"), Some("0"), "no body");
    let begun = now();
    let answer = client.get("/config?wait=60ms").await;
    assert_eq!(answer.status, 503, "still nothing");
    assert!(
        begun.elapsed() >= Duration::from_millis(60),
        "held for the first publication"
    );
    provider.publisher.publish(&document("a"));
    let answer = client.get(LONG).await;
    assert_eq!(answer.status, 200, "at once, on the same connection");
}

#[tokio::test]
async fn the_first_publication_ends_a_hold() {
    let provider = start().await;
    let mut client = Client::connect(provider.address).await;
    client.send(&request("GET", LONG, &[], "")).await;
    provider.publisher.publish(&document("a"));
    let answer = client.answer().await;
    assert_eq!(answer.body, document("a").to_bytes(), "the document");
}

#[tokio::test]
async fn the_answer_is_the_whole_document_with_its_exact_length() {
    let provider = start().await;
    let mut large = document("a");
    for index in 0..200 {
        let router = format!(",\"r{index}\":{{\"rule\":\"Host(`{index}`)\"}}");
        let name = format!("r{index}");
        large.replace(Section::HttpRouters, &name, Bytes::from(router));
    }
    provider.publisher.publish(&large);
    let answer = Client::connect(provider.address).await.get("/config").await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "its type"
    );
    assert_eq!(
        answer.body,
        large.to_bytes(),
        "its bytes, and so its length"
    );
}

#[tokio::test]
async fn a_publication_releases_a_held_answer_within_milliseconds() {
    let provider = start().await;
    provider.publisher.publish(&document("0"));
    let mut client = Client::connect(provider.address).await;
    become_proxy(&mut client, &provider).await;
    let mut delays = Vec::new();
    for round in 1..=20 {
        send_held(&mut client, &provider, LONG).await;
        let next = document(&round.to_string());
        let published = now();
        provider.publisher.publish(&next);
        let answer = client.answer().await;
        delays.push(published.elapsed());
        assert_eq!(answer.body, next.to_bytes(), "the new document");
    }
    delays.sort();
    println!("median {:?}, worst {:?}", delays[10], delays[19]);
    assert!(
        delays[10] < Duration::from_millis(20),
        "median {:?}",
        delays[10]
    );
}

#[tokio::test]
async fn a_hold_without_news_ends_in_time_with_the_same_bytes() {
    let provider = Provider::start(ProviderSetup {
        max_hold: Duration::from_millis(120),
        ..ProviderSetup::default()
    })
    .await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    let first = client.get("/config?wait=1h").await;
    for (target, least) in [
        ("/config?wait=50ms", 50),
        ("/config?wait=1h", 120),
        ("/config?wait=0", 0),
    ] {
        let begun = now();
        let answer = client.get(target).await;
        let took = begun.elapsed();
        assert_eq!(answer.body, first.body, "{target}: the same bytes");
        assert!(
            took >= Duration::from_millis(least),
            "{target} took {took:?}"
        );
        assert!(took < Duration::from_secs(2), "{target} took {took:?}");
    }
}

// Traefik asks to the end and does not stop while an answer is outstanding: it panics 10 s later.
#[tokio::test]
async fn when_traefik_is_told_to_stop_nothing_is_held_until_it_connects_anew() {
    let provider = start().await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    become_proxy(&mut client, &provider).await;
    let told = |signals, leaving| {
        provider
            .farewell
            .send_replace(Farewell { signals, leaving })
    };
    send_held(&mut client, &provider, LONG).await;
    let begun = now();
    told(1, 1);
    let answer = client.answer().await;
    assert_eq!(answer.body, document("a").to_bytes(), "the document");
    assert_eq!(client.get(LONG).await.status, 200, "at once");
    told(1, 0);
    assert_eq!(client.get(LONG).await.status, 200, "still the old one");
    let mut other = Client::connect(provider.address).await;
    assert_eq!(other.get("/config").await.status, 200, "a new one");
    assert!(begun.elapsed() < Duration::from_secs(2), "none was held");
    let begun = now();
    assert_eq!(other.get("/config?wait=50ms").await.status, 200, "same");
    assert!(begun.elapsed() >= Duration::from_millis(50), "it is held");
}

#[tokio::test]
async fn what_was_served_is_known_by_connection() {
    let provider = start().await;
    provider.publisher.publish(&document("a"));
    let mut first = Client::connect(provider.address).await;
    become_proxy(&mut first, &provider).await;
    send_held(&mut first, &provider, LONG).await;
    let begun = now();
    let mut second = Client::connect(provider.address).await;
    let answer = second.get(LONG).await;
    assert_eq!(answer.status, 200, "a new connection is answered");
    assert!(begun.elapsed() < Duration::from_secs(2), "and at once");
    provider.publisher.publish(&document("b"));
    assert_eq!(
        first.answer().await.body,
        document("b").to_bytes(),
        "first has b"
    );
    let begun = now();
    let answer = second.get(LONG).await;
    assert_eq!(answer.body, document("b").to_bytes(), "second had a");
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "so it gets b at once"
    );
}

#[tokio::test]
async fn a_publication_that_is_taken_back_is_still_no_reason_to_hang() {
    let provider = start().await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    let first = client.get("/config").await;
    provider.publisher.publish(&document("b"));
    provider.publisher.publish(&document("a"));
    let answer = client.get("/config?wait=30ms").await;
    assert_eq!(answer.body, first.body, "a again, at the end of the wait");
}

#[tokio::test]
async fn on_stop_held_requests_get_the_current_document_at_once() {
    let mut provider = start().await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    become_proxy(&mut client, &provider).await;
    send_held(&mut client, &provider, LONG).await;
    let begun = now();
    provider.stop.cancel();
    let answer = client.answer().await;
    assert_eq!(answer.status, 200, "not a broken connection");
    assert_eq!(
        answer.body,
        document("a").to_bytes(),
        "the current document"
    );
    client.closed().await;
    provider.ended().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "all at once");
}

#[tokio::test]
async fn on_stop_idle_connections_close_and_the_listener_ends() {
    let mut provider = start().await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    client.get("/config").await;
    provider.stop.cancel();
    client.closed().await;
    provider.ended().await;
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_name() {
    let provider = start().await;
    provider.publisher.publish(&document("a"));
    for (method, target, headers, body, expected) in [
        (
            "GET",
            "/config?wait=5",
            [].as_slice(),
            "",
            (400, "invalid_wait"),
        ),
        ("GET", "/config?wait=", &[], "", (400, "invalid_wait")),
        ("GET", "/config?wait", &[], "", (400, "invalid_wait")),
        (
            "GET",
            "/config?wait=1s&wait=2s",
            &[],
            "",
            (400, "invalid_wait"),
        ),
        ("POST", "/config", &[], "", (405, "method_not_allowed")),
        ("DELETE", "/config", &[], "", (405, "method_not_allowed")),
        ("GET", "/", &[], "", (404, "not_found")),
        ("GET", "/config/", &[], "", (404, "not_found")),
        ("POST", "/config", &[], "{}", (400, "body_not_allowed")),
        (
            "GET",
            "/config",
            &[("Origin", "http://evil.example")],
            "",
            (403, "browser_request"),
        ),
        (
            "GET",
            "/config",
            &[("Sec-Fetch-Site", "same-origin")],
            "",
            (403, "browser_request"),
        ),
    ] {
        let mut client = Client::connect(provider.address).await;
        let answer = client.ask(method, target, headers, body).await;
        let (status, code) = answer.refusal();
        assert_eq!((status, code.as_str()), expected, "{method} {target}");
        if status == 405 {
            assert_eq!(answer.header("allow"), Some("GET"), "405 says what goes");
        }
    }
    let mut client = Client::connect(provider.address).await;
    let answer = client.get("/config?proxy=1&wait=1ms").await;
    assert_eq!(answer.status, 200, "other parameters tell proxies apart");
    let answer = client.ask("HEAD", "/config", &[], "").await;
    assert_eq!(answer.status, 405, "HEAD is not GET");
}

#[tokio::test]
async fn only_http_1_1_is_spoken() {
    let provider = start().await;
    let mut client = Client::connect(provider.address).await;
    client.send("GET /config HTTP/1.0\r\n\r\n").await;
    let mut answer = [0; 12];
    client.read_exact(&mut answer).await;
    assert_eq!(&answer, b"HTTP/1.0 505", "an older one is refused");
    let mut client = Client::connect(provider.address).await;
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    client.ends_without_success().await;
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let provider = Provider::start(ProviderSetup {
        token: Some(Token::parse("s3cret").unwrap()),
        ..ProviderSetup::default()
    })
    .await;
    provider.publisher.publish(&document("a"));
    for (target, authorization) in [
        ("/config", None),
        ("/config", Some("Bearer wrong")),
        ("/config", Some("Basic czNjcmV0")),
        ("/elsewhere", None),
    ] {
        let mut client = Client::connect(provider.address).await;
        let headers: Vec<_> = authorization
            .map(|a| ("Authorization", a))
            .into_iter()
            .collect();
        let answer = client.ask("GET", target, &headers, "").await;
        assert_eq!(
            answer.refusal(),
            (401, "unauthorized".to_owned()),
            "{target} {authorization:?}"
        );
        let challenge = answer.header("www-authenticate");
        assert!(challenge.is_some(), "401 says what is missing");
        client.closed().await;
    }
    let mut client = Client::connect(provider.address).await;
    let right = [("Authorization", "Bearer s3cret")];
    let answer = client.ask("GET", "/config", &right, "").await;
    assert_eq!(answer.status, 200, "the right one");
}

#[tokio::test]
async fn an_idle_connection_is_kept_but_a_slow_head_is_cut() {
    let header = Duration::from_millis(150);
    let limits = Limits {
        header,
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    for _ in 0..2 {
        assert_eq!(client.get("/config").await.status, 200, "kept");
        // between two polls of Traefik, for longer than a head may take
        tokio::time::sleep(header * 3).await;
    }
    assert_eq!(client.get("/config").await.status, 200, "still kept");
    let begun = now();
    let mut sent = "GET /config HTTP/1.1\r\nHost: x\r\nX-Slow: "
        .chars()
        .cycle();
    let drip = async {
        loop {
            let next = sent.next().unwrap().to_string();
            client.send_if_open(&next).await;
            if client.is_closed_within(Duration::from_millis(10)).await {
                break;
            }
        }
    };
    let cut = tokio::time::timeout(PATIENCE, drip).await;
    cut.expect("a slow head is cut");
    let took = begun.elapsed();
    assert!(took >= header, "not before its time: {took:?}");
    assert!(took < header * 6, "each byte buys no more time: {took:?}");
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut() {
    let limits = Limits {
        header: Duration::from_millis(80),
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    let mut client = Client::connect(provider.address).await;
    client.closed().await;
}

#[tokio::test]
async fn a_connection_that_stays_idle_too_long_is_closed() {
    let limits = Limits {
        idle: Duration::from_millis(80),
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    client.get("/config").await;
    client.closed().await;
}

#[tokio::test]
async fn a_hold_is_no_idling() {
    let limits = Limits {
        idle: Duration::from_millis(40),
        header: Duration::from_millis(40),
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    client.get("/config").await;
    let answer = client.get("/config?wait=200ms").await;
    assert_eq!(answer.status, 200, "held for longer than both limits");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_and_frees_its_slot() {
    let limits = Limits {
        write: Duration::from_millis(100),
        connections: 1,
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    let mut large = document("a");
    let filler = "x".repeat(64 << 20);
    let router = format!(",\"large\":{{\"rule\":\"{filler}\"}}");
    large.replace(Section::HttpRouters, "large", Bytes::from(router));
    provider.publisher.publish(&large);
    let mut rude = Client::connect(provider.address).await;
    rude.send(&request("GET", "/config", &[], "")).await;
    a_slot_becomes_free(&provider).await;
}

#[tokio::test]
async fn a_client_that_leaves_while_held_frees_its_slot() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let provider = start_with(limits).await;
    provider.publisher.publish(&document("a"));
    let mut client = Client::connect(provider.address).await;
    become_proxy(&mut client, &provider).await;
    send_held(&mut client, &provider, LONG).await;
    let mut other = Client::connect(provider.address).await;
    other.closed().await;
    let begun = now();
    drop(client);
    a_slot_becomes_free(&provider).await;
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "before the hold was over"
    );
    assert!(provider.proxies.list().is_empty(), "and it is no proxy now");
}

async fn a_slot_becomes_free(provider: &Provider) {
    let freed = tokio::time::timeout(PATIENCE, async {
        loop {
            let mut client = Client::connect(provider.address).await;
            let any = request("GET", "/elsewhere", &[], "");
            client.send_if_open(&any).await;
            if client.first_byte().await {
                return;
            }
        }
    });
    freed.await.expect("a slot becomes free");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let provider = start().await;
    let mut client = Client::connect(provider.address).await;
    let padding = "x".repeat(20_000);
    client
        .send(&request("GET", "/config", &[("X-Padding", &padding)], ""))
        .await;
    assert_eq!(client.answer().await.status, 431, "16 KB is the limit");
    client.closed().await;
}

#[tokio::test]
async fn the_registry_knows_what_each_proxy_was_served() {
    let provider = start().await;
    let (a, b) = (document("a"), document("b"));
    provider.publisher.publish(&a);
    let mut client = Client::connect(provider.address).await;
    become_proxy(&mut client, &provider).await;
    let proxy = provider.proxies.list().remove(0);
    assert_eq!(proxy.revision, Some(a.revision()), "a was served");
    send_held(&mut client, &provider, LONG).await;
    provider.publisher.publish(&b);
    let target = published(b.revision(), &provider.reader);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    let served = provider.proxies.wait_served(target, deadline).await;
    assert!(served, "b is served as soon as it is out");
    drop(client);
    until("a closed connection is no proxy", || {
        provider.proxies.list().is_empty()
    })
    .await;
}

fn closed() -> Closed {
    let maintenance = Maintenance {
        by: "ops".to_owned(),
        message: "back at <noon>".to_owned(),
        retry_after_s: 90,
    };
    Closed::from([(EnvKey::parse("whoami", "dev").unwrap(), maintenance)])
}

#[tokio::test]
async fn visitors_of_a_closed_env_read_its_page_without_a_token_and_whatever_they_ask() {
    let provider = Provider::start(ProviderSetup {
        closed: closed(),
        token: Some(Token::parse("s3cret").unwrap()),
        ..ProviderSetup::default()
    })
    .await;
    let browser = [
        ("Origin", "https://shop.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    let long = "x".repeat(300_000);
    for (method, body) in [
        ("GET", ""),
        ("HEAD", ""),
        ("POST", long.as_str()),
        ("DELETE", ""),
    ] {
        let mut client = Client::connect(provider.address).await;
        let target = "/maintenance/whoami/dev?q=1";
        let answer = client.ask(method, target, &browser, body).await;
        assert_eq!(answer.status, 503, "{method}");
        assert_eq!(answer.header("retry-after"), Some("90"), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method}");
        let html = Some("text/html; charset=utf-8");
        assert_eq!(answer.header("content-type"), html, "{method}");
        assert_eq!(answer.header("connection"), Some("close"), "{method}");
        let page = String::from_utf8(answer.body).unwrap();
        let message = page.contains("back at &lt;noon&gt;");
        assert_eq!(message, method != "HEAD", "{method}: {page}");
    }
    for target in [
        "/maintenance/whoami/prod",
        "/maintenance/",
        "/maintenance/x",
    ] {
        let answer = Client::connect(provider.address).await.get(target).await;
        assert_eq!(answer.status, 503, "{target}");
        assert_eq!(answer.header("retry-after"), Some("5"), "{target}");
    }
    for target in ["/config", "/maintenance", "/"] {
        let answer = Client::connect(provider.address).await.get(target).await;
        assert_eq!(answer.status, 401, "{target}: nothing else is open");
    }
}

/// What is told after three polls with this Host.
async fn told(token: Option<&str>, host: &str) -> (Option<String>, String) {
    let mut provider = Provider::start(ProviderSetup {
        token: token.map(|token| Token::parse(token).unwrap()),
        ..ProviderSetup::default()
    })
    .await;
    provider.publisher.publish(&document("a"));
    let (changes_tx, mut changes_rx) = mpsc::channel(4);
    let (proxies, stop) = (provider.proxies.clone(), provider.stop.clone());
    provider
        .tasks
        .spawn(tell_reached(proxies, changes_tx, stop));
    let mut client = Client::connect(provider.address).await;
    let bearer = format!("Bearer {}", token.unwrap_or_default());
    let poll = format!("GET /config HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\n\r\n");
    for _ in 0..3 {
        client.send(&poll).await;
        assert_eq!(client.answer().await.status, 200, "a poll");
    }
    let heard = tokio::time::timeout(Duration::from_millis(300), changes_rx.recv()).await;
    let heard = heard.ok().flatten().map(|change| {
        let Change::Provider(provider) = change else {
            panic!("{change:?}");
        };
        provider.to_string()
    });
    (heard, provider.address.to_string())
}

#[tokio::test]
async fn a_poller_with_the_token_says_where_it_reaches_the_listener() {
    let (heard, _) = told(Some("s3cret"), "pointsman:9000").await;
    assert_eq!(heard.as_deref(), Some("pointsman:9000"), "its Host");
    let (heard, _) = told(Some("s3cret"), "pointsman:9000/evil").await;
    assert_eq!(heard, None, "what is no host is not believed");
}

// Any container that reaches a listener without a token could have visitors of a closed env sent to itself.
#[tokio::test]
async fn without_a_token_it_is_where_the_connection_arrived() {
    let (heard, address) = told(None, "evil.example:80").await;
    assert_eq!(heard, Some(address), "nobody is believed");
}
