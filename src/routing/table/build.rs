//! Dirty fragments to the document: claims on hosts first, then objects, then claims on names, at last what is made
//! of others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::{Diagnostic, EnvRecord, Reached, Target};
use crate::routing::rollout::{Record, stand_in};
use crate::routing::time::Timestamp;
use crate::routing::traefik::Section;

use super::admit::routable;
use super::claims::{Claim, FragmentKey};
use super::env::members::by_version;
use super::env::render::{self, Docker, Env};
use super::env::stack::{self, Stack};
use super::env::wants::wants;
use super::facts::Fact;
use super::fragment::Fragment;
use super::unmanaged::{self, Beside, Wish};
use super::{Table, World};

impl Table {
    /// Renders what changed since the last time. Gives whether the document differs.
    pub fn rebuild(&mut self, now: Timestamp) -> bool {
        let before = self.document.revision();
        self.serve_moved();
        let dirty = std::mem::take(&mut self.dirty);
        let mut affected = BTreeSet::new();
        for key in &dirty {
            if let FragmentKey::Env(env) = key {
                self.restack(env, now);
                self.touched.insert(env.clone());
            }
            let wanted = self.host_claims(key);
            affected.extend(self.claims.replace(key, |claim| !is_name(claim), wanted));
        }
        let render: BTreeSet<FragmentKey> = dirty.into_iter().chain(affected).collect();
        let mut assemble = render.clone();
        let mut changed = false;
        for key in &render {
            let mut fragment = self.render(key);
            fragment.fit(self.options.traefik_version);
            let since = self.since(key);
            let names = fragment
                .objects
                .iter()
                .map(|o| (Claim::Name(o.section, o.name.clone()), since.max(o.since)))
                .collect();
            assemble.extend(self.claims.replace(key, is_name, names));
            let parts = self
                .fragments
                .get(key)
                .map(Fragment::parts)
                .unwrap_or_default();
            // other servers of the same services are no reason to look at what is made of them
            changed |= parts != fragment.parts();
            self.fragments.insert(key.clone(), fragment);
        }
        for key in &assemble {
            changed |= self.assemble(key);
        }
        if changed {
            self.compose();
        }
        self.document.revision() != before
    }

    /// Derives an env's stacks from its containers.
    fn restack(&mut self, key: &EnvKey, now: Timestamp) {
        let old = self.stacks.remove(key).unwrap_or_default();
        self.made.remove(key);
        let mut down = self.down.remove(key).unwrap_or_default();
        let Some(record) = self.envs.get(key) else {
            self.use_networks(&old, &BTreeMap::new());
            return;
        };
        let rollout = self.rollouts.get(key).cloned().unwrap_or_default();
        let world = World {
            facts: &self.facts,
            options: &self.options,
            reach: &self.reach,
            probes: &self.probes,
        };
        let (mut stacks, mut made) = (BTreeMap::new(), BTreeMap::new());
        for (version, members) in by_version(&self.facts.members(key), &rollout) {
            made.extend(members.made().map(|made| (version.clone(), made)));
            if let Some(stack) = stack::build(record, version, &members.own, &world) {
                stacks.insert(version.clone(), stack);
            }
        }
        down.retain(|version, _| {
            stacks.contains_key(version) || rollout.slot_of(version).is_some()
        });
        for (version, stack) in &mut stacks {
            if stack.serving.health.healthy > 0 {
                down.remove(version);
            } else {
                stack.serving.health.down_since = Some(*down.entry(version.clone()).or_insert(now));
            }
        }
        let placed = Slot::ALL
            .into_iter()
            .filter_map(|slot| rollout.slots.get(slot));
        for placed in
            placed.filter(|placed| self.is_synced() && !stacks.contains_key(&placed.version))
        {
            down.entry(placed.version.clone()).or_insert(now);
        }
        self.without_released(key, &rollout, &mut stacks);
        self.use_networks(&old, &stacks);
        self.stacks.insert(key.clone(), stacks);
        self.made.insert(key.clone(), made);
        self.down.insert(key.clone(), down);
        self.note_restless(key);
    }

    fn use_networks(&mut self, old: &BTreeMap<Version, Stack>, new: &BTreeMap<Version, Stack>) {
        let networks = |stacks: &BTreeMap<Version, Stack>| {
            let all = stacks.values().flat_map(|stack| &stack.serving.networks);
            all.cloned().collect::<BTreeSet<Reached>>()
        };
        self.rewired |= self.networks.exchange(&networks(old), &networks(new));
        let probed = |stacks: &BTreeMap<Version, Stack>| {
            let all = stacks
                .values()
                .flat_map(|stack| &stack.serving.probed_networks);
            all.cloned().collect::<BTreeSet<String>>()
        };
        self.rewired |= self.probed_networks.exchange(&probed(old), &probed(new));
        let targets = |stacks: &BTreeMap<Version, Stack>| {
            let all = stacks.values().flat_map(|stack| &stack.serving.targets);
            all.cloned().collect::<BTreeSet<Arc<Target>>>()
        };
        self.probes.exchange(&targets(old), &targets(new));
    }

    /// The age of what an owner claims by its record.
    fn since(&self, key: &FragmentKey) -> u64 {
        match key {
            FragmentKey::Env(env) => self
                .envs
                .get(env)
                .map_or(u64::MAX, |record| record.created_at.as_millis()),
            FragmentKey::Object(..) => 0,
        }
    }

    /// Hosts, entry points, projects and the name prefix that a fragment wants, each with its age.
    fn host_claims(&self, key: &FragmentKey) -> BTreeMap<Claim, u64> {
        match key {
            FragmentKey::Env(env) => self
                .envs
                .get(env)
                .map(|record| self.env_claims(record))
                .unwrap_or_default(),
            FragmentKey::Object(section, name) => {
                let wishes = self.wishes(*section, name);
                let claims = wishes.first().map(|(_, wish)| unmanaged::claims(wish));
                claims
                    .into_iter()
                    .flatten()
                    .map(|claim| (claim, 0))
                    .collect()
            }
        }
    }

    fn env_claims(&self, record: &EnvRecord) -> BTreeMap<Claim, u64> {
        let (no_slots, no_stacks) = (Record::default(), BTreeMap::new());
        let rollout = self.rollouts.get(&record.key).unwrap_or(&no_slots);
        let stacks = self.stacks.get(&record.key).unwrap_or(&no_stacks);
        let members = by_version(&self.facts.members(&record.key), rollout);
        wants(record, rollout, routable(rollout, stacks), &members)
    }

    pub(super) fn wishes(&self, section: Section, name: &str) -> Vec<(&Fact, &Wish)> {
        let key = (section, name.to_owned());
        let wanters = self.wanters.get(&key).into_iter().flatten();
        wanters
            .filter_map(|(_, id)| {
                Some((
                    self.facts.get(id)?,
                    self.contributions.get(id)?.wishes.get(&key)?,
                ))
            })
            .collect()
    }

    fn render(&self, key: &FragmentKey) -> Fragment {
        match key {
            FragmentKey::Env(env) => self.render_env(env, key),
            FragmentKey::Object(section, name) => self.render_object((*section, name), key),
        }
    }

    /// One object of unmanaged containers.
    fn render_object(&self, (section, name): (Section, &str), key: &FragmentKey) -> Fragment {
        let wishes = self.wishes(section, name);
        let beside = if self.envs.is_empty() {
            Beside::Nobody
        } else {
            Beside::Managed
        };
        let mut fragment = unmanaged::merge::merge((section, name), &wishes, beside);
        let (Some((place, owner)), Some((fact, _))) =
            (self.lost_places(key).next(), wishes.first())
        else {
            return fragment;
        };
        let message = format!(
            "{} {name} wants {place}, which belongs to {owner}: it is not routed; use another",
            section.noun()
        );
        fragment.report(taken(place), fact.subject(), message);
        fragment.objects.clear();
        fragment
    }

    /// Hosts and entry points that an owner claims and somebody else has.
    fn lost_places(&self, key: &FragmentKey) -> impl Iterator<Item = (&Claim, &FragmentKey)> {
        self.claims.of(key).filter_map(move |claim| match claim {
            Claim::Host(_) | Claim::EntryPoint(..) => {
                Some((claim, self.claims.lost_to(claim, key)?))
            }
            Claim::Prefix(_) | Claim::Name(..) | Claim::Project(_) => None,
        })
    }

    /// An env is told of lost entry points where its routers are made.
    fn lost_hosts(&self, key: &FragmentKey) -> impl Iterator<Item = (&Claim, &FragmentKey)> {
        self.lost_places(key)
            .filter(|(claim, _)| matches!(claim, Claim::Host(_)))
    }

    pub(super) const fn docker(&self) -> Docker {
        if self.options.managed_only {
            Docker::Beside
        } else {
            Docker::Replaced
        }
    }

    fn render_env(&self, env: &EnvKey, key: &FragmentKey) -> Fragment {
        let subject = format!("env {env}");
        let mut fragment = Fragment::default();
        let Some(record) = self.envs.get(env) else {
            if self.is_named(env) {
                let message = "it has no record: set pointsman.domain on a container, or use `pointsman env apply`";
                fragment
                    .diagnostics
                    .push(Diagnostic::new("env-unknown", subject, message));
            }
            return fragment;
        };
        if let Some(owner) = self.claims.lost_to(&Claim::Prefix(env.prefix()), key) {
            let message = format!(
                "its names begin with {}, as those of {owner} do, which is older: it is not routed; choose another app or env name",
                env.prefix()
            );
            fragment
                .diagnostics
                .push(Diagnostic::new("name-taken", subject, message));
            return fragment;
        }
        let rollout = self.rollout(env);
        let stacks = self.admit(record, &rollout, key, &mut fragment);
        let (objects, diagnostics) = render::render(&Env {
            record,
            rollout: &rollout,
            stacks: &stacks,
            claims: &self.claims,
            key,
            docker: self.docker(),
            traefik: self.options.traefik_version,
            stand_in: stand_in(&rollout, &self.view(env)),
            provider: self.provider.as_ref(),
        });
        fragment.objects = objects;
        fragment.diagnostics.extend(diagnostics);
        let declared = stacks.values().flat_map(|stack| &stack.diagnostics);
        fragment.diagnostics.extend(declared.cloned());
        fragment.routed = stacks.keys().cloned().collect();
        fragment
            .diagnostics
            .extend(self.lost_hosts(key).map(|(place, owner)| {
                let message =
                    format!("{place} belongs to {owner}, which is older: it is not routed here; change one of the domains or host templates");
                Diagnostic::new("host-taken", format!("env {env}"), message)
            }));
        fragment.diagnostics.extend(self.other_domains(record));
        fragment
    }
}

const fn is_name(claim: &Claim) -> bool {
    matches!(claim, Claim::Name(..))
}

const fn taken(place: &Claim) -> &'static str {
    match place {
        Claim::EntryPoint(..) => "entry-point-taken",
        Claim::Host(_) | Claim::Prefix(_) | Claim::Name(..) | Claim::Project(_) => "host-taken",
    }
}
