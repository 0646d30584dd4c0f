//! Env records: the body of `PUT /v1/envs/{app}/{env}`, the env file, and what `GET` gives back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::deploy::{DeployHooksBody, ResourcesBody, VariableBody, one_or_many};
use crate::routing::ids::{AppName, EnvName};

use super::{MatchBody, PlanInput, RetentionBody};

/// What an operator says about an env. Everything but the domain has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvBody {
    /// The domain its hosts end in, e.g. `dev.example.com`.
    pub domain: String,
    /// Scheme of printed URLs: `http` or `https`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Port of printed URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether the first version goes live by itself. Default `manual`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first_deploy: FirstDeploy,
    /// Whether the standby takes over when no server of the active version is healthy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto_failover: bool,
    /// How live traffic moves when a `shift` names no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanInput>,
    /// Entry points for routers whose labels name none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entry_points: Vec<String>,
    /// Host templates.
    #[serde(default, skip_serializing_if = "is_default")]
    pub hosts: HostsBody,
    /// TLS for routers whose labels say nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsBody>,
    /// Middlewares in front of the routers' own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub middlewares: MiddlewaresBody,
    /// When a version counts as ready.
    #[serde(default, skip_serializing_if = "is_default")]
    pub health: HealthBody,
    /// Who is told what happens, or asked before it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookBody>,
    /// Requests to the live host that always go to the staged version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub staged_access: Vec<MatchBody>,
    /// For `deploy`: variables that compose gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, VariableBody>,
    /// For `deploy`: files of variables that compose reads; paths from the env file's folder.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub env_file: Vec<String>,
    /// For `deploy`: compose files that are merged over the one that is deployed.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "one_or_many"
    )]
    pub compose_files: Vec<String>,
    /// For `deploy`: limits by compose service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, ResourcesBody>,
    /// For `deploy`: commands on the machine that deploys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deploy_hooks: DeployHooksBody,
    /// How long requests may take to end in a version that gets no new ones, as Go writes it; default `30s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<String>,
    /// How long its stacks are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<RetentionBody>,
}

/// Host templates; an absent one has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostsBody {
    /// Default `{app}.{domain}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<String>,
    /// Default `{version}-{app}.{domain}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Default `vnext-{app}.{domain}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<String>,
}

/// TLS options.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsBody {
    /// Certificate resolver for live routers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_resolver: Option<String>,
    /// Names to ask certificates for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<TlsDomainBody>,
    /// TLS options object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
    /// Whether previews ask the resolver too. Default `none`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub preview_cert: PreviewCert,
}

/// Names of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsDomainBody {
    /// Main name.
    pub main: String,
    /// Further names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sans: Vec<String>,
}

/// Whether previews ask the resolver for certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviewCert {
    /// Use what covers the wildcard.
    #[default]
    None,
    /// Ask for each.
    Resolver,
}

/// Whether the first version of an env goes live by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FirstDeploy {
    /// Somebody promotes and switches.
    #[default]
    Manual,
    /// As soon as it is ready.
    Auto,
}

/// Middlewares by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiddlewaresBody {
    /// For live routers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub live: Vec<String>,
    /// For preview and staged routers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<String>,
}

/// When a version counts as ready.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthBody {
    /// Duration as Go writes it; default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_healthy_time: Option<String>,
    /// 0 to 1; default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_ratio: Option<f64>,
}

impl Eq for HealthBody {}

/// A hook: an address that is told what happens, or asked before it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookBody {
    /// What plans, logs and the journal call it: lower case letters, digits and `-`.
    pub name: String,
    /// `http://` or `https://`.
    pub url: String,
    /// Told: `deploy`, `promote`, `switch`, `rollback`, `abort`, `unhealthy`, `not-applied`. Asked: `pre-switch`,
    /// `post-switch`, `gate`.
    pub on: Vec<String>,
    /// `json` (default) or `chat`: how notifications are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// How long one attempt may take, as Go writes it; default `10s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// How many more attempts follow the first; default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// What no answer means: `hold` or `abort`. Default `abort` before and after a switch, else `hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    /// The daemon's environment variable with a bearer token, `POINTSMAN_HOOK_...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
}

/// An env as the API gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Env {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// `label` or `api`.
    pub origin: String,
    /// What `PUT` takes.
    #[serde(flatten)]
    pub body: EnvBody,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
