//! The containers as they are, with what their labels say, and who depends on whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{ContainerId, EnvKey};
use crate::routing::labels::{Declaration, Managed, ManagedLabels};
use crate::routing::model::{Container, Health, State};
use crate::routing::time::Timestamp;

use super::constraints::Constraints;
use super::leaving::{Departure, is_up};

/// One container with everything derived from it alone.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As Docker tells it.
    pub container: Container,
    /// What its labels say.
    pub declaration: Declaration,
    /// Since when it was seen running without a break.
    pub running_since: Option<Timestamp>,
    /// Which of its runs this is; 0 for what ran already in the first complete list.
    pub run: u64,
    /// The last words of its failing health check.
    pub complaint: Option<String>,
    /// Where it stands after a signal to stop.
    pub departure: Departure,
}

impl Fact {
    /// Reads the labels anew only when they changed.
    fn new(
        container: Container,
        old: Option<Self>,
        (constraints, run): (&Constraints, u64),
        now: Timestamp,
    ) -> Self {
        let same = old.as_ref().is_some_and(|old| {
            old.container.labels == container.labels && old.container.name == container.name
        });
        let since = old.as_ref().and_then(|old| old.running_since);
        let running_since = (container.state == State::Running).then_some(since.unwrap_or(now));
        let complaint = old.as_ref().and_then(|old| old.complaint.clone());
        let complaint = complaint.filter(|_| container.health == Health::Unhealthy);
        let departure = Departure::of(&container, old.as_ref(), now);
        let declaration = match old {
            Some(old) if same => old.declaration,
            _ => constraints.declaration(&container),
        };
        Self {
            container,
            declaration,
            running_since,
            run,
            complaint,
            departure,
        }
    }

    /// May new requests be sent to it.
    pub fn is_serving(&self) -> bool {
        self.container.is_serving() && !self.is_leaving()
    }

    /// Was it told to stop, and has still time to do so.
    pub const fn is_leaving(&self) -> bool {
        self.departure.end().is_some()
    }

    /// Its managed labels, if it is managed.
    pub const fn managed(&self) -> Option<&ManagedLabels> {
        match &self.declaration.managed {
            Managed::Yes(labels) => Some(labels),
            Managed::No | Managed::Refused { .. } => None,
        }
    }

    /// Who it is, in words.
    pub fn subject(&self) -> String {
        format!("container {}", self.container.name)
    }

    /// When it will have been up for `min_ms`; a Docker health check that says healthy needs no wait.
    pub fn settled_at(&self, min_ms: u64) -> Timestamp {
        if self.container.health == Health::Healthy {
            return Timestamp::ZERO;
        }
        self.running_since
            .filter(|since| *since > Timestamp::ZERO)
            .map_or(Timestamp::ZERO, |since| since.plus_millis(min_ms))
    }
}

/// All containers.
#[derive(Debug, Default)]
pub struct Facts {
    constraints: Constraints,
    all: BTreeMap<ContainerId, Fact>,
    members: BTreeMap<EnvKey, BTreeSet<ContainerId>>,
    sharers: BTreeMap<ContainerId, BTreeSet<ContainerId>>,
    /// Those that are leaving, by the end of their time.
    leaving: BTreeSet<(Timestamp, ContainerId)>,
    /// The number of the next run.
    next_run: u64,
}

impl Facts {
    /// None yet; those that the constraints leave out will say nothing.
    pub fn new(constraints: Constraints) -> Self {
        Self {
            constraints,
            ..Self::default()
        }
    }

    /// Takes a container as it is now; gives the old fact when anything changed, `None` when nothing did.
    pub fn put(&mut self, container: Container, now: Timestamp) -> Option<Option<Fact>> {
        if self
            .all
            .get(&container.id)
            .is_some_and(|fact| fact.container == container)
        {
            return None;
        }
        let id = container.id.clone();
        let old = self.remove(&id);
        let same_run = old.as_ref().filter(|old| is_up(&old.container));
        let run = match same_run {
            Some(old) => old.run,
            None => self.number(),
        };
        let fact = Fact::new(container, old.clone(), (&self.constraints, run), now);
        if let Some(labels) = fact.managed() {
            self.members
                .entry(labels.key.clone())
                .or_default()
                .insert(id.clone());
        }
        if let Some(owner) = owner(&fact.container) {
            self.sharers.entry(owner).or_default().insert(id.clone());
        }
        if let Some(end) = fact.departure.end() {
            self.leaving.insert((end, id.clone()));
        }
        self.all.insert(id, fact);
        Some(old)
    }

    /// Takes in what a failing health check said; gives whether it is news.
    pub fn complain(&mut self, id: &ContainerId, words: String) -> bool {
        let fact = self.all.get_mut(id);
        let fact = fact.filter(|fact| fact.container.health == Health::Unhealthy);
        fact.is_some_and(|fact| fact.complaint.replace(words.clone()) != Some(words))
    }

    /// The number of a run that begins now.
    const fn number(&mut self) -> u64 {
        let number = self.next_run;
        if number > 0 {
            self.next_run += 1;
        }
        number
    }

    /// What begins to run from now on is numbered.
    pub fn count_runs(&mut self) {
        self.next_run = self.next_run.max(1);
    }

    /// Forgets a container and gives what was known of it.
    pub fn remove(&mut self, id: &ContainerId) -> Option<Fact> {
        let fact = self.all.remove(id)?;
        if let Some(labels) = fact.managed() {
            drop_from(&mut self.members, &labels.key, id);
        }
        if let Some(owner) = owner(&fact.container) {
            drop_from(&mut self.sharers, &owner, id);
        }
        if let Some(end) = fact.departure.end() {
            self.leaving.remove(&(end, id.clone()));
        }
        Some(fact)
    }

    /// When the next one that is leaving should be gone.
    pub fn next_departure(&self) -> Option<Timestamp> {
        self.leaving.first().map(|(end, _)| *end)
    }

    /// Those whose time to leave is over count as staying; gives them.
    pub fn expire(&mut self, now: Timestamp) -> Vec<ContainerId> {
        let over = self.leaving.extract_if(.., |(end, _)| *end <= now);
        let over: Vec<ContainerId> = over.map(|(_, id)| id).collect();
        for id in &over {
            if let Some(fact) = self.all.get_mut(id) {
                fact.departure.expire();
            }
        }
        over
    }

    /// One container.
    pub fn get(&self, id: &ContainerId) -> Option<&Fact> {
        self.all.get(id)
    }

    /// All, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.all.values()
    }

    /// Counts as having run all along: it was placed before this process began.
    pub fn settle(&mut self, id: &ContainerId) {
        if let Some(since) = self
            .all
            .get_mut(id)
            .and_then(|fact| fact.running_since.as_mut())
        {
            *since = Timestamp::ZERO;
        }
    }

    /// The containers of an env, oldest first.
    pub fn members(&self, key: &EnvKey) -> Vec<&Fact> {
        let ids = self.members.get(key).into_iter().flatten();
        let mut members: Vec<&Fact> = ids.filter_map(|id| self.all.get(id)).collect();
        members.sort_by_key(|fact| fact.container.age_key());
        members
    }

    /// The container whose network this one shares.
    pub fn owner(&self, fact: &Fact) -> Option<&Fact> {
        owner(&fact.container).and_then(|id| self.all.get(&id))
    }

    /// Those who share this container's network.
    pub fn sharers(&self, id: &ContainerId) -> impl Iterator<Item = &Fact> {
        self.sharers
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|id| self.all.get(id))
    }
}

fn owner(container: &Container) -> Option<ContainerId> {
    let id = container.network_mode.strip_prefix("container:")?;
    ContainerId::parse(id).ok()
}

fn drop_from<K: Ord>(index: &mut BTreeMap<K, BTreeSet<ContainerId>>, key: &K, id: &ContainerId) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}
