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
    /// One that is seen for the first time, or says something else of itself than before.
    fn new(
        container: Container,
        old: Option<&Self>,
        (constraints, run): (&Constraints, u64),
        now: Timestamp,
    ) -> Self {
        let mut fact = Self {
            declaration: constraints.declaration(&container),
            running_since: old.and_then(|old| old.running_since),
            run,
            complaint: old.and_then(|old| old.complaint.clone()),
            departure: Departure::of(&container, old, now),
            container,
        };
        fact.keep_time(now);
        fact
    }

    /// The same container in another state: what its labels say stays.
    fn go_on(&mut self, container: Container, run: u64, now: Timestamp) {
        self.departure = Departure::of(&container, Some(self), now);
        self.run = run;
        self.container = container;
        self.keep_time(now);
    }

    /// Its process has ended.
    fn exit(&mut self, run: u64, now: Timestamp) {
        self.container.exit();
        self.departure = Departure::None;
        self.run = run;
        self.keep_time(now);
    }

    /// Since when it runs, and what its health check says, as long as they do.
    fn keep_time(&mut self, now: Timestamp) {
        let runs = self.container.state == State::Running;
        self.running_since = runs.then_some(self.running_since.unwrap_or(now));
        if self.container.health != Health::Unhealthy {
            self.complaint = None;
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

    /// Which run it is in, if that one goes on.
    fn lasting_run(&self) -> Option<u64> {
        is_up(&self.container).then_some(self.run)
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

/// What a container that was taken in changed.
#[derive(Debug)]
pub enum News {
    /// Nothing.
    None,
    /// What it is doing, or its addresses; not what it says of itself.
    Moved,
    /// Everything may differ from what was known, if anything was.
    Told(Option<Box<Fact>>),
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

    /// Takes a container as it is now.
    pub fn put(&mut self, container: Container, now: Timestamp) -> News {
        let known = self.all.get(&container.id);
        let alike = known.filter(|fact| fact.container.is_told_alike(&container));
        if alike.is_some_and(|fact| fact.container.is_doing_alike(&container)) {
            return News::None;
        }
        let (is_alike, run) = (alike.is_some(), known.and_then(Fact::lasting_run));
        let run = run.unwrap_or_else(|| self.number());
        if is_alike {
            let id = container.id.clone();
            self.go_on(&id, |fact| fact.go_on(container, run, now));
            return News::Moved;
        }
        News::Told(self.tell(container, run, now).map(Box::new))
    }

    /// Takes in that a container's process has ended.
    pub fn exit(&mut self, id: &ContainerId, now: Timestamp) -> News {
        let Some(fact) = self.all.get(id).filter(|fact| !fact.container.has_exited()) else {
            return News::None;
        };
        let run = fact.lasting_run().unwrap_or_else(|| self.number());
        self.go_on(id, |fact| fact.exit(run, now));
        News::Moved
    }

    fn go_on(&mut self, id: &ContainerId, change: impl FnOnce(&mut Fact)) {
        let Some(fact) = self.all.get_mut(id) else {
            return;
        };
        let before = fact.departure.end();
        change(fact);
        let after = fact.departure.end();
        if before != after {
            if let Some(end) = before {
                self.leaving.remove(&(end, id.clone()));
            }
            self.leaving.extend(after.map(|end| (end, id.clone())));
        }
    }

    fn tell(&mut self, container: Container, run: u64, now: Timestamp) -> Option<Fact> {
        let id = container.id.clone();
        let old = self.remove(&id);
        let fact = Fact::new(container, old.as_ref(), (&self.constraints, run), now);
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
        old
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
        members.sort_by(|a, b| a.container.by_age(&b.container));
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
