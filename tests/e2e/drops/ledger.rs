//! What happened to every request, by step and by kind of client.
//!
//! A request counts in the step in which it ended; one without an answer in time in the step in which it was sent. A
//! stream counts in every step in which it was open, and its failure in the step in which it ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::support::http::LIMIT;
use crate::support::millis;

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Short,
    Slow,
    Upload,
    Events,
    Socket,
}

/// What is done to the app meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Before, between and after.
    Between,
    Deploy,
    Promote,
    Switch,
    Rollback,
    Ramp,
    ScaleUp,
    ScaleDown,
    Unhealthy,
    Stop,
    Kill,
    Restart,
    Reload,
    Retire,
    Gc,
}

/// Requests or streams.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) all: u64,
    pub(crate) failed: u64,
}

/// One that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) at_ms: f64,
    pub(crate) lasted_ms: f64,
    pub(crate) cycle: usize,
    pub(crate) step: Step,
    pub(crate) kind: Kind,
    pub(crate) client: u32,
    /// The container, where it is known.
    pub(crate) server: String,
    pub(crate) what: String,
    /// When it was sent, from the kill of its cycle on; before it if negative.
    #[serde(default)]
    pub(crate) sent_after_kill_ms: Option<f64>,
}

/// How a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client had enough.
    Own,
    /// The app said goodbye.
    Goodbye,
    Cut(String),
}

/// Where and when a request or stream began.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) kind: Kind,
    pub(crate) client: u32,
    at: Instant,
    step: Step,
}

pub(crate) type Counts = BTreeMap<Step, BTreeMap<Kind, Count>>;

/// A kill, on the clock of the ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kill {
    pub(crate) at_ms: f64,
    pub(crate) out_ms: f64,
}

/// All of it.
pub(crate) struct Ledger {
    origin: Instant,
    /// The same moment on the clock of the Engine.
    began: SystemTime,
    book: Mutex<Book>,
}

#[derive(Clone)]
pub(crate) struct Book {
    step: Step,
    cycle: usize,
    pub(crate) counts: Counts,
    pub(crate) failures: Vec<Failure>,
    /// Streams that are open now.
    open: BTreeMap<Kind, u64>,
    /// Goodbyes too early for what was known then; who leaves by compose's choice is known later.
    goodbyes: Vec<(Instant, Failure)>,
    /// Since when a container's streams may end, by host name.
    leaving: BTreeMap<String, Instant>,
    /// When a container got its SIGKILL, and when Traefik had taken it out, by cycle.
    pub(crate) kills: BTreeMap<usize, Kill>,
    /// How long each step took.
    pub(crate) times: BTreeMap<Step, Vec<f64>>,
}

impl Ledger {
    #[expect(
        clippy::disallowed_methods,
        reason = "the Engine's events have the time of the day"
    )]
    pub(crate) fn new() -> Self {
        Self {
            origin: Instant::now(),
            began: SystemTime::now(),
            book: Mutex::new(Book {
                step: Step::Between,
                cycle: 0,
                counts: BTreeMap::new(),
                failures: Vec::new(),
                open: BTreeMap::new(),
                goodbyes: Vec::new(),
                leaving: BTreeMap::new(),
                kills: BTreeMap::new(),
                times: BTreeMap::new(),
            }),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    pub(crate) fn cycle(&self, number: usize) {
        self.book().cycle = number;
    }

    /// Does one step; everything that ends meanwhile counts in it.
    pub(crate) fn step<T>(&self, step: Step, act: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        self.book().enter(step);
        let outcome = act();
        let mut book = self.book();
        let took = millis(began.elapsed());
        book.times.entry(step).or_default().push(took);
        book.enter(Step::Between);
        outcome
    }

    /// A container was killed then, and Traefik had it out at that time of this ledger.
    pub(crate) fn killed(&self, at: SystemTime, out: Duration) {
        let at = at.duration_since(self.began);
        let kill = Kill {
            at_ms: millis(at.expect("it was killed in this run")),
            out_ms: millis(out),
        };
        let mut book = self.book();
        let cycle = book.cycle;
        book.kills.insert(cycle, kill);
    }

    /// From then on the streams of these containers may end with a goodbye.
    pub(crate) fn may_leave(&self, ids: impl IntoIterator<Item = String>, from: Instant) {
        let leaving = ids.into_iter().map(|id| (host_name(&id), from));
        self.book().leaving.extend(leaving);
    }

    /// They have been started again, and are to stay.
    pub(crate) fn must_stay(&self, ids: impl IntoIterator<Item = String>) {
        let mut book = self.book();
        for id in ids {
            book.leaving.remove(&host_name(&id));
        }
    }

    pub(crate) fn begin(&self, kind: Kind, client: u32) -> Begun {
        let step = self.book().step;
        Begun {
            kind,
            client,
            at: Instant::now(),
            step,
        }
    }

    /// A request has ended.
    pub(crate) fn answered(&self, begun: &Begun, outcome: Result<(), String>) {
        let mut book = self.book();
        let in_time = begun.at.elapsed() < LIMIT;
        let step = if in_time { book.step } else { begun.step };
        book.count(step, begun.kind).all += 1;
        if let Err(what) = outcome {
            let failure = self.failure(&book, begun, "", what);
            book.fail(Failure { step, ..failure });
        }
    }

    /// A stream has begun.
    pub(crate) fn opened(&self, kind: Kind) {
        let mut book = self.book();
        let step = book.step;
        book.count(step, kind).all += 1;
        *book.open.entry(kind).or_default() += 1;
    }

    /// And has ended.
    pub(crate) fn closed(&self, begun: &Begun, server: &str, ending: Ending) {
        let mut book = self.book();
        *book.open.entry(begun.kind).or_default() -= 1;
        match ending {
            Ending::Own => {}
            Ending::Goodbye if book.may_leave(server, Instant::now()) => {}
            Ending::Goodbye => {
                let early = "goodbye, although nobody was to leave".to_owned();
                let failure = self.failure(&book, begun, server, early);
                book.goodbyes.push((Instant::now(), failure));
            }
            Ending::Cut(what) => {
                let failure = self.failure(&book, begun, server, what);
                book.fail(failure);
            }
        }
    }

    /// In the step of now.
    fn failure(&self, book: &Book, begun: &Begun, server: &str, what: String) -> Failure {
        Failure {
            at_ms: millis(self.elapsed()),
            lasted_ms: millis(begun.at.elapsed()),
            cycle: book.cycle,
            step: book.step,
            kind: begun.kind,
            client: begun.client,
            server: server.to_owned(),
            what,
            sent_after_kill_ms: None,
        }
    }

    /// Everything, goodbyes judged: before the container was to leave, or before its drain was over, it is a failure.
    pub(crate) fn settled(&self) -> Book {
        let mut book = self.book().clone();
        for (at, failure) in std::mem::take(&mut book.goodbyes) {
            if !book.may_leave(&failure.server, at) {
                book.fail(failure);
            }
        }
        for failure in &mut book.failures {
            let kill = book.kills.get(&failure.cycle);
            let kill = kill.filter(|_| failure.step == Step::Kill);
            failure.sent_after_kill_ms = kill.map(|kill| failure.sent_ms() - kill.at_ms);
        }
        book
    }
}

impl Failure {
    pub(crate) fn sent_ms(&self) -> f64 {
        self.at_ms - self.lasted_ms
    }
}

impl Book {
    fn may_leave(&self, server: &str, at: Instant) -> bool {
        self.leaving.get(server).is_some_and(|from| *from <= at)
    }

    fn count(&mut self, step: Step, kind: Kind) -> &mut Count {
        self.counts
            .entry(step)
            .or_default()
            .entry(kind)
            .or_default()
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        for (kind, open) in self.open.clone() {
            self.count(step, kind).all += open;
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.count(failure.step, failure.kind).failed += 1;
        self.failures.push(failure);
    }
}

/// Of a container, unless it has been given another.
fn host_name(id: &str) -> String {
    id.chars().take(12).collect()
}
