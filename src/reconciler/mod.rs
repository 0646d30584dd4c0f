//! THE ONE WRITER: changes, commands and deadlines go in; the table, the store and the snapshot follow.
//!
//! One task owns all that changes, in plain fields. For an operator's command the order is fixed: step, save,
//! publish, reply. Disk is never behind what Traefik was told, and nobody is answered before the document is out.
//! `handle` is the door, `requests`, `transitions` and `verdict` what comes through it, `turn` what follows every change,
//! `tell` what is told of it, as `news` in the `feed`. `gc` lets stacks go by the rules, `removals` in what order.

mod asked;
mod clock;
mod closed;
mod farewell;
mod feed;
mod findings;
mod followers;
mod gc;
mod handle;
mod news;
mod removals;
mod requests;
mod tell;
mod transitions;
mod turn;
mod verdict;

#[cfg(test)]
mod tests;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::routing::model::{Attachments, Change, Targets};
use crate::routing::table::{Options, Table};
use crate::routing::time::Timestamp;
use crate::snapshot::Publisher;
pub use crate::store::HistoryEntry;
use crate::store::{Loaded, Store};

pub use asked::{AcceptedAll, Done, Transition, Transitions};
use clock::Clock;
pub use closed::Closed;
pub use farewell::Farewell;
use farewell::Leavers;
pub use feed::{Feed, Heard, Listener};
pub use followers::Followers;
use followers::Published;
pub use gc::{GcOutcome, GcRequest, GcRun, GcStack};
pub use handle::{
    Accepted, CommandError, CommandRequest, Handle, Request, Turn, VerdictRequest, handle_channel,
};
pub use news::{
    AppliedNews, Condition, HealthNews, Hearing, Moved, News, NewsKind, Proof, Question, Refused,
    answer_reason, answer_word,
};
use removals::Removals;
pub use removals::{RemovalStatus, Upkeep};
use tell::Notebook;

/// How many changes are taken in before something is published.
const BATCH: usize = 4096;

/// Where the reconciler's decisions go.
#[derive(Debug)]
pub struct Outlets {
    /// The document.
    pub publisher: Publisher,
    /// Networks that Traefik must be attached to.
    pub attachments: watch::Sender<Attachments>,
    /// What servers are to be asked.
    pub targets: watch::Sender<Targets>,
    /// What visitors of closed envs are told.
    pub closed: watch::Sender<Closed>,
    /// Ends the holding of answers when Traefik is told to stop.
    pub farewell: watch::Sender<Farewell>,
    /// Wakes those who wait for a change.
    pub turns: watch::Sender<Turn>,
    /// How far those are who follow the document.
    pub followers: Box<dyn Followers>,
    /// Tells everybody what happened.
    pub news: Feed,
    /// Gates that wait for a hook.
    pub questions: watch::Sender<Vec<Question>>,
    /// What it takes to let stacks go.
    pub upkeep: Upkeep,
}

/// Owner of everything that changes.
#[derive(Debug)]
pub struct Reconciler {
    table: Table,
    store: Store,
    outlets: Outlets,
    clock: Clock,
    notebook: Notebook,
    removals: Removals,
    /// When what was published.
    published: Published,
    /// How far the proxies were when there was one last, and when that was.
    followed: Option<(u64, Timestamp)>,
    /// Traefik's containers that are leaving, as they were told last.
    leavers: Leavers,
    /// When the last turn was.
    turned_at: Timestamp,
    /// A deadline could not be carried out; it is tried again after a pause.
    stalled: bool,
    /// That was so at the last turn already, and is in the log.
    told: bool,
}

impl Reconciler {
    /// Begins with what the store remembers.
    pub fn new(options: Options, store: Store, loaded: Loaded, outlets: Outlets) -> Self {
        let mut table = Table::new(options);
        for record in loaded.envs.into_values() {
            table.put_env(record);
        }
        for (key, record) in loaded.rollouts {
            table.put_rollout(&key, record);
        }
        Self {
            table,
            store,
            outlets,
            clock: Clock::start(),
            notebook: Notebook::default(),
            removals: Removals::default(),
            published: Published::default(),
            followed: None,
            leavers: Leavers::new(),
            turned_at: Timestamp::ZERO,
            stalled: false,
            told: false,
        }
    }

    /// Works until `stop` is cancelled, then brings the store to a clean end.
    pub async fn run(
        mut self,
        mut changes_rx: mpsc::Receiver<Change>,
        mut requests_rx: mpsc::Receiver<Request>,
        stop: CancellationToken,
    ) -> Result<(), crate::store::Error> {
        self.boot();
        loop {
            let pause = self.until_deadline();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(change) = changes_rx.recv() => self.take_in(change, &mut changes_rx),
                Some(request) = requests_rx.recv() => {
                    if let Ok(change) = changes_rx.try_recv() {
                        self.take_in(change, &mut changes_rx);
                    }
                    self.answer(request);
                }
                Some(report) = self.outlets.upkeep.reports.recv() => {
                    self.removals.hear(report);
                    self.turn();
                }
                () = tokio::time::sleep(pause) => self.turn(),
            }
        }
        let store = self.store;
        tokio::task::block_in_place(|| store.close())
    }

    /// A change and all that wait behind it, then one turn.
    fn take_in(&mut self, first: Change, changes_rx: &mut mpsc::Receiver<Change>) {
        let now = self.clock.now();
        self.table.apply(first, now);
        for _ in 1..BATCH {
            let Ok(change) = changes_rx.try_recv() else {
                break;
            };
            self.table.apply(change, now);
        }
        self.turn();
    }
}
