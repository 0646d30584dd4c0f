//! Routers, services and middlewares of `tcp`, field for field as Traefik 3.7 reads them.

use serde::{Deserialize, Serialize};

use super::http::{Domain, WeightedChild};
use super::scalar::{Duration, Empty, allow_empty};

/// `tcp.routers.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpRouter {
    /// Entry points; empty means Traefik's defaults.
    pub entry_points: Vec<String>,
    /// Middlewares, in order.
    pub middlewares: Vec<String>,
    /// The service.
    pub service: Option<String>,
    /// The rule.
    pub rule: Option<String>,
    /// Deprecated rule dialect.
    pub rule_syntax: Option<String>,
    /// Higher wins; absent means the rule's length.
    pub priority: Option<i64>,
    /// TLS termination, or passing it through.
    #[serde(deserialize_with = "allow_empty")]
    pub tls: Option<TcpRouterTls>,
}

/// `tls` of a TCP router.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpRouterTls {
    /// Leave TLS to the server.
    pub passthrough: Option<bool>,
    /// Options object.
    pub options: Option<String>,
    /// Certificate resolver.
    pub cert_resolver: Option<String>,
    /// Names to ask for.
    pub domains: Vec<Domain>,
}

/// `tcp.services.<name>`; one kind only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpService {
    /// Servers.
    pub load_balancer: Option<TcpLoadBalancer>,
    /// Shares between services.
    pub weighted: Option<TcpWeighted>,
}

/// A service with servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpLoadBalancer {
    /// The one server that labels describe; the document never holds it.
    #[serde(skip_serializing)]
    pub server: Option<TcpLabelServer>,
    /// Servers of the document; labels cannot give them.
    #[serde(skip_deserializing)]
    pub servers: Vec<TcpServer>,
    /// Transport towards the servers.
    pub servers_transport: Option<String>,
    /// Deprecated; the transport has one.
    #[serde(deserialize_with = "allow_empty")]
    pub proxy_protocol: Option<ProxyProtocol>,
    /// Deprecated; the transport has one.
    pub termination_delay: Option<i64>,
    /// Active check.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<TcpHealthCheck>,
}

/// `loadbalancer.server.*` of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpLabelServer {
    /// Port, as written.
    pub port: Option<String>,
    /// TLS towards the server.
    pub tls: Option<bool>,
}

/// A server of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpServer {
    /// Where it answers.
    pub address: String,
    /// TLS towards the server.
    pub tls: Option<bool>,
}

/// The PROXY protocol towards servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ProxyProtocol {
    /// 1 or 2.
    pub version: Option<i64>,
}

/// Traefik's own active check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpHealthCheck {
    /// Port.
    pub port: Option<i64>,
    /// What to send.
    pub send: Option<String>,
    /// What to await.
    pub expect: Option<String>,
    /// Interval.
    pub interval: Option<Duration>,
    /// Interval while unhealthy.
    pub unhealthy_interval: Option<Duration>,
    /// Time-out.
    pub timeout: Option<Duration>,
}

/// Shares between services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpWeighted {
    /// Children.
    pub services: Vec<WeightedChild>,
    /// Health of the children decides.
    #[serde(deserialize_with = "allow_empty")]
    pub health_check: Option<Empty>,
}

/// `tcp.middlewares.<name>`; one kind only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpMiddleware {
    /// Concurrent connections of a client.
    pub in_flight_conn: Option<InFlightConn>,
    /// Source addresses.
    pub ip_allow_list: Option<TcpIpAllowList>,
    /// Deprecated name of the same.
    pub ip_white_list: Option<TcpIpAllowList>,
}

/// Concurrent connections of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InFlightConn {
    /// At most.
    pub amount: Option<i64>,
}

/// Source addresses that may pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpIpAllowList {
    /// Ranges.
    pub source_range: Vec<String>,
}
