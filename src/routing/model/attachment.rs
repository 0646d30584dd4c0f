//! What Traefik must be attached to, as the table wants it and the Docker station carries it out.

use std::collections::BTreeSet;

use crate::routing::ids::ContainerId;

/// The wish, complete at any time: what is not in it and was attached by us may be detached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// Traefik's container, while there is one.
    pub proxy: Option<ContainerId>,
    /// Names of the networks that routed servers are reached through.
    pub networks: BTreeSet<String>,
}
