//! Changes in, the exact document out.

mod capture;
mod claims;
mod composites;
mod leaving;
mod maintenance;
mod managed;
mod matched;
mod mirror;
mod networks;
mod options;
mod probes;
mod properties;
mod protocols;
mod retired;
mod schema;
mod shift;
mod standing_in;
mod sticky;
#[expect(
    clippy::string_slice,
    reason = "of tests, which may panic; it is shared with tests that are no part of this crate"
)]
#[path = "../../../../tests/strict/mod.rs"]
mod strict;
mod strictness;
mod unmanaged;
mod versions;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use crate::routing::ids::{ContainerId, EnvKey, Version};
use crate::routing::model::{
    Change, Container, Endpoint, EnvRecord, Health, Labels, Origin, Port, State,
};
use crate::routing::plan::{Gate, Plan, PlanStep, Sticky, Weight};
use crate::routing::rollout::{Command, Event, Insist, step};
use crate::routing::time::Timestamp;

use super::{Options, Table};

/// A container under construction.
#[derive(Clone, Debug)]
pub(super) struct Mk(pub(super) Container);

/// A running container in network `net` at 10.0.0.`n` with port 80, created at second `n`.
pub(super) fn mk(name: &str, n: u8) -> Mk {
    let address = Some(IpAddr::from([10, 0, 0, n]));
    Mk(Container {
        id: ContainerId::parse(&format!("id-{name}")).unwrap(),
        name: name.to_owned(),
        created: u64::from(n),
        labels: Labels::default(),
        state: State::Running,
        health: Health::None,
        leaving: None,
        image: String::new(),
        network_mode: "net".to_owned(),
        networks: BTreeMap::from([(
            "net".to_owned(),
            Endpoint {
                network_id: "n1".to_owned(),
                address,
            },
        )]),
        ports: vec![Port {
            private: 80,
            public: None,
            host_ip: None,
        }],
    })
}

/// Of a compose project of its own.
pub(super) fn web(version: &str, n: u8) -> Mk {
    whoami(&format!("web-{version}"), n, version).compose(&format!("whoami-dev-{version}"), "web")
}

/// A managed container of whoami/dev at dev.example.com.
pub(super) fn whoami(name: &str, n: u8, version: &str) -> Mk {
    mk(name, n)
        .managed("whoami", "dev", version)
        .label("pointsman.domain", "dev.example.com")
}

impl Mk {
    pub(super) fn label(mut self, key: &str, value: &str) -> Self {
        self.0.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(super) fn managed(self, app: &str, env: &str, version: &str) -> Self {
        self.label("pointsman.app", app)
            .label("pointsman.env", env)
            .label("pointsman.version", version)
    }

    pub(super) fn compose(self, project: &str, service: &str) -> Self {
        self.label("com.docker.compose.project", project)
            .label("com.docker.compose.service", service)
    }

    pub(super) fn network(mut self, name: &str, ip: [u8; 4]) -> Self {
        let endpoint = Endpoint {
            network_id: format!("id-{name}"),
            address: Some(IpAddr::from(ip)),
        };
        self.0.networks.insert(name.to_owned(), endpoint);
        self
    }

    pub(super) fn health(mut self, health: Health) -> Self {
        self.0.health = health;
        self
    }

    pub(super) fn state(mut self, state: State) -> Self {
        self.0.state = state;
        self
    }
}

/// A table with what a test says to it.
pub(super) struct World {
    pub(super) table: Table,
    pub(super) now: Timestamp,
}

impl World {
    pub(super) fn new(containers: &[Mk]) -> Self {
        Self::with(Options::default(), containers)
    }

    pub(super) fn with(options: Options, containers: &[Mk]) -> Self {
        let mut world = Self {
            table: Table::new(options),
            now: Timestamp::from_millis(1_000_000),
        };
        world.apply(Change::ResyncStart);
        for mk in containers {
            world.apply(Change::ResyncApply(Box::new(mk.0.clone())));
        }
        world.apply(Change::ResyncEnd);
        world.settle();
        world
    }

    pub(super) fn apply(&mut self, change: Change) {
        self.table.apply(change, self.now);
    }

    /// What the reconciler does after changes: records that labels ask for, then the document.
    pub(super) fn settle(&mut self) {
        for record in self.table.unrecorded(self.now) {
            self.table.put_env(record);
        }
        self.table.rebuild(self.now);
    }

    pub(super) fn put(&mut self, mk: &Mk) {
        self.apply(Change::Apply(Box::new(mk.0.clone())));
        self.settle();
    }

    pub(super) fn remove(&mut self, mk: &Mk) {
        self.apply(Change::Remove(mk.0.id.clone()));
        self.settle();
    }

    #[track_caller]
    pub(super) fn command(&mut self, command: Command) {
        let key = key();
        let next = step(
            &self.table.rollout(&key),
            &Event::command(command),
            &self.table.view(&key),
            self.now,
        )
        .unwrap();
        self.table.put_rollout(&key, next.record);
        self.settle();
    }

    #[track_caller]
    pub(super) fn promote(&mut self, version: &str, weight: Option<u64>) {
        let weight = weight.map(|weight| Weight::new(weight).unwrap());
        self.command(Command::Promote {
            version: Version::parse(version).unwrap(),
            weight,
            insist: Insist::NONE,
        });
    }

    /// Places a version and begins to move live traffic to it by a plan of these steps.
    #[track_caller]
    pub(super) fn shift(&mut self, version: &str, steps: Vec<PlanStep>, sticky: Sticky) {
        self.promote(version, None);
        let mut plan = Plan::new("test", steps).unwrap();
        plan.sticky = sticky;
        self.command(Command::Shift {
            plan: Some(plan),
            insist: Insist::NONE,
        });
    }

    #[track_caller]
    pub(super) fn make_live(&mut self, version: &str) {
        self.promote(version, None);
        self.now = self.now.plus_millis(60_000);
        self.command(Command::switch());
    }

    /// The document without its revision marker.
    pub(super) fn document(&self) -> Value {
        let mut document: Value =
            serde_json::from_slice(&self.table.document().to_bytes()).unwrap();
        let http = document["http"].as_object_mut().unwrap();
        let middlewares = http["middlewares"].as_object_mut().unwrap();
        middlewares.retain(|name, _| !name.starts_with("pointsman-rev-"));
        if middlewares.is_empty() {
            http.remove("middlewares");
        }
        document
    }

    pub(super) fn names(&self, section: &str) -> Vec<String> {
        self.document()["http"][section]
            .as_object()
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default()
    }

    pub(super) fn router(&self, name: &str) -> Value {
        self.document()["http"]["routers"][name].clone()
    }

    pub(super) fn rule(&self, name: &str) -> String {
        self.router(name)["rule"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(super) fn service(&self, name: &str) -> Value {
        self.document()["http"]["services"][name].clone()
    }

    pub(super) fn urls(&self, service: &str) -> Vec<String> {
        let servers = self.service(service)["loadBalancer"]["servers"].clone();
        servers
            .as_array()
            .into_iter()
            .flatten()
            .map(|server| server["url"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.table
            .diagnostics()
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect()
    }
}

/// A step with a share, until somebody says more.
pub(super) fn share(percent: u64) -> PlanStep {
    PlanStep {
        gate: Gate::Manual,
        ..PlanStep::new(Weight::new(percent).unwrap())
    }
}

pub(super) fn key() -> EnvKey {
    EnvKey::parse("whoami", "dev").unwrap()
}

pub(super) fn env_record(app: &str, env: &str, domain: &str, created_at: u64) -> EnvRecord {
    EnvRecord::new(
        EnvKey::parse(app, env).unwrap(),
        domain,
        Origin::Api,
        Timestamp::from_millis(created_at),
    )
}
