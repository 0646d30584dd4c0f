//! What is known of a set-up, before anything is judged.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use crate::api::Settings;
use crate::app::{EngineSurvey, Looked, NoEngine};

use super::options::Options;

/// A fact, or why it is not known.
pub(super) type Known<T> = Result<T, String>;

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Those of the daemon; of this machine's settings, when it does not answer.
    pub(super) settings: Settings,
    /// What the daemon says.
    pub(super) daemon: Known<Daemon>,
    pub(super) engine: Result<EngineSurvey, NoEngine>,
    /// Traefiks in containers of the Engine.
    pub(super) containers: Vec<TraefikContainer>,
    /// Traefiks by their API.
    pub(super) apis: Vec<TraefikApi>,
    pub(super) hosts: Vec<Host>,
    pub(super) state: Known<State>,
    pub(super) clocks: Vec<Clock>,
}

/// What the daemon says.
#[derive(Clone, Debug, Default)]
pub(super) struct Daemon {
    /// Who polls, by address.
    pub(super) pollers: Vec<SocketAddr>,
    /// Apps and their envs.
    pub(super) envs: Vec<(String, String)>,
}

/// A Traefik in a container.
#[derive(Clone, Debug)]
pub(super) struct TraefikContainer {
    pub(super) looked: Looked,
    pub(super) options: Known<Options>,
}

/// A Traefik by its API.
#[derive(Clone, Debug)]
pub(super) struct TraefikApi {
    pub(super) url: String,
    pub(super) version: Known<String>,
    /// Is its default certificate one that it made itself.
    pub(super) default_certificate: Known<DefaultCertificate>,
}

/// What a Traefik shows to who names no host that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultCertificate {
    /// Somebody gave it one.
    Given,
    /// It made one.
    Made,
}

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Live,
    Staged,
    /// Of a version that there is not: a wildcard answers for it.
    Preview,
}

/// One name of an env.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// `app/env`
    pub(super) env: String,
    pub(super) domain: String,
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) addresses: Known<BTreeSet<IpAddr>>,
    /// `None` without TLS.
    pub(super) certificate: Option<Known<Certificate>>,
}

/// What is shown to who asks for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) covers: bool,
    /// Within the next days, or already.
    pub(super) expires: bool,
}

/// The state directory.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) dir: String,
    /// What is wrong with what is stored.
    pub(super) problems: Vec<String>,
    /// Why it cannot be written.
    pub(super) refusal: Option<String>,
    /// Its permissions, as of chmod.
    pub(super) mode: u32,
    pub(super) free_bytes: u64,
}

/// Somebody else's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) whose: String,
    /// How far ahead of ours, in seconds.
    pub(super) ahead: i64,
    /// What the way there may take.
    pub(super) tolerance: i64,
}
