//! One connection to the Engine from its first call to its first failure: subscribe, list, then follow the events.
//!
//! The stream is opened **before** the list is read, and everything that arrives meanwhile waits in the inbox, so there
//! is no gap between the two. At most one read runs at a time; what becomes dirty during it is read by the next one, all ids in
//! one call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::docker::client::{Client, Engine, Listing};
use crate::docker::convert;
use crate::docker::error::{Error, chain};
use crate::docker::stats::Stats;
use crate::docker::timing::Timing;
use crate::docker::wire::Inspected;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Change, Health};

use super::Halt;
use super::drift::Drift;
use super::inbox::Inbox;
use super::liveness;
use super::mark::{Life, Mark};
use super::mirror::Mirror;
use super::reader::Reader;
use super::recall::{self, Span};
use super::schedule::Schedule;

/// How many containers are inspected at once.
const MAX_INSPECTIONS: usize = 4;
/// More ids than this are not put into one filter: proxies limit the length of a request line.
const MAX_FILTER_IDS: usize = 64;

/// What comes so soon after the first event is read with it: a container joins its networks when it starts.
const GATHER: Duration = Duration::from_millis(1);
/// When fewer than one in so many containers are to be read, a complete list would be mostly in vain.
const LIST_SHARE: usize = 8;

/// A session's fields; the mirror outlives it.
#[derive(Debug)]
pub(super) struct Session<'a> {
    pub(super) mirror: &'a mut Mirror,
    pub(super) timing: &'a Arc<Timing>,
    changes_tx: &'a mpsc::Sender<Change>,
    pub(super) stats: &'a Arc<Stats>,
    inbox: Arc<Inbox>,
    pub(super) schedule: Schedule,
    pub(super) drift: Drift,
    pub(super) phase: Phase,
    reads: JoinSet<Read>,
    inspections: JoinSet<Inspection>,
    /// Whose failing health checks are to be heard.
    to_hear: BTreeSet<ContainerId>,
    /// When the next complete list is due.
    pub(super) list_due: Instant,
    /// No read begins before this.
    quiet_until: Instant,
    /// When an event was not understood; until a list that began later, differences have a reason.
    pub(super) missed_event: Option<Instant>,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The first complete list was not told yet.
    Listing,
    /// It was read and not believed: nothing of what ran before runs now. Since when.
    Holding(Instant),
    /// It was told; events are followed.
    Watching,
}

/// A finished read.
#[derive(Debug)]
pub(super) struct Read {
    pub begun: Instant,
    /// `None`: all containers.
    pub ids: Option<Vec<ContainerId>>,
    pub listing: Result<Listing, Error>,
}

/// A finished inspect.
#[derive(Debug)]
struct Inspection {
    id: ContainerId,
    answer: Result<Inspected, Error>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        mirror: &'a mut Mirror,
        timing: &'a Arc<Timing>,
        changes_tx: &'a mpsc::Sender<Change>,
        stats: &'a Arc<Stats>,
    ) -> Self {
        let now = Instant::now();
        mirror.reconnected();
        Self {
            mirror,
            timing,
            changes_tx,
            stats,
            inbox: Arc::default(),
            schedule: Schedule::new(timing.settle),
            drift: Drift::new(timing.drift_grace),
            phase: Phase::Listing,
            reads: JoinSet::new(),
            inspections: JoinSet::new(),
            to_hear: BTreeSet::new(),
            list_due: now,
            quiet_until: now,
            missed_event: None,
        }
    }

    /// Runs until something fails.
    pub(super) async fn run(mut self, client: &Client) -> Halt {
        match self.follow(client).await {
            Ok(never) => match never {},
            Err(halt) => halt,
        }
    }

    async fn follow(&mut self, client: &Client) -> Result<std::convert::Infallible, Halt> {
        let engine = client.connect(self.timing).await?;
        let past = engine.date().map(|date| self.mirror.unheard(date));
        let mut background = self.subscribe(&engine, past).await?;
        if let Some(past) = past {
            self.recall(&engine, past).await;
        }
        tracing::info!(endpoint = %client.endpoint(), api = %engine.version(), "watching Docker");
        let inbox = Arc::clone(&self.inbox);
        loop {
            self.begin_inspections(&engine);
            let wake = self.next_wake();
            tokio::select! {
                biased;
                Some(ended) = background.join_next() => return Err(Halt::Failed(joined(ended))),
                () = inbox.arrived() => self.take_marks().await?,
                Some(read) = self.reads.join_next() => self.take_read(joined(read)).await?,
                Some(inspection) = self.inspections.join_next() => self.take_inspection(joined(inspection)).await?,
                () = tokio::time::sleep_until(wake) => self.wake(&engine)?,
            }
        }
    }

    /// Opens the stream; gives the tasks that read it and watch over it. Each ends only with a failure.
    async fn subscribe(&self, engine: &Engine, past: Option<Span>) -> Result<JoinSet<Error>, Halt> {
        let (call, connection, body) = engine.events().await?;
        let reader = Reader {
            call,
            inbox: Arc::clone(&self.inbox),
            stats: Arc::clone(self.stats),
            new_since_ns: past.map_or(0, Span::end_ns),
        };
        let (engine, timing) = (engine.clone(), Arc::clone(self.timing));
        let mut background = JoinSet::new();
        background.spawn(reader.run(connection, body));
        background.spawn(async move { liveness::watch_over(engine, &timing).await });
        Ok(background)
    }

    /// Takes in who was told to stop before the stream begins. The containers themselves are read afterwards.
    async fn recall(&mut self, engine: &Engine, past: Span) {
        if !past.is_empty() {
            let kept = recall::past(engine, past).await;
            self.mirror.forget_turned(&kept);
            for recalled in recall::inspect(engine, kept.signalled()).await {
                self.mirror.recalled(recalled, past.end_ns());
            }
        }
        self.mirror.heard(Some(past.end_ns() - 1));
    }

    fn next_wake(&self) -> Instant {
        let mut wake = self.drift.next();
        if self.reads.is_empty() {
            let due = self
                .schedule
                .next()
                .filter(|_| self.phase == Phase::Watching);
            let read = due
                .map_or(self.list_due, |due| due.min(self.list_due))
                .max(self.quiet_until);
            wake = Some(wake.map_or(read, |wake| wake.min(read)));
        }
        // while a read runs there may be nothing to wake for
        wake.unwrap_or_else(|| Instant::now() + self.timing.relist_interval)
    }

    fn wake(&mut self, engine: &Engine) -> Result<(), Halt> {
        let now = Instant::now();
        self.count_drift(now)?;
        if !self.reads.is_empty() || now < self.quiet_until {
            return Ok(());
        }
        if self.list_due <= now {
            self.begin_read(engine, None, now);
        } else if self.phase == Phase::Watching {
            let ids = self.due(now);
            if !ids.is_empty() {
                self.begin_read(engine, Some(ids), now);
            }
        }
        Ok(())
    }

    /// Counts what no event explained. A stream that goes on like that is given up.
    fn count_drift(&mut self, now: Instant) -> Result<(), Halt> {
        let unexplained = self.drift.take_unexplained(now);
        for id in &unexplained {
            self.stats.drift.add_one();
            tracing::warn!(container = %id, "a complete list shows a change that no event told");
        }
        if !unexplained.is_empty() && self.drift.distrusts(self.stats.events.get()) {
            return Err(Halt::Failed(Error::EventsMissing));
        }
        Ok(())
    }

    /// What the next read asks for. Under a storm of events on a large host only as many as fit into one call: the
    /// others wait their turn, which is still less work for the daemon than a complete list.
    fn due(&self, now: Instant) -> Vec<ContainerId> {
        let mut ids = self.schedule.due(now);
        if ids.len() * LIST_SHARE <= self.mirror.len() {
            ids.truncate(MAX_FILTER_IDS);
        }
        ids
    }

    fn begin_read(&mut self, engine: &Engine, ids: Option<Vec<ContainerId>>, begun: Instant) {
        let counter = if ids.is_some() {
            &self.stats.reads
        } else {
            &self.stats.lists
        };
        counter.add_one();
        if ids.is_none() {
            self.list_due = begun + self.timing.relist_interval;
            self.drift.list_begins(self.stats.events.get());
        }
        self.quiet_until = begun + self.timing.read_gap;
        let engine = engine.clone();
        self.reads.spawn(async move {
            let listing = match &ids {
                Some(ids) if ids.len() <= MAX_FILTER_IDS => engine.list_ids(ids).await,
                Some(_) | None => engine.list_all().await,
            };
            Read {
                begun,
                ids,
                listing,
            }
        });
    }

    /// Inspects what got a signal for the first time, and what turned unhealthy.
    fn begin_inspections(&mut self, engine: &Engine) {
        while self.inspections.len() < MAX_INSPECTIONS
            && let Some(id) = self.next_to_inspect()
        {
            let engine = engine.clone();
            self.inspections.spawn(async move {
                let answer = engine.inspect(&id).await;
                Inspection { id, answer }
            });
        }
    }

    fn next_to_inspect(&mut self) -> Option<ContainerId> {
        let to_ask = self.mirror.take_to_inspect();
        to_ask.or_else(|| self.to_hear.pop_first())
    }

    async fn take_inspection(&mut self, inspection: Inspection) -> Result<(), Halt> {
        let Inspection { id, answer } = inspection;
        // what came meanwhile is newer
        self.take_marks().await?;
        let complaint = answer.as_ref().ok().and_then(convert::complaint);
        let stopping = match answer {
            Ok(inspected) => Some(convert::stopping(inspected)),
            Err(error) => {
                // gone is no news; without an answer, SIGTERM and the default time-out are taken for its own
                if error.status() != Some(404) {
                    tracing::warn!(container = %id, error = chain(&error), "cannot ask for its stop signal");
                }
                None
            }
        };
        let change = self.mirror.inspected(&id, stopping);
        self.tell(change).await?;
        let complaint = complaint.map(|words| Change::Complained { id, words });
        self.tell(complaint).await
    }

    /// Empties the inbox. Deaths and departures are told here, from the event itself.
    pub(super) async fn take_marks(&mut self) -> Result<(), Halt> {
        let batch = self.inbox.take();
        if batch.read_everything {
            self.missed_event = Some(Instant::now());
            self.list_due = Instant::now();
        }
        for (id, mark) in batch.marks {
            self.take_mark(id, mark).await?;
        }
        self.mirror.heard(batch.last_ns);
        Ok(())
    }

    async fn take_mark(&mut self, id: ContainerId, mut mark: Mark) -> Result<(), Halt> {
        let signals = mark.take_signals();
        if !mark.is_empty() {
            self.take_facts(id.clone(), mark).await?;
        }
        for signal in signals {
            let change = self.mirror.signalled(&id, signal);
            self.tell(change).await?;
        }
        Ok(())
    }

    async fn take_facts(&mut self, id: ContainerId, mark: Mark) -> Result<(), Halt> {
        let now = Instant::now();
        self.drift.explain(&id);
        if mark.is_old_news(self.mirror.get(&id)) {
            return Ok(());
        }
        if mark.turned {
            self.mirror.turned(&id);
        }
        let told = match mark.life {
            Some(Life::Died) => self.mirror.died(&id, now),
            Some(Life::Destroyed) => {
                self.schedule.remove(&id);
                let gone = self.mirror.destroyed(&id, now);
                return self.tell(gone).await;
            }
            Some(Life::Started) => {
                self.mirror.started(&id);
                None
            }
            Some(Life::Paused | Life::Unpaused) | None => None,
        };
        if self.schedule.is_empty() {
            self.quiet_until = self.quiet_until.max(now + GATHER);
        }
        self.schedule.add(id, mark, now);
        self.tell(told).await
    }

    pub(super) async fn tell(&mut self, change: Option<Change>) -> Result<(), Halt> {
        let Some(change) = change else { return Ok(()) };
        if let Change::Apply(container) | Change::ResyncApply(container) = &change
            && container.health == Health::Unhealthy
        {
            self.to_hear.insert(container.id.clone());
        }
        self.changes_tx
            .send(change)
            .await
            .map_err(|_closed| Halt::Stopped)
    }
}

fn joined<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    outcome.expect("a session's tasks do not panic, and are aborted only together with it")
}
