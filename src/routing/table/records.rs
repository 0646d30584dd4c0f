//! The records of envs and rollouts: written, removed, rehearsed, asked for by labels.

use std::collections::BTreeMap;

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{EnvRecord, HookEvent, Origin};
use crate::routing::plan::FirstDeploy;
use crate::routing::rollout::{Maintenance, Policy, Record};
use crate::routing::time::Timestamp;
use crate::routing::traefik::{Changes, Section};

use super::Table;
use super::claims::FragmentKey;

impl Table {
    /// Writes an env record.
    pub fn put_env(&mut self, record: EnvRecord) {
        self.unrecorded.remove(&record.key);
        self.dirty.insert(FragmentKey::Env(record.key.clone()));
        if self.envs.is_empty() {
            self.touch_unmanaged_routers();
        }
        let key = record.key.clone();
        self.envs.insert(key.clone(), record);
        self.note_restless(&key);
    }

    /// Removes an env record.
    pub fn remove_env(&mut self, key: &EnvKey) {
        self.envs.remove(key);
        self.remove_rollout(key);
        if self.envs.is_empty() {
            self.touch_unmanaged_routers();
        }
    }

    /// Their priorities depend on whether there is a managed env beside them.
    fn touch_unmanaged_routers(&mut self) {
        let routers = self
            .wanters
            .keys()
            .filter(|(section, _)| matches!(section, Section::HttpRouters | Section::TcpRouters));
        let keys = routers.map(|(section, name)| FragmentKey::Object(*section, name.clone()));
        self.dirty.extend(keys);
    }

    /// Writes a rollout record.
    pub fn put_rollout(&mut self, key: &EnvKey, record: Record) {
        self.rollouts.insert(key.clone(), record);
        self.note_restless(key);
        self.note_closed(key);
        self.dirty.insert(FragmentKey::Env(key.clone()));
    }

    /// Shows what rollout records would lead to, and what would change in the document; then takes them back: nothing
    /// remembers them afterwards.
    pub fn rehearse<T>(
        &mut self,
        records: Vec<(EnvKey, Record)>,
        now: Timestamp,
        look: impl FnOnce(&Self, Changes) -> T,
    ) -> T {
        let (document, rewired) = (self.document.clone(), self.rewired);
        let keys: Vec<EnvKey> = records.iter().map(|(key, _)| key.clone()).collect();
        let before: Vec<_> = keys.iter().map(|key| self.remembered(key)).collect();
        for (key, record) in records {
            self.put_rollout(&key, record);
        }
        self.rebuild(now);
        let changes = self.document.changes_since(&document);
        let seen = look(self, changes);
        for (key, (record, down)) in keys.iter().zip(before) {
            match record {
                Some(record) => self.put_rollout(key, record),
                None => self.remove_rollout(key),
            }
            // how long a version has been down is not to be told anew
            self.down.remove(key);
            self.down.extend(down.map(|down| (key.clone(), down)));
        }
        self.rebuild(now);
        self.rewired = rewired;
        seen
    }

    fn remembered(&self, key: &EnvKey) -> (Option<Record>, Option<BTreeMap<Version, Timestamp>>) {
        let (rollout, down) = (self.rollouts.get(key), self.down.get(key));
        (rollout.cloned(), down.cloned())
    }

    /// Keeps the list of envs that are closed.
    fn note_closed(&mut self, key: &EnvKey) {
        let rollout = self.rollouts.get(key);
        if rollout.is_some_and(|record| record.maintenance.is_some()) {
            self.closed.insert(key.clone());
        } else {
            self.closed.remove(key);
        }
    }

    /// Keeps the list of envs that time or health may move.
    pub(super) fn note_restless(&mut self, key: &EnvKey) {
        let record = self.rollouts.get(key);
        let is_first = record.is_none_or(|record| record.active.is_none());
        let goes_live = is_first && self.policy(key).first_deploy == FirstDeploy::Auto;
        let fails_over = record.is_some_and(|record| {
            let active = record.active_version();
            let down = self.down.get(key).zip(active);
            down.is_some_and(|(down, active)| down.contains_key(active))
        });
        let fails_over = fails_over && self.policy(key).auto_failover;
        if goes_live || fails_over || record.is_some_and(Record::is_restless) {
            self.restless.insert(key.clone());
        } else {
            self.restless.remove(key);
        }
    }

    fn remove_rollout(&mut self, key: &EnvKey) {
        self.rollouts.remove(key);
        self.note_restless(key);
        self.closed.remove(key);
        self.dirty.insert(FragmentKey::Env(key.clone()));
    }

    /// Records that labels ask for and nobody has written yet; they are asked for until they are.
    pub fn unrecorded(&mut self, now: Timestamp) -> Vec<EnvRecord> {
        let keys = std::mem::take(&mut self.unrecorded);
        let record = |key: &EnvKey| {
            let domain = self
                .facts
                .members(key)
                .into_iter()
                .find_map(|fact| fact.managed()?.domain.clone())?;
            Some(EnvRecord::new(key.clone(), domain, Origin::Label, now))
        };
        let records: Vec<EnvRecord> = keys
            .iter()
            .filter(|key| !self.envs.contains_key(key))
            .filter_map(record)
            .collect();
        self.unrecorded = records.iter().map(|record| record.key.clone()).collect();
        records
    }

    /// All env records.
    pub fn envs(&self) -> impl Iterator<Item = &EnvRecord> {
        self.envs.values()
    }

    /// One env record.
    pub fn env(&self, key: &EnvKey) -> Option<&EnvRecord> {
        self.envs.get(key)
    }

    /// What an env's record says about shifts.
    pub(super) fn policy(&self, key: &EnvKey) -> Policy {
        let policy = |record: &EnvRecord| {
            let hooks = record.hooks.iter();
            let on = |event| {
                let hook = hooks.clone().find(|hook| hook.on.contains(&event));
                hook.map(|hook| hook.name.clone())
            };
            let asked = hooks.clone().filter(|hook| hook.is_asked());
            Policy {
                plan: record.plan.clone(),
                first_deploy: record.first_deploy,
                auto_failover: record.auto_failover,
                pre_switch: on(HookEvent::PreSwitch),
                post_switch: on(HookEvent::PostSwitch),
                hooks: asked.map(|hook| hook.name.clone()).collect(),
            }
        };
        self.envs.get(key).map(policy).unwrap_or_default()
    }

    /// One rollout record; an env that was never touched has an empty one.
    pub fn rollout(&self, key: &EnvKey) -> Record {
        self.rollouts.get(key).cloned().unwrap_or_default()
    }

    /// Envs in maintenance.
    pub fn closed(&self) -> impl Iterator<Item = (&EnvKey, &Maintenance)> {
        let rollout = |key: &EnvKey| self.rollouts.get(key)?.maintenance.as_ref();
        self.closed
            .iter()
            .filter_map(move |key| Some((key, rollout(key)?)))
    }

    /// Envs whose records time or health may move by themselves.
    pub fn restless(&self) -> impl Iterator<Item = &EnvKey> {
        self.restless.iter()
    }
}
