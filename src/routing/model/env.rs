//! The env record: what an operator (or a first label) says about one (app, env).

use crate::routing::ids::EnvKey;
use crate::routing::plan::{FirstDeploy, Match, Plan};
use crate::routing::time::Timestamp;

use super::{Hook, Retention};

/// Domain and options of one env. Slots and weights are not here: they are the rollout record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvRecord {
    /// Which env.
    pub key: EnvKey,
    /// The domain its hosts end in.
    pub domain: String,
    /// Host templates.
    pub hosts: HostTemplates,
    /// Scheme of printed URLs (`http`, `https`); it does not change routing.
    pub scheme: Option<String>,
    /// Port of printed URLs, when it is not the scheme's own.
    pub port: Option<u16>,
    /// Entry points for routers whose labels name none; empty means Traefik's default.
    pub entry_points: Vec<String>,
    /// TLS for routers whose labels say nothing about it.
    pub tls: Option<Tls>,
    /// Middlewares put in front of the routers' own.
    pub middlewares: Middlewares,
    /// When a version counts as ready.
    pub health: HealthPolicy,
    /// How live traffic moves when a `shift` names no plan.
    pub plan: Option<Plan>,
    /// Whether the first version goes live by itself.
    pub first_deploy: FirstDeploy,
    /// Whether the standby takes over when no server of the active version is healthy.
    pub auto_failover: bool,
    /// Who is told what happens, or asked before it does.
    pub hooks: Vec<Hook>,
    /// Requests to the live host that always go to the staged version.
    pub staged_access: Vec<Match>,
    /// What `deploy` is told, kept as it is and read by nobody here; null when there is nothing.
    pub deploy: serde_json::Value,
    /// How long requests may take to end in a version that gets no new ones, in milliseconds.
    pub drain_ms: u64,
    /// How long its stacks are kept; `None` leaves that to the daemon's own policy.
    pub retention: Option<Retention>,
    /// Where the record came from.
    pub origin: Origin,
    /// When it was made; the older env keeps a contested name or host.
    pub created_at: Timestamp,
}

/// Templates over `{app}`, `{env}`, `{domain}`, `{version}` and `{version_slug}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTemplates {
    /// Live host.
    pub live: String,
    /// Preview hosts: the verbatim form is made from this by `{version}`, the one-label form by its slug.
    pub preview: String,
    /// Host of the staged slot.
    pub staged: String,
}

impl Default for HostTemplates {
    fn default() -> Self {
        Self {
            live: "{app}.{domain}".to_owned(),
            preview: "{version}-{app}.{domain}".to_owned(),
            staged: "vnext-{app}.{domain}".to_owned(),
        }
    }
}

/// TLS options of an env.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificate resolver.
    pub cert_resolver: Option<String>,
    /// Domains to ask certificates for.
    pub domains: Vec<TlsDomain>,
    /// Name of a TLS options object.
    pub options: Option<String>,
    /// Whether previews ask for certificates of their own.
    pub preview_cert: PreviewCert,
}

/// A certificate's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsDomain {
    /// Main name.
    pub main: String,
    /// Further names.
    pub sans: Vec<String>,
}

/// Whether preview and staged routers name the certificate resolver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreviewCert {
    /// Use what covers the wildcard; no request per preview.
    #[default]
    None,
    /// Ask the resolver for each.
    Resolver,
}

/// Middlewares by name (own provider unless they carry `@`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Middlewares {
    /// For live routers.
    pub live: Vec<String>,
    /// For preview and staged routers.
    pub preview: Vec<String>,
}

/// When a version counts as ready for traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthPolicy {
    /// How long servers without a Docker health check must have been running, in milliseconds.
    pub min_healthy_time_ms: u64,
    /// Share of expected servers that must be healthy, in thousandths.
    pub min_ratio_permille: u32,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            min_healthy_time_ms: 10_000,
            min_ratio_permille: 1000,
        }
    }
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The `pointsman.domain` label of a container.
    Label,
    /// The API (and so the CLI or an env file).
    Api,
}

impl EnvRecord {
    /// How long requests may take to end, unless it is said.
    pub const DRAIN_MS: u64 = 30_000;

    /// A record that says nothing but the domain.
    pub fn new(
        key: EnvKey,
        domain: impl Into<String>,
        origin: Origin,
        created_at: Timestamp,
    ) -> Self {
        Self {
            key,
            domain: domain.into(),
            hosts: HostTemplates::default(),
            scheme: None,
            port: None,
            entry_points: Vec::new(),
            tls: None,
            middlewares: Middlewares::default(),
            health: HealthPolicy::default(),
            plan: None,
            first_deploy: FirstDeploy::Manual,
            auto_failover: false,
            hooks: Vec::new(),
            staged_access: Vec::new(),
            deploy: serde_json::Value::Null,
            drain_ms: Self::DRAIN_MS,
            retention: None,
            origin,
            created_at,
        }
    }
}
