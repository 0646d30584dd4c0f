//! One server being asked again and again: what it said last, what of it was told, how fast it answers.

use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::routing::model::{Finding, Target};

use super::attempt::Answer;
use super::pause;

/// Whoever took longer for an answer is slow.
pub(super) const SLOW: Duration = Duration::from_millis(500);
/// So many silences in a row mean that a network cannot be reached, when nothing in it ever answered.
const SILENCES: u32 = 3;

/// How fast a server answered the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pace {
    Fast,
    Slow,
}

impl Pace {
    pub(super) const ALL: [Self; 2] = [Self::Fast, Self::Slow];
}

/// Whether anything in a network ever answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Answers,
    Unknown,
}

#[derive(Debug)]
pub(super) struct Course {
    begun_at: Instant,
    asked_at: Instant,
    due_at: Instant,
    question: Option<AbortHandle>,
    pace: Pace,
    told: Option<Finding>,
    /// It was well at least once.
    was_well: bool,
    silences: u32,
    /// How often it was asked.
    count: u32,
}

impl Course {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            begun_at: now,
            asked_at: now,
            due_at: now,
            question: None,
            pace: Pace::Fast,
            told: None,
            was_well: false,
            silences: 0,
            count: 0,
        }
    }

    pub(super) const fn pace(&self) -> Pace {
        self.pace
    }

    pub(super) const fn due_at(&self) -> Instant {
        self.due_at
    }

    pub(super) fn asked(&mut self, question: AbortHandle) {
        self.asked_at = Instant::now();
        self.question = Some(question);
        self.count = self.count.saturating_add(1);
    }

    /// Nobody wants to know any more.
    pub(super) fn abandon(&self) {
        if let Some(question) = &self.question {
            question.abort();
        }
    }

    /// Takes in an answer; gives what follows from it when that is new.
    pub(super) fn take(&mut self, answer: &Answer, network: Network) -> Option<Finding> {
        self.question = None;
        self.pace = if self.asked_at.elapsed() > SLOW {
            Pace::Slow
        } else {
            Pace::Fast
        };
        self.was_well |= *answer == Answer::Good;
        self.silences = if answer.is_silence() {
            self.silences.saturating_add(1)
        } else {
            0
        };
        let finding = match answer {
            Answer::Good => Finding::Passed,
            Answer::Bad(why) => Finding::Failed(why.clone()),
            Answer::Silence(why) if network == Network::Answers => Finding::Failed(why.clone()),
            Answer::Silence(why) if self.silences >= SILENCES => Finding::Unreachable(why.clone()),
            Answer::Silence(_) => return None,
        };
        if self.told.as_ref() == Some(&finding) {
            return None;
        }
        self.told = Some(finding.clone());
        Some(finding)
    }

    /// When it is to be asked next; `None`: never.
    pub(super) fn next(
        &mut self,
        target: &Target,
        answer: &Answer,
        now: Instant,
    ) -> Option<Instant> {
        let state = pause::State {
            well: *answer == Answer::Good,
            was_well: self.was_well,
            age: now.duration_since(self.begun_at),
            count: self.count,
        };
        self.due_at = now + pause::after(target, &state)?;
        Some(self.due_at)
    }
}
