//! What was told, container by container: the difference to it is what is told next. Pure: time is an argument.
//!
//! Here lives the rule for the list's lag. After a `die` the list goes on saying "running", for longer the busier the
//! daemon is; believing it would route to a dead server. So a container that died stays dead until a `start` event, or
//! until a read that began after the time of doubt says otherwise. One that was destroyed never comes back.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::docker::convert::Stopping;
use crate::docker::signal::Signal;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Change, Container, State};

use super::departures::Departures;
use super::mark::is_alive;
use super::recall::{Past, Recalled, Span};

/// For how long destroyed ids are remembered; longer than any read takes.
const REMEMBER_DESTROYED: Duration = Duration::from_mins(2);

/// The told containers, and the recently ended ones.
#[derive(Debug)]
pub(super) struct Mirror {
    window: Duration,
    told: BTreeMap<ContainerId, Container>,
    ended: BTreeMap<ContainerId, Ended>,
    departures: Departures,
    /// When the last event was that was taken in, in nanoseconds of the daemon's clock.
    heard_until_ns: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    at: Instant,
    how: End,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// It may start again.
    Died,
    /// Its id never comes back.
    Destroyed,
}

/// What a complete list gives.
#[derive(Debug, Default)]
pub(super) struct Resync {
    /// What to tell between the two marks.
    pub changes: Vec<Change>,
    /// Told as exited although the list says otherwise: to be read again.
    pub disbelieved: Vec<ContainerId>,
}

/// What a read of one container means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is as it was told.
    Same,
    /// It contradicts an event and is not believed.
    Stale,
    /// It is new, or changed.
    Changed(Change),
}

impl Mirror {
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            told: BTreeMap::new(),
            ended: BTreeMap::new(),
            departures: Departures::default(),
            heard_until_ns: None,
        }
    }

    /// What was told of it.
    pub(super) fn get(&self, id: &ContainerId) -> Option<&Container> {
        self.told.get(id)
    }

    /// How many containers were told.
    pub(super) fn len(&self) -> usize {
        self.told.len()
    }

    /// The told ids.
    pub(super) fn ids(&self) -> impl Iterator<Item = &ContainerId> {
        self.told.keys()
    }

    /// It started or ended: no signal from before counts.
    pub(super) fn turned(&mut self, id: &ContainerId) {
        self.departures.forget(id);
    }

    /// It started: what a read says counts again.
    pub(super) fn started(&mut self, id: &ContainerId) {
        self.believe(id);
    }

    fn believe(&mut self, id: &ContainerId) {
        if self
            .ended
            .get(id)
            .is_some_and(|ended| ended.how == End::Died)
        {
            self.ended.remove(id);
        }
    }

    /// Its process ended.
    pub(super) fn died(&mut self, id: &ContainerId, now: Instant) -> Option<Change> {
        self.end(id, now, End::Died);
        let told = self
            .told
            .get_mut(id)
            .filter(|told| told.state != State::Exited)?;
        told.state = State::Exited;
        told.leaving = None;
        Some(Change::Exited(id.clone()))
    }

    /// It is gone.
    pub(super) fn destroyed(&mut self, id: &ContainerId, now: Instant) -> Option<Change> {
        self.end(id, now, End::Destroyed);
        self.absent(id)
    }

    /// It got a signal.
    pub(super) fn signalled(&mut self, id: &ContainerId, signal: Signal) -> Option<Change> {
        self.departures.signalled(id, signal);
        self.mark_told(id)
    }

    /// An inspect said how it is stopped; `None` when there was no answer.
    pub(super) fn inspected(
        &mut self,
        id: &ContainerId,
        stopping: Option<Stopping>,
    ) -> Option<Change> {
        self.departures.answered(id, stopping);
        self.mark_told(id)
    }

    /// Whom to inspect next.
    pub(super) fn take_to_inspect(&mut self) -> Option<ContainerId> {
        self.departures.take_to_ask()
    }

    /// Events until then were taken in.
    pub(super) fn heard(&mut self, until_ns: Option<i64>) {
        self.heard_until_ns = self.heard_until_ns.max(until_ns);
    }

    /// The part of the past that no event told, when the daemon's clock shows this.
    pub(super) fn unheard(&self, date: i64) -> Span {
        Span::before(date, self.heard_until_ns)
    }

    /// The past as the Engine keeps it: who started or ended has nothing to do with signals from before.
    pub(super) fn forget_turned(&mut self, past: &Past) {
        for id in past.turned() {
            self.turned(id);
        }
    }

    /// It got a signal that no event told.
    pub(super) fn recalled(&mut self, recalled: Recalled, now_ns: i64) {
        if let Some(elapsed_ms) = recalled.elapsed_ms(now_ns) {
            self.departures.recalled(recalled, elapsed_ms);
        }
    }

    /// The connection was lost: events may have been missed.
    pub(super) fn reconnected(&mut self) {
        self.departures.doubt();
    }

    /// The told container with its mark as it is now, when that changed.
    fn mark_told(&mut self, id: &ContainerId) -> Option<Change> {
        let told = self.told.get_mut(id)?;
        let leaving = self.departures.of(told);
        if told.leaving == leaving {
            return None;
        }
        told.leaving = leaving;
        Some(Change::Apply(Box::new(told.clone())))
    }

    fn end(&mut self, id: &ContainerId, at: Instant, how: End) {
        let before = self.ended.get(id).map_or(how, |ended| ended.how);
        self.ended.insert(
            id.clone(),
            Ended {
                at,
                how: before.max(how),
            },
        );
    }

    /// A read did not find it.
    pub(super) fn absent(&mut self, id: &ContainerId) -> Option<Change> {
        self.departures.forget(id);
        self.told.remove(id).map(|_| Change::Remove(id.clone()))
    }

    /// A read, begun at this moment, shows it so.
    pub(super) fn look(&mut self, mut container: Container, begun: Instant) -> Look {
        if self.is_stale(&container, begun) {
            return Look::Stale;
        }
        self.believe(&container.id);
        container.leaving = self.departures.of(&container);
        if self.told.get(&container.id) == Some(&container) {
            return Look::Same;
        }
        self.told.insert(container.id.clone(), container.clone());
        Look::Changed(Change::Apply(Box::new(container)))
    }

    /// Takes a complete list as the new truth.
    pub(super) fn resync(&mut self, containers: Vec<Container>, begun: Instant) -> Resync {
        self.told.clear();
        let mut disbelieved = Vec::new();
        for mut container in containers {
            if self
                .ended
                .get(&container.id)
                .is_some_and(|ended| ended.how == End::Destroyed)
            {
                continue;
            }
            if self.is_stale(&container, begun) {
                container.state = State::Exited;
                container
                    .networks
                    .values_mut()
                    .for_each(|endpoint| endpoint.address = None);
                disbelieved.push(container.id.clone());
            }
            container.leaving = self.departures.of(&container);
            self.told.insert(container.id.clone(), container);
        }
        let tell = |container: &Container| Change::ResyncApply(Box::new(container.clone()));
        Resync {
            changes: self.told.values().map(tell).collect(),
            disbelieved,
        }
    }

    /// Something ran when we last knew, and nothing at all runs in this list. With even one container up the list is
    /// believed: the others' addresses may be handed out again at any moment.
    pub(super) fn has_vanished(&self, containers: &[Container]) -> bool {
        let something_ran = self.told.values().any(|told| is_alive(told.state));
        something_ran && !containers.iter().any(|now| is_alive(now.state))
    }

    /// Forgets what no read can bring up any more.
    pub(super) fn forget_ended(&mut self, now: Instant) {
        let window = self.window;
        self.ended.retain(|_, ended| {
            let keep = match ended.how {
                End::Died => window,
                End::Destroyed => REMEMBER_DESTROYED,
            };
            now < ended.at + keep
        });
    }

    fn is_stale(&self, container: &Container, begun: Instant) -> bool {
        self.ended
            .get(&container.id)
            .is_some_and(|ended| match ended.how {
                End::Died => is_alive(container.state) && begun < ended.at + self.window,
                End::Destroyed => true,
            })
    }
}
