//! Removes stacks that the reconciler has let go: stop, remove, then the compose project's networks, volumes, images.
//!
//! Works from the latest list of orders only (a `watch` channel): each order has a task of its own, so that a container
//! that takes its time delays no other stack, and an order that is taken back ends its task. What did not work is told and
//! tried again, for ever: every step is one that may be done twice. Nothing is touched that does not carry all the
//! labels of the order (`own`); networks and volumes only of its compose project, and only when nobody else refers to them.

mod attempt;
mod own;
mod verbs;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::{Progress, RemovalOrder, RemovalReport, Removed};

use super::client::Client;
use super::error::chain;
use super::timing::Timing;
use super::watcher::Backoff;

use attempt::Attempt;
pub(super) use own::refers;

/// How many stacks of one env are worked on at the same time.
const PER_ENV: usize = 4;

type Stack = (EnvKey, Version);

/// Carries out the latest orders until `stop` is cancelled, or nobody orders any more.
pub async fn run(
    client: Client,
    timing: Timing,
    mut orders_rx: watch::Receiver<Vec<RemovalOrder>>,
    reports_tx: mpsc::Sender<RemovalReport>,
    stop: CancellationToken,
) {
    let mut works = Works {
        worker: Worker {
            client,
            timing: Arc::new(timing),
            reports_tx,
        },
        tasks: JoinSet::new(),
        at_work: BTreeMap::new(),
        places: HashMap::new(),
    };
    loop {
        let orders = orders_rx.borrow_and_update().clone();
        works.look(orders);
        tokio::select! {
            () = stop.cancelled() => break,
            changed = orders_rx.changed() => if changed.is_err() { break },
        }
    }
    works.tasks.shutdown().await;
}

/// The tasks.
struct Works {
    worker: Worker,
    tasks: JoinSet<()>,
    at_work: BTreeMap<Stack, (RemovalOrder, AbortHandle)>,
    places: HashMap<EnvKey, Arc<Semaphore>>,
}

/// What each of them needs.
#[derive(Clone)]
struct Worker {
    client: Client,
    timing: Arc<Timing>,
    reports_tx: mpsc::Sender<RemovalReport>,
}

impl Works {
    /// Begins what is new, ends what is not wanted any more or wanted otherwise.
    fn look(&mut self, orders: Vec<RemovalOrder>) {
        while self.tasks.try_join_next().is_some() {}
        self.at_work.retain(|_, (order, task)| {
            let stays = orders.contains(order);
            if !stays {
                task.abort();
            }
            stays
        });
        for order in orders {
            if self.at_work.contains_key(&order.stack) {
                continue;
            }
            let new = || Arc::new(Semaphore::new(PER_ENV));
            let place = self.places.entry(order.stack.0.clone()).or_insert_with(new);
            let work = self.worker.clone().work(order.clone(), Arc::clone(place));
            let task = self.tasks.spawn(work);
            self.at_work.insert(order.stack.clone(), (order, task));
        }
        self.places
            .retain(|key, _| self.at_work.keys().any(|(of, _)| of == key));
    }
}

impl Worker {
    /// Attempts until nothing is left. Pauses take no place from others.
    async fn work(self, order: RemovalOrder, place: Arc<Semaphore>) {
        let mut backoff = Backoff::new(self.timing.sweep_interval, self.timing.backoff_max);
        let mut attempt = Attempt::new(&order, self.timing.sweep_looks);
        let mut told = None;
        loop {
            let Ok(permit) = place.acquire().await else {
                return;
            };
            let done = self.attempt(&mut attempt).await;
            drop(permit);
            let why = match done {
                Ok(()) => return self.tell_done(&order, attempt.removed()).await,
                Err(why) => why,
            };
            if told.as_ref() != Some(&why) {
                tracing::warn!(env = %order.stack.0, version = %order.stack.1, why, "a stack is not removed yet");
                let progress = Progress::Stuck { why: why.clone() };
                self.tell(&order, progress).await;
                told = Some(why);
            }
            tokio::time::sleep(backoff.next()).await;
        }
    }

    async fn attempt(&self, attempt: &mut Attempt<'_>) -> Result<(), String> {
        let engine = self.client.connect(&self.timing).await;
        let engine = engine.map_err(|error| chain(&error))?;
        attempt.run(&engine).await
    }

    async fn tell_done(&self, order: &RemovalOrder, removed: Removed) {
        tracing::info!(env = %order.stack.0, version = %order.stack.1, "{removed}");
        self.tell(order, Progress::Done(removed)).await;
    }

    /// A reconciler that has ended needs no report: what is left is found at the next start.
    async fn tell(&self, order: &RemovalOrder, progress: Progress) {
        let order = order.clone();
        if self
            .reports_tx
            .send(RemovalReport { order, progress })
            .await
            .is_err()
        {
            tracing::debug!("nobody hears of removals any more");
        }
    }
}
