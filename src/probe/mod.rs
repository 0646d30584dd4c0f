//! Asks servers whether they are ready, and tells what is new as [`Change`]s.
//!
//! The reconciler says which servers are to be asked (a `watch` channel); each is a *course* of its own, with a pause after
//! each answer (`pause`). A question is one connection (`attempt`), goes to the server's own address and never elsewhere,
//! whatever a label or a redirect says, and has a deadline. Who was slow to answer waits in a queue of its own, so that the slow never
//! delay the others. Nothing is told twice, and a server without a health check is left alone once it took a connection.

mod attempt;
mod course;
mod http;
mod pause;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use imbl::ordset::DiffItem;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::routing::model::{Change, Target, Targets};

use attempt::{Answer, Asker};
use course::{Course, Network, Pace};

/// How many questions of each pace are under way at once. One that takes longer than the fast do no longer counts among them.
const AT_ONCE: usize = 64;
/// How many are under way in all.
const IN_ALL: usize = 256;

/// More networks than this are not remembered when nobody is asked in them.
const MAX_NETWORKS: usize = 1_024;

/// Asks until `stop` is cancelled, or nobody wants to know any more.
pub async fn run(
    wanted_rx: watch::Receiver<Targets>,
    changes_tx: mpsc::Sender<Change>,
    stop: CancellationToken,
) -> Result<(), rustls::Error> {
    let station = Station::new()?;
    stop.run_until_cancelled(station.work(wanted_rx, changes_tx))
        .await;
    Ok(())
}

#[derive(Debug)]
struct Station {
    asker: Asker,
    wanted: Targets,
    courses: BTreeMap<Arc<Target>, Course>,
    /// Who is to be asked when.
    due: BTreeSet<(Pace, Instant, Arc<Target>)>,
    questions: JoinSet<Answer>,
    /// Whom the questions are for that are under way.
    asked: BTreeMap<Id, Asked>,
    /// Networks in which something answered: there silence is an answer, too.
    answered: BTreeSet<Option<String>>,
}

/// A question that is under way.
#[derive(Debug)]
struct Asked {
    pace: Pace,
    since: Instant,
    target: Arc<Target>,
}

impl Station {
    fn new() -> Result<Self, rustls::Error> {
        Ok(Self {
            asker: Asker::new()?,
            wanted: Targets::default(),
            courses: BTreeMap::new(),
            due: BTreeSet::new(),
            questions: JoinSet::new(),
            asked: BTreeMap::new(),
            answered: BTreeSet::new(),
        })
    }

    async fn work(
        mut self,
        mut wanted_rx: watch::Receiver<Targets>,
        changes_tx: mpsc::Sender<Change>,
    ) {
        wanted_rx.mark_changed();
        loop {
            let now = Instant::now();
            self.ask_due(now);
            let wake = self.next_wake(now);
            let told = tokio::select! {
                changed = wanted_rx.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let wanted = wanted_rx.borrow_and_update().clone();
                    self.want(wanted);
                    None
                }
                Some(ended) = self.questions.join_next_with_id() => self.ended(ended),
                () = sleep_until(wake) => None,
            };
            if let Some(change) = told
                && changes_tx.send(change).await.is_err()
            {
                return;
            }
        }
    }

    /// Takes over what is wanted now.
    fn want(&mut self, wanted: Targets) {
        let now = Instant::now();
        let before = std::mem::replace(&mut self.wanted, wanted);
        for difference in before.diff(&self.wanted) {
            match difference {
                DiffItem::Add(target) => {
                    let course = Course::new(now);
                    self.due.insert((course.pace(), now, Arc::clone(target)));
                    self.courses.insert(Arc::clone(target), course);
                }
                DiffItem::Remove(target) => {
                    if let Some(course) = self.courses.remove(target) {
                        course.abandon();
                        let due = course.due_at();
                        self.due.remove(&(course.pace(), due, Arc::clone(target)));
                    }
                }
            }
        }
        if self.answered.len() > MAX_NETWORKS {
            let wanted: BTreeSet<_> = self.courses.keys().map(|target| &target.network).collect();
            self.answered.retain(|network| wanted.contains(network));
        }
    }

    /// Asks everybody whose time has come, as far as there is room.
    fn ask_due(&mut self, now: Instant) {
        for pace in Pace::ALL {
            while self.has_room(pace, now)
                && let Some(target) = self.take_due(pace, now)
            {
                let question = self.asker.ask(Arc::clone(&target));
                let handle = self.questions.spawn(question);
                let asked = Asked {
                    pace,
                    since: now,
                    target: Arc::clone(&target),
                };
                self.asked.insert(handle.id(), asked);
                if let Some(course) = self.courses.get_mut(&target) {
                    course.asked(handle);
                }
            }
        }
    }

    fn has_room(&self, pace: Pace, now: Instant) -> bool {
        let counts = |asked: &&Asked| asked.pace == pace && asked.leaves_at() > now;
        self.asked.len() < IN_ALL && self.asked.values().filter(counts).count() < AT_ONCE
    }

    fn take_due(&mut self, pace: Pace, now: Instant) -> Option<Arc<Target>> {
        let next = self.due.iter().find(|(of, ..)| *of == pace);
        let next = next.filter(|(_, at, _)| *at <= now)?.clone();
        self.due.remove(&next);
        Some(next.2)
    }

    /// When somebody is to be asked for whom there is room.
    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let wake = |pace: Pace| {
            let (_, due, _) = self.due.iter().find(|(of, ..)| *of == pace)?;
            if self.has_room(pace, now) {
                return Some(*due);
            }
            let same = self.asked.values().filter(|asked| asked.pace == pace);
            same.map(Asked::leaves_at).filter(|at| *at > now).min()
        };
        Pace::ALL.into_iter().filter_map(wake).min()
    }

    /// Takes in an answer; gives what is new.
    fn ended(&mut self, ended: Result<(Id, Answer), tokio::task::JoinError>) -> Option<Change> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let target = self.asked.remove(&id)?.target;
        // a question that was abandoned
        let (_, answer) = ended.ok()?;
        let course = self.courses.get_mut(&target)?;
        if !answer.is_silence() {
            self.answered.insert(target.network.clone());
        }
        let network = if self.answered.contains(&target.network) {
            Network::Answers
        } else {
            Network::Unknown
        };
        let told = course.take(&answer, network);
        let now = Instant::now();
        if let Some(at) = course.next(&target, &answer, now) {
            self.due.insert((course.pace(), at, Arc::clone(&target)));
        }
        told.map(|finding| Change::Probed { target, finding })
    }
}

impl Asked {
    /// When it no longer counts among those of its pace. The slow count until they end.
    fn leaves_at(&self) -> Instant {
        let stay = match self.pace {
            Pace::Fast => course::SLOW,
            Pace::Slow => Duration::from_hours(1),
        };
        self.since + stay
    }
}

/// Sleeps for ever when there is nothing to wake for.
async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
