//! What the events said about one container since it was last read. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::docker::convert;
use crate::docker::signal::Signal;
use crate::docker::wire::Kind;
use crate::routing::model::{Container, Health, State};

/// The events about one container, folded: later ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The last turn of its life.
    pub life: Option<Life>,
    /// It started or ended, and no event had said so before.
    pub turned: bool,
    health: Option<Health>,
    /// By network id: joined or left.
    networks: BTreeMap<String, bool>,
    /// What it got since the last turn of its life.
    signals: BTreeSet<Signal>,
    other: bool,
}

/// Whether an event was taken in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// No.
    New,
    /// Yes: the stream begins a little earlier than it must.
    Repeated,
}

/// A turn in a container's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Started,
    Paused,
    Unpaused,
    Died,
    Destroyed,
}

impl Mark {
    /// What a `die` says.
    pub(super) fn of_death() -> Self {
        Self {
            life: Some(Life::Died),
            ..Self::default()
        }
    }

    /// Folds in what one event said.
    pub(super) fn add(&mut self, kind: Kind, age: Age) {
        self.turned |=
            age == Age::New && matches!(kind, Kind::Started | Kind::Died | Kind::Destroyed);
        match kind {
            Kind::Started => self.turn(Life::Started),
            Kind::Died => self.turn(Life::Died),
            Kind::Destroyed => self.turn(Life::Destroyed),
            Kind::Paused => self.turn(Life::Paused),
            Kind::Unpaused => self.turn(Life::Unpaused),
            Kind::Health(word) => match convert::health_word(&word) {
                Some(health) => self.health = Some(health),
                None => self.other = true,
            },
            Kind::Joined(network) => {
                self.networks.insert(network, true);
            }
            Kind::Left(network) => {
                self.networks.insert(network, false);
            }
            Kind::Signalled(signal) => {
                self.signals.insert(signal);
            }
            Kind::Other => self.other = true,
        }
    }

    /// Takes the signals out: no read shows anything of them.
    pub(super) fn take_signals(&mut self) -> BTreeSet<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// Does it say nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Folds in a later mark.
    pub(super) fn merge(&mut self, later: Self) {
        if let Some(life) = later.life {
            self.turn(life);
        }
        self.turned |= later.turned;
        self.health = later.health.or(self.health);
        self.networks.extend(later.networks);
        self.other |= later.other;
    }

    /// A turn makes what its health check said before meaningless; a signal lasts until the process ends.
    fn turn(&mut self, life: Life) {
        self.life = Some(life);
        self.health = None;
        match life {
            Life::Started | Life::Died | Life::Destroyed => self.signals.clear(),
            Life::Paused | Life::Unpaused => {}
        }
    }

    /// Does it say nothing but that the health is what we know. Podman sends such an event with every probe.
    pub(super) fn is_old_news(&self, known: Option<&Container>) -> bool {
        let Some(health) = self.health else {
            return false;
        };
        let health_only = self.life.is_none() && self.networks.is_empty() && !self.other;
        health_only && known.is_some_and(|container| container.health == health)
    }

    /// Does what was read show all that the events said. If not, the list lags behind.
    pub(super) fn agrees(&self, read: &Container) -> bool {
        let life = match self.life {
            None => true,
            Some(Life::Started) => read.state == State::Running && has_its_address(read),
            Some(Life::Unpaused) => read.state == State::Running,
            Some(Life::Paused) => read.state == State::Paused,
            Some(Life::Died | Life::Destroyed) => !is_alive(read.state),
        };
        let health = self.health.is_none_or(|health| read.health == health);
        life && health && self.networks_agree(read)
    }

    fn networks_agree(&self, read: &Container) -> bool {
        // Docker connects before it starts, and the list shows nothing of it until the start, which has its own event
        let joining_late = read.state != State::Running;
        // one that ended has left its networks, and goes on being listed with them, without an address
        let has_ended = !is_alive(read.state);
        self.networks.iter().all(|(network, joined)| {
            let endpoint = read
                .networks
                .values()
                .find(|endpoint| endpoint.network_id == *network);
            match (endpoint.map(|endpoint| endpoint.address), joined) {
                (Some(address), true) => joining_late || address.is_some(),
                (Some(_), false) => has_ended,
                (None, true) => joining_late,
                (None, false) => true,
            }
        })
    }
}

/// May it own an address.
pub(super) const fn is_alive(state: State) -> bool {
    matches!(state, State::Running | State::Paused)
}

fn has_its_address(read: &Container) -> bool {
    let mut addresses = read.networks.values().map(|endpoint| endpoint.address);
    read.networks.is_empty()
        || ["host", "none"].contains(&read.network_mode.as_str())
        || addresses.any(|address: Option<IpAddr>| address.is_some())
}
