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
    Closed, Farewell, Feed, Followers as _, Handle, Outlets, Reconciler, Upkeep, handle_channel,
};
use crate::routing::model::{Attachments, Change, Retention, Targets};
use crate::snapshot::{self, Reader};
use crate::telemetry;
use crate::upkeep;
use crate::web::{
    self, AdminOptions, Confirmer, Limits, Metrics, ProviderOptions, Proxies, Token,
    TraefikVersions,
};
use crate::webhooks;

mod engine_metrics;
mod own;
mod settings;
mod state;
mod survey;
mod tasks;

pub use settings::{label_options, told};
pub use survey::{
    EngineApi, EngineSubnets, EngineSurvey, Glimpse, Looked, NoEngine, Writes, survey_engine,
};
use tasks::Tasks;

/// How many changes may wait between the Docker station and the reconciler.
const CHANGES: usize = 1024;
/// How many reports on removals may wait.
const REPORTS: usize = 64;
/// How many may wait to be told what is used.
const QUESTIONS: usize = 4;

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

impl Bound {
    fn of(provider: &TcpListener, admin: &TcpListener) -> std::io::Result<Self> {
        Ok(Self {
            provider: provider.local_addr()?,
            admin: admin.local_addr()?,
        })
    }
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
    farewell: watch::Receiver<Farewell>,
    confirmer: Option<Confirmer>,
    metrics: Metrics,
}

/// The stations' own beside those of the listeners.
fn metrics(
    reader: &Reader,
    proxies: &Proxies,
    hooks: &webhooks::Stats,
    engine: Arc<docker::Stats>,
) -> Metrics {
    Metrics::new(reader.clone(), proxies.clone(), |registry| {
        hooks.register(registry);
        engine_metrics::register(registry, engine);
    })
}

impl Daemon {
    async fn start(config: Config, announce: impl FnOnce(Bound)) -> anyhow::Result<Self> {
        let options = settings::table_options(&config)?;
        let client = docker::Client::new(settings::endpoint(&config)?);
        let (confirmer, versions) = settings::traefik_apis(&config)?;
        let retention = settings::retention(&config)?;
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
        let (farewell, farewell_rx) = watch::channel(Farewell::default());
        let (questions, questions_rx) = watch::channel(Vec::new());
        let (proxies, news, hook_stats) = (Proxies::new(), Feed::new(), webhooks::Stats::default());
        daemon.ask_versions(versions, &proxies, &changes_tx);
        daemon.tell_reached(&proxies, &changes_tx);
        let upkeep = daemon.remove_stacks(&client, retention);
        daemon.collect(handle.clone(), &news, upkeep.retention.clone());
        let stats = daemon.watch(client, changes_tx, (attachments_rx, targets_rx));
        let metrics = metrics(&reader, &proxies, &hook_stats, stats);
        let reconciler = Reconciler::new(
            options,
            store,
            loaded,
            Outlets {
                publisher,
                attachments,
                targets,
                closed,
                farewell,
                turns,
                followers: Box::new(web::Applied::new(proxies.clone(), confirmer.clone())),
                news: news.clone(),
                questions,
                upkeep,
            },
        );
        daemon.stations.spawn("reconciler", |stop| async move {
            let ended = reconciler.run(changes_rx, requests_rx, stop).await;
            ended.context("the state could not be closed")
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
            farewell: farewell_rx,
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

    /// The Docker station's other half: removes what the reconciler lets go, and says what is used.
    fn remove_stacks(&mut self, client: &docker::Client, retention: Option<Retention>) -> Upkeep {
        let (orders, orders_rx) = watch::channel(Vec::new());
        let (reports_tx, reports) = mpsc::channel(REPORTS);
        let (usage, usage_rx) = mpsc::channel(QUESTIONS);
        let remover = client.clone();
        self.stations.spawn("removal", |stop| async move {
            let timing = docker::Timing::default();
            docker::removal::run(remover, timing, orders_rx, reports_tx, stop).await;
            Ok(())
        });
        let client = client.clone();
        self.stations.spawn("usage", |stop| async move {
            docker::usage::run(client, docker::Timing::default(), usage_rx, stop).await;
            Ok(())
        });
        Upkeep {
            retention,
            orders,
            reports,
            usage,
        }
    }

    /// Lets stacks go without being asked, where a policy says when.
    fn collect(&mut self, handle: Handle, news: &Feed, retention: Option<Retention>) {
        let news = news.listen();
        self.listeners.spawn("upkeep", |stop| async move {
            upkeep::run(handle, news, retention, stop).await;
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
        let bound = Bound::of(&provider, &admin)?;
        let Doors {
            handle,
            news,
            reader,
            proxies,
            closed,
            farewell,
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
            farewell,
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
        let settings = told(config, bound);
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
            settings,
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
    announce(Bound::of(&provider, &admin)?);
    Ok((provider, admin))
}

async fn bind(address: SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} ({what} listener)"))
}
