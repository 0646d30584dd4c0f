//! A Docker Engine on a unix socket that misbehaves on demand.
//!
//! It speaks the calls that the product uses, with the codes and the order of events that Engine 20.10 was seen to have. Every
//! fault that was measured on real daemons can be switched on: lists that lag behind a `die`, streams that end inside a
//! value, silence, lost events, events doubled.

mod container;
mod http;
mod removal;
mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use pointsman::docker::{Endpoint, TlsFiles};
use pointsman::routing::ids::ContainerId;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(crate) use container::{FakeContainer, FakePort, container, id};
pub(crate) use world::FakeNetwork;
use world::World;

use super::soon;

/// What goes wrong. All off at first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// After a `die` the list goes on saying "running" for this long.
    pub stale_list: Duration,
    /// Between the head of the event stream and the subscription.
    pub subscribe_gap: Duration,
    /// Between a list's snapshot and its answer.
    pub list_delay: Duration,
    /// Events are not sent, and not kept for replay.
    pub lose_events: Toggle,
    /// The daemon's clock is so far ahead.
    pub clock_ahead: Duration,
    /// Disconnects are told twice, as 20.10 does.
    pub double_disconnects: Toggle,
    /// Calls with this method and path (without version) are answered so.
    pub answers: Vec<(&'static str, u16, &'static str)>,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Toggle {
    #[default]
    Off,
    On,
}

/// The daemon. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct FakeEngine {
    shared: Arc<Shared>,
    dir: TempDir,
    tasks: JoinSet<()>,
}

/// What the server's tasks see.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Method and path of every call, in order of arrival.
    calls: watch::Sender<Vec<String>>,
    /// While true nothing is answered.
    stalled: watch::Sender<bool>,
    /// The container whose stop is not answered.
    held: watch::Sender<Option<String>>,
    subscriptions: Mutex<JoinSet<()>>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }
}

impl FakeEngine {
    /// Listens at once.
    pub(crate) fn new() -> Self {
        let mut engine = Self {
            shared: Arc::new(Shared {
                world: Mutex::default(),
                calls: watch::channel(Vec::new()).0,
                stalled: watch::channel(false).0,
                held: watch::channel(None).0,
                subscriptions: Mutex::default(),
            }),
            dir: tempfile::tempdir().unwrap(),
            tasks: JoinSet::new(),
        };
        engine.boot();
        engine
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        let text = format!("unix://{}", self.socket().display());
        Endpoint::parse(&text, TlsFiles::default()).unwrap()
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("docker.sock")
    }

    /// Ends the daemon as SIGKILL does: streams break, nobody listens, containers stay as they are, no event is kept.
    pub(crate) async fn kill(&mut self) {
        self.tasks.shutdown().await;
        let mut world = self.shared.world();
        world.forget_streams();
        world.forget_events();
    }

    /// Listens (again).
    pub(crate) fn boot(&mut self) {
        let socket = self.socket();
        if socket.exists() {
            std::fs::remove_file(&socket).unwrap();
        }
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        self.tasks
            .spawn(http::serve(listener, Arc::clone(&self.shared)));
    }

    pub(crate) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.shared.world().faults);
    }

    /// Oldest and newest API version.
    pub(crate) fn versions(&self, oldest: &str, newest: &str) {
        self.shared.world().versions = (oldest.to_owned(), newest.to_owned());
    }

    /// Answers nothing from now on; streams stay open and silent.
    pub(crate) fn stall(&self) {
        self.shared.stalled.send_replace(true);
    }

    /// Answers again, also what waited.
    pub(crate) fn resume(&self) {
        self.shared.stalled.send_replace(false);
    }

    /// The container with this name does not stop until `let_stop`.
    pub(crate) fn hold_stop(&self, name: &str) {
        self.shared.held.send_replace(Some(name.to_owned()));
    }

    pub(crate) fn let_stop(&self) {
        self.shared.held.send_replace(None);
    }

    /// The container with this name was started with `--rm`; its removal is under way, and ends, when somebody
    /// else tries.
    pub(crate) fn remove_when_stopped(&self, name: &str) {
        let mut world = self.shared.world();
        world.removed_when_stopped.insert(name.to_owned());
    }

    pub(crate) fn add_volume(&self, name: &str, project: &str) {
        let mut world = self.shared.world();
        world.volumes.insert(name.to_owned(), project.to_owned());
    }

    /// All that there is: `container NAME`, `network NAME`, `volume NAME`, `image ID`.
    pub(crate) fn everything(&self) -> BTreeSet<String> {
        let world = self.shared.world();
        let kinds: [(&str, Vec<&String>); 4] = [
            ("container", world.containers.keys().collect()),
            ("network", world.networks.keys().collect()),
            ("volume", world.volumes.keys().collect()),
            ("image", world.images.iter().collect()),
        ];
        let all = kinds.into_iter();
        all.flat_map(|(kind, names)| names.into_iter().map(move |name| format!("{kind} {name}")))
            .collect()
    }

    /// Ends all event streams properly.
    pub(crate) fn end_streams(&self) {
        self.shared.world().forget_streams();
    }

    /// Ends all event streams inside a value.
    pub(crate) fn break_streams(&self) {
        let mut world = self.shared.world();
        world.send_raw(r#"{"Type":"container","Acti"#);
        world.break_streams();
    }

    /// Sends this text on all event streams.
    pub(crate) fn send_raw(&self, text: &str) {
        self.shared.world().send_raw(text);
    }

    /// Creates and starts it, with its events.
    pub(crate) fn start(&self, container: FakeContainer) {
        self.shared.world().start(container);
    }

    /// Other containers, all at once and in the states they have; of the starts only the last one's is told.
    pub(crate) fn replace(&self, containers: Vec<FakeContainer>) {
        self.shared.world().replace(containers);
    }

    /// Starts one that stopped, with another address in this network.
    pub(crate) fn start_again(&self, name: &str, network: &str, ip: &str) {
        self.shared.world().start_again(name, network, ip);
    }

    pub(crate) fn die(&self, name: &str) {
        self.shared.world().die(name);
    }

    /// A signal by its number; nothing follows from it by itself.
    pub(crate) fn signal(&self, name: &str, number: &str) {
        self.shared.world().signal(name, number);
    }

    pub(crate) fn rename(&self, name: &str, new_name: &str) {
        self.shared.world().rename(name, new_name);
    }

    pub(crate) fn destroy(&self, name: &str) {
        self.shared.world().destroy(name);
    }

    pub(crate) fn pause(&self, name: &str) {
        self.shared.world().set_state(name, "paused", Some("pause"));
    }

    pub(crate) fn unpause(&self, name: &str) {
        self.shared
            .world()
            .set_state(name, "running", Some("unpause"));
    }

    /// Sets the state without an event.
    pub(crate) fn set_state(&self, name: &str, state: &str) {
        self.shared.world().set_state(name, state, None);
    }

    /// Sets the health check's word, with its event.
    pub(crate) fn health(&self, name: &str, word: &str) {
        self.shared.world().health(name, word);
    }

    /// An event about a container that changes nothing.
    pub(crate) fn event(&self, name: &str, action: &str) {
        self.shared.world().container_event(name, action);
    }

    pub(crate) fn connect(&self, name: &str, network: &str, ip: &str) {
        self.shared.world().connect(name, network, ip, Value::Null);
    }

    pub(crate) fn disconnect(&self, name: &str, network: &str) {
        self.shared.world().disconnect(name, network);
    }

    /// What the operator named, as `GET /info` tells it.
    pub(crate) fn set_address_pools(&self, pools: Value) {
        self.shared.world().address_pools = pools;
    }

    pub(crate) fn remove_network(&self, name: &str) {
        self.shared.world().networks.remove(name);
    }

    pub(crate) fn add_network(&self, network: FakeNetwork) {
        self.shared.world().add_network(network);
    }

    pub(crate) fn has_network(&self, name: &str) -> bool {
        self.shared.world().networks.contains_key(name)
    }

    /// The endpoint configuration of a container in a network, as it was sent.
    pub(crate) fn attachment(&self, name: &str, network: &str) -> Option<Value> {
        self.shared.world().attachment(name, network)
    }

    /// Every call so far: method and path with query, as received.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.shared.calls.borrow().clone()
    }

    /// How many follow the events.
    pub(crate) fn followers(&self) -> usize {
        self.shared.world().followers()
    }

    /// Nothing that happened before is told to those who subscribe from now on.
    pub(crate) fn forget_events(&self) {
        self.shared.world().forget_events();
    }

    /// How many events a reader did not get because it was too far behind.
    pub(crate) fn lost(&self) -> usize {
        self.shared.world().lost()
    }

    /// How many calls contain this text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.shared
            .calls
            .borrow()
            .iter()
            .filter(|call| call.contains(text))
            .count()
    }

    /// Waits until this many calls contain this text.
    pub(crate) async fn called(&self, text: &str, times: usize) {
        let mut calls = self.shared.calls.subscribe();
        let count = |calls: &Vec<String>| calls.iter().filter(|call| call.contains(text)).count();
        let enough = calls.wait_for(|calls| count(calls) >= times);
        soon(&format!("{times} calls of {text}"), enough)
            .await
            .unwrap();
    }
}

/// Docker's form of an error.
fn refusal(message: &str) -> Value {
    json!({ "message": message })
}

/// Compares with what the product calls it.
pub(crate) fn container_id(name: &str) -> ContainerId {
    id(name)
}
