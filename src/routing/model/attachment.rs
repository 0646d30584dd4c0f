//! What Traefik and Pointsman must be attached to, as the table wants it and the Docker station carries it out.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::ContainerId;

/// The wish, complete at any time: what is not in it and was attached by us may be detached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// Traefik's container, while there is one.
    pub proxy: Option<ContainerId>,
    /// Names of the networks that routed servers are reached through.
    pub networks: BTreeSet<String>,
    /// By network: the compose projects of the servers that are reached through it. Of one that has none, the empty text.
    pub projects: BTreeMap<String, BTreeSet<String>>,
    /// Whether an attachment may move the default route.
    pub gateway: Gateway,
    /// Pointsman's own container, when it is in one and attaches itself.
    pub own: Option<ContainerId>,
    /// Names of the networks in which servers are probed.
    pub own_networks: BTreeSet<String>,
}

/// A network that a server is reached through, and whose server it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// The network's name.
    pub network: String,
    /// The server's compose project; empty when it has none.
    pub project: String,
}

/// Whether an attachment may move the default route of its container, which cuts connections for a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gateway {
    /// No: such an attachment is refused.
    #[default]
    Stays,
    /// Yes.
    MayMove,
}

/// Who is attached to networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attached {
    /// Traefik.
    Proxy,
    /// Pointsman.
    Own,
}
