//! Which containers of a version are routed, and how they group.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::facts::Fact;
use super::super::super::options::compose;

/// Those that say so, else the only compose service with a port.
pub(super) fn routed<'a>(members: &[&'a Fact]) -> Vec<&'a Fact> {
    let enabled: Vec<&Fact> = members
        .iter()
        .copied()
        .filter(|fact| fact.declaration.enable != Some(false))
        .collect();
    let explicit: Vec<&Fact> = enabled
        .iter()
        .copied()
        .filter(|fact| says_so(fact))
        .collect();
    if !explicit.is_empty() {
        return explicit;
    }
    let with_port: Vec<&Fact> = enabled
        .into_iter()
        .filter(|fact| !fact.container.ports.is_empty())
        .collect();
    let names: BTreeSet<&str> = with_port.iter().map(|fact| group_name(fact)).collect();
    if names.len() == 1 {
        with_port
    } else {
        Vec::new()
    }
}

fn says_so(fact: &Fact) -> bool {
    let labels = fact.managed();
    !fact.declaration.objects.is_empty()
        || labels.is_some_and(|labels| labels.port.is_some() || labels.host.is_some())
}

/// The compose service, else the container's name.
pub(super) fn group_name(fact: &Fact) -> &str {
    compose::service(&fact.container).unwrap_or(&fact.container.name)
}

/// Replicas of one compose service, oldest first; groups by name.
pub(super) fn groups<'a>(routed: &[&'a Fact]) -> Vec<Vec<&'a Fact>> {
    let mut groups: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in routed {
        groups.entry(group_name(fact)).or_default().push(fact);
    }
    groups.into_values().collect()
}
