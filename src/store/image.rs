//! What all entries add up to: the records in memory, ready to become the next snapshot.

use std::collections::{BTreeMap, VecDeque};

use crate::routing::ids::EnvKey;
use crate::routing::model::EnvRecord;
use crate::routing::rollout::Record;

use super::{ANSWERS, Answer, Idempotency, Put};

/// The records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) envs: BTreeMap<EnvKey, EnvRecord>,
    pub(super) rollouts: BTreeMap<EnvKey, Record>,
    answers: BTreeMap<String, Answer>,
    /// Keys of `answers`, the oldest first.
    order: VecDeque<String>,
}

impl Image {
    /// One record as it is now.
    pub(super) fn put(&mut self, put: Put) {
        match put {
            Put::Env(record) => {
                self.envs.insert(record.key.clone(), record);
            }
            Put::RemoveEnv(key) => {
                self.envs.remove(&key);
                self.rollouts.remove(&key);
            }
            Put::Rollout(key, record) => {
                self.rollouts.insert(key, record);
            }
        }
    }

    /// Remembers an answer and forgets the oldest.
    pub(super) fn remember(&mut self, idempotency: Idempotency) {
        let Idempotency { key, answer } = idempotency;
        if self.answers.insert(key.clone(), answer).is_some() {
            self.order.retain(|other| *other != key);
        }
        self.order.push_back(key);
        while self.order.len() > ANSWERS {
            if let Some(oldest) = self.order.pop_front() {
                self.answers.remove(&oldest);
            }
        }
    }

    /// Everything an entry says.
    pub(super) fn apply(&mut self, puts: Vec<Put>, idempotency: Option<Idempotency>) {
        for put in puts {
            self.put(put);
        }
        if let Some(idempotency) = idempotency {
            self.remember(idempotency);
        }
    }

    /// The answers by key.
    pub(super) const fn answers(&self) -> &BTreeMap<String, Answer> {
        &self.answers
    }

    /// The answers, the oldest first.
    pub(super) fn answers_in_order(&self) -> impl Iterator<Item = (&String, &Answer)> {
        self.order
            .iter()
            .filter_map(|key| self.answers.get_key_value(key))
    }
}
