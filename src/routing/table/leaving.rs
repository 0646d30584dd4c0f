//! Containers that were told to stop: withdrawn from the signal on, and taken back when they outlive their time.
//!
//! A process that got its stop signal may refuse the next connection at any moment, long before it is gone. So no
//! new request is sent to it. What ignores the signal is served again after its stop time-out and a margin, and named.

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Diagnostic, State};
use crate::routing::time::Timestamp;

use super::Table;
use super::facts::Fact;

/// Docker kills when the stop time-out is over, and the end is seen a little later.
const MARGIN_MS: u64 = 2_000;

/// Where a container stands after a signal to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It got none.
    None,
    /// It is leaving.
    Leaving {
        /// When its last signal was first seen.
        since: Timestamp,
        /// When it should be gone.
        end: Timestamp,
    },
    /// It should be gone and still runs.
    Overdue {
        /// When its last signal was first seen.
        since: Timestamp,
    },
}

impl Departure {
    /// What follows from the container's mark.
    pub(super) fn of(container: &Container, old: Option<&Fact>, now: Timestamp) -> Self {
        let Some(leaving) = container.leaving.as_ref().filter(|_| is_up(container)) else {
            return Self::None;
        };
        let same = |fact: &&Fact| {
            let before = fact.container.leaving.as_ref();
            before.is_some_and(|before| before.count == leaving.count)
        };
        let since = old.filter(same).and_then(|fact| fact.departure.since());
        let since = since.unwrap_or(now);
        let end = since.plus_millis(leaving.grace_ms).plus_millis(MARGIN_MS);
        if end > now {
            Self::Leaving { since, end }
        } else {
            Self::Overdue { since }
        }
    }

    const fn since(self) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Leaving { since, .. } | Self::Overdue { since } => Some(since),
        }
    }

    /// When it should be gone, while it is leaving.
    pub(super) const fn end(self) -> Option<Timestamp> {
        match self {
            Self::Leaving { end, .. } => Some(end),
            Self::None | Self::Overdue { .. } => None,
        }
    }

    /// It had its time.
    pub(super) fn expire(&mut self) {
        if let Some(since) = self.since() {
            *self = Self::Overdue { since };
        }
    }
}

/// Does it have a process.
pub(super) const fn is_up(container: &Container) -> bool {
    matches!(container.state, State::Running | State::Paused)
}

impl Table {
    /// When the next container that is leaving should be gone.
    pub fn next_departure(&self) -> Option<Timestamp> {
        self.facts.next_departure()
    }

    /// Takes back those that outlived their time to leave; to be called when [`Table::next_departure`] has come.
    pub fn expire(&mut self, now: Timestamp) {
        for id in self.facts.expire(now) {
            self.touch_moved(&id);
        }
    }

    /// Traefik's containers that are leaving, each with the number of its last signal.
    pub fn leaving_proxies(&self) -> impl Iterator<Item = (ContainerId, u32)> {
        let facts = self.proxies.iter().filter_map(|(_, id)| self.facts.get(id));
        let leaving = facts.filter(|fact| fact.is_leaving());
        leaving.filter_map(|fact| {
            let count = fact.container.leaving.as_ref()?.count;
            Some((fact.container.id.clone(), count))
        })
    }

    /// Those that got a signal to stop, outlived their time and are served again.
    pub(super) fn overdue(&self) -> impl Iterator<Item = Diagnostic> {
        let overdue = |fact: &&Fact| matches!(fact.departure, Departure::Overdue { .. });
        self.facts.iter().filter(overdue).filter_map(finding)
    }
}

fn finding(fact: &Fact) -> Option<Diagnostic> {
    let leaving = fact.container.leaving.as_ref()?;
    let message = format!(
        "it got {} and still runs {} s later, so it takes traffic again: if it was to stop, stop it again; if it needs longer, \
         set its stop time-out (stop_grace_period in compose, --stop-timeout of docker run)",
        leaving.signal,
        (leaving.grace_ms + MARGIN_MS) / 1000,
    );
    Some(Diagnostic::new("still-running", fact.subject(), message))
}
