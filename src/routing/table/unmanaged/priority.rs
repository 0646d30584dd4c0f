//! Unmanaged routers beside managed ones: what could match any host stands below.

use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyRouter;

use super::routers::rule;

/// How far routers that could match any host stand below those of managed envs; their own order stays.
const BELOW: i64 = 1 << 40;
/// Priorities beyond this are taken for this.
const HIGHEST: i64 = 1 << 31;

/// Who else is in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Unmanaged containers alone.
    Nobody,
    /// Managed envs: a router that could take their hosts stands below theirs.
    Managed,
}

/// A router that is not held to hosts it names, so that it cannot take a managed host by its priority.
pub(super) fn below(router: &AnyRouter) -> Option<AnyRouter> {
    if rule(router).is_some_and(|rule| rule.is_held_to_hosts()) {
        return None;
    }
    let written = router.rule().map_or(0, str::len);
    let asked = router.priority();
    let priority = asked.unwrap_or_else(|| i64::try_from(written).unwrap_or(HIGHEST));
    let mut lowered = router.clone();
    // UDP has no priorities: an entry point has one router
    *lowered.fields().matching?.priority = Some(priority.clamp(-HIGHEST, HIGHEST) - BELOW);
    Some(lowered)
}

/// Without a name to match, a router takes all connections of its entry points.
pub(super) fn takes_all(router: &AnyRouter) -> bool {
    match router.protocol() {
        Protocol::Http => false,
        Protocol::Tcp => {
            !router.has_tls() || rule(router).is_some_and(|rule| rule.wanted_hosts().contains("*"))
        }
        Protocol::Udp => true,
    }
}
