//! The last news, for everyone who wants to listen: a ring that nobody can hold up.
//!
//! A listener has a place in the ring and nothing else, so a slow one costs no memory: what was overwritten before it
//! came to it is lost, and it is told how much that was. Numbers begin at the wall clock's milliseconds, so that they
//! grow over restarts, and a listener that comes back after one is told that it may have missed something.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::routing::ids::EnvKey;

use super::clock::Clock;
use super::news::{News, NewsKind};

/// How many are kept.
const KEPT: usize = 1024;

/// Where news are told and heard. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    first: u64,
    /// A std mutex: held for a look or a store, never across an await.
    ring: Mutex<Ring>,
    told: watch::Sender<u64>,
}

#[derive(Debug)]
struct Ring {
    next: u64,
    kept: VecDeque<Arc<News>>,
}

/// One listener's place.
#[derive(Debug)]
pub struct Listener {
    feed: Feed,
    told: watch::Receiver<u64>,
    after: u64,
    restarted: bool,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The next one.
    News(Arc<News>),
    /// So many were overwritten before they were heard; `None` when the daemon has started anew since, and nobody
    /// knows.
    Lost(Option<u64>),
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

impl Feed {
    /// With nothing told.
    pub fn new() -> Self {
        let clock = Clock::start();
        let first = clock.now().as_millis();
        Self {
            shared: Arc::new(Shared {
                clock,
                first,
                ring: Mutex::new(Ring {
                    next: first,
                    kept: VecDeque::new(),
                }),
                told: watch::Sender::new(0),
            }),
        }
    }

    /// Tells everybody. Never waits.
    pub fn tell(&self, key: Option<EnvKey>, kind: NewsKind) {
        let time = self.shared.clock.now();
        let mut ring = self.ring();
        let seq = ring.next;
        ring.next += 1;
        if ring.kept.len() == KEPT {
            ring.kept.pop_front();
        }
        ring.kept.push_back(Arc::new(News {
            seq,
            time,
            key,
            kind,
        }));
        drop(ring);
        self.shared.told.send_modify(|count| *count += 1);
    }

    /// Hears what is told from now on.
    pub fn listen(&self) -> Listener {
        let after = self.ring().next.saturating_sub(1);
        self.listener(after)
    }

    /// Hears what was told after a number, as far as it is kept, and then what is told from now on.
    pub fn listen_after(&self, seq: u64) -> Listener {
        let ring = self.ring();
        let (next, oldest) = (ring.next, ring.kept.front().map(|news| news.seq));
        drop(ring);
        let is_of_now = (self.shared.first.saturating_sub(1)..next).contains(&seq);
        if is_of_now {
            return self.listener(seq);
        }
        let begin = oldest.unwrap_or(next).saturating_sub(1);
        Listener {
            restarted: true,
            ..self.listener(begin)
        }
    }

    fn listener(&self, after: u64) -> Listener {
        Listener {
            feed: self.clone(),
            told: self.shared.told.subscribe(),
            after,
            restarted: false,
        }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        let ring = self.shared.ring.lock();
        ring.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// The number of what was heard last; listening after it goes on here.
    pub const fn position(&self) -> u64 {
        self.after
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Heard {
        loop {
            self.told.mark_unchanged();
            if let Some(heard) = self.look() {
                return heard;
            }
            if self.told.changed().await.is_err() {
                // the sender lives in the feed that this listener holds
                std::future::pending::<()>().await;
            }
        }
    }

    /// What is there already.
    pub fn look(&mut self) -> Option<Heard> {
        if std::mem::take(&mut self.restarted) {
            return Some(Heard::Lost(None));
        }
        let ring = self.feed.ring();
        let oldest = ring.kept.front()?.seq;
        if self.after + 1 < oldest {
            let lost = oldest - self.after - 1;
            drop(ring);
            self.after = oldest - 1;
            return Some(Heard::Lost(Some(lost)));
        }
        let index = usize::try_from(self.after + 1 - oldest).ok()?;
        let news = Arc::clone(ring.kept.get(index)?);
        drop(ring);
        self.after = news.seq;
        Some(Heard::News(news))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(feed: &Feed, count: usize) {
        for number in 0..count {
            let actor = number.to_string();
            feed.tell(None, NewsKind::Recorded { actor });
        }
    }

    fn actor(heard: Option<Heard>) -> Option<String> {
        match heard {
            Some(Heard::News(news)) => {
                let NewsKind::Recorded { actor } = &news.kind else {
                    panic!("{news:?}");
                };
                Some(actor.clone())
            }
            Some(Heard::Lost(lost)) => Some(format!("lost {lost:?}")),
            None => None,
        }
    }

    #[test]
    fn news_are_heard_in_order_and_once() {
        let feed = Feed::new();
        tell(&feed, 1);
        let mut listener = feed.listen();
        assert_eq!(actor(listener.look()), None, "from now on");
        tell(&feed, 2);
        assert_eq!(actor(listener.look()).as_deref(), Some("0"), "first");
        assert_eq!(actor(listener.look()).as_deref(), Some("1"), "second");
        assert_eq!(actor(listener.look()), None, "no more");
    }

    #[test]
    fn a_slow_listener_is_told_how_much_it_lost() {
        let feed = Feed::new();
        let mut slow = feed.listen();
        tell(&feed, KEPT + 7);
        assert_eq!(actor(slow.look()).as_deref(), Some("lost Some(7)"), "told");
        assert_eq!(actor(slow.look()).as_deref(), Some("7"), "goes on");
        assert_eq!(feed.ring().kept.len(), KEPT, "bounded");
    }

    #[test]
    fn a_listener_goes_on_where_it_was() {
        let feed = Feed::new();
        let mut before = feed.listen();
        tell(&feed, 3);
        before.look();
        let mut after = feed.listen_after(before.position());
        assert_eq!(actor(after.look()).as_deref(), Some("1"), "the next one");
    }

    #[test]
    fn a_listener_of_an_earlier_process_hears_all_that_is_kept() {
        let feed = Feed::new();
        tell(&feed, 2);
        for strange in [0, 17, u64::MAX] {
            let mut listener = feed.listen_after(strange);
            let told = [0; 4].map(|_| actor(listener.look()).unwrap_or_default());
            assert_eq!(told, ["lost None", "0", "1", ""], "{strange}");
        }
        let mut current = Feed::new().listen();
        let mut back = current.feed.listen_after(current.position());
        assert_eq!(
            (current.look(), back.look()),
            (None, None),
            "nothing was missed"
        );
    }

    #[tokio::test]
    async fn a_waiting_listener_wakes() {
        let feed = Feed::new();
        let mut listener = feed.listen();
        let told = async { tell(&feed, 1) };
        let (heard, ()) = tokio::join!(listener.next(), told);
        assert_eq!(actor(Some(heard)).as_deref(), Some("0"), "woken");
    }
}
