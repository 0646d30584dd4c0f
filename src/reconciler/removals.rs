//! Removing stacks in order: withdrawn, applied by every Traefik, drained, detached, and only then given to the Docker
//! station to be stopped and removed.
//!
//! What is to go is in the rollout record (a retired version with a removal), so a restart finds it and begins this order
//! anew; how far each is, is only here. Each stack has its own clock: a slow one delays nobody. Orders are a value that is
//! kept up to date, not messages that could be missed.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot, watch};

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{
    Leftover, Progress, RemovalOrder, RemovalReport, Removed, Retention, Usage, UsageQuestion,
};
use crate::routing::rollout::{Event, Record, Removal};
use crate::routing::time::Timestamp;

use super::Reconciler;
use super::news::Proof;

/// Served is not applied: without Traefik's own word it gets this much more.
const SERVED_MS: u64 = 5_000;
/// When nobody asks for the document for so long after a withdrawal, nobody is waited for.
const NOBODY_MS: u64 = 60_000;
/// How long Traefik may take to leave the networks.
const DETACH_MS: u64 = 10_000;
/// Between two looks at how far the proxies are, and whether Traefik has left the networks.
pub(super) const LOOK_MS: u64 = 100;

type Stack = (EnvKey, Version);

/// What the reconciler needs to let stacks go.
#[derive(Debug)]
pub struct Upkeep {
    /// The policy of envs whose record has none.
    pub retention: Option<Retention>,
    /// What the Docker station is to remove.
    pub orders: watch::Sender<Vec<RemovalOrder>>,
    /// How far that is.
    pub reports: mpsc::Receiver<RemovalReport>,
    /// Who can say what is used.
    pub usage: mpsc::Sender<(UsageQuestion, oneshot::Sender<Usage>)>,
}

impl Upkeep {
    /// Without anybody on the other side.
    pub fn alone() -> Self {
        Self {
            retention: None,
            orders: watch::channel(Vec::new()).0,
            reports: mpsc::channel(1).1,
            usage: mpsc::channel(1).0,
        }
    }
}

/// How far a removal is, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalStatus {
    /// Its env.
    pub key: EnvKey,
    /// Its version.
    pub version: Version,
    /// A stable word: `withdrawing`, `draining`, `detaching`, `removing`.
    pub stage: &'static str,
    /// What is in the way; empty while nothing is.
    pub detail: String,
    /// When the stage is over, if that takes time alone.
    pub until: Option<Timestamp>,
}

/// How far a removal is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// It is out of the document; some proxy may not have that yet.
    Withdrawing { since: Timestamp },
    /// Requests may be under way in it.
    Draining { until: Timestamp },
    /// Traefik is being taken off its networks.
    Detaching { until: Timestamp },
    /// The Docker station has it.
    Removing { stuck: String },
    /// Nothing is left; the record does not say so yet.
    Over(Removed),
}

/// One removal.
#[derive(Clone, Debug)]
struct Begun {
    /// What is to go.
    order: RemovalOrder,
    stage: Stage,
}

impl Begun {
    fn new(order: RemovalOrder, now: Timestamp) -> Self {
        let stage = Stage::Withdrawing { since: now };
        Self { order, stage }
    }

    /// The same as it is wanted now. Newer containers have their own way to go from its beginning: they may have had
    /// traffic until this moment.
    fn wanted(self, order: RemovalOrder, now: Timestamp) -> Self {
        if self.order == order {
            return self;
        }
        if self.order.made_until != order.made_until {
            return Self::new(order, now);
        }
        let stage = match self.stage {
            // what was done or in the way was so for the older order
            Stage::Removing { .. } | Stage::Over(_) => Stage::Removing {
                stuck: String::new(),
            },
            stage @ (Stage::Withdrawing { .. }
            | Stage::Draining { .. }
            | Stage::Detaching { .. }) => stage,
        };
        Self { order, stage }
    }
}

/// All removals, and who has lost live traffic when.
#[derive(Debug, Default)]
pub(super) struct Removals {
    begun: BTreeMap<Stack, Begun>,
    left: BTreeMap<Stack, Timestamp>,
}

impl Removals {
    /// A record changed: whoever had live traffic and has it no more may still have requests.
    pub(super) fn note(&mut self, key: &EnvKey, old: &Record, new: &Record, now: Timestamp) {
        let after = served(new);
        for version in served(old) {
            if !after.contains(&version) {
                self.left.insert((key.clone(), version.clone()), now);
            }
        }
    }

    /// Until when requests of its time as a live version may be under way.
    pub(super) fn draining_until(
        &self,
        key: &EnvKey,
        version: &Version,
        drain_ms: u64,
    ) -> Option<Timestamp> {
        let left = self.left.get(&(key.clone(), version.clone()))?;
        Some(left.plus_millis(SERVED_MS + drain_ms))
    }

    /// What the Docker station said. What it says of an order that was taken back, or replaced, meanwhile is nothing.
    pub(super) fn hear(&mut self, report: RemovalReport) {
        let Some(begun) = self.begun.get_mut(&report.order.stack) else {
            return;
        };
        if begun.order != report.order || !matches!(begun.stage, Stage::Removing { .. }) {
            return;
        }
        begun.stage = match report.progress {
            Progress::Stuck { why } => Stage::Removing { stuck: why },
            Progress::Done(removed) => Stage::Over(removed),
        };
    }

    /// When something can happen by itself.
    pub(super) fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let stages = self.begun.values().map(|begun| &begun.stage);
        let deadlines = stages.filter_map(|stage| match stage {
            Stage::Withdrawing { .. } => Some(now.plus_millis(LOOK_MS)),
            Stage::Draining { until } => Some(*until),
            // most often nobody is there to be detached, and nothing else will come to say so
            Stage::Detaching { until } => Some(now.plus_millis(LOOK_MS).min(*until)),
            Stage::Removing { .. } => None,
            Stage::Over(_) => Some(now),
        });
        deadlines.min()
    }

    /// All of them.
    pub(super) fn list(&self) -> Vec<RemovalStatus> {
        let begun = self.begun.iter();
        begun
            .map(|((key, version), begun)| begun.stage.status(key, version))
            .collect()
    }
}

impl Stage {
    /// Is its drain over.
    const fn is_released(&self) -> bool {
        match self {
            Self::Withdrawing { .. } | Self::Draining { .. } => false,
            Self::Detaching { .. } | Self::Removing { .. } | Self::Over(_) => true,
        }
    }

    fn status(&self, key: &EnvKey, version: &Version) -> RemovalStatus {
        let (stage, detail, until) = match self {
            Self::Withdrawing { .. } => ("withdrawing", "", None),
            Self::Draining { until } => ("draining", "", Some(*until)),
            Self::Detaching { until } => ("detaching", "", Some(*until)),
            Self::Removing { stuck } => ("removing", stuck.as_str(), None),
            Self::Over(_) => ("removing", "its record is not stored yet", None),
        };
        RemovalStatus {
            key: key.clone(),
            version: version.clone(),
            stage,
            detail: detail.to_owned(),
            until,
        }
    }
}

impl Reconciler {
    /// A rollout record as it is now.
    pub(super) fn keep_rollout(&mut self, key: &EnvKey, record: Record, now: Timestamp) {
        let old = self.table.rollout(key);
        self.removals.note(key, &old, &record, now);
        self.table.put_rollout(key, record);
    }

    /// Carries every removal on as far as it can go now. Before the first complete list nobody is removed.
    pub(super) fn tend_removals(&mut self, now: Timestamp) {
        if !self.table.is_synced() {
            return;
        }
        self.find_removals(now);
        for ((key, version), begun) in std::mem::take(&mut self.removals.begun) {
            let Begun { order, stage } = begun;
            let next = self.next_stage(&key, &version, stage, now);
            let next = next.map(|stage| ((key, version), Begun { order, stage }));
            self.removals.begun.extend(next);
        }
        let Removals { begun, left } = &mut self.removals;
        let table = &mut self.table;
        table.retain_released(|key, version| {
            let begun = begun.get(&(key.clone(), version.clone()));
            begun.is_some_and(|begun| begun.stage.is_released())
        });
        left.retain(|(key, _), at| {
            let drain_ms = table.env(key).map_or(0, |record| record.drain_ms);
            at.plus_millis(SERVED_MS + drain_ms) > now
        });
        self.table.rebuild(now);
        self.order_removals();
    }

    /// Begins what the records ask for; forgets what they ask for no more.
    fn find_removals(&mut self, now: Timestamp) {
        let keys: Vec<EnvKey> = self.table.restless().cloned().collect();
        let mut asked = BTreeMap::new();
        for key in keys {
            let record = self.table.rollout(&key);
            for (version, retired) in &record.retired {
                let Some(removal) = &retired.removal else {
                    continue;
                };
                let stack = (key.clone(), version.clone());
                let order = order(&stack, removal);
                let begun = match self.removals.begun.remove(&stack) {
                    Some(begun) => begun.wanted(order, now),
                    None => Begun::new(order, now),
                };
                asked.insert(stack, begun);
            }
        }
        self.removals.begun = asked;
    }

    /// `None` when it is over.
    fn next_stage(
        &mut self,
        key: &EnvKey,
        version: &Version,
        stage: Stage,
        now: Timestamp,
    ) -> Option<Stage> {
        match stage {
            Stage::Withdrawing { since } => Some(self.withdrawn(key, since, now)),
            Stage::Draining { until } if now >= until => {
                self.table.release(key, version);
                let until = now.plus_millis(DETACH_MS);
                Some(Stage::Detaching { until })
            }
            Stage::Detaching { until } if now >= until || self.table.is_detached(key, version) => {
                let stuck = String::new();
                Some(Stage::Removing { stuck })
            }
            Stage::Over(removed) => self.forget_removed(key, version, removed, now),
            waiting @ (Stage::Draining { .. }
            | Stage::Detaching { .. }
            | Stage::Removing { .. }) => Some(waiting),
        }
    }

    /// Once every proxy has a document without it, requests have their time to end.
    fn withdrawn(&self, key: &EnvKey, since: Timestamp, now: Timestamp) -> Stage {
        let drain_ms = self.table.env(key).map_or(0, |record| record.drain_ms);
        let proof_ms = match self.outlets.followers.proof() {
            Proof::Served => SERVED_MS,
            Proof::Confirmed => 0,
        };
        match self.view(key, now).applied_until {
            Some(applied) if applied > since => Stage::Draining {
                until: now.plus_millis(proof_ms + drain_ms),
            },
            None if now.millis_since(since) >= NOBODY_MS => Stage::Draining {
                until: now.plus_millis(drain_ms),
            },
            Some(_) | None => Stage::Withdrawing { since },
        }
    }

    /// The record says that nothing is left; until that is stored, it is tried again.
    fn forget_removed(
        &mut self,
        key: &EnvKey,
        version: &Version,
        removed: Removed,
        now: Timestamp,
    ) -> Option<Stage> {
        let event = Event::Removed {
            version: version.clone(),
            what: removed.to_string(),
        };
        self.happen(key, &event, &format!("remove {version}"), now);
        let is_stored = self.table.rollout(key).removal(version).is_none();
        (!is_stored).then_some(Stage::Over(removed))
    }

    /// Shows the Docker station what is due.
    fn order_removals(&self) {
        let due = self.removals.begun.values();
        let due = due.filter(|begun| matches!(begun.stage, Stage::Removing { .. }));
        let orders: Vec<RemovalOrder> = due.map(|begun| begun.order.clone()).collect();
        self.outlets.upkeep.orders.send_if_modified(|shown| {
            let differs = *shown != orders;
            *shown = orders;
            differs
        });
    }
}

fn order(stack: &Stack, removal: &Removal) -> RemovalOrder {
    let (key, version) = stack;
    let labels = [
        ("pointsman.app", key.app.as_str()),
        ("pointsman.env", key.env.as_str()),
        ("pointsman.version", version.as_str()),
    ];
    let leftover = |goes| {
        if goes {
            Leftover::Remove
        } else {
            Leftover::Keep
        }
    };
    RemovalOrder {
        stack: stack.clone(),
        labels: labels
            .map(|(label, value)| (label.to_owned(), value.to_owned()))
            .into(),
        project: removal.project.clone(),
        made_until: removal.made_until,
        volumes: leftover(removal.volumes),
        images: leftover(!removal.keep_images),
        image_ids: removal.images.clone(),
    }
}

/// Who has live traffic: the active version, and a candidate whose shift has begun.
fn served(record: &Record) -> Vec<&Version> {
    let shift = record.shift.as_ref().filter(|shift| shift.has_begun());
    let candidate = shift.and(record.other_version());
    record
        .active_version()
        .into_iter()
        .chain(candidate)
        .collect()
}
