//! What the operator decides for all containers; fixed for the life of a table.

pub mod compose;
mod default_rule;

use crate::routing::ids::{ContainerId, TraefikVersion};
use crate::routing::model::{Container, Gateway};
use crate::routing::traefik::since;

use super::constraints::Constraints;
pub(super) use super::golang::letters::normalize;
use super::probes::Probing;
pub use default_rule::{DefaultRule, DefaultRuleError};

#[expect(
    clippy::struct_excessive_bools,
    reason = "they are Traefik's flags, one by one"
)]
/// Options of the table, as Traefik's Docker provider names them.
#[derive(Clone, Debug)]
pub struct Options {
    /// Containers without `traefik.enable` are routed.
    pub exposed_by_default: bool,
    /// Rule of unmanaged routers without one.
    pub default_rule: DefaultRule,
    /// Which containers count at all.
    pub constraints: Constraints,
    /// Network to prefer.
    pub network: Option<String>,
    /// Use published addresses and ports.
    pub use_bind_port_ip: bool,
    /// Keep services of containers that are not healthy, without servers.
    pub allow_empty_services: bool,
    /// Leave unmanaged containers to others.
    pub managed_only: bool,
    /// Which container Traefik is; `None` when nothing needs attaching.
    pub proxy: Option<ProxySelector>,
    /// Whether an attachment may move Traefik's default route.
    pub gateway: Gateway,
    /// Whether servers are probed before they are published.
    pub probing: Probing,
    /// Pointsman's own container, if it is in one.
    pub own: Option<ContainerId>,
    /// The lowest release among the Traefiks that read the document, until one is told.
    pub traefik_version: TraefikVersion,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exposed_by_default: true,
            default_rule: DefaultRule::default(),
            constraints: Constraints::default(),
            network: None,
            use_bind_port_ip: false,
            allow_empty_services: false,
            managed_only: false,
            proxy: None,
            gateway: Gateway::Stays,
            probing: Probing::Off,
            own: None,
            traefik_version: since::NEWEST,
        }
    }
}

/// How Traefik's container is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySelector {
    /// By its name.
    Name(String),
    /// By a label, with a value or any.
    Label {
        /// The key.
        key: String,
        /// The value; `None` takes any.
        value: Option<String>,
    },
}

impl ProxySelector {
    /// Is this Traefik's container.
    pub fn matches(&self, container: &Container) -> bool {
        match self {
            Self::Name(name) => container.name == *name,
            Self::Label {
                key,
                value: Some(value),
            } => container.label(key) == Some(value),
            Self::Label { key, value: None } => container.label(key).is_some(),
        }
    }
}
