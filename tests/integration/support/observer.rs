//! Stands where the reconciler stands: receives changes, and folds them into what they claim the world is.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use pointsman::docker::{self, Client, Endpoint, Stats, Timing};
use pointsman::routing::ids::ContainerId;
use pointsman::routing::model::{Change, Container, State};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::fake_engine::{FakeEngine, id};
use super::soon;

/// A running watcher and everything that it told.
#[derive(Debug)]
pub(crate) struct Observer {
    pub stats: Arc<Stats>,
    pub containers: BTreeMap<ContainerId, Container>,
    pub refused: BTreeMap<String, String>,
    pub few_networks_left: Option<u64>,
    pub log: Vec<Change>,
    pub resyncs: usize,
    changes_rx: mpsc::Receiver<Change>,
    buffer: Option<BTreeMap<ContainerId, Container>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Observer {
    /// Starts a watcher and waits for its first complete list.
    pub(crate) async fn start(engine: &FakeEngine, timing: Timing) -> Self {
        let mut observer = Self::start_unsynced(engine, timing);
        observer
            .until("the first list", |seen| seen.resyncs == 1)
            .await;
        observer
    }

    pub(crate) fn start_unsynced(engine: &FakeEngine, timing: Timing) -> Self {
        Self::watch(engine.endpoint(), timing)
    }

    /// Starts a watcher of any Engine.
    pub(crate) fn watch(endpoint: Endpoint, timing: Timing) -> Self {
        let (changes_tx, changes_rx) = mpsc::channel(8);
        let mut observer = Self::of(changes_rx);
        let (stats, stop) = (Arc::clone(&observer.stats), observer.stop.clone());
        let client = Client::new(endpoint);
        let watching = docker::watch(client, timing, changes_tx, stats, stop);
        observer.tasks.spawn(watching);
        observer
    }

    /// Only receives.
    pub(crate) fn of(changes_rx: mpsc::Receiver<Change>) -> Self {
        Self {
            stats: Arc::default(),
            containers: BTreeMap::new(),
            refused: BTreeMap::new(),
            few_networks_left: None,
            log: Vec::new(),
            resyncs: 0,
            changes_rx,
            buffer: None,
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Receives until this holds; checks it first.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            let change = soon(what, self.changes_rx.recv()).await;
            self.apply(change.expect("the watcher lives"));
        }
    }

    /// Receives the next change.
    pub(crate) async fn next(&mut self, what: &str) -> Change {
        let change = soon(what, self.changes_rx.recv())
            .await
            .expect("the watcher lives");
        self.apply(change.clone());
        change
    }

    /// Receives the next change, however long it takes; `None` when there is no watcher any more.
    pub(crate) async fn next_or_end(&mut self) -> Option<Change> {
        let change = self.changes_rx.recv().await?;
        self.apply(change.clone());
        Some(change)
    }

    /// Takes what has already come.
    pub(crate) fn take_arrived(&mut self) {
        while let Ok(change) = self.changes_rx.try_recv() {
            self.apply(change);
        }
    }

    pub(crate) fn state(&self, name: &str) -> Option<State> {
        self.containers
            .get(&id(name))
            .map(|container| container.state)
    }

    pub(crate) fn address(&self, name: &str, network: &str) -> Option<IpAddr> {
        self.containers
            .get(&id(name))?
            .networks
            .get(network)?
            .address
    }

    /// Stops the watcher and waits until it has ended.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        soon("the end of the watcher", self.tasks.join_next()).await;
    }

    fn apply(&mut self, change: Change) {
        self.log.push(change.clone());
        match change {
            Change::ResyncStart => {
                let before = self.buffer.replace(BTreeMap::new());
                assert!(before.is_none(), "a resync inside a resync");
            }
            Change::ResyncApply(container) => {
                let buffer = self.buffer.as_mut().expect("between the marks");
                buffer.insert(container.id.clone(), *container);
            }
            Change::ResyncEnd => {
                self.containers = self.buffer.take().expect("it began");
                self.resyncs += 1;
            }
            // words are asked for after the event, and a container of somebody else may be gone by then
            Change::Lost | Change::Complained { .. } => {}
            Change::Apply(container) => {
                let before = self
                    .containers
                    .insert(container.id.clone(), *container.clone());
                assert_ne!(before, Some(*container), "told twice");
            }
            Change::Exited(id) => {
                let container = self.containers.get_mut(&id).expect("known containers exit");
                container.state = State::Exited;
            }
            Change::Remove(id) => {
                let before = self.containers.remove(&id);
                assert!(before.is_some(), "only known containers are removed");
            }
            Change::Probed { target, .. } => panic!("the Engine told of a probe of {target:?}"),
            Change::Attachment {
                network, refused, ..
            } => {
                match refused {
                    Some(why) => self.refused.insert(network, why),
                    None => self.refused.remove(&network),
                };
            }
            Change::FewNetworksLeft(left) => self.few_networks_left = left,
            Change::TraefikVersion(version) => panic!("the Engine told Traefik's {version}"),
            Change::Provider(provider) => panic!("the Engine told of the listener at {provider}"),
        }
    }
}
