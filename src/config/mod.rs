//! Flags, environment and the `--config` file become one validated [`Config`], with a struct per concern.
//!
//! `flag` is the table of what can be set; `layers` finds each value (flag over environment over file) and
//! remembers where it came from, so that an error can say so; `build` turns texts into types and refuses what
//! cannot work. This is the only module that reads the environment ([`environment`]), the command line's own
//! settings included.
//!
//! An empty environment variable counts as not set: compose files write `POINTSMAN_NETWORK: ${NETWORK:-}`.
//! What is not built yet (several endpoints) is refused here by name, never ignored.

mod build;
mod docker;
mod error;
mod flag;
mod hooks;
mod layers;
mod secret;
mod typed;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use build::{load, load_labels, local_admin, local_state_dir, read_token};
pub use error::Error;
pub use flag::{Flags, LabelFlags};
pub use hooks::hook_tokens;
pub use layers::environment;
pub use secret::Secret;

/// Everything the daemon is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the Docker Engine is.
    pub docker: Docker,
    /// The listener that Traefik polls.
    pub provider: Provider,
    /// The listener for operators.
    pub admin: Admin,
    /// Where records are kept.
    pub state_dir: PathBuf,
    /// How labels are read; names and defaults of Traefik's own Docker provider.
    pub labels: Labels,
    /// The Traefik we serve.
    pub traefik: Traefik,
    /// Where the last confirmed document is kept for Traefik's file provider.
    pub fallback_file: Option<PathBuf>,
    /// Whether servers are asked before they are published.
    pub probe: bool,
    /// Which stacks go in envs whose record does not say it; `web` parses it.
    pub retention: Option<String>,
    /// What is logged, and how.
    pub log: Log,
    /// What is allowed but unwise, in words; to be logged once at start.
    pub warnings: Vec<String>,
}

/// Where the Docker Engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docker {
    /// Its address, as text with a scheme.
    pub endpoint: String,
    /// TLS files.
    pub tls: DockerTls,
}

/// PEM files for a Docker Engine behind TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DockerTls {
    /// The authority that signed the Engine's certificate.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

/// The provider listener.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Address to bind.
    pub listen: SocketAddr,
    /// Bearer token that Traefik must send.
    pub token: Option<Secret>,
    /// Longest hold of a held answer.
    pub max_hold: Duration,
}

/// The admin listener.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Address to bind.
    pub listen: SocketAddr,
    /// Bearer token; always there when the address is not a loopback address.
    pub token: Option<Secret>,
    /// `Host` names accepted besides the loopback ones.
    pub hosts: Vec<String>,
}

/// The admin listener as a client on the same machine reaches it.
#[derive(Clone, Debug)]
pub struct LocalAdmin {
    /// Where it answers; port 0 when the daemon chooses one at its start.
    pub address: SocketAddr,
    /// The token it wants.
    pub token: Option<Secret>,
}

/// Options of Traefik's Docker provider, and what else decides what becomes of labels.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a mirror of Traefik's own options, one by one"
)]
pub struct Labels {
    /// Route containers without `traefik.enable`.
    pub exposed_by_default: bool,
    /// Template of the rule for routers without one; routing checks it.
    pub default_rule: String,
    /// `--constraints`; empty takes every container
    pub constraints: String,
    /// Network to reach containers through.
    pub network: Option<String>,
    /// Use the published address and port.
    pub use_bind_port_ip: bool,
    /// Keep services without servers.
    pub allow_empty_services: bool,
    /// Ignore containers without `pointsman.*` labels (Traefik's own provider serves them).
    pub managed_only: bool,
    /// The lowest release of Traefik that reads the document; routing parses it.
    pub traefik_version: Option<String>,
}

/// The Traefik we serve.
#[derive(Clone, Debug)]
pub struct Traefik {
    /// Its container, when we attach it to networks.
    pub container: Option<ContainerSelector>,
    /// Base URLs of its API, to read back what it applied.
    pub apis: Vec<String>,
    /// Content of the `Authorization` header for these.
    pub api_auth: Option<Secret>,
    /// Whether it may be attached to networks that move its default route.
    pub gateway_may_move: bool,
}

/// How a container is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerSelector {
    /// By name.
    Name(String),
    /// By label, with any value or a certain one.
    Label {
        /// Its key.
        key: String,
        /// Its value; `None` takes any.
        value: Option<String>,
    },
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// Shape of a line.
    pub format: LogFormat,
    /// Least important level that is written.
    pub level: LogLevel,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Importance of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Something does not work.
    Error,
    /// Something is wrong, and goes on.
    Warn,
    /// What an operator wants to read.
    #[default]
    Info,
    /// What a developer wants to read.
    Debug,
    /// Everything.
    Trace,
}
