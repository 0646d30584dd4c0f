//! The journal's two kinds of lines: the header that says where it begins, and one line per command.

use serde::{Deserialize, Serialize};

use crate::routing::ids::Version;
use crate::routing::time::Timestamp;
use crate::store;

use super::{Env, RecordError, Rollout, parse_key};

/// A journal's first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Header {
    pub(in crate::store) schema: u32,
    /// Number of the entry before the first line; 0 at the very beginning.
    pub(in crate::store) base: u64,
    /// Hash of that entry's line.
    pub(in crate::store) prev: String,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Line {
    pub(in crate::store) seq: u64,
    /// SHA-256 of the line before, without its line end.
    pub(in crate::store) prev: String,
    time: jiff::Timestamp,
    actor: String,
    command: String,
    result: String,
    envs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
    puts: Vec<Put>,
}

/// A record as it is after the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Put {
    Env(Box<Env>),
    RemoveEnv(String),
    Rollout(Box<Rollout>),
}

/// An idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Answer {
    key: String,
    env: String,
    fingerprint: String,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    displaced: Option<String>,
}

impl Line {
    /// An entry at its place in the chain.
    pub(in crate::store) fn new(seq: u64, prev: String, entry: &store::Entry) -> Self {
        Self {
            seq,
            prev,
            time: rfc3339(entry.time),
            actor: entry.actor.clone(),
            command: entry.command.clone(),
            result: entry.result.clone(),
            envs: entry.envs.iter().map(ToString::to_string).collect(),
            answer: entry
                .idempotency
                .as_ref()
                .map(|idempotency| Answer::new(&idempotency.key, &idempotency.answer)),
            puts: entry.puts.iter().map(Put::from).collect(),
        }
    }
}

/// Times beyond what a calendar can write become its last one; the time is for people.
fn rfc3339(time: Timestamp) -> jiff::Timestamp {
    i64::try_from(time.as_millis())
        .ok()
        .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
        .unwrap_or(jiff::Timestamp::MAX)
}

impl TryFrom<Line> for store::Entry {
    type Error = RecordError;

    fn try_from(line: Line) -> Result<Self, RecordError> {
        let millis = u64::try_from(line.time.as_millisecond()).unwrap_or_default();
        Ok(Self {
            time: Timestamp::from_millis(millis),
            actor: line.actor,
            command: line.command,
            result: line.result,
            envs: line
                .envs
                .iter()
                .map(|key| parse_key(key))
                .collect::<Result<_, _>>()?,
            idempotency: line.answer.map(store::Idempotency::try_from).transpose()?,
            puts: line
                .puts
                .into_iter()
                .map(store::Put::try_from)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&store::Put> for Put {
    fn from(put: &store::Put) -> Self {
        match put {
            store::Put::Env(record) => Self::Env(Box::new(record.into())),
            store::Put::RemoveEnv(key) => Self::RemoveEnv(key.to_string()),
            store::Put::Rollout(key, record) => Self::Rollout(Box::new(Rollout::new(key, record))),
        }
    }
}

impl TryFrom<Put> for store::Put {
    type Error = RecordError;

    fn try_from(put: Put) -> Result<Self, RecordError> {
        Ok(match put {
            Put::Env(env) => Self::Env((*env).try_into()?),
            Put::RemoveEnv(key) => Self::RemoveEnv(parse_key(&key)?),
            Put::Rollout(rollout) => {
                let (key, record) = rollout.decode()?;
                Self::Rollout(key, record)
            }
        })
    }
}

impl Answer {
    pub(in crate::store) fn new(key: &str, answer: &store::Answer) -> Self {
        Self {
            key: key.to_owned(),
            env: answer.env.to_string(),
            fingerprint: answer.fingerprint.clone(),
            generation: answer.generation,
            displaced: answer.displaced.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<Answer> for store::Idempotency {
    type Error = RecordError;

    fn try_from(answer: Answer) -> Result<Self, RecordError> {
        Ok(Self {
            key: answer.key,
            answer: store::Answer {
                env: parse_key(&answer.env)?,
                fingerprint: answer.fingerprint,
                generation: answer.generation,
                displaced: answer
                    .displaced
                    .map(|version| Version::parse(&version))
                    .transpose()?,
            },
        })
    }
}
