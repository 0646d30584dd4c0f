//! What a stack is made of, as a fingerprint that a restart, a rename or another number of replicas does not change.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};

use siphasher::sip::SipHasher13;

use crate::routing::ids::Incarnation;

use super::super::super::facts::Fact;
use super::routed::group_name;

/// Compose's own fingerprint of a service's configuration.
const CONFIG_HASH: &str = "com.docker.compose.config-hash";

pub(super) fn incarnation(routed: &[&Fact]) -> Incarnation {
    let parts: BTreeSet<(&str, &str, &str)> = routed.iter().map(|fact| part(fact)).collect();
    let mut hasher = SipHasher13::new();
    parts.hash(&mut hasher);
    Incarnation(hasher.finish())
}

fn part(fact: &Fact) -> (&str, &str, &str) {
    let container = &fact.container;
    let config = container.labels.get(CONFIG_HASH);
    (
        group_name(fact),
        container.image.as_str(),
        config.map_or("", String::as_str),
    )
}
