//! The station against real servers on loopback.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::ContainerId;
use crate::routing::model::{
    Change, Check, CheckScheme, Finding, HttpCheck, Redirects, Rhythm, Target, Targets,
};

use super::pause;

/// A running station.
struct Rig {
    wanted: watch::Sender<Targets>,
    changes_rx: mpsc::Receiver<Change>,
    tasks: JoinSet<()>,
}

impl Rig {
    fn start(targets: impl IntoIterator<Item = Target>) -> Self {
        let (wanted, wanted_rx) = watch::channel(all(targets));
        let (changes_tx, changes_rx) = mpsc::channel(1024);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            super::run(wanted_rx, changes_tx, CancellationToken::new())
                .await
                .unwrap();
        });
        Self {
            wanted,
            changes_rx,
            tasks,
        }
    }

    async fn next(&mut self) -> (Arc<Target>, Finding) {
        let next = tokio::time::timeout(Duration::from_secs(10), self.changes_rx.recv());
        let change = next.await.expect("a finding in time").expect("it runs");
        let Change::Probed { target, finding } = change else {
            panic!("{change:?}");
        };
        (target, finding)
    }

    async fn finding(&mut self) -> String {
        match self.next().await.1 {
            Finding::Passed => "passed".to_owned(),
            Finding::Failed(why) => format!("failed: {why}"),
            Finding::Unreachable(why) => format!("unreachable: {why}"),
        }
    }
}

fn all(targets: impl IntoIterator<Item = Target>) -> Targets {
    targets.into_iter().map(Arc::new).collect()
}

fn target(address: SocketAddr, check: Check) -> Target {
    Target {
        container: ContainerId::parse("id-web").unwrap(),
        run: 1,
        address,
        network: Some("net".to_owned()),
        check,
    }
}

fn get(path: &str) -> HttpCheck {
    HttpCheck {
        scheme: CheckScheme::Http,
        method: "GET".to_owned(),
        path: path.to_owned(),
        hostname: None,
        headers: BTreeMap::new(),
        status: None,
        redirects: Redirects::Followed,
    }
}

/// Often, so that a test is short.
fn http(request: HttpCheck) -> Check {
    Check::Http {
        request: Box::new(request),
        rhythm: Rhythm {
            interval_ms: 100,
            unhealthy_interval_ms: 100,
            timeout_ms: 1_000,
        },
    }
}

/// A server that gives the answer of the path, and notes what it was asked.
struct Server {
    address: SocketAddr,
    heads_rx: mpsc::UnboundedReceiver<String>,
    tasks: JoinSet<()>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's server may note as much as it likes"
)]
async fn server(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heads_tx, heads_rx) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            if head.is_empty() {
                continue;
            }
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let _unheard = heads_tx.send(head);
            let _gone = stream.write_all(answer(&path).as_bytes()).await;
        }
    });
    Server {
        address,
        heads_rx,
        tasks,
    }
}

fn status(status: u16) -> String {
    format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 2\r\n\r\nok")
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn an_answer_from_200_to_399_is_good_and_others_are_told_in_words() {
    for (code, expected) in [
        (200, "passed"),
        (204, "passed"),
        (304, "passed"),
        (404, "failed: answered 404 Not Found, wanted 200 to 399"),
        (
            503,
            "failed: answered 503 Service Unavailable, wanted 200 to 399",
        ),
    ] {
        let server = server(move |_| status(code)).await;
        let mut rig = Rig::start([target(server.address, http(get("/")))]);
        assert_eq!(rig.finding().await, expected, "{code}");
    }
    let server = server(|_| status(200)).await;
    let wanted = HttpCheck {
        status: Some(204),
        ..get("/")
    };
    let mut rig = Rig::start([target(server.address, http(wanted))]);
    assert_eq!(
        rig.finding().await,
        "failed: answered 200 OK, wanted 204",
        "the one of the label"
    );
}

#[tokio::test]
async fn the_request_is_the_labels() {
    let mut server = server(|_| status(200)).await;
    let mut check = get("/ready?deep=1");
    check.method = "OPTIONS".to_owned();
    check.hostname = Some("app.example".to_owned());
    check.headers = BTreeMap::from([("X-Probe".to_owned(), "yes".to_owned())]);
    let mut rig = Rig::start([target(server.address, http(check))]);
    assert_eq!(rig.finding().await, "passed", "answered");
    let head = server.heads_rx.recv().await.unwrap().to_ascii_lowercase();
    assert!(
        head.starts_with("options /ready?deep=1 http/1.1\r\n"),
        "{head}"
    );
    for line in [
        "host: app.example\r\n",
        "x-probe: yes\r\n",
        "user-agent: pointsman/",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_same_server_and_nowhere_else() {
    let mut elsewhere = server(|_| status(200)).await;
    let (near, far) = ("/here", format!("http://{}/secret", elsewhere.address));
    let other = far.clone();
    let server = server(move |path| match path {
        "/near" => redirect(near),
        "/here" => status(500),
        "/loop" => redirect("/loop"),
        _ => redirect(&other),
    })
    .await;
    let expected = [
        (
            "/near",
            "failed: answered 500 Internal Server Error, wanted 200 to 399",
        ),
        ("/loop", "failed: more than 10 redirects"),
        ("/far", "passed"),
    ];
    for (path, expected) in expected {
        let mut rig = Rig::start([target(server.address, http(get(path)))]);
        assert_eq!(rig.finding().await, expected, "{path}");
    }
    let mut strict = get("/far");
    strict.status = Some(200);
    let mut rig = Rig::start([target(server.address, http(strict))]);
    let told = rig.finding().await;
    assert!(told.contains("another address is not followed"), "{told}");
    assert!(
        elsewhere.heads_rx.try_recv().is_err(),
        "{far} was not asked"
    );
}

// The body was read although the status was known: a stream of events as health endpoint was never ready.
#[tokio::test]
async fn a_body_without_an_end_does_not_matter() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut rig = Rig::start([target(address, http(get("/events")))]);
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    stream.write_all(head).await.unwrap();
    assert_eq!(rig.finding().await, "passed", "the status says it");
}

// Every network in which something had answered was remembered for ever.
#[tokio::test]
async fn networks_without_servers_are_forgotten_when_they_are_many() {
    let mut station = super::Station::new().unwrap();
    let name = |n: usize| Some(format!("net-{n}"));
    station.answered.extend((0..1_024).map(name));
    let asked = Target {
        network: name(7),
        ..target(([127, 0, 0, 1], 9).into(), http(get("/")))
    };
    station.want(all([asked.clone()]));
    assert_eq!(station.answered.len(), 1_024, "few enough");
    station.answered.insert(name(1_024));
    station.want(all([asked]));
    assert_eq!(station.answered, [name(7)].into(), "where one is asked");
}

#[tokio::test]
async fn nothing_is_told_twice_and_every_change_is() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let server = server(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => status(503),
        6 => status(500),
        _ => status(200),
    })
    .await;
    let mut rig = Rig::start([target(server.address, http(get("/")))]);
    let told = [
        rig.finding().await,
        rig.finding().await,
        rig.finding().await,
        rig.finding().await,
    ];
    let codes: Vec<&str> = told.iter().filter_map(|told| told.get(..11)).collect();
    assert_eq!(codes.len(), 2, "{told:?}");
    assert_eq!(
        (told[1].as_str(), told[3].as_str()),
        ("passed", "passed"),
        "{told:?}"
    );
    assert!(count.load(Ordering::Relaxed) >= 8, "asked again and again");
}

#[tokio::test]
async fn a_server_without_a_check_is_asked_until_it_takes_a_connection() {
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let mut rig = Rig::start([target(address, Check::Connect)]);
    assert_eq!(
        rig.finding().await,
        "failed: the connection was refused",
        "nobody there"
    );
    let listener = TcpListener::bind(address).await.unwrap();
    assert_eq!(rig.finding().await, "passed", "soon after it listens");
    listener.accept().await.unwrap();
    let again = tokio::time::timeout(Duration::from_millis(1_500), listener.accept());
    assert!(again.await.is_err(), "and never again");
    assert_eq!(rig.tasks.len(), 1, "it runs");
}

#[tokio::test]
async fn silence_is_a_failure_where_something_answers_and_unknown_where_nothing_does() {
    let server = server(|_| status(200)).await;
    // no connection can be made to it
    let nowhere: SocketAddr = "255.255.255.255:80".parse().unwrap();
    let quick = |address| {
        let rhythm = Rhythm {
            interval_ms: 100,
            unhealthy_interval_ms: 100,
            timeout_ms: 100,
        };
        let request = Box::new(get("/"));
        target(address, Check::Http { request, rhythm })
    };
    let mut alone = Rig::start([quick(nowhere)]);
    let told = alone.finding().await;
    assert!(told.starts_with("unreachable: no connection"), "{told}");
    let mut both = Rig::start([target(server.address, Check::Connect)]);
    assert_eq!(both.finding().await, "passed", "its network answers");
    both.wanted.send_replace(all([quick(nowhere)]));
    let told = both.finding().await;
    assert!(told.starts_with("failed: no connection"), "{told}");
}

#[tokio::test]
async fn the_slow_do_not_delay_the_others() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = server(|_| status(200)).await;
    let rhythm = Rhythm {
        interval_ms: 1_000,
        unhealthy_interval_ms: 1_000,
        timeout_ms: 3_000,
    };
    let slow = (0..500).map(|run| Target {
        run,
        ..target(
            silent.local_addr().unwrap(),
            Check::Http {
                request: Box::new(get("/")),
                rhythm,
            },
        )
    });
    let slow: Vec<Target> = slow.collect();
    let mut rig = Rig::start(slow.clone());
    // those that are not known yet may hold the others up once, by their time-out
    let (_, first) = rig.next().await;
    assert_eq!(
        first,
        Finding::Failed("no answer within 3s".to_owned()),
        "slow"
    );
    let begun = Instant::now();
    let quick = target(server.address, Check::Connect);
    rig.wanted
        .send_replace(all(slow.into_iter().chain([quick.clone()])));
    loop {
        let (target, finding) = rig.next().await;
        if *target == quick {
            assert_eq!(finding, Finding::Passed, "ready");
            break;
        }
    }
    println!("asked beside 500 silent ones after {:?}", begun.elapsed());
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn who_is_not_wanted_any_more_is_left_alone() {
    let mut server = server(|_| status(200)).await;
    let mut rig = Rig::start([target(server.address, http(get("/")))]);
    assert_eq!(rig.finding().await, "passed", "asked");
    rig.wanted.send_replace(Targets::default());
    tokio::time::timeout(Duration::from_millis(300), async {
        while server.heads_rx.recv().await.is_some() {}
    })
    .await
    .unwrap_err();
    let asked = server.heads_rx.try_recv();
    assert!(asked.is_err(), "nothing came any more: {asked:?}");
    server.tasks.shutdown().await;
}

#[test]
fn pauses_follow_the_labels_once_it_was_well() {
    let target = target("127.0.0.1:80".parse().unwrap(), http(get("/")));
    let state = pause::State {
        well: false,
        was_well: false,
        age: Duration::ZERO,
        count: 1,
    };
    let pauses: Vec<Duration> = (1..8)
        .map(|count| pause::after(&target, &pause::State { count, ..state }).unwrap())
        .collect();
    for (pause, nominal) in pauses.iter().zip([50, 100, 200, 400, 800, 1_000, 1_000]) {
        let nominal = Duration::from_millis(nominal);
        assert!(
            *pause <= nominal && *pause >= nominal * 9 / 10,
            "{pauses:?}"
        );
    }
    let well = pause::State {
        well: true,
        was_well: true,
        ..state
    };
    let pause = pause::after(&target, &well).unwrap();
    assert!(
        pause <= Duration::from_millis(100),
        "its interval: {pause:?}"
    );
}
