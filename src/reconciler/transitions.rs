//! Verbs: one, or several together or none. Step, save, publish; the reply follows.
//!
//! Several are one journal entry and one revision. The same env may come up more than once; each verb finds what the
//! one before it has left.

use crate::routing::ids::{EnvKey, Version};
use crate::routing::rollout::{Command, Event, Record, Refusal, Step, step};
use crate::routing::table::Table;
use crate::routing::time::Timestamp;
use crate::store::{Answer, Entry, Idempotency, Put};

use super::Reconciler;
use super::asked::{AcceptedAll, Done, Transition, Transitions};
use super::handle::{Accepted, CommandError, CommandRequest};
use super::news::NewsKind;
use super::tell::{Noted, moved};

/// Where the verbs lead, before anybody knows of it.
#[derive(Debug, Default)]
struct Outcome {
    /// The records as all of them leave them, in the order in which their envs came up.
    records: Vec<(EnvKey, Record)>,
    done: Vec<Done>,
    results: Vec<String>,
    /// What is told of them once they are published.
    news: Vec<(EnvKey, Option<NewsKind>)>,
}

impl Reconciler {
    /// One verb.
    pub(super) fn command(
        &mut self,
        request: CommandRequest,
        now: Timestamp,
    ) -> Result<Accepted, CommandError> {
        let key = request.key.clone();
        let all = self.transitions(&request.into(), now);
        let mut all = all.map_err(CommandError::of_one)?;
        let status = all.envs.pop().ok_or(CommandError::UnknownEnv(key))?;
        Ok(Accepted {
            status,
            revision: all.revision,
            displaced: all.done.pop().and_then(|done| done.displaced),
            changes: all.changes,
        })
    }

    /// All of them or none; a refusal says which.
    pub(super) fn transitions(
        &mut self,
        asked: &Transitions,
        now: Timestamp,
    ) -> Result<AcceptedAll, CommandError> {
        if !self.table.is_synced() {
            return Err(CommandError::NotSynced);
        }
        for (index, item) in asked.items.iter().enumerate() {
            if self.table.env(&item.key).is_none() {
                return Err(CommandError::UnknownEnv(item.key.clone()).at(index));
            }
        }
        if let Some(answer) = self.repeated(asked)? {
            let displaced = answer.displaced.clone();
            return Ok(repeated(asked, &self.table, displaced, now));
        }
        let outcome = self.outcome(asked, now)?;
        if asked.dry_run {
            let Outcome { records, done, .. } = outcome;
            let look = |table: &Table, changes| AcceptedAll {
                changes: Some(changes),
                ..accepted(asked, table, done, now)
            };
            return Ok(self.table.rehearse(records, now, look));
        }
        self.save_all(asked, &outcome, now)?;
        for (key, news) in outcome.news {
            self.notebook.note(&key, news);
        }
        for (key, record) in outcome.records {
            self.keep_rollout(&key, record, now);
        }
        self.table.rebuild(now);
        self.publish(now);
        Ok(accepted(asked, &self.table, outcome.done, now))
    }

    /// Step by step, each on what the one before has left.
    fn outcome(&self, asked: &Transitions, now: Timestamp) -> Result<Outcome, CommandError> {
        let mut outcome = Outcome::default();
        for (index, item) in asked.items.iter().enumerate() {
            let next = self.next(item, &asked.actor, &outcome, now);
            let (old, next) = next.map_err(|error| error.at(index))?;
            let noted = Noted {
                actor: &asked.actor,
                command: &item.command.to_string(),
                old: &old,
                step: &next,
            };
            outcome.news.push((item.key.clone(), moved(noted)));
            outcome.done.push(Done {
                key: item.key.clone(),
                generation: next.record.generation,
                displaced: next.displaced,
            });
            outcome.results.push(next.what.to_string());
            let mut records = outcome.records.iter_mut();
            match records.find(|(key, _)| *key == item.key) {
                Some((_, record)) => *record = next.record,
                None => outcome.records.push((item.key.clone(), next.record)),
            }
        }
        Ok(outcome)
    }

    fn next(
        &self,
        item: &Transition,
        actor: &str,
        before: &Outcome,
        now: Timestamp,
    ) -> Result<(Record, Step), CommandError> {
        let key = &item.key;
        let mut records = before.records.iter();
        let old = records
            .find(|(of, _)| of == key)
            .map_or_else(|| self.table.rollout(key), |(_, record)| record.clone());
        if let Some(given) = item.if_match.filter(|given| *given != old.generation) {
            return Err(CommandError::Stale {
                key: key.clone(),
                given,
                current: old.generation,
            });
        }
        let event = Event::Command {
            command: self.complete(item)?,
            by: actor.to_owned(),
        };
        let next = step(&old, &event, &self.view(key, now), now);
        match next {
            Ok(next) => Ok((old, next)),
            Err(refusal) => Err(refused(refusal, &old, now)),
        }
    }

    /// A removal names what belongs to the stack: once its containers are gone, nothing else tells.
    fn complete(&self, item: &Transition) -> Result<Command, CommandError> {
        let mut command = item.command.clone();
        let Command::Retire {
            version,
            removal: Some(removal),
            ..
        } = &mut command
        else {
            return Ok(command);
        };
        let mut stacks = self.table.belongings(&item.key);
        if let Some(stack) = stacks.remove(version) {
            if let Some(why) = stack.guarded {
                return Err(CommandError::Guarded {
                    version: version.clone(),
                    why,
                });
            }
            removal.project = stack.project;
            removal.images = stack.images;
        }
        Ok(command)
    }

    /// What was answered before under the same idempotency key.
    fn repeated(&self, asked: &Transitions) -> Result<Option<&Answer>, CommandError> {
        let key = asked.idempotency_key.as_ref();
        let Some((key, answer)) = key.and_then(|key| Some((key, self.store.answer(key)?))) else {
            return Ok(None);
        };
        let first = asked.items.first().map(|item| &item.key);
        if first == Some(&answer.env) && answer.fingerprint == asked.words() {
            return Ok(Some(answer));
        }
        Err(CommandError::KeyReused(key.clone()))
    }

    /// One durable entry; what changed nothing is stored only for its idempotency key.
    fn save_all(
        &mut self,
        asked: &Transitions,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let changed = outcome
            .records
            .iter()
            .filter(|(key, record)| *record != self.table.rollout(key));
        let puts: Vec<Put> = changed
            .map(|(key, record)| Put::Rollout(key.clone(), record.clone()))
            .collect();
        let idempotency = answer(asked, &outcome.done);
        if puts.is_empty() && idempotency.is_none() {
            return Ok(());
        }
        let entry = Entry {
            time: now,
            actor: asked.actor.clone(),
            idempotency,
            command: asked.words(),
            result: asked.joined(outcome.results.iter().cloned()),
            envs: asked.keys(),
            puts,
        };
        Ok(self.save(entry)?)
    }
}

/// What repeating the key must repeat.
fn answer(asked: &Transitions, done: &[Done]) -> Option<Idempotency> {
    let (key, first) = (asked.idempotency_key.clone()?, done.first()?);
    let answer = Answer {
        env: first.key.clone(),
        fingerprint: asked.words(),
        generation: first.generation,
        displaced: first.displaced.clone(),
    };
    Some(Idempotency { key, answer })
}

fn accepted(asked: &Transitions, table: &Table, done: Vec<Done>, now: Timestamp) -> AcceptedAll {
    let keys = asked.keys();
    AcceptedAll {
        done,
        envs: keys
            .iter()
            .filter_map(|key| table.status(key, now))
            .collect(),
        revision: table.document().revision(),
        changes: None,
    }
}

/// The envs as they are now; what the first one displaced is remembered.
fn repeated(
    asked: &Transitions,
    table: &Table,
    displaced: Option<Version>,
    now: Timestamp,
) -> AcceptedAll {
    let mut displaced = displaced;
    let done = asked.items.iter().map(|item| Done {
        key: item.key.clone(),
        generation: table.rollout(&item.key).generation,
        displaced: displaced.take(),
    });
    accepted(asked, table, done.collect(), now)
}

pub(super) fn refused(refusal: Refusal, old: &Record, now: Timestamp) -> CommandError {
    let retry_after_ms = refusal
        .ready_at()
        .map(|at| at.map_or(1000, |at| at.millis_since(now)));
    CommandError::Refused {
        refusal,
        state: old.state(),
        retry_after_ms,
    }
}
