//! What the reconciler writes: one entry per accepted command, with everything that the command changed.

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::EnvRecord;
use crate::routing::rollout::Record;
use crate::routing::time::Timestamp;

/// One accepted command. It is stored as a whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was accepted.
    pub time: Timestamp,
    /// Who asked.
    pub actor: String,
    /// What was asked, as an operator would type it: `promote v1.2.0 25%`.
    pub command: String,
    /// What became of it, in words.
    pub result: String,
    /// Which envs it is about; their histories show it.
    pub envs: Vec<EnvKey>,
    /// The client's key, if it gave one.
    pub idempotency: Option<Idempotency>,
    /// The records it changed, as they are afterwards. Applied in order.
    pub puts: Vec<Put>,
}

/// A record as it is after a command; the last one written wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// An env record.
    Env(EnvRecord),
    /// The env is gone, and its rollout record with it.
    RemoveEnv(EnvKey),
    /// A rollout record.
    Rollout(EnvKey, Record),
}

/// A client's idempotency key and the answer it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// What the client sent.
    pub key: String,
    /// What repeating the key must repeat.
    pub answer: Answer,
}

/// What a command with an idempotency key was, and what it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which env.
    pub env: EnvKey,
    /// The command in a form that can be compared; another fingerprint under the same key is a mistake.
    pub fingerprint: String,
    /// The rollout record's generation afterwards.
    pub generation: u64,
    /// The version that lost its slot.
    pub displaced: Option<Version>,
}
