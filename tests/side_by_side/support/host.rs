//! A fake Engine with so many containers on it.

use std::path::PathBuf;

use super::fake_engine::{FakeContainer, FakeEngine, container};
use super::world::{Described, app_of, describe, is_managed};
use crate::e2e::runtime;

/// The network that all are in.
const NETWORK: &str = "net";

/// Which containers a host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only such as Traefik's own provider understands.
    Plain,
    /// Half of them managed.
    Mixed,
}

/// A host.
pub(crate) struct Host {
    pub(crate) engine: FakeEngine,
}

impl Host {
    /// With so many containers, all healthy.
    pub(crate) fn of(size: usize, kind: Kind) -> Self {
        let _in = runtime().enter();
        let engine = FakeEngine::new();
        engine.replace(
            numbers(kind)
                .take(size)
                .map(|number| fake(&describe(number)))
                .collect(),
        );
        // it was all long ago
        engine.forget_events();
        Self { engine }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.engine.socket()
    }

    /// How many calls about containers there were so far.
    pub(crate) fn calls(&self) -> usize {
        self.engine.count("/containers/")
    }
}

/// The numbers of the containers.
pub(crate) fn numbers(kind: Kind) -> impl Iterator<Item = usize> {
    (0..).filter(move |number| kind == Kind::Mixed || !is_managed(app_of(*number)))
}

/// Of the containers on a host, the one at this place.
pub(crate) fn described(place: usize, kind: Kind) -> Described {
    let number = numbers(kind).nth(place);
    describe(number.expect("there is no end to them"))
}

/// Its address, as text.
pub(crate) fn text(address: [u8; 4]) -> String {
    address.map(|byte| byte.to_string()).join(".")
}

fn fake(described: &Described) -> FakeContainer {
    let mut fake = container(&described.name)
        .port(80)
        .network(NETWORK, &text(described.address))
        .healthcheck("healthy");
    fake.labels = described.labels.iter().cloned().collect();
    "running".clone_into(&mut fake.state);
    fake
}

/// The project, and with it the service of a plain container.
pub(crate) fn service(described: &Described) -> &str {
    let (project, _) = described.name.rsplit_once("-web-").expect("names end so");
    project
}

impl Host {
    /// Starts one that stopped, at another address.
    pub(crate) fn start_again(&self, name: &str, address: &str) {
        self.engine.start_again(name, NETWORK, address);
    }
}
