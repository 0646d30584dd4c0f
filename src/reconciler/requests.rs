//! What comes through the door: verbs, env records, questions.

use tokio::sync::oneshot;

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::EnvRecord;
use crate::routing::rollout::{Event, Record, Refusal, Step, step};
use crate::routing::table::Table;
use crate::routing::time::Timestamp;
use crate::store::{Answer, Entry, HistoryEntry, Idempotency, Put};

use super::Reconciler;
use super::handle::{Accepted, CommandError, CommandRequest, Request};

impl Reconciler {
    /// Carries out one request and replies.
    pub(super) fn answer(&mut self, request: Request) {
        let now = self.clock.now();
        match request {
            Request::Command(request, reply) => give(reply, self.command(&request, now)),
            Request::PutEnv(record, actor, reply) => give(reply, self.put_env(*record, actor, now)),
            Request::RemoveEnv(key, actor, reply) => give(reply, self.remove_env(&key, actor, now)),
            Request::Envs(reply) => give(reply, self.table.envs().cloned().collect()),
            Request::Status(key, reply) => give(reply, self.table.status(&key, now)),
            Request::History(key, limit, reply) => give(reply, self.history(&key, limit)),
            Request::Stacks(reply) => give(reply, self.table.all_stacks(now)),
            Request::Diagnostics(reply) => give(reply, self.findings(now)),
        }
    }

    /// Step, save, publish; the reply follows.
    fn command(
        &mut self,
        request: &CommandRequest,
        now: Timestamp,
    ) -> Result<Accepted, CommandError> {
        let key = &request.key;
        if !self.table.is_synced() {
            return Err(CommandError::NotSynced);
        }
        if self.table.env(key).is_none() {
            return Err(CommandError::UnknownEnv(key.clone()));
        }
        if self.is_repeated(request)? {
            return accepted(&self.table, key, None, now);
        }
        let old = self.table.rollout(key);
        if let Some(given) = request.if_match.filter(|given| *given != old.generation) {
            return Err(CommandError::Stale {
                key: key.clone(),
                given,
                current: old.generation,
            });
        }
        let next = step(
            &old,
            &Event::Command {
                command: request.command.clone(),
                by: request.actor.clone(),
            },
            &self.view(key, now),
            now,
        )
        .map_err(|refusal| refused(refusal, &old, now))?;
        if request.dry_run {
            let (record, displaced) = (next.record, next.displaced);
            return self.table.rehearse(key, record, now, |table| {
                accepted(table, key, displaced, now)
            });
        }
        self.save_command(request, &next, now)?;
        let displaced = next.displaced;
        self.table.put_rollout(key, next.record);
        self.table.rebuild(now);
        self.publish(now);
        accepted(&self.table, key, displaced, now)
    }

    /// Was this command carried out before under the same idempotency key.
    fn is_repeated(&self, request: &CommandRequest) -> Result<bool, CommandError> {
        let Some(key) = &request.idempotency_key else {
            return Ok(false);
        };
        match self.store.answer(key) {
            None => Ok(false),
            Some(answer)
                if answer.env == request.key
                    && answer.fingerprint == request.command.to_string() =>
            {
                Ok(true)
            }
            Some(_) => Err(CommandError::KeyReused(key.clone())),
        }
    }

    /// One durable entry; a command that changed nothing is stored only for its idempotency key.
    fn save_command(
        &mut self,
        request: &CommandRequest,
        next: &Step,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        let key = &request.key;
        let changed = next.record != self.table.rollout(key);
        if !changed && request.idempotency_key.is_none() {
            return Ok(());
        }
        let words = request.command.to_string();
        let answer = |key_text: &String| Idempotency {
            key: key_text.clone(),
            answer: Answer {
                env: key.clone(),
                fingerprint: words.clone(),
                generation: next.record.generation,
            },
        };
        let entry = Entry {
            time: now,
            actor: request.actor.clone(),
            idempotency: request.idempotency_key.as_ref().map(answer),
            command: words.clone(),
            result: next.what.to_string(),
            envs: vec![key.clone()],
            puts: if changed {
                vec![Put::Rollout(key.clone(), next.record.clone())]
            } else {
                Vec::new()
            },
        };
        Ok(self.save(entry)?)
    }

    /// Who did what; also of an env that was removed.
    fn history(&self, key: &EnvKey, limit: usize) -> Option<Vec<HistoryEntry>> {
        let entries = self.store.history(key, limit);
        (self.table.env(key).is_some() || !entries.is_empty()).then_some(entries)
    }

    /// The age of a record that is made now: no env is older than those before it, also when the wall clock of this
    /// process began too early.
    pub(super) fn birth(&self, now: Timestamp) -> Timestamp {
        let ages = self.table.envs().map(|record| record.created_at);
        ages.max().map_or(now, |youngest| youngest.max(now))
    }

    /// A record keeps its age; the same again changes nothing.
    fn put_env(
        &mut self,
        mut record: EnvRecord,
        actor: String,
        now: Timestamp,
    ) -> Result<EnvRecord, CommandError> {
        let old = self.table.env(&record.key);
        record.created_at = old.map_or_else(|| self.birth(now), |old| old.created_at);
        if old == Some(&record) {
            return Ok(record);
        }
        let entry = Entry {
            time: now,
            actor,
            command: format!("env apply {}", record.domain),
            result: "recorded".to_owned(),
            envs: vec![record.key.clone()],
            idempotency: None,
            puts: vec![Put::Env(record.clone())],
        };
        self.save(entry)?;
        self.table.put_env(record.clone());
        self.turn();
        Ok(record)
    }

    fn remove_env(
        &mut self,
        key: &EnvKey,
        actor: String,
        now: Timestamp,
    ) -> Result<(), CommandError> {
        // whether a container names it is not known before
        if !self.table.is_synced() {
            return Err(CommandError::NotSynced);
        }
        if self.table.env(key).is_none() {
            return Err(CommandError::UnknownEnv(key.clone()));
        }
        let in_use = |why: &str| CommandError::InUse {
            key: key.clone(),
            why: why.to_owned(),
        };
        if self.table.rollout(key).is_filled() {
            return Err(in_use("a slot holds a version"));
        }
        if self.table.is_named(key) {
            return Err(in_use("containers carry its labels: remove them first"));
        }
        let entry = Entry {
            time: now,
            actor,
            command: "env remove".to_owned(),
            result: "removed".to_owned(),
            envs: vec![key.clone()],
            idempotency: None,
            puts: vec![Put::RemoveEnv(key.clone())],
        };
        self.save(entry)?;
        self.table.remove_env(key);
        self.turn();
        Ok(())
    }
}

fn accepted(
    table: &Table,
    key: &EnvKey,
    displaced: Option<Version>,
    now: Timestamp,
) -> Result<Accepted, CommandError> {
    let status = table
        .status(key, now)
        .ok_or_else(|| CommandError::UnknownEnv(key.clone()))?;
    Ok(Accepted {
        status,
        revision: table.document().revision(),
        displaced,
    })
}

fn refused(refusal: Refusal, old: &Record, now: Timestamp) -> CommandError {
    let retry_after_ms = refusal
        .ready_at()
        .map(|at| at.map_or(1000, |at| at.millis_since(now)));
    CommandError::Refused {
        refusal,
        state: old.state(),
        retry_after_ms,
    }
}

/// An error with its causes, on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Replies; whoever went away meanwhile finds the result in the status.
fn give<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the asker went away before its answer");
    }
}
