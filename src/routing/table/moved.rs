//! The short way of most events: containers of an env went elsewhere or do something else, and say of themselves what
//! they said before.
//!
//! What the env claims, its routers and all but the lists of servers in its services then stay as they are. Only these
//! are made anew. Where anything else would follow, the env is rendered as a whole ([`build`](super::build)), with the
//! same bytes as a result.

use std::collections::BTreeSet;

use crate::routing::ids::{ContainerId, EnvKey, Version};
use crate::routing::model::Diagnostic;
use crate::routing::rollout::Record;

use super::Table;
use super::claims::FragmentKey;
use super::env::members::of_version;
use super::env::render::{self, Env};
use super::env::stack::{Serving, Stack, serve_again};
use super::fragment::{Fragment, Object, members};

/// What moved containers change in a version that stays what it is.
struct Served {
    version: Version,
    serving: Serving,
    /// Services with other servers.
    services: Vec<Object>,
}

impl Table {
    /// Looks at the envs of containers that moved: those for which that is not enough are marked to be rendered.
    pub(super) fn serve_moved(&mut self) {
        for (env, ids) in std::mem::take(&mut self.moved) {
            let key = FragmentKey::Env(env.clone());
            if self.dirty.contains(&key) {
                continue;
            }
            match self.served(&env, &key, &ids) {
                Some(served) => self.take_served(env, &key, served),
                None => {
                    self.dirty.insert(key);
                }
            }
        }
    }

    /// What to change; `None` when more than servers changes.
    fn served(
        &self,
        env: &EnvKey,
        key: &FragmentKey,
        ids: &BTreeSet<ContainerId>,
    ) -> Option<Vec<Served>> {
        let fragment = self.fragments.get(key);
        let fragment = fragment.filter(|fragment| stands_whole(fragment))?;
        let facts = ids.iter().filter_map(|id| self.facts.get(id));
        let versions = facts.filter_map(|fact| Some(&fact.managed()?.version));
        let versions: BTreeSet<&Version> = versions.collect();
        let mut versions = versions.into_iter();
        versions.try_fold(Vec::new(), |mut all, version| {
            all.push(self.served_version(env, (key, fragment), version)?);
            Some(all)
        })
    }

    fn served_version(
        &self,
        env: &EnvKey,
        (key, fragment): (&FragmentKey, &Fragment),
        version: &Version,
    ) -> Option<Served> {
        let record = self.envs.get(env)?;
        let stacks = self.stacks.get(env)?;
        let stack = stacks.get(version)?;
        let none = Record::default();
        let rollout = self.rollouts.get(env).unwrap_or(&none);
        if rollout.is_retired(version, Some(stack.created)) || self.is_released(env, version) {
            return None;
        }
        let members = of_version(&self.facts.members(env), rollout, version);
        let serving = serve_again((record, stack, version), &members.own, &self.world());
        if !is_like(&serving, &stack.serving) {
            return None;
        }
        let about = Env {
            record,
            rollout,
            stacks,
            claims: &self.claims,
            key,
            docker: self.docker(),
            traefik: self.options.traefik_version,
            stand_in: None,
            provider: None,
        };
        let services = services(&about, (version, stack), &serving)?;
        let stands = |made: &Object| fragment.objects.iter().any(|object| is_same(object, made));
        services.iter().all(stands).then(|| Served {
            version: version.clone(),
            serving,
            services,
        })
    }

    fn is_released(&self, env: &EnvKey, version: &Version) -> bool {
        let is_it = |(key, released): &(EnvKey, Version)| key == env && released == version;
        self.released.iter().any(is_it)
    }

    fn take_served(&mut self, env: EnvKey, key: &FragmentKey, served: Vec<Served>) {
        for served in served {
            let stacks = self.stacks.get_mut(&env);
            if let Some(stack) = stacks.and_then(|stacks| stacks.get_mut(&served.version)) {
                let (old, mut new) = (&mut stack.serving, served.serving);
                self.probes.exchange(&old.targets, &new.targets);
                new.health.down_since = old.health.down_since;
                *old = new;
            }
            for service in served.services {
                self.write(key, service);
            }
        }
        self.touched.insert(env);
    }

    /// Puts one object in the place of the one that was called like it.
    fn write(&mut self, key: &FragmentKey, made: Object) {
        let Some(fragment) = self.fragments.get_mut(key) else {
            return;
        };
        let section = made.section;
        let mut objects = fragment.objects.iter_mut();
        if let Some(object) = objects.find(|object| is_same(object, &made)) {
            object.bytes = made.bytes;
        }
        let all: Vec<&Object> = fragment.objects.iter().collect();
        let bytes = members(&all, section);
        self.document.replace(section, &key.to_string(), bytes);
    }
}

/// All versions are routed, and all that was made of them stands.
fn stands_whole(fragment: &Fragment) -> bool {
    let is_twice = |found: &Diagnostic| found.code == "name-twice";
    fragment.left_out == 0
        && fragment.refused.is_empty()
        && !fragment.diagnostics.iter().any(is_twice)
}

/// Whether the same services have servers, in the same networks: then routers, weights and attachments stay.
fn is_like(new: &Serving, old: &Serving) -> bool {
    new.servers.keys().eq(old.servers.keys())
        && new.networks == old.networks
        && new.probed_networks == old.probed_networks
        && (new.health.healthy > 0) == (old.health.healthy > 0)
}

/// The services that have other servers now; `None` when something is to be told of one.
fn services(
    env: &Env<'_>,
    (version, stack): (&Version, &Stack),
    serving: &Serving,
) -> Option<Vec<Object>> {
    let mut made = Vec::new();
    for (at, servers) in &serving.servers {
        if stack.serving.servers.get(at) == Some(servers) {
            continue;
        }
        let object = render::service(env, (version, stack), at, servers)?;
        let (object, told) = object.fit(env.traefik);
        made.push(object.filter(|_| told.is_empty())?);
    }
    Some(made)
}

fn is_same(one: &Object, other: &Object) -> bool {
    one.section == other.section && one.name == other.name
}
