//! What an env, its versions and the proxies look like from outside.

use serde::{Deserialize, Serialize};

use super::Fate;
use crate::routing::ids::{AppName, EnvName, Slot, Version};

use super::Env;

/// `GET /v1/envs/{app}/{env}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// Generation of the rollout record.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// `empty`, `steady` or `shifting`.
    pub state: String,
    /// The slot with the live host.
    pub active: Option<Slot>,
    /// Who is in which slot.
    pub slots: Slots,
    /// Live traffic on its way to the other slot.
    pub shift: Option<Shift>,
    /// What `rollback` returns to.
    pub previous: Option<Version>,
    /// Stacks in no slot, oldest first.
    pub previews: Vec<Preview>,
    /// Shares of live traffic.
    pub weights: Weights,
    /// The revision that is published, in answers to `GET`: what a proxy that is up to date has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// What each proxy has.
    pub applied: Vec<Applied>,
    /// Why a pending step waits.
    pub held: Option<Held>,
    /// Whether changes are forbidden.
    #[serde(default)]
    pub frozen: Option<Freeze>,
    /// Whether the live host answers 503.
    #[serde(default)]
    pub maintenance: Option<Maintenance>,
    /// Versions withdrawn from routing, until their containers are gone.
    #[serde(default)]
    pub retired: Vec<Version>,
    /// URLs of the live host.
    pub urls: Vec<String>,
    /// URLs of the staged host.
    pub staged_urls: Vec<String>,
}

/// Both slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Blue.
    pub blue: Option<Placement>,
    /// Green.
    pub green: Option<Placement>,
}

/// A version in a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Which.
    pub version: Version,
    /// How it is.
    pub health: Health,
    /// How its last shift went wrong, while it is made of the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// A stack in no slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Which.
    pub version: Version,
    /// Where it answers.
    pub urls: Vec<String>,
    /// How it is.
    pub health: Health,
}

/// A version's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// In one word.
    pub state: HealthState,
    /// Servers that take traffic.
    pub healthy: u32,
    /// Routed containers.
    pub expected: u32,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A version's health in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    /// Enough healthy servers for long enough: `switch` would take it.
    Ready,
    /// Enough healthy servers, but not yet for the minimum time.
    Settling,
    /// Some servers are missing.
    Degraded,
    /// No healthy server.
    Down,
    /// No container.
    Absent,
}

/// A running or pending shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// The candidate's slot.
    pub to: Slot,
    /// The candidate.
    pub version: Version,
    /// Its intended share.
    pub weight: u8,
    /// Whether it has begun.
    pub phase: ShiftPhase,
    /// What its plan is called; `manual` for a share that somebody named.
    #[serde(default)]
    pub plan: String,
    /// Which of the plan's steps it is at, counted from 1.
    #[serde(default)]
    pub step: usize,
    /// How many there are.
    #[serde(default)]
    pub steps: usize,
    /// When the shares last changed, RFC 3339; absent until it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_at: Option<String>,
    /// When the step's time is over, RFC 3339; absent when it is not time that it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
}

/// Nothing is to change until somebody lifts it; going back is always allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Who asked for it.
    pub by: String,
    /// What for; may be empty.
    pub why: String,
    /// When it ends by itself, RFC 3339.
    pub until: Option<String>,
}

/// The live host answers 503, whatever the slots hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Who asked for it.
    pub by: String,
    /// What visitors are told; may be empty.
    pub message: String,
    /// When they should come again, as Go writes durations.
    pub retry_after: String,
}

/// Whether a shift has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShiftPhase {
    /// Waits for the candidate.
    Pending,
    /// Traffic is shared, and the step's clock runs.
    Running,
    /// Traffic is shared, and the clock stands.
    Held,
}

/// Shares of live traffic by slot, in percent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// What the record says.
    pub intended: SlotWeights,
    /// What Traefik is told, after health.
    pub effective: SlotWeights,
}

/// A share per slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotWeights {
    /// Blue's.
    pub blue: u8,
    /// Green's.
    pub green: u8,
}

/// Why a step waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Stable word: `not-ready`, `user`, `gate`, `hook`, `hook-refused`, `inconclusive`, `frozen`, `candidate-dead`,
    /// `stable-dead`, `docker-stale`, `proxy-stale`, `restart`.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// When it is given up, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<String>,
}

/// What one proxy has of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Which proxy: its address, or the API it was asked through.
    pub proxy: String,
    /// The last revision it was served (or, confirmed, has applied).
    pub revision: Option<String>,
    /// Its own API says so. Without `--traefik-api` this is never claimed.
    pub confirmed: bool,
}

/// `GET /v1/proxies`: one poller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Remote address.
    pub proxy: String,
    /// Last revision served.
    pub revision: Option<String>,
    /// Number of polls on this connection.
    pub polls: u64,
    /// Milliseconds since its last request.
    pub idle_ms: u64,
    /// Its API confirmed that revision.
    pub confirmed: bool,
}

/// `GET /v1/envs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvList {
    /// All records, by app and env.
    pub envs: Vec<Env>,
}

/// `GET /v1/stacks`: one stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEntry {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// The version.
    pub version: Version,
    /// Its slot, if any.
    pub slot: Option<Slot>,
    /// It has the live host.
    pub active: bool,
    /// When its oldest container was created, seconds since the epoch.
    pub created: u64,
    /// Where it answers: at the live host, the staged one, or its own.
    pub urls: Vec<String>,
    /// How it is.
    pub health: Health,
    /// Whether it may go, and why or why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Fate>,
    /// With `usage=true`: memory of its containers, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// With `usage=true`: what would be free on the disk without it, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
}

/// `GET /v1/diagnostics`: one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticEntry {
    /// Stable kind.
    pub code: String,
    /// Whom it concerns.
    pub subject: String,
    /// Label or field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it says there, cut to a length; left out when it may be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong and what would be right.
    pub message: String,
}
