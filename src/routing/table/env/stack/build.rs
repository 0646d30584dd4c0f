//! Containers of one version to its stack.

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::traefik::references::{References, own_name};

use super::super::super::World;
use super::super::super::facts::Fact;
use super::super::super::options::compose;
use super::super::naming;
use super::Stack;
use super::incarnation::incarnation;
use super::routed::{group_name, groups, routed};
use super::serving::serve;

/// Builds a stack from the containers of one version, oldest first; `None` when none of them is routed.
pub fn build(
    env: &EnvRecord,
    version: &Version,
    members: &[&Fact],
    world: &World<'_>,
) -> Option<Stack> {
    let members = counted(members);
    let routed = routed(&members);
    let created = members.iter().map(|fact| fact.container.created).min()?;
    let stack = Stack {
        created,
        ..Stack::default()
    };
    let mut builder = Builder {
        key: &env.key,
        version,
        stack,
    };
    let groups = Group::all(&routed);
    // all services first: a router may send to that of another compose service
    for group in &groups {
        builder.offer(group);
    }
    for group in &groups {
        builder.route(group);
        builder.stack.prefixes.insert(group.prefix.clone());
        builder.compare(group);
    }
    builder.name_children();
    let mut stack = builder.stack;
    stack.serving.health.incarnation = Some(incarnation(&routed));
    stack.serving = serve((env, &stack, version), &groups, world);
    (!routed.is_empty()).then_some(stack)
}

/// Who counts.
pub(super) fn counted<'a>(members: &[&'a Fact]) -> Vec<&'a Fact> {
    let members = members.iter().copied();
    members
        .filter(|fact| !compose::is_one_off(&fact.container))
        .collect()
}

/// Replicas of one compose service: the oldest declares, all serve.
pub(super) struct Group<'a> {
    pub(super) leader: &'a Fact,
    pub(super) replicas: Vec<&'a Fact>,
    /// What objects are called that are not named, or named like the stack.
    pub(super) fallback: String,
    pub(super) prefix: Option<String>,
}

impl<'a> Group<'a> {
    /// The groups of all routed containers.
    pub(super) fn all(routed: &[&'a Fact]) -> Vec<Self> {
        groups(routed).into_iter().filter_map(Self::new).collect()
    }

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
    pub(super) key: &'a EnvKey,
    pub(super) version: &'a Version,
    pub(super) stack: Stack,
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
}
