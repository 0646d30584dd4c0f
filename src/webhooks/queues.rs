//! Notifications on their way: a bounded queue for each address, one at a time, and not too many addresses at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::reconciler::{Feed, NewsKind};
use crate::routing::ids::EnvKey;
use crate::routing::model::Hook;

use super::attempt::Courier;
use super::stats::Stats;

/// How many may wait for one address.
const WAITING: usize = 64;
/// How many addresses are written to at one time.
const AT_ONCE: usize = 8;

/// One notification for one hook.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) key: EnvKey,
    pub(super) hook: Hook,
    pub(super) event: &'static str,
    pub(super) body: Bytes,
}

/// All of them.
pub(super) struct Queues {
    courier: Courier,
    news: Feed,
    stats: Stats,
    slots: Arc<Semaphore>,
    /// What waits behind the one that is under way, by address.
    waiting: BTreeMap<String, VecDeque<Delivery>>,
    tasks: JoinSet<(Delivery, Result<(), String>)>,
}

impl Queues {
    pub(super) fn new(courier: Courier, news: Feed, stats: Stats) -> Self {
        Self {
            courier,
            news,
            stats,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: BTreeMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Sends it when it is its turn; with too many before it, it is dropped, and that is told.
    pub(super) fn push(&mut self, delivery: Delivery) {
        match self.waiting.get_mut(&delivery.hook.url) {
            Some(queue) if queue.len() < WAITING => queue.push_back(delivery),
            Some(_full) => {
                let why = format!("{WAITING} notifications wait for it already");
                self.failed(&delivery, "dropped", why);
            }
            None => {
                let url = delivery.hook.url.clone();
                self.waiting.insert(url, VecDeque::new());
                self.begin(delivery);
            }
        }
    }

    /// Waits for the end of one, and begins the one behind it.
    pub(super) async fn one_ended(&mut self) {
        let (delivery, result) = match self.tasks.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(error)) => {
                tracing::error!(%error, "a notification's task failed");
                return;
            }
            None => return std::future::pending().await,
        };
        match result {
            Ok(()) => self.stats.counted(delivery.event, "delivered"),
            Err(why) => self.failed(&delivery, "failed", why),
        }
        let url = &delivery.hook.url;
        match self.waiting.get_mut(url).and_then(VecDeque::pop_front) {
            Some(next) => self.begin(next),
            None => drop(self.waiting.remove(url)),
        }
    }

    pub(super) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    fn begin(&mut self, delivery: Delivery) {
        let (courier, slots) = (self.courier.clone(), Arc::clone(&self.slots));
        self.tasks.spawn(async move {
            // it is never closed
            let _slot = slots.acquire_owned().await;
            let sent = courier.send(&delivery.hook, delivery.body.clone()).await;
            (delivery, sent.map(|_answer| ()))
        });
    }

    fn failed(&self, delivery: &Delivery, result: &'static str, why: String) {
        let (event, hook) = (delivery.event, delivery.hook.name.clone());
        tracing::warn!(env = %delivery.key, hook, event, why, "a hook was not told");
        self.stats.counted(event, result);
        let news = NewsKind::Undelivered { hook, event, why };
        self.news.tell(Some(delivery.key.clone()), news);
    }
}
