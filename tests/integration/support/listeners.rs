//! Running listeners on free ports, and documents to publish.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use pointsman::api::{DockerTlsFiles, Reads, Settings};
use pointsman::reconciler::{Closed, Farewell, Feed};
use pointsman::routing::traefik::{Document, Section};
use pointsman::snapshot::{self, Publisher, Reader};
use pointsman::web::{
    AdminOptions, Confirmer, Limits, Metrics, ProviderOptions, Proxies, Token, serve_admin,
    serve_provider,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fake_reconciler::FakeReconciler;

/// A document that differs for each text.
pub(crate) fn document(text: &str) -> Document {
    let mut document = Document::default();
    let router = format!(",\"r\":{{\"rule\":\"Host(`{text}`)\",\"service\":\"s\"}}");
    document.replace(Section::HttpRouters, "r", Bytes::from(router));
    document
}

/// The provider listener, running.
pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    pub(crate) publisher: Publisher,
    pub(crate) reader: Reader,
    pub(crate) proxies: Proxies,
    pub(crate) farewell: watch::Sender<Farewell>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: JoinSet<()>,
}

/// What differs from test to test.
pub(crate) struct ProviderSetup {
    pub(crate) closed: Closed,
    pub(crate) token: Option<Token>,
    pub(crate) max_hold: Duration,
    pub(crate) limits: Limits,
}

impl Default for ProviderSetup {
    fn default() -> Self {
        Self {
            closed: Closed::new(),
            token: None,
            max_hold: Duration::from_secs(4),
            limits: Limits::default(),
        }
    }
}

impl Provider {
    pub(crate) async fn start(setup: ProviderSetup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (publisher, reader) = snapshot::channel();
        let (proxies, stop) = (Proxies::new(), CancellationToken::new());
        let (farewell, farewell_rx) = watch::channel(Farewell::default());
        let options = ProviderOptions {
            metrics: Metrics::new(reader.clone(), proxies.clone(), |_| {}),
            reader: reader.clone(),
            proxies: proxies.clone(),
            closed: watch::channel(setup.closed).1,
            farewell: farewell_rx,
            token: setup.token,
            max_hold: setup.max_hold,
            limits: setup.limits,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_provider(listener, options, stop.clone()));
        Self {
            address,
            publisher,
            reader,
            proxies,
            farewell,
            stop,
            tasks,
        }
    }

    /// Waits for the listener's own end.
    pub(crate) async fn ended(&mut self) {
        self.tasks.join_next().await.unwrap().unwrap();
    }
}

/// The admin listener over a fake reconciler, running; with a provider beside it that shares the registry.
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    pub(crate) reconciler: FakeReconciler,
    pub(crate) news: Feed,
    pub(crate) provider: Provider,
}

/// What differs from test to test.
#[derive(Default)]
pub(crate) struct AdminSetup {
    pub(crate) token: Option<Token>,
    pub(crate) hosts: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) traefik_apis: Vec<String>,
}

impl Admin {
    pub(crate) async fn start(setup: AdminSetup) -> Self {
        let mut provider = Provider::start(ProviderSetup::default()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (reconciler, handle) = FakeReconciler::start(&mut provider.tasks);
        let confirmer = Confirmer::new(&setup.traefik_apis, None).unwrap();
        let confirmer = (!setup.traefik_apis.is_empty()).then_some(confirmer);
        if let Some(confirmer) = &confirmer {
            let run = confirmer.clone();
            let run = run.run(provider.reader.clone(), provider.stop.clone());
            provider.tasks.spawn(run);
        }
        let news = Feed::new();
        let options = AdminOptions {
            handle,
            news: news.clone(),
            metrics: Metrics::new(provider.reader.clone(), provider.proxies.clone(), |_| {}),
            reader: provider.reader.clone(),
            proxies: provider.proxies.clone(),
            confirmer,
            token: setup.token,
            hosts: setup.hosts,
            limits: setup.limits,
            settings: settings(address),
        };
        let serve = serve_admin(listener, options, provider.stop.clone());
        provider.tasks.spawn(serve);
        Self {
            address,
            reconciler,
            news,
            provider,
        }
    }
}

/// Of a daemon that is not there.
fn settings(address: SocketAddr) -> Settings {
    Settings {
        version: "0.0.0".to_owned(),
        docker_endpoint: "unix:///nowhere.sock".to_owned(),
        docker_tls: DockerTlsFiles::default(),
        provider_listen: address,
        provider_token: false,
        max_hold_ms: 4000,
        admin_listen: address,
        state_dir: "/nowhere".to_owned(),
        traefik_container: None,
        gateway_may_move: false,
        traefik_apis: Vec::new(),
        reads: Reads::All,
    }
}
