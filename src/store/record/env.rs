//! The env record as it is stored.

use serde::{Deserialize, Serialize};

use crate::routing::model::{self, EnvRecord};
use crate::routing::plan;
use crate::routing::time::Timestamp;

use super::hook::Hook;
use super::plan::{Match, Plan};
use super::retention::Retention;
use super::{RecordError, parse_key};

/// [`EnvRecord`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Env {
    #[serde(rename = "env")]
    key: String,
    domain: String,
    hosts: Hosts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entry_points: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<Tls>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    live_middlewares: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    preview_middlewares: Vec<String>,
    min_healthy_time_ms: u64,
    min_ratio_permille: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// Manual, unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_deploy: Option<FirstDeploy>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    auto_failover: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<Hook>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    staged_access: Vec<Match>,
    /// Verbatim.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    deploy: serde_json::Value,
    /// The default, unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drain_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention: Option<Retention>,
    origin: Origin,
    created_at_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hosts {
    live: String,
    preview: String,
    staged: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tls {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cert_resolver: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    domains: Vec<TlsDomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<String>,
    preview_cert: PreviewCert,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct TlsDomain {
    main: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sans: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PreviewCert {
    None,
    Resolver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FirstDeploy {
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Origin {
    Label,
    Api,
}

// Every live type is taken apart without `..`: a field added there breaks the build here.

impl From<&EnvRecord> for Env {
    fn from(record: &EnvRecord) -> Self {
        let EnvRecord {
            key,
            domain,
            hosts,
            scheme,
            port,
            entry_points,
            tls,
            middlewares: model::Middlewares { live, preview },
            health,
            plan,
            first_deploy,
            auto_failover,
            hooks,
            staged_access,
            deploy,
            drain_ms,
            retention,
            origin,
            created_at,
        } = record;
        let model::HealthPolicy {
            min_healthy_time_ms,
            min_ratio_permille,
        } = *health;
        Self {
            key: key.to_string(),
            domain: domain.clone(),
            hosts: hosts.into(),
            scheme: scheme.clone(),
            port: *port,
            entry_points: entry_points.clone(),
            tls: tls.as_ref().map(Tls::from),
            live_middlewares: live.clone(),
            preview_middlewares: preview.clone(),
            min_healthy_time_ms,
            min_ratio_permille,
            plan: plan.as_ref().map(Plan::from),
            first_deploy: match first_deploy {
                plan::FirstDeploy::Manual => None,
                plan::FirstDeploy::Auto => Some(FirstDeploy::Auto),
            },
            auto_failover: *auto_failover,
            hooks: hooks.iter().map(Hook::from).collect(),
            staged_access: staged_access.iter().map(Match::from).collect(),
            deploy: deploy.clone(),
            drain_ms: (*drain_ms != EnvRecord::DRAIN_MS).then_some(*drain_ms),
            retention: retention.as_ref().map(Retention::from),
            origin: match origin {
                model::Origin::Label => Origin::Label,
                model::Origin::Api => Origin::Api,
            },
            created_at_ms: created_at.as_millis(),
        }
    }
}

impl TryFrom<Env> for EnvRecord {
    type Error = RecordError;

    fn try_from(env: Env) -> Result<Self, RecordError> {
        Ok(Self {
            key: parse_key(&env.key)?,
            domain: env.domain,
            hosts: env.hosts.into(),
            scheme: env.scheme,
            port: env.port,
            entry_points: env.entry_points,
            tls: env.tls.map(Into::into),
            middlewares: model::Middlewares {
                live: env.live_middlewares,
                preview: env.preview_middlewares,
            },
            health: model::HealthPolicy {
                min_healthy_time_ms: env.min_healthy_time_ms,
                min_ratio_permille: env.min_ratio_permille,
            },
            plan: env.plan.map(Plan::decode).transpose()?,
            first_deploy: match env.first_deploy {
                None => plan::FirstDeploy::Manual,
                Some(FirstDeploy::Auto) => plan::FirstDeploy::Auto,
            },
            auto_failover: env.auto_failover,
            hooks: env.hooks.into_iter().map(Into::into).collect(),
            staged_access: env
                .staged_access
                .into_iter()
                .map(Match::decode)
                .collect::<Result<_, _>>()?,
            deploy: env.deploy,
            drain_ms: env.drain_ms.unwrap_or(Self::DRAIN_MS),
            retention: env.retention.map(Into::into),
            origin: match env.origin {
                Origin::Label => model::Origin::Label,
                Origin::Api => model::Origin::Api,
            },
            created_at: Timestamp::from_millis(env.created_at_ms),
        })
    }
}

impl From<&model::HostTemplates> for Hosts {
    fn from(hosts: &model::HostTemplates) -> Self {
        let model::HostTemplates {
            live,
            preview,
            staged,
        } = hosts.clone();
        Self {
            live,
            preview,
            staged,
        }
    }
}

impl From<Hosts> for model::HostTemplates {
    fn from(hosts: Hosts) -> Self {
        Self {
            live: hosts.live,
            preview: hosts.preview,
            staged: hosts.staged,
        }
    }
}

impl From<&model::Tls> for Tls {
    fn from(tls: &model::Tls) -> Self {
        let model::Tls {
            cert_resolver,
            domains,
            options,
            preview_cert,
        } = tls.clone();
        Self {
            cert_resolver,
            domains: domains.into_iter().map(TlsDomain::from).collect(),
            options,
            preview_cert: match preview_cert {
                model::PreviewCert::None => PreviewCert::None,
                model::PreviewCert::Resolver => PreviewCert::Resolver,
            },
        }
    }
}

impl From<Tls> for model::Tls {
    fn from(tls: Tls) -> Self {
        Self {
            cert_resolver: tls.cert_resolver,
            domains: tls.domains.into_iter().map(Into::into).collect(),
            options: tls.options,
            preview_cert: match tls.preview_cert {
                PreviewCert::None => model::PreviewCert::None,
                PreviewCert::Resolver => model::PreviewCert::Resolver,
            },
        }
    }
}

impl From<model::TlsDomain> for TlsDomain {
    fn from(domain: model::TlsDomain) -> Self {
        let model::TlsDomain { main, sans } = domain;
        Self { main, sans }
    }
}

impl From<TlsDomain> for model::TlsDomain {
    fn from(domain: TlsDomain) -> Self {
        Self {
            main: domain.main,
            sans: domain.sans,
        }
    }
}
