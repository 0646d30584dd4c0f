//! Routers and services of `http`, field for field as Traefik 3.7 reads them.
//!
//! Absent fields are `None` or empty and are left out by the encoding; Traefik's defaults apply.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scalar::{Duration, Empty, allow_empty, flat_map, non_empty};

/// `http.routers.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Router {
    /// Entry points; empty means Traefik's defaults.
    pub entry_points: Vec<String>,
    /// Middlewares, in order.
    pub middlewares: Vec<String>,
    /// The service.
    #[serde(deserialize_with = "non_empty")]
    pub service: Option<String>,
    /// The rule.
    pub rule: Option<String>,
    /// Deprecated rule dialect.
    pub rule_syntax: Option<String>,
    /// Higher wins; absent means the rule's length.
    pub priority: Option<i64>,
    /// TLS termination.
    #[serde(deserialize_with = "allow_empty")]
    pub tls: Option<RouterTls>,
    /// Access logs, metrics, traces.
    pub observability: Option<Observability>,
}

/// `tls` of a router.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RouterTls {
    /// Options object.
    pub options: Option<String>,
    /// Certificate resolver.
    pub cert_resolver: Option<String>,
    /// Names to ask for.
    pub domains: Vec<Domain>,
}

/// A certificate's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Domain {
    /// Main name.
    pub main: Option<String>,
    /// Further names.
    pub sans: Vec<String>,
}

/// What is recorded of a router's requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Observability {
    /// Access logs.
    pub access_logs: Option<bool>,
    /// Metrics.
    pub metrics: Option<bool>,
    /// Traces.
    pub tracing: Option<bool>,
    /// `minimal` or `detailed`.
    pub trace_verbosity: Option<String>,
}

/// `http.services.<name>`; one kind only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Service {
    /// Servers.
    pub load_balancer: Option<LoadBalancer>,
    /// Shares between services.
    pub weighted: Option<Box<Weighted>>,
    /// Shares by client.
    pub highest_random_weight: Option<Box<HighestRandomWeight>>,
    /// Copies of requests.
    pub mirroring: Option<Box<Mirroring>>,
    /// A stand-in.
    pub failover: Option<Box<Failover>>,
    /// Middlewares of the service.
    pub middlewares: Vec<String>,
}

/// A service with servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LoadBalancer {
    /// The one server that labels describe; the document never holds it.
    #[serde(skip_serializing)]
    pub server: Option<Box<LabelServer>>,
    /// Servers of the document; labels cannot give them.
    #[serde(skip_deserializing)]
    pub servers: Vec<Server>,
    /// `wrr`, `p2c`, `hrw` or `leasttime`.
    pub strategy: Option<String>,
    /// Forward the client's Host header; Traefik's default is true.
    pub pass_host_header: Option<bool>,
    /// Transport towards the servers.
    pub servers_transport: Option<String>,
    /// Flushing.
    pub response_forwarding: Option<Box<ResponseForwarding>>,
    /// Sticky sessions.
    #[serde(deserialize_with = "allow_empty")]
    pub sticky: Option<Box<Sticky>>,
    /// Active check.
    pub health_check: Option<Box<HealthCheck>>,
    /// Passive check.
    pub passive_health_check: Option<Box<PassiveHealthCheck>>,
}

/// `loadbalancer.server.*` of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LabelServer {
    /// A whole URL instead of an address of this container.
    #[serde(deserialize_with = "non_empty")]
    pub url: Option<String>,
    /// `http`, `https` or `h2c`.
    #[serde(deserialize_with = "non_empty")]
    pub scheme: Option<String>,
    /// Port, as written.
    #[serde(deserialize_with = "non_empty")]
    pub port: Option<String>,
    /// Share among the servers.
    pub weight: Option<i64>,
    /// Keep the path of the URL.
    pub preserve_path: Option<bool>,
}

/// A server of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Server {
    /// Where it answers.
    pub url: String,
    /// Share among the servers.
    pub weight: Option<i64>,
    /// Keep the path of the URL.
    pub preserve_path: Option<bool>,
}

/// Flushing of responses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ResponseForwarding {
    /// How often.
    pub flush_interval: Option<Duration>,
}

/// Sticky sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sticky {
    /// By cookie.
    #[serde(deserialize_with = "allow_empty")]
    pub cookie: Option<Cookie>,
}

/// A sticky cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cookie {
    /// Its name.
    pub name: Option<String>,
    /// Https only.
    pub secure: Option<bool>,
    /// Not for scripts.
    pub http_only: Option<bool>,
    /// `none`, `lax` or `strict`.
    pub same_site: Option<String>,
    /// Seconds.
    pub max_age: Option<i64>,
    /// Path.
    pub path: Option<String>,
    /// Domain.
    pub domain: Option<String>,
}

/// Traefik's own active check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HealthCheck {
    /// Scheme.
    pub scheme: Option<String>,
    /// `http` or `grpc`.
    pub mode: Option<String>,
    /// Path.
    pub path: Option<String>,
    /// Method.
    pub method: Option<String>,
    /// Expected status.
    pub status: Option<i64>,
    /// Port.
    pub port: Option<i64>,
    /// Interval.
    pub interval: Option<Duration>,
    /// Interval while unhealthy.
    pub unhealthy_interval: Option<Duration>,
    /// Time-out.
    pub timeout: Option<Duration>,
    /// Host header.
    pub hostname: Option<String>,
    /// Follow redirects.
    pub follow_redirects: Option<bool>,
    /// Headers.
    #[serde(deserialize_with = "flat_map")]
    pub headers: BTreeMap<String, String>,
}

/// Traefik's own passive check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PassiveHealthCheck {
    /// Window.
    pub failure_window: Option<Duration>,
    /// Failures within it.
    pub max_failed_attempts: Option<i64>,
}

/// Shares between services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Weighted {
    /// Children.
    pub services: Vec<WeightedChild>,
    /// Sticky sessions.
    #[serde(deserialize_with = "allow_empty")]
    pub sticky: Option<Sticky>,
    /// Health of the children decides.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<Empty>,
}

/// A child of a weighted service. One of weight 0 is never written: Traefik can hang on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct WeightedChild {
    /// The service.
    pub name: String,
    /// Its share.
    pub weight: Option<u32>,
}

/// Shares by client: one client stays with one child.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HighestRandomWeight {
    /// Children.
    pub services: Vec<WeightedChild>,
    /// Health of the children decides.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<Empty>,
}

/// One service answers; others get copies of its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mirroring {
    /// Who answers.
    pub service: Option<String>,
    /// Copy bodies.
    pub mirror_body: Option<bool>,
    /// Largest body copied.
    pub max_body_size: Option<i64>,
    /// Who gets copies.
    pub mirrors: Vec<Mirror>,
    /// Health of the children decides.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<Empty>,
}

/// A service that gets copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mirror {
    /// The service.
    pub name: String,
    /// Of how many requests in a hundred.
    pub percent: Option<i64>,
}

/// Another service while the first is down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Failover {
    /// The first.
    pub service: Option<String>,
    /// The stand-in.
    pub fallback: Option<String>,
    /// Health of the first decides.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<Empty>,
    /// Answers that count as down.
    pub errors: Option<FailoverErrors>,
}

/// Answers on which the stand-in is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FailoverErrors {
    /// Statuses, e.g. `500-504`.
    pub status: Vec<String>,
    /// Largest body kept for the second request.
    pub max_request_body_bytes: Option<i64>,
}
