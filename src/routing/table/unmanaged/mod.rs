//! Containers with Traefik's own labels alone: what one contributes ([`contribute`]), and how several contributions
//! of one name become one object ([`merge`](merge::merge)).
//!
//! As Traefik's Docker provider derives it, with the differences that `docs/labels.md` lists: a fault costs the
//! object and not the container, and a name that several containers define differently stays with the oldest.

mod contribution;
pub mod merge;
mod priority;
mod routers;
mod services;

use std::collections::BTreeSet;

use crate::routing::ids::ContainerId;
use crate::routing::labels::Setting;
use crate::routing::traefik::any::{AnyMiddleware, AnyRouter, AnyServer, AnyService};

use super::claims::Claim;

pub use contribution::{Contribution, contribute};
pub use priority::Beside;

/// An object as one container wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// A router, complete.
    Router(AnyRouter),
    /// A service without servers, and this container's server while it has one.
    Service(AnyService, Option<AnyServer>),
    /// A middleware.
    Middleware(AnyMiddleware),
    /// What routers and services refer to beside these.
    Setting(Setting),
}

/// The hosts that a router names, and the entry points of which it takes all connections.
pub fn claims(wish: &Wish) -> BTreeSet<Claim> {
    let Wish::Router(router) = wish else {
        return BTreeSet::new();
    };
    let hosts = routers::hosts(router)
        .into_iter()
        .filter(|host| host != "*");
    let protocol = router.protocol();
    let entry_points = priority::takes_all(router).then(|| router.entry_points());
    let entry_points = entry_points.into_iter().flatten();
    hosts
        .map(Claim::Host)
        .chain(entry_points.map(|name| Claim::EntryPoint(protocol, name.clone())))
        .collect()
}

/// Who wants an object, in the order in which they may have it.
pub type Wanters = BTreeSet<(u64, ContainerId)>;
