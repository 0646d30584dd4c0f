//! Dirty fragments to the document: claims on hosts first, then objects, then claims on names.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::rollout::Record;
use crate::routing::time::Timestamp;
use crate::routing::traefik::Section;

use super::claims::{Claim, FragmentKey};
use super::env::members::by_version;
use super::env::render::{self, Env};
use super::env::stack::{self, Stack};
use super::env::wants::wants;
use super::facts::Fact;
use super::fragment::{Fragment, Object, members};
use super::options::compose;
use super::unmanaged::{self, Beside, Wish};
use super::{Table, World};

impl Table {
    /// Renders what changed since the last time. Gives whether the document differs.
    pub fn rebuild(&mut self, now: Timestamp) -> bool {
        let before = self.document.revision();
        let dirty = std::mem::take(&mut self.dirty);
        let mut affected = BTreeSet::new();
        for key in &dirty {
            if let FragmentKey::Env(env) = key {
                self.restack(env, now);
            }
            let wanted = self.host_claims(key);
            affected.extend(self.claims.replace(key, |claim| !is_name(claim), wanted));
        }
        let render: BTreeSet<FragmentKey> = dirty.into_iter().chain(affected).collect();
        let mut assemble = render.clone();
        for key in &render {
            let mut fragment = self.render(key);
            fragment.fit(self.options.traefik_version);
            let since = self.since(key);
            let names = fragment
                .objects
                .iter()
                .map(|o| (Claim::Name(o.section, o.name.clone()), since))
                .collect();
            assemble.extend(self.claims.replace(key, is_name, names));
            self.fragments.insert(key.clone(), fragment);
        }
        for key in &assemble {
            self.assemble(key);
        }
        self.document.revision() != before
    }

    /// Derives an env's stacks from its containers.
    fn restack(&mut self, key: &EnvKey, now: Timestamp) {
        let old = self.stacks.remove(key).unwrap_or_default();
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
        };
        let mut stacks = BTreeMap::new();
        for (version, members) in by_version(&self.facts.members(key)) {
            if let Some(stack) = stack::build(record, &version, &members.own, &world) {
                stacks.insert(version, stack);
            }
        }
        down.retain(|version, _| {
            stacks.contains_key(version) || rollout.slot_of(version).is_some()
        });
        for (version, stack) in &mut stacks {
            if stack.health.healthy > 0 {
                down.remove(version);
            } else {
                stack.health.down_since = Some(*down.entry(version.clone()).or_insert(now));
            }
        }
        let placed = Slot::ALL
            .into_iter()
            .filter_map(|slot| rollout.slots.get(slot));
        for placed in placed.filter(|placed| self.synced && !stacks.contains_key(&placed.version)) {
            down.entry(placed.version.clone()).or_insert(now);
        }
        self.use_networks(&old, &stacks);
        self.stacks.insert(key.clone(), stacks);
        self.down.insert(key.clone(), down);
    }

    fn use_networks(&mut self, old: &BTreeMap<Version, Stack>, new: &BTreeMap<Version, Stack>) {
        let networks = |stacks: &BTreeMap<Version, Stack>| {
            let all = stacks.values().flat_map(|stack| &stack.networks);
            all.cloned().collect::<BTreeSet<String>>()
        };
        self.rewired |= self.networks.exchange(&networks(old), &networks(new));
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

    /// Hosts, projects and the name prefix that a fragment wants, each with its age.
    fn host_claims(&self, key: &FragmentKey) -> BTreeMap<Claim, u64> {
        match key {
            FragmentKey::Env(env) => self
                .envs
                .get(env)
                .map(|record| self.env_claims(record))
                .unwrap_or_default(),
            FragmentKey::Object(section, name) => {
                let wishes = self.wishes(*section, name);
                let hosts = wishes.first().map(|(_, wish)| match wish {
                    Wish::Router(router) => unmanaged::hosts(router),
                    Wish::Service(..) | Wish::Middleware(_) => BTreeSet::new(),
                });
                let hosts = hosts.unwrap_or_default().into_iter();
                hosts.map(|host| (Claim::Host(host), 0)).collect()
            }
        }
    }

    fn env_claims(&self, record: &EnvRecord) -> BTreeMap<Claim, u64> {
        let (no_slots, no_stacks) = (Record::default(), BTreeMap::new());
        let rollout = self.rollouts.get(&record.key).unwrap_or(&no_slots);
        let stacks = self.stacks.get(&record.key).unwrap_or(&no_stacks);
        let members = by_version(&self.facts.members(&record.key));
        wants(record, rollout, stacks, &members)
    }

    fn wishes(&self, section: Section, name: &str) -> Vec<(&Fact, &Wish)> {
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
            FragmentKey::Object(section, name) => {
                let wishes = self.wishes(*section, name);
                let beside = if self.envs.is_empty() {
                    Beside::Nobody
                } else {
                    Beside::Managed
                };
                let mut fragment = unmanaged::merge((*section, name), &wishes, beside);
                if let Some((host, owner)) = self.lost_host(key) {
                    let subject = wishes
                        .first()
                        .map_or_else(String::new, |(fact, _)| fact.subject());
                    let message = format!(
                        "router {name} names {host}, which belongs to {owner}: it is not routed"
                    );
                    fragment
                        .diagnostics
                        .push(Diagnostic::new("host-taken", subject, message));
                    fragment.objects.clear();
                }
                fragment
            }
        }
    }

    /// A host of an unmanaged router that belongs to somebody else.
    fn lost_host(&self, key: &FragmentKey) -> Option<(&str, &FragmentKey)> {
        self.lost_hosts(key).next()
    }

    /// Hosts that an owner claims and somebody else has.
    fn lost_hosts(&self, key: &FragmentKey) -> impl Iterator<Item = (&str, &FragmentKey)> {
        self.claims.of(key).filter_map(move |claim| match claim {
            Claim::Host(host) => Some((host.as_str(), self.claims.lost_to(claim, key)?)),
            Claim::Prefix(_) | Claim::Name(..) | Claim::Project(_) => None,
        })
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
                "its names begin with {}, as those of {owner} do, which is older: it is not routed",
                env.prefix()
            );
            fragment
                .diagnostics
                .push(Diagnostic::new("name-taken", subject, message));
            return fragment;
        }
        let rollout = self.rollout(env);
        let stacks = self.admit(record, &rollout, key, &mut fragment);
        let lost = |host: &str| {
            self.claims
                .lost_to(&Claim::Host(host.to_owned()), key)
                .is_some()
        };
        let (objects, diagnostics) = render::render(&Env {
            record,
            rollout: &rollout,
            stacks: &stacks,
            lost: &lost,
        });
        fragment.objects = objects;
        fragment.diagnostics.extend(diagnostics);
        fragment.diagnostics.extend(
            stacks
                .values()
                .flat_map(|stack| stack.diagnostics.iter().cloned()),
        );
        fragment
            .diagnostics
            .extend(self.lost_hosts(key).map(|(host, owner)| {
                let message = format!(
                    "host {host} belongs to {owner}, which is older: it is not routed here"
                );
                Diagnostic::new("host-taken", format!("env {env}"), message)
            }));
        fragment.diagnostics.extend(self.other_domains(record));
        fragment
    }

    /// Labels that ask for another domain than the record has; the record counts.
    fn other_domains(&self, record: &EnvRecord) -> Vec<Diagnostic> {
        let finding = |fact: &Fact| {
            let domain = fact.managed()?.domain.as_ref()?;
            let message = format!(
                "the env has domain {}, so {domain} is not used: change it with `pointsman env apply`",
                record.domain
            );
            (*domain != record.domain).then(|| {
                Diagnostic::new("domain-differs", fact.subject(), message).at("pointsman.domain")
            })
        };
        self.facts
            .members(&record.key)
            .into_iter()
            .filter_map(finding)
            .collect()
    }

    /// The versions that may be routed: of two that share a slug or a compose project, the placed one, else the
    /// older; the other would have its containers replaced by compose.
    fn admit(
        &self,
        record: &EnvRecord,
        rollout: &Record,
        key: &FragmentKey,
        fragment: &mut Fragment,
    ) -> BTreeMap<Version, Stack> {
        let Some(all) = self.stacks.get(&record.key) else {
            return BTreeMap::new();
        };
        let by_version = by_version(&self.facts.members(&record.key));
        for (version, members) in &by_version {
            fragment.diagnostics.extend(members.diagnostics(version));
        }
        let mut order: Vec<&Version> = all.keys().collect();
        order.sort_by_key(|version| {
            let age = by_version
                .get(*version)
                .and_then(|members| members.own.first())
                .map(|fact| fact.container.age_key());
            (rollout.slot_of(version).is_none(), age)
        });
        let mut taken: BTreeMap<String, &Version> = BTreeMap::new();
        let mut admitted = BTreeMap::new();
        for version in order {
            let members = by_version
                .get(version)
                .map(|members| members.own.as_slice())
                .unwrap_or_default();
            let projects: BTreeSet<&str> = members
                .iter()
                .filter_map(|fact| compose::project(&fact.container))
                .collect();
            let marks: Vec<String> = std::iter::once(format!("slug {}", version.slug()))
                .chain(
                    projects
                        .iter()
                        .map(|project| format!("compose project {project}")),
                )
                .collect();
            let rival = marks.iter().find_map(|mark| {
                taken
                    .get(mark)
                    .map(|rival| (mark.clone(), format!("version {rival}")))
            });
            let foreign = projects.iter().find_map(|project| {
                let owner = self
                    .claims
                    .lost_to(&Claim::Project((*project).to_owned()), key)?;
                Some((format!("compose project {project}"), owner.to_string()))
            });
            if let Some((mark, owner)) = rival.or(foreign) {
                let message = format!(
                    "version {version} has the same {mark} as {owner}, which keeps it: it is not routed"
                );
                fragment.diagnostics.push(Diagnostic::new(
                    "version-conflict",
                    format!("env {}", record.key),
                    message,
                ));
                fragment.refused.insert(version.clone());
                continue;
            }
            taken.extend(marks.into_iter().map(|mark| (mark, version)));
            if let Some(stack) = all.get(version) {
                admitted.insert(version.clone(), stack.clone());
            }
        }
        admitted
    }

    /// Puts the objects that may stand into the document.
    fn assemble(&mut self, key: &FragmentKey) {
        let Some(fragment) = self.fragments.get(key) else {
            return;
        };
        let claims = &self.claims;
        let loser = |object: &Object| {
            claims.lost_to(&Claim::Name(object.section, object.name.clone()), key)
        };
        let standing = fragment.standing(&|object| loser(object).is_some());
        let sections = Section::ALL.map(|section| (section, members(&standing, section)));
        let lost: Vec<Diagnostic> = fragment
            .objects
            .iter()
            .filter_map(|object| {
                let owner = loser(object)?;
                let message = format!(
                    "{} {} belongs to {owner}",
                    object.section.noun(),
                    object.name
                );
                Some(Diagnostic::new("name-taken", key.to_string(), message))
            })
            .collect();
        let is_bare = fragment.objects.is_empty() && fragment.diagnostics.is_empty();
        let fragment_key = key.to_string();
        for (section, bytes) in sections {
            self.document.replace(section, &fragment_key, bytes);
        }
        if is_bare {
            self.fragments.remove(key);
            if let FragmentKey::Object(section, name) = key {
                self.wanters.remove(&(*section, name.clone()));
            }
        } else if let Some(fragment) = self.fragments.get_mut(key) {
            fragment.lost = lost;
        }
    }
}

const fn is_name(claim: &Claim) -> bool {
    matches!(claim, Claim::Name(..))
}
