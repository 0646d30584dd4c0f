//! What the reconciler tells: transitions and records as soon as they are published, health where it changed, gates
//! that wait.
//!
//! Only envs that the table looked at anew are compared with what was told of them; versions that are there at the
//! first complete list are no news.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{EnvKey, Revision, Slot, Version};
use crate::routing::model::HookEvent;
use crate::routing::rollout::{Hold, Phase, Record, StackHealth, Step, View, What};
use crate::routing::time::Timestamp;

use super::Reconciler;
use super::asked::Transitions;
use super::handle::CommandError;
use super::news::{Condition, HealthNews, Moved, NewsKind, Question, Refused};
use super::turn::show;

/// Longest text of others in a piece of news, in characters.
const LONGEST: usize = 1000;

/// What has been told, and what is to be told with the next publication.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    unsaid: Vec<(EnvKey, NewsKind)>,
    seen: BTreeMap<EnvKey, BTreeMap<Version, Seen>>,
    /// Versions whose minimum time is not over.
    settling: BTreeSet<(Timestamp, EnvKey)>,
    /// The first complete list has been looked at.
    began: bool,
    /// The last refusal; the same again is no news.
    refused: Option<(EnvKey, String, &'static str, &'static str)>,
}

/// A version as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    condition: Condition,
    healthy: u32,
    expected: u32,
}

/// A transition, before it is known which revision carries it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted<'a> {
    pub(super) actor: &'a str,
    pub(super) command: &'a str,
    pub(super) old: &'a Record,
    pub(super) step: &'a Step,
}

/// A transition as news; one that changed nothing is none.
pub(super) fn moved(noted: Noted<'_>) -> Option<NewsKind> {
    let Noted {
        actor,
        command,
        old,
        step,
    } = noted;
    let new = &step.record;
    let (version, previous) = versions(old, new);
    let moved = Moved {
        actor: actor.to_owned(),
        command: cut(command),
        what: step.what.clone(),
        acts: acts(old, new, &step.what),
        generation: new.generation,
        // known when it is published
        revision: Revision(0),
        version,
        previous,
    };
    (new != old).then_some(NewsKind::Moved(moved))
}

impl Notebook {
    /// Something that is told with the next publication.
    pub(super) fn note(&mut self, key: &EnvKey, kind: impl Into<Option<NewsKind>>) {
        let Some(kind) = kind.into() else { return };
        self.refused = None;
        self.unsaid.push((key.clone(), kind));
    }

    /// When a version's minimum time is over.
    pub(super) fn next_settled(&self) -> Option<Timestamp> {
        self.settling.first().map(|(at, _)| *at)
    }

    /// Envs in which a version's minimum time is over.
    fn settled(&mut self, now: Timestamp) -> BTreeSet<EnvKey> {
        let mut envs = BTreeSet::new();
        while let Some((at, _)) = self.settling.first()
            && *at <= now
        {
            envs.extend(self.settling.pop_first().map(|(_, key)| key));
        }
        envs
    }

    /// Compares an env with what was told of it.
    fn look(&mut self, key: &EnvKey, rollout: &Record, view: &View, now: Timestamp) {
        // the first version of an env need not prove itself
        let at = match rollout.active {
            Some(_) => now,
            None => Timestamp::from_millis(u64::MAX),
        };
        let mut before = self.seen.remove(key).unwrap_or_default();
        let mut seen = BTreeMap::new();
        for (version, health) in &view.stacks {
            let is = Seen::of(health, at);
            if is.condition == Condition::Settling {
                self.settling.insert((health.settled_at, key.clone()));
            }
            let was = before.remove(version);
            let is_news = self.began && was.as_ref() != Some(&is);
            if is_news && (was.is_some() || is.condition != Condition::Absent) {
                let slot = rollout.slot_of(version);
                let news = is.news(version, was.as_ref(), slot, &health.reason);
                self.note(key, news);
            }
            seen.insert(version.clone(), is);
        }
        let gone = before.iter().filter(|_| self.began);
        let gone: Vec<NewsKind> = gone
            .map(|(version, was)| Seen::GONE.news(version, Some(was), None, ""))
            .collect();
        for news in gone {
            self.note(key, news);
        }
        if !seen.is_empty() {
            self.seen.insert(key.clone(), seen);
        }
    }
}

impl Seen {
    const GONE: Self = Self {
        condition: Condition::Absent,
        healthy: 0,
        expected: 0,
    };

    fn of(health: &StackHealth, at: Timestamp) -> Self {
        Self {
            condition: Condition::of(health, at),
            healthy: health.healthy,
            expected: health.expected,
        }
    }

    fn news(
        &self,
        version: &Version,
        before: Option<&Self>,
        slot: Option<Slot>,
        reason: &str,
    ) -> NewsKind {
        NewsKind::Health(HealthNews {
            version: version.clone(),
            condition: self.condition,
            before: before.map(|seen| seen.condition),
            healthy: self.healthy,
            expected: self.expected,
            reason: cut(reason),
            slot,
        })
    }
}

impl Reconciler {
    /// Tells what was published just now.
    pub(super) fn tell_published(&mut self, now: Timestamp) {
        let mut envs = self.table.take_touched_envs();
        if !self.table.is_synced() {
            return;
        }
        envs.extend(self.notebook.settled(now));
        for key in &envs {
            let (rollout, view) = (self.table.rollout(key), self.table.view(key));
            self.notebook.look(key, &rollout, &view, now);
        }
        self.notebook.began = true;
        let revision = self.table.document().revision();
        for (key, kind) in std::mem::take(&mut self.notebook.unsaid) {
            let kind = match kind {
                NewsKind::Moved(moved) => NewsKind::Moved(Moved { revision, ..moved }),
                other @ (NewsKind::Refused(_)
                | NewsKind::Recorded { .. }
                | NewsKind::Removed { .. }
                | NewsKind::Health(_)
                | NewsKind::Applied(_)
                | NewsKind::NotApplied { .. }
                | NewsKind::GateAsked(_)
                | NewsKind::GateAnswered { .. }
                | NewsKind::Undelivered { .. }) => other,
            };
            self.outlets.news.tell(Some(key), kind);
        }
        self.show_questions();
    }

    /// Tells a refusal; a waiting client that asks again and again is told of once.
    pub(super) fn tell_refusal(&mut self, asked: &Transitions, error: Option<&CommandError>) {
        let Some(error) = error.filter(|_| !asked.dry_run) else {
            return;
        };
        let (index, error) = error.place();
        let Some(item) = asked.items.get(index) else {
            return;
        };
        let (verb, code) = (item.command.verb(), error.code());
        let refused = (item.key.clone(), asked.actor.clone(), verb, code);
        if self.notebook.refused.as_ref() == Some(&refused) {
            return;
        }
        self.notebook.refused = Some(refused);
        let refused = Refused {
            actor: asked.actor.clone(),
            verb,
            code,
            message: cut(&error.to_string()),
        };
        let key = Some(item.key.clone());
        self.outlets.news.tell(key, NewsKind::Refused(refused));
    }

    /// Shows those who ask hooks which gates wait.
    fn show_questions(&self) {
        let keys = self.table.restless();
        let questions: Vec<Question> = keys.filter_map(|key| self.question(key)).collect();
        show(&self.outlets.questions, questions);
    }

    fn question(&self, key: &EnvKey) -> Option<Question> {
        let record = self.table.rollout(key);
        let shift = record.shift.as_ref()?;
        let Phase::Held(Hold::Hook { name }) = &shift.phase else {
            return None;
        };
        let hooks = self.table.env(key).map(|env| env.hooks.as_slice());
        let mut hooks = hooks.unwrap_or_default().iter();
        Some(Question {
            key: key.clone(),
            name: name.clone(),
            hook: hooks.find(|hook| hook.name == *name).cloned(),
            from: record.active_version().cloned(),
            to: record.other_version().cloned(),
            weight: shift.weight.percent(),
            step: shift.step,
            steps: shift.plan.steps().len(),
            started_generation: shift.started_generation,
            generation: record.generation,
        })
    }
}

/// What a transition is about, and what is live beside it.
fn versions(old: &Record, new: &Record) -> (Option<Version>, Option<Version>) {
    let (before, after) = (old.active_version(), new.active_version());
    if before != after {
        return (after.cloned(), before.cloned());
    }
    let candidate = placed(old, new).or(new.other_version());
    (candidate.or(old.other_version()).cloned(), after.cloned())
}

/// The version that was in no slot before.
fn placed<'a>(old: &Record, new: &'a Record) -> Option<&'a Version> {
    let slots = Slot::ALL.into_iter();
    let mut versions = slots.filter_map(|slot| new.slots.get(slot).map(|it| &it.version));
    versions.find(|version| old.slot_of(version).is_none())
}

/// What hooks know a transition as.
fn acts(old: &Record, new: &Record, what: &What) -> Vec<HookEvent> {
    if matches!(what, What::RolledBack | What::FailedOver) {
        return vec![HookEvent::Rollback];
    }
    let mut acts = Vec::new();
    if matches!(what, What::Aborted(_)) {
        acts.push(HookEvent::Abort);
    }
    if placed(old, new).is_some() {
        acts.push(HookEvent::Promote);
    }
    if new.active.is_some() && old.active_version() != new.active_version() {
        acts.push(HookEvent::Switch);
    }
    acts
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST).collect();
    format!("{kept}..")
}
