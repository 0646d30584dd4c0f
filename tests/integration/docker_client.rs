//! How an Engine is reached: versions, transports, deadlines.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pointsman::docker::{self, Client, Endpoint, Stats, Timing, TlsFiles};
use pointsman::routing::model::Change;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::fake_engine::{FakeEngine, container};
use crate::support::observer::Observer;
use crate::support::{quick_timing, soon};

#[tokio::test]
async fn the_newest_version_that_both_know_is_spoken() {
    for (oldest, newest, spoken) in [("1.12", "1.41", "1.41"), ("1.44", "1.60", "1.52")] {
        let engine = FakeEngine::new();
        engine.versions(oldest, newest);
        Observer::start(&engine, quick_timing()).await.stop().await;
        let prefix = format!("GET /v{spoken}/");
        assert_eq!(
            engine.count(&prefix),
            3,
            "events, those before, and list in {spoken}: {:?}",
            engine.calls()
        );
    }
}

#[tokio::test]
async fn an_upgraded_daemon_is_asked_for_its_version_again() {
    let mut engine = FakeEngine::new();
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.kill().await;
    engine.versions("1.44", "1.48");
    engine.boot();
    seen.until("the second list", |seen| seen.resyncs == 2)
        .await;
    assert_eq!(
        engine.count("GET /v1.48/containers/json"),
        1,
        "in its new version"
    );
}

#[tokio::test]
async fn a_daemon_with_no_common_version_is_asked_for_nothing_else() {
    let engine = FakeEngine::new();
    engine.versions("1.53", "1.60");
    let seen = Observer::start_unsynced(&engine, quick_timing());
    engine.called("GET /version", 3).await;
    let calls = engine.calls();
    assert!(
        calls.iter().all(|call| call == "GET /version"),
        "only /version: {calls:?}"
    );
    seen.stop().await;
}

#[tokio::test]
async fn a_proxy_that_hides_the_version_is_pinged_for_it() {
    let engine = FakeEngine::new();
    engine.faults(|faults| faults.answers.push(("GET /version", 403, "Forbidden")));
    Observer::start(&engine, quick_timing()).await.stop().await;
    assert_eq!(
        engine.count("GET /v1.41/containers/json"),
        1,
        "from the ping's header"
    );
}

#[tokio::test]
async fn a_body_that_never_ends_meets_the_deadline() {
    let engine = FakeEngine::new();
    engine.start(container("web"));
    engine.faults(|faults| faults.list_delay = Duration::from_mins(1));
    let timing = Timing {
        call_deadline: Duration::from_millis(100),
        ..quick_timing()
    };
    let mut seen = Observer::start_unsynced(&engine, timing);
    engine.called("/containers/json", 2).await;
    engine.faults(|faults| faults.list_delay = Duration::ZERO);
    seen.until("a list in time", |seen| seen.resyncs == 1).await;
}

#[tokio::test]
async fn an_engine_behind_tls_is_watched_with_a_client_certificate() {
    let engine = FakeEngine::new();
    engine.start(container("web"));
    let mut front = JoinSet::new();
    let port = tls_front(&engine, &mut front).await;
    let tls = TlsFiles {
        ca: Some(fixture("ca.pem")),
        cert: Some(fixture("client.pem")),
        key: Some(fixture("client-key.pem")),
    };
    let with_certificate =
        Endpoint::parse(&format!("tcp://localhost:{port}"), tls.clone()).unwrap();
    assert!(
        first_change(with_certificate).await.is_some(),
        "the list came through TLS"
    );
    let anonymous = TlsFiles {
        cert: None,
        key: None,
        ..tls
    };
    let without = Endpoint::parse(&format!("tcp://localhost:{port}"), anonymous).unwrap();
    assert!(
        first_change(without).await.is_none(),
        "refused without a certificate"
    );
}

async fn first_change(endpoint: Endpoint) -> Option<Change> {
    let (changes_tx, mut changes_rx) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let stats: Arc<Stats> = Arc::default();
    let client = Client::new(endpoint);
    let watching = docker::watch(
        client,
        quick_timing(),
        changes_tx,
        Arc::clone(&stats),
        stop.clone(),
    );
    let mut tasks = JoinSet::new();
    tasks.spawn(watching);
    let failed_often = async {
        while stats.reconnects.get() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        None
    };
    let first = async {
        tokio::select! {
            change = changes_rx.recv() => change,
            none = failed_often => none,
        }
    };
    soon("a change or failures", first).await
}

/// Ends TLS and passes the bytes on to the engine's socket. Asks for a certificate of the same CA.
async fn tls_front(engine: &FakeEngine, tasks: &mut JoinSet<()>) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap())
        .unwrap();
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::clone(&provider),
    );
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![CertificateDer::from_pem_file(fixture("server.pem")).unwrap()],
            PrivateKeyDer::from_pem_file(fixture("server-key.pem")).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let Endpoint::Unix(socket) = engine.endpoint() else {
        panic!("a socket")
    };
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, socket) = (acceptor.clone(), socket.clone());
            connections.spawn(async move {
                let Ok(mut outer) = acceptor.accept(stream).await else {
                    return;
                };
                let mut inner = UnixStream::connect(socket).await.unwrap();
                // either side may go away
                drop(tokio::io::copy_bidirectional(&mut outer, &mut inner).await);
            });
        }
    });
    port
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/docker-tls")
        .join(name)
}
