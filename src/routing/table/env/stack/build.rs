//! Containers of one version to its stack.

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::rollout::StackHealth;
use crate::routing::time::Timestamp;
use crate::routing::traefik::references::{References, own_name};

use super::super::super::World;
use super::super::super::facts::Fact;
use super::super::super::options::compose;
use super::super::super::probes::{self, Judgement, Standing};
use super::super::super::server;
use super::super::naming;
use super::super::tally::{Counted, Tally};
use super::incarnation::incarnation;
use super::routed::{group_name, groups, routed};
use super::{Local, Stack};

/// Builds a stack from the containers of one version, oldest first; `None` when none of them is routed.
pub fn build(
    env: &EnvRecord,
    version: &Version,
    members: &[&Fact],
    world: &World<'_>,
) -> Option<Stack> {
    let members: Vec<&Fact> = members
        .iter()
        .copied()
        .filter(|fact| !compose::is_one_off(&fact.container))
        .collect();
    let routed = routed(&members);
    let created = members.iter().map(|fact| fact.container.created).min()?;
    let stack = Stack {
        created,
        ..Stack::default()
    };
    let mut builder = Builder {
        env,
        key: &env.key,
        version,
        world,
        stack,
        tally: Tally::default(),
    };
    let groups: Vec<Group<'_>> = groups(&routed).into_iter().filter_map(Group::new).collect();
    // all services first: a router may send to that of another compose service
    for group in &groups {
        builder.offer(group);
    }
    for group in &groups {
        builder.serve(group);
        builder.route(group);
        builder.stack.prefixes.insert(group.prefix.clone());
        builder.compare(group);
    }
    builder.name_children();
    let Builder {
        mut stack, tally, ..
    } = builder;
    stack.health = StackHealth {
        created,
        incarnation: Some(incarnation(&routed)),
        ..tally.health(env)
    };
    (!routed.is_empty()).then_some(stack)
}

/// Replicas of one compose service: the oldest declares, all serve.
pub(super) struct Group<'a> {
    pub(super) leader: &'a Fact,
    replicas: Vec<&'a Fact>,
    /// What objects are called that are not named, or named like the stack.
    pub(super) fallback: String,
    pub(super) prefix: Option<String>,
}

impl<'a> Group<'a> {
    fn new(replicas: Vec<&'a Fact>) -> Option<Self> {
        let leader = *replicas.first()?;
        Some(Self {
            leader,
            fallback: naming::safe(group_name(leader)),
            prefix: leader.managed().and_then(|labels| labels.host.clone()),
            replicas,
        })
    }
}

pub(super) struct Builder<'a> {
    env: &'a EnvRecord,
    key: &'a EnvKey,
    version: &'a Version,
    world: &'a World<'a>,
    pub(super) stack: Stack,
    tally: Tally,
}

impl Builder<'_> {
    pub(super) fn report(&mut self, fact: &Fact, code: &'static str, message: String) {
        let diagnostic = Diagnostic::new(code, fact.subject(), message);
        self.stack.diagnostics.push(diagnostic);
    }

    pub(super) fn local(&self, name: &str, fallback: &str) -> String {
        naming::local(name, &self.key.stack_name(self.version), fallback)
    }

    /// What labels call like the stack is called like the compose service here: in what they name as well.
    pub(super) fn with_references<T: References>(&self, group: &Group<'_>, mut object: T) -> T {
        let stack_name = self.key.stack_name(self.version);
        object.each_reference(&mut |_, name| {
            if own_name(name) == stack_name {
                name.clone_from(&group.fallback);
            }
        });
        object
    }

    fn compare(&mut self, group: &Group<'_>) {
        let declared = &group.leader.declaration.objects;
        for replica in &group.replicas {
            if replica.declaration.objects != *declared {
                let message =
                    "its labels differ from those of an older replica, which count: recreate all replicas".to_owned();
                self.report(replica, "replica-differs", message);
            }
        }
    }

    /// Servers of all replicas, and what they mean for health.
    fn serve(&mut self, group: &Group<'_>) {
        let services = self.offered(group);
        let min_ms = self.env.health.min_healthy_time_ms;
        self.tally.begin_group(group_name(group.leader));
        for replica in &group.replicas {
            let served: Vec<Served> = services
                .iter()
                .map(|service| self.serve_one(replica, service))
                .collect();
            let mut counted = Counted::Settled(replica.settled_at(min_ms));
            for served in served {
                counted = match (counted, served) {
                    (Counted::Settled(at), Served::Yes(since)) => {
                        let again = since.map(|since| since.plus_millis(min_ms));
                        Counted::Settled(again.map_or(at, |again| at.max(again)))
                    }
                    (Counted::Settled(_), Served::No(why)) | (Counted::Out(why), _) => {
                        Counted::Out(why)
                    }
                };
            }
            if services.is_empty() {
                counted = Counted::Out(None);
            }
            self.tally.count(replica, counted);
        }
    }

    /// Adds a replica's server to a service when it can take traffic.
    fn serve_one(&mut self, replica: &Fact, at: &Local) -> Served {
        let Some(service) = self.stack.services.get(at) else {
            return Served::No(None);
        };
        let found = match server::find(replica, &service.service, self.world) {
            Ok(found) => found,
            Err(message) => {
                if replica.is_serving() {
                    self.report(replica, "no-server", message);
                }
                return Served::No(None);
            }
        };
        let reachable = self.world.reach.reaches(found.network.as_deref());
        self.stack.networks.extend(found.network.clone());
        if !replica.is_serving() {
            return Served::No(None);
        }
        let judgement = self.world.probes.judge(replica, &service.service, &found);
        let since = match self.heed(replica, judgement) {
            Served::Yes(since) if reachable => since,
            Served::Yes(_) => return Served::No(None),
            no @ Served::No(_) => return no,
        };
        if let Some(service) = self.stack.services.get_mut(at) {
            service.servers.push(found.server);
        }
        Served::Yes(since)
    }

    /// What follows from what probes say of a server.
    fn heed(&mut self, replica: &Fact, judgement: Judgement) -> Served {
        let asked = judgement.target.as_deref().map(probes::question);
        self.stack.targets.extend(judgement.target);
        self.stack.probed_networks.extend(judgement.network);
        match judgement.standing {
            Standing::Ready => Served::Yes(None),
            Standing::Recovered(since) => Served::Yes(Some(since)),
            Standing::Unasked(why) => {
                let message = format!(
                    "it is published without having been asked whether it is ready, because Pointsman cannot: {why}"
                );
                self.report(replica, "not-probed", message);
                Served::Yes(None)
            }
            Standing::Waiting(why) => Served::No(Some(why)),
            Standing::Failed(why) => {
                let words = format!("{}: {why}", asked.unwrap_or_default());
                let message = format!("it is not ready and gets no requests: {words}");
                self.report(replica, "probe-failed", message);
                Served::No(Some(words))
            }
        }
    }
}

/// Whether a service has a replica's server.
enum Served {
    /// Yes; since when again, if it failed a probe.
    Yes(Option<Timestamp>),
    /// No; why, if its own state does not say it.
    No(Option<String>),
}
