//! What the fake daemon knows: containers, networks, the last events, and who listens to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::container::{FakeContainer, id_text};
use super::{Faults, Toggle};

/// How many events a real daemon keeps for `since`.
const RING: usize = 256;
/// How many events a slow reader may be behind before it loses some, unnoticed.
const STREAM_QUEUE: usize = 1024;

/// A piece of an event stream; an error breaks the connection.
pub(super) type Frame = io::Result<Bytes>;

/// A moment as the Engine reads it: seconds, perhaps with nine decimals.
pub(super) fn nanoseconds(text: &str) -> i64 {
    let (seconds, nanos) = text.split_once('.').unwrap_or((text, "0"));
    seconds.parse::<i64>().unwrap() * 1_000_000_000 + nanos.parse::<i64>().unwrap()
}

/// The daemon's state.
#[derive(Debug)]
pub(super) struct World {
    pub faults: Faults,
    pub versions: (String, String),
    pub containers: BTreeMap<String, FakeContainer>,
    pub networks: BTreeMap<String, FakeNetwork>,
    /// As `GET /info` tells them.
    pub address_pools: Value,
    /// By name, with their compose project.
    pub volumes: BTreeMap<String, String>,
    /// By id; made when a container of one is started.
    pub images: BTreeSet<String>,
    /// Containers that the daemon removes by itself when they have stopped.
    pub removed_when_stopped: BTreeSet<String>,
    ring: VecDeque<(i64, String)>,
    streams: Vec<mpsc::Sender<Frame>>,
    /// Events that a reader did not get because it was too far behind.
    lost: usize,
}

/// A network.
#[derive(Clone, Debug)]
pub(crate) struct FakeNetwork {
    pub name: String,
    pub internal: bool,
    pub labels: BTreeMap<String, String>,
    pub subnet: Option<String>,
}

impl FakeNetwork {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            internal: false,
            labels: BTreeMap::new(),
            subnet: None,
        }
    }

    pub(crate) fn subnet(mut self, subnet: &str) -> Self {
        self.subnet = Some(subnet.to_owned());
        self
    }

    pub(crate) fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    pub(crate) fn compose(mut self, project: &str) -> Self {
        self.labels
            .insert("com.docker.compose.project".to_owned(), project.to_owned());
        self
    }
}

pub(super) fn network_id(name: &str) -> String {
    format!("net{}", id_text(name))
}

impl Default for World {
    fn default() -> Self {
        Self {
            faults: Faults::default(),
            versions: ("1.12".to_owned(), "1.41".to_owned()),
            containers: BTreeMap::new(),
            networks: BTreeMap::new(),
            address_pools: Value::Null,
            volumes: BTreeMap::new(),
            images: BTreeSet::new(),
            removed_when_stopped: BTreeSet::new(),
            ring: VecDeque::new(),
            streams: Vec::new(),
            lost: 0,
        }
    }
}

impl World {
    pub(super) fn start(&mut self, mut container: FakeContainer) {
        let name = container.name.clone();
        for network in container.networks.keys() {
            let new = || FakeNetwork::new(network);
            self.networks.entry(network.clone()).or_insert_with(new);
        }
        "running".clone_into(&mut container.state);
        let networks: Vec<_> = container.networks.keys().cloned().collect();
        let image = Some(container.image.clone());
        self.images.extend(image.filter(|id| !id.is_empty()));
        self.containers.insert(name.clone(), container);
        self.container_event(&name, "create");
        for network in &networks {
            self.network_event(&name, network, "connect");
        }
        self.container_event(&name, "start");
    }

    pub(super) fn start_again(&mut self, name: &str, network: &str, ip: &str) {
        let container = self.containers.get_mut(name).unwrap();
        container.stale = None;
        container.starts += 1;
        "running".clone_into(&mut container.state);
        ip.clone_into(&mut container.networks.get_mut(network).unwrap().0);
        self.network_event(name, network, "connect");
        self.container_event(name, "start");
    }

    pub(super) fn die(&mut self, name: &str) {
        let lag = self.faults.stale_list;
        let container = self.containers.get_mut(name).unwrap();
        let before = Box::new(container.clone());
        "exited".clone_into(&mut container.state);
        container.stale = Some((Instant::now() + lag, before));
        let networks: Vec<_> = container.networks.keys().cloned().collect();
        self.container_event(name, "die");
        for network in networks {
            self.network_event(name, &network, "disconnect");
        }
        self.container_event(name, "stop");
    }

    pub(super) fn destroy(&mut self, name: &str) {
        if self.containers[name].is_alive() {
            self.die(name);
        }
        self.container_event(name, "destroy");
        self.containers.remove(name);
    }

    /// Other containers, all at once: the old ones are destroyed, and of the new ones only the last one's start is told.
    pub(super) fn replace(&mut self, containers: Vec<FakeContainer>) {
        let old: Vec<_> = self.containers.keys().cloned().collect();
        for name in &old {
            self.container_event(name, "destroy");
        }
        let names: Vec<_> = containers.iter().map(|new| new.name.clone()).collect();
        self.containers = containers
            .into_iter()
            .map(|new| (new.name.clone(), new))
            .collect();
        for name in &names {
            self.container_event(name, "create");
        }
        if let Some(last) = names.last() {
            self.container_event(last, "start");
        }
    }

    pub(super) fn set_state(&mut self, name: &str, state: &str, action: Option<&str>) {
        state.clone_into(&mut self.containers.get_mut(name).unwrap().state);
        if let Some(action) = action {
            self.container_event(name, action);
        }
    }

    pub(super) fn health(&mut self, name: &str, word: &str) {
        self.containers.get_mut(name).unwrap().health = Some(word.to_owned());
        self.container_event(name, &format!("health_status: {word}"));
    }

    pub(super) fn add_network(&mut self, network: FakeNetwork) {
        self.networks.insert(network.name.clone(), network);
    }

    pub(super) fn connect(&mut self, name: &str, network: &str, ip: &str, config: Value) {
        let container = self.containers.get_mut(name).unwrap();
        container
            .networks
            .insert(network.to_owned(), (ip.to_owned(), config));
        if container.is_alive() {
            self.network_event(name, network, "connect");
        }
    }

    pub(super) fn disconnect(&mut self, name: &str, network: &str) {
        let container = self.containers.get_mut(name).unwrap();
        container.networks.remove(network).unwrap();
        self.network_event(name, network, "disconnect");
        if self.faults.double_disconnects == Toggle::On {
            self.network_event(name, network, "disconnect");
        }
    }

    pub(super) fn attachment(&self, name: &str, network: &str) -> Option<Value> {
        let container = self.containers.get(name)?;
        container
            .networks
            .get(network)
            .map(|(_, config)| config.clone())
    }

    /// Sends a signal; what the process does about it is another matter.
    pub(super) fn signal(&mut self, name: &str, number: &str) {
        let attributes = json!({ "signal": number });
        self.labelled_event(name, "kill", attributes);
    }

    pub(super) fn rename(&mut self, name: &str, new_name: &str) {
        let container = self.containers.get_mut(name).unwrap();
        container.new_name = Some(new_name.to_owned());
        self.container_event(name, "rename");
    }

    /// An event with the container's labels poured over the daemon's own attributes, as the real one does.
    pub(super) fn container_event(&mut self, name: &str, action: &str) {
        self.labelled_event(name, action, json!({ "exitCode": "0" }));
    }

    fn labelled_event(&mut self, name: &str, action: &str, mut attributes: Value) {
        let labels = self.containers.get(name).map(|c| c.labels.clone());
        for (key, value) in labels.unwrap_or_default() {
            attributes[key] = json!(value);
        }
        attributes["name"] = json!(name);
        let id = self.id_of(name);
        self.event("container", action, &id, &attributes);
    }

    fn id_of(&self, name: &str) -> String {
        let container = self.containers.get(name);
        container.map_or_else(|| id_text(name), |container| container.id.clone())
    }

    fn network_event(&mut self, container: &str, network: &str, action: &str) {
        let attributes =
            json!({ "container": self.id_of(container), "name": network, "type": "bridge" });
        self.event("network", action, &network_id(network), &attributes);
    }

    /// By the daemon's clock.
    pub(super) fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() + self.faults.clock_ahead
    }

    fn event(&mut self, kind: &str, action: &str, actor: &str, attributes: &Value) {
        if self.faults.lose_events == Toggle::On {
            return;
        }
        let at_ns = i64::try_from(self.now().as_nanosecond()).unwrap();
        let event = json!({
            "Type": kind, "Action": action, "Actor": { "ID": actor, "Attributes": attributes }, "scope": "local",
            "time": at_ns / 1_000_000_000, "timeNano": at_ns,
        });
        let text = format!("{event}\n");
        self.ring.push_back((at_ns, text.clone()));
        if self.ring.len() > RING {
            self.ring.pop_front();
        }
        self.send_raw(&text);
    }

    pub(super) fn send_raw(&mut self, text: &str) {
        let frame = || Ok(Bytes::copy_from_slice(text.as_bytes()));
        let lost = &mut self.lost;
        self.streams
            .retain(|stream| match stream.try_send(frame()) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    *lost += 1;
                    true
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            });
    }

    pub(super) fn break_streams(&mut self) {
        for stream in self.streams.drain(..) {
            let broken = io::Error::new(io::ErrorKind::ConnectionReset, "broken on purpose");
            stream.try_send(Err(broken)).unwrap();
        }
    }

    pub(super) fn forget_streams(&mut self) {
        self.streams.clear();
    }

    /// As after a restart.
    pub(super) fn forget_events(&mut self) {
        self.ring.clear();
    }

    /// What is kept from then to then.
    pub(super) fn kept(&self, since: Option<i64>, until: i64) -> String {
        let since = since.unwrap_or_default();
        let between = self
            .ring
            .iter()
            .filter(|(at_ns, _)| (since..=until).contains(at_ns));
        between.map(|(_, text)| text.as_str()).collect()
    }

    /// Replays what is kept since then, and follows.
    pub(super) fn subscribe(&mut self, stream: mpsc::Sender<Frame>, since: Option<i64>) {
        let kept = self
            .ring
            .iter()
            .filter(|(at_ns, _)| since.is_some_and(|since| *at_ns >= since));
        for (_, text) in kept {
            stream
                .try_send(Ok(Bytes::copy_from_slice(text.as_bytes())))
                .unwrap();
        }
        self.streams.push(stream);
    }

    pub(super) const fn lost(&self) -> usize {
        self.lost
    }

    pub(super) fn followers(&self) -> usize {
        self.streams.len()
    }

    pub(super) fn stream_queue() -> (mpsc::Sender<Frame>, mpsc::Receiver<Frame>) {
        mpsc::channel(STREAM_QUEUE)
    }
}
