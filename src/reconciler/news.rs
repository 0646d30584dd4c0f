//! What happens, as values: one for each transition, refusal, record, change of health, gate and delivery.
//!
//! The reconciler tells most of them, `web` what the proxies have, `webhooks` what it asked and could not deliver.
//! Each has a stable word, and a sentence for people.

use std::fmt;

use crate::routing::ids::{EnvKey, Revision, Slot, Version};
use crate::routing::model::{Hook, HookEvent};
use crate::routing::rollout::{HookAnswer, StackHealth, What};
use crate::routing::time::Timestamp;

/// One piece of news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Its number; it grows over restarts too.
    pub seq: u64,
    /// When it was told.
    pub time: Timestamp,
    /// The env that it is about; `None` when it is about all.
    pub key: Option<EnvKey>,
    /// What it is.
    pub kind: NewsKind,
}

/// What a piece of news is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewsKind {
    /// A rollout record changed.
    Moved(Moved),
    /// A verb was not carried out.
    Refused(Refused),
    /// An env record was written.
    Recorded {
        /// By whom.
        actor: String,
    },
    /// An env record was removed.
    Removed {
        /// By whom.
        actor: String,
    },
    /// A version came, went, or has other servers.
    Health(HealthNews),
    /// A proxy has a revision.
    Applied(AppliedNews),
    /// Somebody who follows the document does not take it.
    NotApplied {
        /// The revision that is waited for.
        revision: Revision,
        /// Who does not have it; empty when nobody asks for it any more.
        by: Vec<String>,
    },
    /// A hook is asked.
    GateAsked(Box<Question>),
    /// A hook has answered.
    GateAnswered {
        /// Which.
        hook: String,
        /// What it said.
        answer: HookAnswer,
        /// Whether it still mattered.
        heard: Hearing,
    },
    /// A hook was not told something.
    Undelivered {
        /// Which.
        hook: String,
        /// What it should have been told.
        event: &'static str,
        /// Why not.
        why: String,
    },
}

/// A transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Who asked for it; `pointsman` when it came by itself, `hook NAME` when one answered.
    pub actor: String,
    /// What was asked, as an operator would type it.
    pub command: String,
    /// What it was.
    pub what: What,
    /// What hooks know it as.
    pub acts: Vec<HookEvent>,
    /// The record's generation afterwards.
    pub generation: u64,
    /// The revision that carries it.
    pub revision: Revision,
    /// The version that it is about.
    pub version: Option<Version>,
    /// The version that is, or was, live beside it.
    pub previous: Option<Version>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who asked.
    pub actor: String,
    /// For what.
    pub verb: &'static str,
    /// Stable code.
    pub code: &'static str,
    /// Why.
    pub message: String,
}

/// How a version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthNews {
    /// Which.
    pub version: Version,
    /// Now, in one word.
    pub condition: Condition,
    /// Before; `None` when its first container has just come.
    pub before: Option<Condition>,
    /// Servers that take traffic.
    pub healthy: u32,
    /// Routed containers.
    pub expected: u32,
    /// Why it is not ready.
    pub reason: String,
    /// Its slot.
    pub slot: Option<Slot>,
}

/// A version's health in one word, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Enough healthy servers for long enough.
    Ready,
    /// Enough, but not yet for long enough.
    Settling,
    /// Some are missing.
    Degraded,
    /// None is healthy.
    Down,
    /// There is none.
    Absent,
}

/// What a proxy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedNews {
    /// Which: its address, or its API's.
    pub proxy: String,
    /// What it has.
    pub revision: Revision,
    /// How that is known.
    pub proof: Proof,
}

/// How it is known what a proxy has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The document was sent to it.
    Served,
    /// Its own API says so.
    Confirmed,
}

/// Whether an answer still mattered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// The record is as the hook said.
    Heard,
    /// Nobody waits for it any more.
    Late,
}

/// A gate that waits for a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which env.
    pub key: EnvKey,
    /// The hook's name.
    pub name: String,
    /// The hook; `None` when the env's record has it no longer.
    pub hook: Option<Hook>,
    /// The active version.
    pub from: Option<Version>,
    /// The candidate.
    pub to: Option<Version>,
    /// The candidate's share.
    pub weight: u8,
    /// The step, counted from 0.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// The generation that began the shift.
    pub started_generation: u64,
    /// The record's generation.
    pub generation: u64,
}

impl NewsKind {
    /// Its stable word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Moved(_) => "moved",
            Self::Refused(_) => "refused",
            Self::Recorded { .. } => "recorded",
            Self::Removed { .. } => "removed",
            Self::Health(_) => "health",
            Self::Applied(_) => "applied",
            Self::NotApplied { .. } => "not-applied",
            Self::GateAsked(_) => "gate-asked",
            Self::GateAnswered { .. } => "gate-answered",
            Self::Undelivered { .. } => "undelivered",
        }
    }
}

impl Condition {
    /// What the counts come to; `at` is the time by which it must have settled.
    pub fn of(health: &StackHealth, at: Timestamp) -> Self {
        match (health.expected, health.healthy, health.sufficient) {
            (0, _, _) => Self::Absent,
            (_, 0, _) => Self::Down,
            (_, _, false) => Self::Degraded,
            (_, _, true) if health.settled_at > at => Self::Settling,
            (_, _, true) => Self::Ready,
        }
    }

    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Settling => "settling",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Absent => "absent",
        }
    }

    /// Are there enough servers.
    pub const fn is_sufficient(self) -> bool {
        match self {
            Self::Ready | Self::Settling => true,
            Self::Degraded | Self::Down | Self::Absent => false,
        }
    }
}

impl Proof {
    /// Its stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Confirmed => "confirmed",
        }
    }
}

/// An answer's stable word.
pub const fn answer_word(answer: &HookAnswer) -> &'static str {
    match answer {
        HookAnswer::Open => "open",
        HookAnswer::Hold { .. } => "hold",
        HookAnswer::Abort { .. } => "abort",
    }
}

/// Why a hook said no.
pub fn answer_reason(answer: &HookAnswer) -> Option<&str> {
    match answer {
        HookAnswer::Open => None,
        HookAnswer::Hold { why } | HookAnswer::Abort { why } => Some(why),
    }
}

impl fmt::Display for NewsKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved(moved) => moved.fmt(f),
            Self::Refused(refused) => write!(
                f,
                "{}: {} was refused ({}): {}",
                refused.actor, refused.verb, refused.code, refused.message
            ),
            Self::Recorded { actor } => write!(f, "{actor}: the env's record was written"),
            Self::Removed { actor } => write!(f, "{actor}: the env's record was removed"),
            Self::Health(health) => health.fmt(f),
            Self::Applied(applied) => write!(
                f,
                "{} has {} ({})",
                applied.proxy,
                applied.revision,
                applied.proof.word()
            ),
            Self::NotApplied { revision, by } if by.is_empty() => write!(
                f,
                "revision {revision} is not applied: no Traefik asks for it any more"
            ),
            Self::NotApplied { revision, by } => {
                write!(f, "revision {revision} is not applied by {}", by.join(", "))
            }
            Self::GateAsked(question) => question.fmt(f),
            Self::GateAnswered {
                hook,
                answer,
                heard,
            } => {
                write!(f, "hook {hook} says {}", answer_word(answer))?;
                if let Some(why) = answer_reason(answer) {
                    write!(f, ": {why}")?;
                }
                match heard {
                    Hearing::Heard => Ok(()),
                    Hearing::Late => f.write_str(" (too late: nobody waits for it)"),
                }
            }
            Self::Undelivered { hook, event, why } => {
                write!(f, "hook {hook} was not told of {event}: {why}")
            }
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.actor, self.command, self.what)?;
        match (&self.version, &self.previous) {
            (Some(version), Some(previous)) => write!(f, " ({version}, beside {previous})"),
            (Some(version), None) => write!(f, " ({version})"),
            (None, _) => Ok(()),
        }
    }
}

impl fmt::Display for HealthNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.before.is_none() {
            f.write_str("new version ")?;
        }
        write!(f, "{}", self.version)?;
        if let Some(slot) = self.slot {
            write!(f, " in {slot}")?;
        }
        let (healthy, expected) = (self.healthy, self.expected);
        write!(f, " is {} {healthy}/{expected}", self.condition.word())?;
        if self.reason.is_empty() {
            return Ok(());
        }
        write!(f, ": {}", self.reason)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version =
            |it: &Option<Version>| it.as_ref().map_or("nothing".to_owned(), Version::to_string);
        write!(
            f,
            "hook {} is asked: from {} to {}, {}% at step {} of {}",
            self.name,
            version(&self.from),
            version(&self.to),
            self.weight,
            self.step + 1,
            self.steps
        )
    }
}
