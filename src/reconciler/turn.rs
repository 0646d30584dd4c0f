//! What follows every change: new records are made durable, deadlines looked at, the document published.

use std::time::Duration;

use crate::routing::ids::EnvKey;
use crate::routing::rollout::{Event, next_deadline, step};
use crate::routing::time::Timestamp;
use crate::store::{Entry, Put};

use super::Reconciler;
use super::requests::chain;

/// Longest sleep; deadlines wake earlier.
const IDLE: Duration = Duration::from_hours(1);
/// Pause after a deadline that could not be carried out.
const RETRY: Duration = Duration::from_secs(1);

impl Reconciler {
    /// One turn of the wheel.
    pub(super) fn turn(&mut self) {
        let now = self.clock.now();
        self.table.expire(now);
        self.table.rebuild(now);
        self.told = std::mem::take(&mut self.stalled);
        self.record_label_envs(now);
        let shifting: Vec<EnvKey> = self.table.shifting().cloned().collect();
        for key in &shifting {
            self.tick(key, now);
        }
        self.publish(now);
    }

    /// Env records that labels ask for: durable at first sight.
    fn record_label_envs(&mut self, now: Timestamp) {
        for mut record in self.table.unrecorded(now) {
            record.created_at = self.birth(now);
            let key = record.key.clone();
            let entry = Entry {
                time: now,
                actor: "label".to_owned(),
                command: format!("env apply {}", record.domain),
                result: "recorded at first sight".to_owned(),
                envs: vec![key.clone()],
                idempotency: None,
                puts: vec![Put::Env(record.clone())],
            };
            match self.save(entry) {
                Ok(()) => self.table.put_env(record),
                Err(error) => self.stall(&key, "the record that its label asks for", &error),
            }
        }
        self.table.rebuild(now);
    }

    /// Lets time and health move a shift.
    fn tick(&mut self, key: &EnvKey, now: Timestamp) {
        let old = self.table.rollout(key);
        let next = match step(&old, &Event::Tick, &self.table.view(key), now) {
            Ok(next) if next.record != old => next,
            Ok(_) => return,
            Err(refusal) => {
                tracing::error!(env = %key, %refusal, "a tick was refused");
                return;
            }
        };
        let entry = Entry {
            time: now,
            actor: "pointsman".to_owned(),
            command: "tick".to_owned(),
            result: next.what.to_string(),
            envs: vec![key.clone()],
            idempotency: None,
            puts: vec![Put::Rollout(key.clone(), next.record.clone())],
        };
        match self.save(entry) {
            Ok(()) => {
                tracing::info!(env = %key, generation = next.record.generation, "{}", next.what);
                self.table.put_rollout(key, next.record);
                self.table.rebuild(now);
            }
            Err(error) => self.stall(key, &next.what.to_string(), &error),
        }
    }

    /// Something that should have happened by itself could not be stored. It is tried again, and told once.
    fn stall(&mut self, key: &EnvKey, what: &str, error: &crate::store::Error) {
        self.stalled = true;
        if !self.told {
            tracing::error!(env = %key, error = chain(error), what, "could not be stored and was not carried out");
        }
    }

    /// Makes an entry durable; blocks this task, and nobody else, until the disk has answered.
    pub(super) fn save(&mut self, entry: Entry) -> Result<(), crate::store::Error> {
        let saved = tokio::task::block_in_place(|| self.store.append(entry));
        for notice in self.store.take_notices() {
            tracing::warn!("{notice}");
        }
        saved.map(|_seq| ())
    }

    /// Hands out the document, the wished attachments, and the news that there may be news.
    pub(super) fn publish(&mut self, now: Timestamp) {
        let synced = self.table.is_synced();
        if synced && self.outlets.publisher.publish(self.table.document()) {
            tracing::debug!(revision = %self.table.document().revision(), "published");
        }
        if let Some(wish) = synced.then(|| self.table.take_attachments()).flatten() {
            self.outlets.attachments.send_if_modified(|current| {
                let differs = *current != wish;
                *current = wish;
                differs
            });
        }
        self.outlets.turns.send_modify(|turn| {
            turn.count += 1;
            turn.synced = synced;
            turn.at = now;
        });
    }

    /// How long nothing can happen by itself.
    pub(super) fn until_deadline(&self) -> Duration {
        if self.stalled {
            return RETRY;
        }
        let now = self.clock.now();
        let shifting = self.table.shifting();
        let next = shifting
            .filter_map(|key| next_deadline(&self.table.rollout(key), &self.table.view(key)))
            .chain(self.table.next_departure())
            .min();
        match next {
            // a deadline that has passed without effect waits for something else to change
            Some(at) if at > now => Duration::from_millis(at.millis_since(now)).min(IDLE),
            Some(_) => RETRY,
            None => IDLE,
        }
    }
}
