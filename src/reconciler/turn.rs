//! What follows every change: new records are made durable, deadlines looked at, the document published.

use std::time::Duration;

use tokio::sync::watch;

use crate::routing::ids::EnvKey;
use crate::routing::rollout::{Event, View, next_deadline, step};
use crate::routing::time::Timestamp;
use crate::store::{Entry, Put};

use super::Reconciler;
use super::news::NewsKind;
use super::requests::chain;
use super::tell::{Noted, moved};

/// Longest sleep; deadlines wake earlier.
const IDLE: Duration = Duration::from_hours(1);
/// Pause while a plan's next step may depend on what the proxies have.
const NEWS: Duration = Duration::from_millis(100);
/// How long nobody may ask for the document before plans hold; until then they only wait.
const FOLLOWER_GRACE_MS: u64 = 10_000;
/// Pause after a deadline that could not be carried out.
const RETRY: Duration = Duration::from_secs(1);

impl Reconciler {
    /// One turn of the wheel.
    pub(super) fn turn(&mut self) {
        let now = self.clock.now();
        self.turned_at = now;
        self.table.expire(now);
        self.table.rebuild(now);
        self.told = std::mem::take(&mut self.stalled);
        self.record_label_envs(now);
        let applied = self.outlets.followers.applied();
        self.followed = applied.map(|sequence| (sequence, now)).or(self.followed);
        let keys: Vec<EnvKey> = self.table.restless().cloned().collect();
        for key in &keys {
            self.happen(key, &Event::Tick, "tick", now);
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
                Ok(()) => {
                    let actor = "label".to_owned();
                    self.notebook.note(&key, NewsKind::Recorded { actor });
                    self.table.put_env(record);
                }
                Err(error) => self.stall(&key, "the record that its label asks for", &error),
            }
        }
        self.table.rebuild(now);
    }

    /// The daemon has just started: the clocks of the records that it found begin anew.
    pub(super) fn boot(&mut self) {
        let now = self.clock.now();
        let keys: Vec<EnvKey> = self.table.restless().cloned().collect();
        for key in &keys {
            self.happen(key, &Event::Boot, "restart", now);
        }
    }

    /// Something that nobody asked for moves a record: time, health, a restart, what a hook said.
    pub(super) fn happen(&mut self, key: &EnvKey, event: &Event, command: &str, now: Timestamp) {
        let old = self.table.rollout(key);
        let next = match step(&old, event, &self.view(key, now), now) {
            Ok(next) if next.record != old => next,
            Ok(_) => return,
            Err(refusal) => {
                tracing::error!(env = %key, %refusal, command, "was refused");
                return;
            }
        };
        let noted = Noted {
            actor: "pointsman",
            command,
            old: &old,
            step: &next,
        };
        match self.save_move(key, &noted, now) {
            Ok(()) => self.make_move(key, noted, now),
            Err(error) => self.stall(key, &next.what.to_string(), &error),
        }
    }

    /// Makes one record's move durable that nobody asked for by a verb.
    pub(super) fn save_move(
        &mut self,
        key: &EnvKey,
        noted: &Noted<'_>,
        now: Timestamp,
    ) -> Result<(), crate::store::Error> {
        let result = noted.step.what.to_string();
        self.save(Entry {
            time: now,
            actor: noted.actor.to_owned(),
            command: noted.command.to_owned(),
            result: result.clone(),
            envs: vec![key.clone()],
            idempotency: None,
            puts: vec![Put::Rollout(key.clone(), noted.step.record.clone())],
        })?;
        let (actor, generation) = (noted.actor, noted.step.record.generation);
        tracing::info!(env = %key, actor, generation, "{result}");
        Ok(())
    }

    /// Carries a durable move out.
    pub(super) fn make_move(&mut self, key: &EnvKey, noted: Noted<'_>, now: Timestamp) {
        let record = noted.step.record.clone();
        self.notebook.note(key, moved(noted));
        self.keep_rollout(key, record, now);
        self.table.rebuild(now);
    }

    /// What the machine sees of an env, with how far the proxies are.
    pub(super) fn view(&self, key: &EnvKey, now: Timestamp) -> View {
        let applied = self.outlets.followers.applied().or_else(|| {
            let followed = self
                .followed
                .filter(|(_, at)| now.millis_since(*at) <= FOLLOWER_GRACE_MS);
            followed.map(|(sequence, _)| sequence)
        });
        View {
            applied_until: applied.map(|sequence| self.published.known_until(sequence, now)),
            ..self.table.view(key)
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

    /// Hands out the document, the wished attachments and probes, and the news that there may be news.
    pub(super) fn publish(&mut self, now: Timestamp) {
        self.tend_removals(now);
        let synced = self.table.is_synced();
        self.tell_farewell();
        self.tell_closed();
        if synced && self.outlets.publisher.publish(self.table.document()) {
            self.published.note(now);
            tracing::debug!(revision = %self.table.document().revision(), "published");
        }
        if let Some(wish) = synced.then(|| self.table.take_attachments()).flatten() {
            // an equal one, too: somebody may have taken Traefik off a network
            self.outlets.attachments.send_replace(wish);
        }
        if let Some(targets) = synced.then(|| self.table.take_targets()).flatten() {
            self.outlets.targets.send_replace(targets);
        }
        self.outlets.turns.send_modify(|turn| {
            turn.count += 1;
            turn.synced = synced;
            turn.at = now;
        });
        self.tell_published(now);
    }

    /// How long nothing can happen by itself. Pauses count from the last turn: questions in between do not put it off.
    pub(super) fn until_deadline(&self) -> Duration {
        let now = self.clock.now();
        let since = Duration::from_millis(now.millis_since(self.turned_at));
        if self.stalled {
            return RETRY.saturating_sub(since);
        }
        if self.waits_for_proxies() {
            return NEWS.saturating_sub(since);
        }
        let restless = self.table.restless();
        let next = restless
            .filter_map(|key| next_deadline(&self.table.rollout(key), &self.view(key, now)))
            .chain(self.table.next_departure())
            .chain(self.notebook.next_settled())
            .chain(self.removals.next_deadline(now))
            .min();
        match next {
            // a deadline that has passed without effect waits for something else to change
            Some(at) if at > now => Duration::from_millis(at.millis_since(now)).min(IDLE),
            Some(_) => RETRY.saturating_sub(since),
            None => IDLE,
        }
    }

    fn waits_for_proxies(&self) -> bool {
        let mut restless = self.table.restless();
        restless.any(|key| self.table.rollout(key).waits_for_proxies())
    }
}

/// Shows a value to those who watch it; the same value wakes nobody.
pub(super) fn show<T: PartialEq>(shown: &watch::Sender<T>, value: T) {
    shown.send_if_modified(|current| {
        let differs = *current != value;
        *current = value;
        differs
    });
}
