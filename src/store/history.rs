//! The latest commands in memory, for whoever asks who did what: the journal's entries without their records.
//!
//! Bounded over all envs together; older ones are in the journal files only.

use std::collections::VecDeque;

use crate::routing::ids::EnvKey;
use crate::routing::time::Timestamp;

use super::{Entry, HISTORY, Put};

/// A command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number.
    pub seq: u64,
    /// When it was accepted.
    pub time: Timestamp,
    /// Who asked.
    pub actor: String,
    /// What was asked.
    pub command: String,
    /// What became of it.
    pub result: String,
    /// Which envs it is about.
    pub envs: Vec<EnvKey>,
    /// Generations of the rollout records that it wrote.
    generations: Vec<(EnvKey, u64)>,
}

impl HistoryEntry {
    pub(super) fn new(seq: u64, entry: &Entry) -> Self {
        let answered = entry.idempotency.iter();
        let answered = answered.map(|idempotency| {
            let answer = &idempotency.answer;
            (answer.env.clone(), answer.generation)
        });
        let written = entry.puts.iter().filter_map(|put| match put {
            Put::Rollout(key, record) => Some((key.clone(), record.generation)),
            Put::Env(_) | Put::RemoveEnv(_) => None,
        });
        Self {
            seq,
            time: entry.time,
            actor: entry.actor.clone(),
            command: entry.command.clone(),
            result: entry.result.clone(),
            envs: entry.envs.clone(),
            generations: answered.chain(written).collect(),
        }
    }

    /// The generation of an env's rollout record afterwards, if the command was about it.
    pub fn generation(&self, key: &EnvKey) -> Option<u64> {
        let mut last_first = self.generations.iter().rev();
        let found = last_first.find(|(other, _)| other == key);
        found.map(|(_, generation)| *generation)
    }
}

/// The latest entries, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History(VecDeque<HistoryEntry>);

impl History {
    /// Adds one and forgets the oldest.
    pub(super) fn push(&mut self, entry: HistoryEntry) {
        if self.0.len() == HISTORY {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// Those about an env, the newest first.
    pub(super) fn of<'a>(&'a self, key: &'a EnvKey) -> impl Iterator<Item = &'a HistoryEntry> {
        let newest_first = self.0.iter().rev();
        newest_first.filter(move |entry| entry.envs.contains(key))
    }
}
