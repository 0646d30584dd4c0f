//! Composition root: builds every part, spawns its task, waits, and stops in order.
//!
//! The listeners stop first, so that every held request gets the current document; then the Docker station; then
//! the reconciler, which brings the store to a clean end. A task that ends early ends the process with an error.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::config::Config;
use crate::docker;
use crate::fallback;
use crate::probe;
use crate::reconciler::{
    Closed, Feed, Followers as _, Handle, Outlets, Reconciler, handle_channel,
};
use crate::routing::model::{Attachments, Change, Targets};
use crate::snapshot::{self, Reader};
use crate::telemetry;
use crate::web::{
    self, AdminOptions, Confirmer, Limits, Metrics, ProviderOptions, Proxies, Token,
    TraefikVersions,
};
use crate::webhooks;

mod engine_metrics;
mod own;
mod settings;
mod state;
mod tasks;

pub use settings::label_options;
use tasks::Tasks;

/// How many changes may wait between the Docker station and the reconciler.
const CHANGES: usize = 1024;

/// Context of an error that means: what is stored cannot be read without guessing. The CLI gives it an exit code
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stored state cannot be read")]
pub struct StateUnreadable;

/// Marks the error chain of a setting that its part cannot use; it has an exit code of its own. The cause says what
/// would be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SettingUnusable(
    /// The flag.
    pub &'static str,
);

/// Where the listeners are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// For Traefik.
    pub provider: SocketAddr,
    /// For operators.
    pub admin: SocketAddr,
}

/// Runs the daemon until SIGTERM or SIGINT. `announce` is told the bound addresses once.
pub async fn run(config: Config, announce: impl FnOnce(Bound)) -> anyhow::Result<()> {
    telemetry::init(config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut signals = Signals::listen()?;
    let daemon = Daemon::start(config, announce).await?;
    daemon.until(async move { signals.recv().await }).await
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// All tasks, in the two groups in which they stop.
struct Daemon {
    listeners: Tasks,
    stations: Tasks,
}

/// What the listeners share.
struct Doors {
    handle: Handle,
    news: Feed,
    reader: Reader,
    proxies: Proxies,
    closed: watch::Receiver<Closed>,
    confirmer: Option<Confirmer>,
    metrics: Metrics,
}

impl Daemon {
    async fn start(config: Config, announce: impl FnOnce(Bound)) -> anyhow::Result<Self> {
        let options = settings::table_options(&config)?;
        let client = docker::Client::new(settings::endpoint(&config)?);
        let confirmer = settings::confirmer(&config)?;
        let versions = settings::traefik_versions(&config)?;
        let admin_token = settings::token(config.admin.token.as_ref())?;
        web::check_admin_address(config.admin.listen, admin_token.as_ref())?;
        let hook_secrets = webhooks::Secrets::new(crate::config::hook_tokens()?);
        let (store, loaded) = state::open(&config.state_dir)?;
        let sockets = listen(&config, announce).await?;
        let mut daemon = Self {
            listeners: Tasks::new(),
            stations: Tasks::new(),
        };
        let (publisher, reader) = snapshot::channel();
        let (handle, requests_rx, turns) = handle_channel();
        let (attachments, attachments_rx) = watch::channel(Attachments::default());
        let (changes_tx, changes_rx) = mpsc::channel(CHANGES);
        let (targets, targets_rx) = watch::channel(Targets::default());
        let (closed, closed_rx) = watch::channel(Closed::new());
        let (questions, questions_rx) = watch::channel(Vec::new());
        let (proxies, news) = (Proxies::new(), Feed::new());
        daemon.ask_versions(versions, &proxies, &changes_tx);
        daemon.tell_reached(&proxies, &changes_tx);
        let stats = daemon.watch(client, changes_tx, (attachments_rx, targets_rx));
        let hook_stats = webhooks::Stats::default();
        let metrics = Metrics::new(reader.clone(), proxies.clone(), |registry| {
            hook_stats.register(registry);
            engine_metrics::register(registry, stats);
        });
        let reconciler = Reconciler::new(
            options,
            store,
            loaded,
            Outlets {
                publisher,
                attachments,
                targets,
                closed,
                turns,
                followers: Box::new(web::Applied::new(proxies.clone(), confirmer.clone())),
                news: news.clone(),
                questions,
            },
        );
        daemon.stations.spawn("reconciler", |stop| async move {
            reconciler
                .run(changes_rx, requests_rx, stop)
                .await
                .context("the state could not be closed")
        });
        daemon.tell_hooks(webhooks::Inlets {
            handle: handle.clone(),
            news: news.clone(),
            questions: questions_rx,
            secrets: hook_secrets,
            stats: hook_stats,
        });
        let doors = Doors {
            handle,
            news,
            reader,
            proxies,
            closed: closed_rx,
            confirmer,
            metrics,
        };
        daemon.serve(&config, sockets, admin_token, doors)?;
        Ok(daemon)
    }

    /// Which releases the Traefiks are.
    fn ask_versions(
        &mut self,
        versions: Option<TraefikVersions>,
        proxies: &Proxies,
        changes_tx: &mpsc::Sender<Change>,
    ) {
        let (proxies, changes_tx) = (proxies.clone(), changes_tx.clone());
        if let Some(versions) = versions {
            self.stations.spawn("traefik versions", |stop| async move {
                versions.run(proxies, changes_tx, stop).await;
                Ok(())
            });
        }
    }

    /// Where they reach the provider listener.
    fn tell_reached(&mut self, proxies: &Proxies, changes_tx: &mpsc::Sender<Change>) {
        let (proxies, changes_tx) = (proxies.clone(), changes_tx.clone());
        self.stations.spawn("provider address", |stop| async move {
            web::tell_reached(proxies, changes_tx, stop).await;
            Ok(())
        });
    }

    /// Tells and asks the envs' hooks.
    fn tell_hooks(&mut self, inlets: webhooks::Inlets) {
        self.listeners.spawn("webhooks", |stop| async move {
            let run = webhooks::run(inlets, stop);
            run.await.context("no TLS for hooks")
        });
    }

    /// Asks servers whether they are ready.
    fn probe(&mut self, targets_rx: watch::Receiver<Targets>, changes_tx: mpsc::Sender<Change>) {
        self.stations.spawn("probes", |stop| async move {
            let run = probe::run(targets_rx, changes_tx, stop);
            run.await.context("no TLS for probes")
        });
    }

    /// The Docker station and the probes: facts in, attachments and questions out.
    fn watch(
        &mut self,
        client: docker::Client,
        changes_tx: mpsc::Sender<Change>,
        (attachments_rx, targets_rx): (watch::Receiver<Attachments>, watch::Receiver<Targets>),
    ) -> Arc<docker::Stats> {
        self.probe(targets_rx, changes_tx.clone());
        let stats = Arc::new(docker::Stats::default());
        let (networks_client, networks_tx) = (client.clone(), changes_tx.clone());
        self.stations.spawn("networks", |stop| async move {
            docker::networks::run(
                networks_client,
                docker::Timing::default(),
                attachments_rx,
                networks_tx,
                stop,
            )
            .await;
            Ok(())
        });
        let watcher_stats = Arc::clone(&stats);
        self.stations.spawn("docker", |stop| async move {
            docker::watch(
                client,
                docker::Timing::default(),
                changes_tx,
                watcher_stats,
                stop,
            )
            .await;
            Ok(())
        });
        stats
    }

    fn serve(
        &mut self,
        config: &Config,
        (provider, admin): (TcpListener, TcpListener),
        admin_token: Option<Token>,
        doors: Doors,
    ) -> anyhow::Result<()> {
        let Doors {
            handle,
            news,
            reader,
            proxies,
            closed,
            confirmer,
            metrics,
        } = doors;
        if let Some(confirmer) = confirmer.clone() {
            let reader = reader.clone();
            self.listeners.spawn("traefik api", |stop| async move {
                confirmer.run(reader, stop).await;
                Ok(())
            });
        }
        self.keep_fallback(config, &reader, (&proxies, confirmer.as_ref()));
        let applied = web::Applied::new(proxies.clone(), confirmer.clone());
        let (followed, teller) = (reader.clone(), news.clone());
        self.listeners.spawn("followers", |stop| async move {
            web::tell_applied(applied, followed, teller, stop).await;
            Ok(())
        });
        let options = ProviderOptions {
            reader: reader.clone(),
            proxies: proxies.clone(),
            closed,
            token: settings::token(config.provider.token.as_ref())?,
            max_hold: config.provider.max_hold,
            limits: Limits::default(),
            metrics: metrics.clone(),
        };
        self.listeners.spawn("provider", |stop| async move {
            web::serve_provider(provider, options, stop).await;
            Ok(())
        });
        let (hosts, limits) = (config.admin.hosts.clone(), Limits::default());
        let options = AdminOptions {
            handle,
            news,
            reader,
            proxies,
            confirmer,
            token: admin_token,
            hosts,
            limits,
            metrics,
        };
        self.listeners.spawn("admin", |stop| async move {
            web::serve_admin(admin, options, stop).await;
            Ok(())
        });
        Ok(())
    }

    /// Keeps what every Traefik has confirmed.
    fn keep_fallback(
        &mut self,
        config: &Config,
        reader: &Reader,
        (proxies, confirmer): (&Proxies, Option<&Confirmer>),
    ) {
        let keeping = fallback::Keeping {
            state_dir: config.state_dir.clone(),
            fallback_file: config.fallback_file.clone(),
        };
        let applied = web::Applied::new(proxies.clone(), confirmer.cloned());
        let reader = reader.clone();
        self.listeners.spawn("fallback", |stop| async move {
            fallback::run(keeping, reader, || applied.applied(), stop).await;
            Ok(())
        });
    }

    /// Runs until told to stop or until a task ends, then stops everything in order.
    async fn until(mut self, told: impl Future<Output = ()>) -> anyhow::Result<()> {
        let early = tokio::select! {
            () = told => Ok(()),
            ended = self.listeners.one_ended() => Err(ended),
            ended = self.stations.one_ended() => Err(ended),
        };
        tracing::info!("stopping");
        let listeners = self.listeners.stop().await;
        let stations = self.stations.stop().await;
        early.and(listeners).and(stations)
    }
}

/// Both listeners' sockets, provider first; tells where they are.
async fn listen(
    config: &Config,
    announce: impl FnOnce(Bound),
) -> anyhow::Result<(TcpListener, TcpListener)> {
    let provider = bind(config.provider.listen, "provider").await?;
    let admin = bind(config.admin.listen, "admin").await?;
    announce(Bound {
        provider: provider.local_addr()?,
        admin: admin.local_addr()?,
    });
    Ok((provider, admin))
}

async fn bind(address: SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({what} listener)"))
}
