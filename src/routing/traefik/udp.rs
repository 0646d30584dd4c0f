//! Routers and services of `udp`, field for field as Traefik 3.7 reads them.

use serde::{Deserialize, Serialize};

use super::http::WeightedChild;

/// `udp.routers.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpRouter {
    /// Entry points; empty means Traefik's defaults.
    pub entry_points: Vec<String>,
    /// The service.
    pub service: Option<String>,
}

/// `udp.services.<name>`; one kind only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpService {
    /// Servers.
    pub load_balancer: Option<UdpLoadBalancer>,
    /// Shares between services.
    pub weighted: Option<UdpWeighted>,
}

/// A service with servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpLoadBalancer {
    /// The one server that labels describe; the document never holds it.
    #[serde(skip_serializing)]
    pub server: Option<UdpLabelServer>,
    /// Servers of the document; labels cannot give them.
    #[serde(skip_deserializing)]
    pub servers: Vec<UdpServer>,
}

/// `loadbalancer.server.*` of a label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpLabelServer {
    /// Port, as written.
    pub port: Option<String>,
}

/// A server of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpServer {
    /// Where it answers.
    pub address: String,
}

/// Shares between services.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UdpWeighted {
    /// Children.
    pub services: Vec<WeightedChild>,
}
