//! What comes through the door: env records and questions; verbs have a file of their own.

use tokio::sync::oneshot;

use crate::routing::ids::EnvKey;
use crate::routing::model::EnvRecord;
use crate::routing::table::EnvStatus;
use crate::routing::time::Timestamp;
use crate::store::{Entry, HistoryEntry, Put};

use super::Reconciler;
use super::asked::Transitions;
use super::handle::{CommandError, Request};
use super::news::NewsKind;

impl Reconciler {
    /// Carries out one request and replies.
    pub(super) fn answer(&mut self, request: Request) {
        let now = self.clock.now();
        match request {
            Request::Command(request, reply) => {
                let asked = Transitions::from((*request).clone());
                let result = self.command(*request, now);
                self.tell_refusal(&asked, result.as_ref().err());
                give(reply, result);
            }
            Request::Transitions(asked, reply) => {
                let result = self.transitions(&asked, now);
                self.tell_refusal(&asked, result.as_ref().err());
                give(reply, result);
            }
            Request::Verdict(request, reply) => give(reply, self.verdict(&request, now)),
            Request::PutEnv(record, actor, reply) => give(reply, self.put_env(*record, actor, now)),
            Request::RemoveEnv(key, actor, reply) => give(reply, self.remove_env(&key, actor, now)),
            Request::Hooks(key, reply) => {
                let record = self.table.env(&key);
                give(reply, record.map_or_else(Vec::new, |env| env.hooks.clone()));
            }
            Request::Envs(reply) => give(reply, self.table.envs().cloned().collect()),
            Request::Status(key, reply) => give(reply, self.table.status(&key, now)),
            Request::Statuses(reply) => give(reply, self.statuses(now)),
            Request::History(key, limit, reply) => give(reply, self.history(&key, limit)),
            Request::Stacks(reply) => give(reply, self.table.every_stack(now)),
            Request::Gc(request, reply) => give(reply, self.gc(&request, now)),
            Request::Usage(reply) => {
                let question = self.usage_question();
                let asked = self.outlets.upkeep.usage.try_send((question, reply));
                if let Err(error) = asked {
                    tracing::debug!(%error, "nobody is asked what is used");
                }
            }
            Request::Diagnostics(reply) => give(reply, self.findings(now)),
        }
    }

    fn statuses(&self, now: Timestamp) -> Vec<EnvStatus> {
        let envs = self.table.envs();
        envs.filter_map(|env| self.table.status(&env.key, now))
            .collect()
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
            actor: actor.clone(),
            command: format!("env apply {}", record.domain),
            result: "recorded".to_owned(),
            envs: vec![record.key.clone()],
            idempotency: None,
            puts: vec![Put::Env(record.clone())],
        };
        self.save(entry)?;
        self.table.put_env(record.clone());
        self.notebook
            .note(&record.key, NewsKind::Recorded { actor });
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
        if self.table.rollout(key).is_removing() {
            return Err(in_use("a version is being removed"));
        }
        if self.table.is_named(key) {
            return Err(in_use("containers carry its labels: remove them first"));
        }
        let entry = Entry {
            time: now,
            actor: actor.clone(),
            command: "env remove".to_owned(),
            result: "removed".to_owned(),
            envs: vec![key.clone()],
            idempotency: None,
            puts: vec![Put::RemoveEnv(key.clone())],
        };
        self.save(entry)?;
        self.table.remove_env(key);
        self.notebook.note(key, NewsKind::Removed { actor });
        self.turn();
        Ok(())
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
