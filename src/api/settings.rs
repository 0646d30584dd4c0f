//! What the daemon runs with: `GET /v1/settings`, for `doctor` and whoever asks why it behaves as it does.
//!
//! Nothing secret: of a token it is said that there is one, never which.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Settings that others can see the effect of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Release of the daemon.
    pub version: String,
    /// Where it asks the Docker Engine.
    pub docker_endpoint: String,
    /// PEM files for an Engine behind TLS.
    #[serde(default)]
    pub docker_tls: DockerTlsFiles,
    /// Where Traefik polls.
    pub provider_listen: SocketAddr,
    /// Whether Traefik must send a token.
    pub provider_token: bool,
    /// Longest hold of a held answer, in milliseconds.
    pub max_hold_ms: u64,
    /// Where operators ask.
    pub admin_listen: SocketAddr,
    /// Where records are kept.
    pub state_dir: String,
    /// Traefik's container, as `--traefik-container` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traefik_container: Option<String>,
    /// Whether Traefik may be attached where that moves its default route.
    pub gateway_may_move: bool,
    /// Traefik's APIs.
    pub traefik_apis: Vec<String>,
    /// Which containers are read.
    pub reads: Reads,
}

/// Paths on the daemon's side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerTlsFiles {
    /// The authority that signed the Engine's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The daemon's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<String>,
    /// Its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Which containers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// Those with labels of Traefik, too.
    All,
    /// Those with labels of Pointsman alone.
    ManagedOnly,
}
