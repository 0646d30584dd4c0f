//! A container as tests describe it, and its JSON in lists.

use std::collections::BTreeMap;

use pointsman::routing::ids::ContainerId;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A container.
#[derive(Clone, Debug)]
pub(crate) struct FakeContainer {
    /// Made from the name, unless set.
    pub id: String,
    pub name: String,
    /// Seconds since the epoch.
    pub created: u64,
    pub labels: BTreeMap<String, String>,
    pub state: String,
    pub health: Option<String>,
    pub network_mode: String,
    /// By network name: the address, and the endpoint configuration that it was connected with.
    pub networks: BTreeMap<String, (String, Value)>,
    /// Second addresses, by network name.
    pub ipv6: BTreeMap<String, String>,
    pub ports: Vec<FakePort>,
    /// Until then the list still shows the container as it was before it died.
    pub stale: Option<(Instant, Box<FakeContainer>)>,
    /// Since it was renamed; `name` stays what tests call it.
    pub new_name: Option<String>,
    /// `StopSignal` and `StopTimeout` of its configuration.
    pub stop: (Option<String>, Option<i64>),
    /// How often it was started.
    pub starts: u32,
    /// The id of its image.
    pub image: String,
}

/// An exposed port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FakePort {
    pub private: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// Address and port on the host; empty when it is not published.
    pub bindings: Vec<(String, u16)>,
}

impl FakePort {
    fn listed(&self) -> Vec<Value> {
        let plain = json!({"PrivatePort": self.private, "Type": self.protocol});
        if self.bindings.is_empty() {
            return vec![plain];
        }
        let published = |(ip, public): &(String, u16)| {
            let mut port = plain.clone();
            port["IP"] = json!(ip);
            port["PublicPort"] = json!(public);
            port
        };
        self.bindings.iter().map(published).collect()
    }

    fn inspected(&self) -> (String, Value) {
        let binding =
            |(ip, public): &(String, u16)| json!({"HostIp": ip, "HostPort": public.to_string()});
        let bindings: Vec<Value> = self.bindings.iter().map(binding).collect();
        let published = if bindings.is_empty() {
            Value::Null
        } else {
            json!(bindings)
        };
        (format!("{}/{}", self.private, self.protocol), published)
    }
}

/// A container with this name, and an id made from it.
pub(crate) fn container(name: &str) -> FakeContainer {
    FakeContainer {
        id: id_text(name),
        name: name.to_owned(),
        created: 1_700_000_000,
        labels: BTreeMap::new(),
        state: "created".to_owned(),
        health: None,
        network_mode: "default".to_owned(),
        networks: BTreeMap::new(),
        ipv6: BTreeMap::new(),
        ports: Vec::new(),
        stale: None,
        new_name: None,
        stop: (None, None),
        starts: 1,
        image: String::new(),
    }
}

/// The id of the container with this name: 64 hex digits, as Docker's are.
pub(crate) fn id(name: &str) -> ContainerId {
    ContainerId::parse(&id_text(name)).unwrap()
}

pub(super) fn id_text(name: &str) -> String {
    let digits = name.bytes().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let hex: String = digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    format!("{hex:f<64}")
}

impl FakeContainer {
    pub(crate) fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn network(mut self, name: &str, ip: &str) -> Self {
        self.network_mode = name.to_owned();
        self.networks
            .insert(name.to_owned(), (ip.to_owned(), Value::Null));
        self
    }

    pub(crate) fn network_mode(mut self, mode: &str) -> Self {
        mode.clone_into(&mut self.network_mode);
        self
    }

    pub(crate) fn image(mut self, id: &str) -> Self {
        id.clone_into(&mut self.image);
        self
    }

    pub(crate) fn port(mut self, port: u16) -> Self {
        self.ports.push(FakePort {
            private: port,
            protocol: "tcp".to_owned(),
            bindings: Vec::new(),
        });
        self
    }

    pub(crate) fn healthcheck(mut self, word: &str) -> Self {
        self.health = Some(word.to_owned());
        self
    }

    pub(crate) fn stop_with(mut self, signal: &str) -> Self {
        self.stop.0 = Some(signal.to_owned());
        self
    }

    pub(crate) fn stop_timeout(mut self, seconds: i64) -> Self {
        self.stop.1 = Some(seconds);
        self
    }

    fn shown_name(&self) -> String {
        let name = self.new_name.as_ref().unwrap_or(&self.name);
        format!("/{name}")
    }

    pub(super) fn is_alive(&self) -> bool {
        ["running", "paused"].contains(&self.state.as_str())
    }

    /// As the list of API 1.41 shows it at this moment.
    pub(super) fn listed(&self, now: Instant) -> Value {
        if let Some((until, before)) = &self.stale
            && now < *until
        {
            return before.listed(now);
        }
        let ports: Vec<_> = self.ports.iter().flat_map(FakePort::listed).collect();
        json!({
            "Id": self.id,
            "Names": [self.shown_name()],
            "Image": "app:1",
            "ImageID": self.image,
            "Created": self.created,
            "Ports": if self.is_alive() { ports } else { Vec::new() },
            "Labels": self.labels,
            "State": self.state,
            "Status": self.status(),
            "HostConfig": { "NetworkMode": self.network_mode },
            "NetworkSettings": { "Networks": self.listed_networks() },
            "Mounts": [],
        })
    }

    fn status(&self) -> String {
        let health = match (self.state.as_str(), self.health.as_deref()) {
            ("running", Some("starting")) => " (health: starting)".to_owned(),
            ("running", Some(word)) => format!(" ({word})"),
            ("paused", _) => " (Paused)".to_owned(),
            _ => String::new(),
        };
        if self.is_alive() {
            format!("Up 1 second{health}")
        } else {
            "Exited (0) 1 second ago".to_owned()
        }
    }

    fn listed_networks(&self) -> Value {
        let endpoint = |(name, (ip, config)): (&String, &(String, Value))| {
            let ip = if self.is_alive() { ip.as_str() } else { "" };
            let endpoint = json!({
                "NetworkID": super::world::network_id(name),
                "IPAddress": ip,
                "GlobalIPv6Address": self.ipv6.get(name).filter(|_| self.is_alive()).map_or("", String::as_str),
                "DriverOpts": config.get("DriverOpts"),
            });
            (name.clone(), endpoint)
        };
        self.networks.iter().map(endpoint).collect()
    }

    fn inspected_ports(&self) -> Value {
        let ports = self.ports.iter().filter(|_| self.is_alive());
        Value::Object(ports.map(FakePort::inspected).collect())
    }

    /// As an inspect shows it: never stale, because it waits for the container's lock.
    pub(super) fn inspected(&self) -> Value {
        json!({
            "Id": self.id,
            "Name": self.shown_name(),
            "State": {
                "Status": self.state,
                "Running": self.is_alive(),
                "StartedAt": format!("2026-01-01T00:00:00.{:09}Z", self.starts),
                "Health": self.health.as_ref().map(|word| json!({ "Status": word })),
            },
            "Config": {
                "Labels": self.labels,
                "StopSignal": self.stop.0,
                "StopTimeout": self.stop.1,
            },
            "HostConfig": { "NetworkMode": self.network_mode },
            "NetworkSettings": { "Networks": self.listed_networks(), "Ports": self.inspected_ports() },
        })
    }
}
