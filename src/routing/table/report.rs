//! What the table tells the admin API: envs, stacks, shares, URLs; all as of the last rebuild.

use std::collections::BTreeSet;

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::EnvRecord;
use crate::routing::rollout::{Record, StackHealth, stand_in};
use crate::routing::time::Timestamp;

use super::Table;
use super::belongings::Belongings;
use super::claims::{Claim, FragmentKey};
use super::env::hosts::{self, Place};
use super::env::stack::Stack;
use super::status::{EnvStatus, Share, StackStatus};

impl Table {
    /// One env; `None` when it has no record.
    pub fn status(&self, key: &EnvKey, now: Timestamp) -> Option<EnvStatus> {
        let env = self.env(key)?.clone();
        let rollout = self.rollout(key);
        let live_urls = self.slot_urls(&env, &Place::Live, rollout.active_version());
        let staged_urls = self.slot_urls(&env, &Place::Staged, rollout.other_version());
        let mut stacks = self.stacks_of(&env, &rollout, now);
        stacks.retain(|stack| !rollout.is_retired(&stack.version, Some(stack.created)));
        Some(EnvStatus {
            stacks,
            effective: self.effective(key, &rollout),
            live_urls,
            staged_urls,
            env,
            rollout,
            now,
        })
    }

    /// All stacks of all envs, also those of which nothing is routed.
    pub fn every_stack(&self, now: Timestamp) -> Vec<StackStatus> {
        let of = |env: &EnvRecord| {
            let rollout = self.rollout(&env.key);
            let mut all = self.stacks_of(env, &rollout, now);
            all.extend(self.unrouted(env, &rollout));
            sort(&mut all);
            all
        };
        self.envs.values().flat_map(of).collect()
    }

    fn unrouted(&self, env: &EnvRecord, rollout: &Record) -> Vec<StackStatus> {
        let routed = self.stacks.get(&env.key);
        let is_routed =
            |version: &Version| routed.is_some_and(|stacks| stacks.contains_key(version));
        let mut rest = self.belongings(&env.key);
        rest.retain(|version, _| !is_routed(version));
        let status = |(version, belongings): (Version, Belongings)| StackStatus {
            key: env.key.clone(),
            slot: rollout.slot_of(&version),
            active: rollout.active_version() == Some(&version),
            created: belongings.created,
            urls: Vec::new(),
            ready: false,
            health: StackHealth {
                reason: "none of its containers is routed".to_owned(),
                created: belongings.created,
                ..StackHealth::default()
            },
            version,
        };
        rest.into_iter().map(status).collect()
    }

    /// All stacks of all envs that have routed containers.
    pub fn all_stacks(&self, now: Timestamp) -> Vec<StackStatus> {
        self.envs
            .values()
            .flat_map(|env| self.stacks_of(env, &self.rollout(&env.key), now))
            .collect()
    }

    fn stacks_of(&self, env: &EnvRecord, rollout: &Record, now: Timestamp) -> Vec<StackStatus> {
        let stacks = self.stacks.get(&env.key).into_iter().flatten();
        let mut all: Vec<StackStatus> = stacks
            .map(|(version, stack)| self.stack_status(env, rollout, (version, stack), now))
            .collect();
        sort(&mut all);
        all
    }

    fn stack_status(
        &self,
        env: &EnvRecord,
        rollout: &Record,
        (version, stack): (&Version, &Stack),
        now: Timestamp,
    ) -> StackStatus {
        let first = rollout.active.is_none();
        let urls = if rollout.is_retired(version, Some(stack.created)) {
            Vec::new()
        } else {
            self.urls(env, &place(rollout, version), &stack.prefixes)
        };
        StackStatus {
            key: env.key.clone(),
            version: version.clone(),
            slot: rollout.slot_of(version),
            active: rollout.active_version() == Some(version),
            created: stack.created,
            urls,
            ready: stack.serving.health.sufficient
                && (first || stack.serving.health.settled_at <= now),
            health: stack.serving.health.clone(),
        }
    }

    fn slot_urls(&self, env: &EnvRecord, place: &Place, version: Option<&Version>) -> Vec<String> {
        let stack = version.and_then(|version| self.stacks.get(&env.key)?.get(version));
        stack
            .map(|stack| self.urls(env, place, &stack.prefixes))
            .unwrap_or_default()
    }

    fn urls(
        &self,
        env: &EnvRecord,
        place: &Place,
        prefixes: &BTreeSet<Option<String>>,
    ) -> Vec<String> {
        let scheme =
            env.scheme
                .as_deref()
                .unwrap_or(if env.tls.is_some() { "https" } else { "http" });
        let port = env.port.map(|port| format!(":{port}")).unwrap_or_default();
        let fragment = FragmentKey::Env(env.key.clone());
        let is_ours = |host: &String| {
            self.claims
                .lost_to(&Claim::Host(host.clone()), &fragment)
                .is_none()
        };
        prefixes
            .iter()
            .flat_map(|prefix| hosts::names(env, place, prefix.as_deref()))
            .filter(is_ours)
            .map(|host| format!("{scheme}://{host}{port}/"))
            .collect()
    }

    /// Live shares after health, as the document has them for a service that both versions offer.
    fn effective(&self, key: &EnvKey, rollout: &Record) -> Share {
        let Some(active) = rollout.active else {
            return Share::default();
        };
        let alive = |slot: Slot| {
            let version = rollout.slots.get(slot).map(|placed| &placed.version);
            version
                .and_then(|version| self.stacks.get(key)?.get(version))
                .is_some_and(|stack| stack.serving.health.healthy > 0)
        };
        let shift = rollout.shift.as_ref().filter(|shift| shift.has_begun());
        let weight = shift.map_or(0, |shift| shift.weight.percent());
        let stands_in = stand_in(rollout, &self.view(key)).is_some();
        let candidate = match (alive(active), alive(active.other())) {
            (false, true) if stands_in => 100,
            (_, false) => 0,
            (false, true) if weight > 0 => 100,
            _ => weight,
        };
        match active {
            Slot::Blue => Share {
                blue: 100 - candidate,
                green: candidate,
            },
            Slot::Green => Share {
                blue: candidate,
                green: 100 - candidate,
            },
        }
    }
}

/// The oldest first.
fn sort(stacks: &mut [StackStatus]) {
    stacks.sort_by(|a, b| (a.created, &a.version).cmp(&(b.created, &b.version)));
}

/// Whose host a version has.
fn place(rollout: &Record, version: &Version) -> Place {
    if rollout.active_version() == Some(version) {
        Place::Live
    } else if rollout.slot_of(version).is_some() {
        Place::Staged
    } else {
        Place::Preview(version.clone())
    }
}
