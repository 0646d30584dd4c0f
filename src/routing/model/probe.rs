//! What is to be asked of servers before requests are sent to them, and what was found.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::routing::ids::ContainerId;

/// All targets at one time. Copies share what is the same, and two of them are quickly compared.
pub type Targets = imbl::OrdSet<Arc<Target>>;

/// One question to one server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Whose server it is.
    pub container: ContainerId,
    /// Which of its runs: what was found in an earlier one says nothing about this one.
    pub run: u64,
    /// Where the question goes, and never elsewhere.
    pub address: SocketAddr,
    /// The network that this is in, when it is in one.
    pub network: Option<String>,
    /// What is asked.
    pub check: Check,
}

/// What is asked of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Whether it takes a connection; no longer asked once it has.
    Connect,
    /// Traefik's TCP check.
    Tcp {
        /// What is sent.
        send: String,
        /// What must come back.
        expect: String,
        /// How often.
        rhythm: Rhythm,
    },
    /// Traefik's HTTP check.
    Http {
        /// The request, and which answers are good.
        request: Box<HttpCheck>,
        /// How often.
        rhythm: Rhythm,
    },
}

/// How often a check is made, and how long it may take; in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rhythm {
    /// Between two checks of a server that is well.
    pub interval_ms: u64,
    /// Between two checks of one that is not.
    pub unhealthy_interval_ms: u64,
    /// Longest time for one.
    pub timeout_ms: u64,
}

/// An HTTP request and the answers that are good.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HttpCheck {
    /// Whether TLS is spoken.
    pub scheme: CheckScheme,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The Host header, when it is not the address.
    pub hostname: Option<String>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The one good status; `None`: any from 200 to 399.
    pub status: Option<u16>,
    /// What is done about redirects.
    pub redirects: Redirects,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckScheme {
    /// No.
    Http,
    /// Yes.
    Https,
}

/// What is done about redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redirects {
    /// They are followed on the same server.
    Followed,
    /// They are the answer.
    Taken,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A good answer.
    Passed,
    /// A bad answer, or none; in words.
    Failed(String),
    /// Nothing in its network ever answered, so nothing is known; in words.
    Unreachable(String),
}

impl Check {
    /// How often it is made, when it is made again after a good answer.
    pub const fn rhythm(&self) -> Option<Rhythm> {
        match self {
            Self::Connect => None,
            Self::Tcp { rhythm, .. } | Self::Http { rhythm, .. } => Some(*rhythm),
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("a connection"),
            Self::Tcp { .. } => f.write_str("the TCP health check"),
            Self::Http { request, .. } => write!(f, "{} {}", request.method, request.path),
        }
    }
}
