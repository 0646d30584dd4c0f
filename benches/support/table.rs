//! A routing table that has seen such a host, and the changes that go on.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pointsman::routing::ids::{ContainerId, EnvKey, Version};
use pointsman::routing::model::{
    Change, Container, Endpoint, EnvRecord, Health, Origin, Port, State,
};
use pointsman::routing::rollout::{Command, Event, Insist, Record, Step, View, step};
use pointsman::routing::table::{Options, Table};
use pointsman::routing::time::Timestamp;
use pointsman::snapshot::{Publisher, Reader, channel};

use super::world::{app_of, describe, is_managed, version_of};

/// When everything was started.
const BEGIN: Timestamp = Timestamp::from_millis(1_000_000);

/// The container of this number, running.
pub(crate) fn container(number: usize) -> Container {
    let described = describe(number);
    let endpoint = Endpoint {
        network_id: "n1".to_owned(),
        address: Some(IpAddr::from(described.address)),
    };
    Container {
        id: id(number),
        name: described.name,
        created: 1_700_000_000 + u64::try_from(number).expect("a small number"),
        labels: described.labels.into_iter().collect(),
        state: State::Running,
        health: Health::Healthy,
        leaving: None,
        image: "app:1".to_owned(),
        network_mode: "net".to_owned(),
        networks: BTreeMap::from([("net".to_owned(), endpoint)]),
        ports: vec![Port {
            private: 80,
            public: None,
            host_ip: None,
        }],
    }
}

fn id(number: usize) -> ContainerId {
    ContainerId::parse(&format!("{number:064x}")).expect("64 digits")
}

/// The env of an app.
pub(crate) fn key(app: usize) -> EnvKey {
    EnvKey::parse(&format!("app{app}"), "dev").expect("a plain name")
}

/// The four things that happen to a container in turn, each of which changes the document.
pub(crate) fn change(number: usize, turn: usize) -> Change {
    let mut container = container(number);
    match turn % 4 {
        0 => return Change::Exited(container.id),
        2 => container.health = Health::Unhealthy,
        _ => container.health = Health::Healthy,
    }
    Change::Apply(Box::new(container))
}

/// A table with its publisher.
pub(crate) struct Host {
    /// Facts to document.
    pub(crate) table: Table,
    /// What readers see.
    pub(crate) publisher: Publisher,
    /// One of them.
    pub(crate) reader: Reader,
    /// It goes on with every event.
    pub(crate) now: Timestamp,
}

impl Host {
    /// After the first complete list of so many containers; of every managed app v1 is live and v2 staged.
    pub(crate) fn of(containers: usize) -> Self {
        let (publisher, reader) = channel();
        let mut host = Self {
            table: Table::new(Options::default()),
            publisher,
            reader,
            now: BEGIN,
        };
        let apps = containers.div_ceil(4);
        for app in (0..apps).filter(|app| is_managed(*app)) {
            host.table.put_env(EnvRecord::new(
                key(app),
                "bench.example.com",
                Origin::Label,
                BEGIN,
            ));
        }
        let list = (0..containers).map(|number| Change::ResyncApply(Box::new(container(number))));
        let begin = std::iter::once(Change::ResyncStart);
        for change in begin.chain(list).chain([Change::ResyncEnd]) {
            host.table.apply(change, host.now);
        }
        host.table.rebuild(host.now);
        for app in (0..apps).filter(|app| is_managed(*app)) {
            host.place(app, containers);
        }
        host.publish();
        host
    }

    fn place(&mut self, app: usize, containers: usize) {
        let versions = (0..containers).filter(|number| app_of(*number) == app);
        let mut versions: Vec<&str> = versions.map(version_of).collect();
        versions.dedup();
        for (index, version) in versions.into_iter().enumerate() {
            let promote = Command::Promote {
                version: Version::parse(version).expect("a plain name"),
                weight: None,
                insist: Insist::default(),
            };
            self.command(app, promote);
            if index == 0 {
                self.command(app, Command::switch());
            }
        }
    }

    /// Carries out a command on an app, up to the document.
    pub(crate) fn command(&mut self, app: usize, command: Command) {
        let key = key(app);
        let record = self.step(&key, command).record;
        self.table.put_rollout(&key, record);
        self.table.rebuild(self.now);
    }

    fn step(&self, key: &EnvKey, command: Command) -> Step {
        let old: Record = self.table.rollout(key);
        let view = View {
            applied_until: Some(self.now),
            ..self.table.view(key)
        };
        let by = "bench".to_owned();
        let event = Event::Command { command, by };
        step(&old, &event, &view, self.now).expect("everything is healthy")
    }

    /// Takes in a change, up to the published snapshot.
    pub(crate) fn take_in(&mut self, change: Change) -> bool {
        self.now = self.now.plus_millis(1);
        self.table.apply(change, self.now);
        self.table.rebuild(self.now);
        self.publish()
    }

    /// Publishes what the table says now. Gives whether that is new.
    pub(crate) fn publish(&self) -> bool {
        self.publisher.publish(self.table.document())
    }
}
