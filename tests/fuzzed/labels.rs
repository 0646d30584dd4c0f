//! Any labels on three containers: never a panic, never a document that Traefik would refuse.
//!
//! Input: one label a line, `key=value`; an empty line begins the next container.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pointsman::routing::ids::ContainerId;
use pointsman::routing::model::{Change, Container, Endpoint, Health, Port, State};
use pointsman::routing::table::{Options, Table};
use pointsman::routing::time::Timestamp;

use super::strict;

fn container(n: u8, labels: BTreeMap<String, String>) -> Container {
    let address = Some(IpAddr::from([10, 0, 0, n]));
    let endpoint = Endpoint {
        network_id: "n1".to_owned(),
        address,
    };
    Container {
        id: ContainerId::parse(&format!("id{n}")).expect("letters and digits"),
        name: format!("c{n}"),
        created: u64::from(n),
        labels: labels.into(),
        state: State::Running,
        health: Health::None,
        leaving: None,
        image: String::new(),
        network_mode: "net".to_owned(),
        networks: BTreeMap::from([("net".to_owned(), endpoint)]),
        ports: vec![Port {
            private: 80,
            public: None,
            host_ip: None,
        }],
    }
}

fn containers(text: &str) -> Vec<Container> {
    let blocks = text.split("\n\n").take(3).zip(1..);
    let labels = |block: &str| {
        let pairs = block.lines().filter_map(|line| line.split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    blocks
        .map(|(block, n)| container(n, labels(block)))
        .collect()
}

/// Panics when it does not hold.
pub(crate) fn hold(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let now = Timestamp::from_millis(1_000_000);
    let mut table = Table::new(Options::default());
    table.apply(Change::ResyncStart, now);
    table.apply(Change::ResyncEnd, now);
    for container in containers(&text) {
        table.apply(Change::Apply(Box::new(container)), now);
        for record in table.unrecorded(now) {
            table.put_env(record);
        }
        table.rebuild(now);
        let body = table.document().to_bytes();
        let faults = strict::faults(&body);
        assert!(
            faults.is_empty(),
            "{faults:?} in {}",
            String::from_utf8_lossy(&body)
        );
    }
    drop(table.diagnostics());
}
