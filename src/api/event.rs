//! `GET /v1/events`: one piece of news, the `data` of a server-sent event.

use serde::{Deserialize, Serialize};

use crate::routing::ids::{AppName, EnvName, Slot, Version};

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number; `Last-Event-ID` takes it.
    pub seq: u64,
    /// When it happened, RFC 3339.
    pub time: String,
    /// The application; with `env`, absent when it is about all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<EnvName>,
    /// What it is.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The same in words.
    pub message: String,
}

/// What a piece of news is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EventKind {
    /// A transition.
    Moved {
        /// Who asked: `pointsman` when it came by itself, `hook NAME` when one answered.
        actor: String,
        /// What was asked.
        command: String,
        /// What it was: `placed`, `shift-begun`, `advanced`, `held`, `switched`, `aborted`, ...
        what: String,
        /// The same in words, with the reason.
        result: String,
        /// What hooks know it as: `promote`, `switch`, `rollback`, `abort`.
        acts: Vec<String>,
        /// The record's generation afterwards.
        #[serde(rename = "gen")]
        generation: u64,
        /// The revision that carries it.
        revision: String,
        /// The version that it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Version>,
        /// The version that is, or was, live beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Version>,
    },
    /// A verb was not carried out.
    Refused {
        /// Who asked.
        actor: String,
        /// For what.
        verb: String,
        /// Stable code.
        code: String,
    },
    /// The env's record was written.
    Recorded {
        /// By whom.
        actor: String,
    },
    /// The env's record was removed.
    Removed {
        /// By whom.
        actor: String,
    },
    /// A version came, went, or has other servers.
    Health {
        /// Which.
        version: Version,
        /// `ready`, `settling`, `degraded`, `down` or `absent`.
        state: String,
        /// The same before; absent when its first container has just come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// Servers that take traffic.
        healthy: u32,
        /// Routed containers.
        expected: u32,
        /// Its slot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Slot>,
    },
    /// A proxy has a revision.
    Applied {
        /// Which.
        proxy: String,
        /// What it has.
        revision: String,
        /// Its own API says so.
        confirmed: bool,
    },
    /// A proxy has not taken the document for 30 s.
    NotApplied {
        /// The revision that is waited for.
        revision: String,
        /// Who does not have it; empty when nobody asks any more.
        by: Vec<String>,
    },
    /// A hook is asked.
    GateAsked {
        /// Which.
        hook: String,
        /// The active version.
        from: Option<Version>,
        /// The candidate.
        to: Option<Version>,
        /// The candidate's share.
        weight: u8,
        /// The step, counted from 1.
        step: usize,
    },
    /// A hook has answered.
    GateAnswered {
        /// Which.
        hook: String,
        /// `open`, `hold` or `abort`.
        answer: String,
        /// It came when nobody waited for it any more.
        late: bool,
    },
    /// A hook was not told something.
    Undelivered {
        /// Which.
        hook: String,
        /// What it should have been told.
        event: String,
    },
    /// Some were overwritten before this listener came to them.
    Lost {
        /// How many; absent when the daemon has started anew since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
    },
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}
