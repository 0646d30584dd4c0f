//! Who polls the provider, and what each was served: the basis of every "applied" that is claimed.
//!
//! A proxy is a connection with at least 3 polls; it expires after 3 spacings without a poll, or on close. The
//! spacing is the longest of its last gaps, so that one quick poll after a slow one expires nobody. A revision
//! counts as served once its whole body has been handed to the kernel on that connection. Served is not
//! applied: only Traefik's own API proves that ([`super::confirm`]).

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::routing::ids::Revision;
use crate::routing::model::Authority;
use crate::snapshot::Publication;

/// Polls that make a connection a proxy; also the spacings after which it is given up.
const POLLS: u64 = 3;
/// How many gaps the spacing is taken from.
const GAPS: usize = 4;
/// No spacing is shorter: a timer's jitter expires nobody.
const SHORTEST_SPACING: Duration = Duration::from_millis(100);

/// The registry of pollers.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// A std mutex: held for a look or a store, never across an await; a handful of polls a second contend.
    table: Mutex<Table>,
    changed: watch::Sender<u64>,
    joined: watch::Sender<u64>,
    /// What somebody has not taken for too long.
    late: Mutex<Option<Behind>>,
}

/// A publication that is not applied, and who does not have it; nobody when nobody asks any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) revision: Revision,
    pub(super) by: Vec<String>,
}

#[derive(Debug, Default)]
struct Table {
    next_id: u64,
    entries: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    remote: SocketAddr,
    polls: u64,
    gaps: VecDeque<Duration>,
    last: Option<Instant>,
    in_flight: bool,
    served: Option<(Revision, u64)>,
    /// Where it reaches this listener.
    reached: Option<Authority>,
}

/// One proxy, as it was when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyState {
    /// Its end of the connection.
    pub remote: SocketAddr,
    /// Polls on this connection.
    pub polls: u64,
    /// The last revision it was wholly served.
    pub revision: Option<Revision>,
    /// Place of that revision among the publications.
    pub sequence: u64,
    /// Since its last poll began.
    pub idle: Duration,
}

impl ProxyState {
    /// It was served this or something later. What a connection was served last is what it has, also when that
    /// was published before something that it never saw.
    pub(super) fn has(&self, target: Publication) -> bool {
        self.revision == Some(target.revision) || self.sequence >= target.sequence
    }
}

impl Proxies {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that count as proxies now, oldest connection first.
    pub fn list(&self) -> Vec<ProxyState> {
        let now = Instant::now();
        let table = self.table();
        let live = table.entries.values().filter(|entry| entry.is_proxy(now));
        live.map(|entry| entry.state(now)).collect()
    }

    /// As `follow` found out.
    pub(super) fn set_behind(&self, behind: Option<Behind>) {
        let late = self.shared.late.lock();
        *late.unwrap_or_else(PoisonError::into_inner) = behind;
    }

    pub(super) fn behind(&self) -> Option<Behind> {
        let late = self.shared.late.lock();
        late.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the newest proxy reaches this listener.
    pub(super) fn reached(&self) -> Option<Authority> {
        let now = Instant::now();
        let table = self.table();
        let mut live = table.entries.values().filter(|entry| entry.is_proxy(now));
        live.next_back().and_then(|entry| entry.reached.clone())
    }

    /// Waits until every proxy was served the target (or something published later), there being at least one.
    /// `false` at the deadline or when nobody polls.
    pub async fn wait_served(&self, target: Publication, deadline: Instant) -> bool {
        let mut changed = self.changed();
        loop {
            let proxies = self.list();
            if proxies.is_empty() {
                return false;
            }
            if proxies.iter().all(|proxy| proxy.has(target)) {
                return true;
            }
            tokio::select! {
                _changed = changed.changed() => {}
                () = tokio::time::sleep_until(self.next_expiry().min(deadline)) => {
                    if Instant::now() >= deadline {
                        return false;
                    }
                }
            }
        }
    }

    /// Wakes when somebody was served something else, came, went, or is reached elsewhere; not at each poll, which
    /// is news to nobody. Who was silent for too long is seen at [`Self::next_expiry`].
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Wakes when somebody new connects.
    pub(super) fn joined(&self) -> watch::Receiver<u64> {
        self.shared.joined.subscribe()
    }

    /// When the next proxy will have been silent for too long.
    pub(super) fn next_expiry(&self) -> Instant {
        let now = Instant::now();
        let table = self.table();
        let expiries = table.entries.values().filter_map(Entry::expires_at);
        let next = expiries.filter(|at| *at > now).min();
        next.unwrap_or(now + Duration::from_secs(1))
    }

    /// A new connection.
    pub(super) fn join(&self, remote: SocketAddr) -> Poller {
        self.shared.joined.send_modify(|count| *count += 1);
        let mut table = self.table();
        let id = table.next_id;
        table.next_id += 1;
        table.entries.insert(
            id,
            Entry {
                remote,
                polls: 0,
                gaps: VecDeque::with_capacity(GAPS),
                last: None,
                in_flight: false,
                served: None,
                reached: None,
            },
        );
        Poller {
            proxies: self.clone(),
            id,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        let table = self.shared.table.lock();
        table.unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.shared.changed.send_modify(|count| *count += 1);
    }
}

impl Entry {
    fn spacing(&self) -> Duration {
        let longest = self.gaps.iter().max().copied().unwrap_or_default();
        longest.max(SHORTEST_SPACING)
    }

    /// `None` for what is no proxy yet, or is being answered right now.
    fn expires_at(&self) -> Option<Instant> {
        let last = self.last.filter(|_| self.polls >= POLLS)?;
        (!self.in_flight).then(|| last + self.spacing() * 3)
    }

    fn is_proxy(&self, now: Instant) -> bool {
        self.polls >= POLLS && self.expires_at().is_none_or(|at| now <= at)
    }

    fn state(&self, now: Instant) -> ProxyState {
        let (revision, sequence) = self.served.unzip();
        ProxyState {
            remote: self.remote,
            polls: self.polls,
            revision,
            sequence: sequence.unwrap_or(0),
            idle: self.last.map_or(Duration::ZERO, |last| now - last),
        }
    }

    /// A poll begins. Gives whether that is news: it makes a proxy, or a proxy that is somewhere else now.
    fn poll(&mut self, now: Instant, reached: Option<Authority>) -> bool {
        let was_proxy_there = self.is_proxy(now) && self.reached == reached;
        if let Some(last) = self.last.replace(now) {
            if self.gaps.len() == GAPS {
                self.gaps.pop_front();
            }
            self.gaps.push_back(now - last);
        }
        self.polls += 1;
        self.in_flight = true;
        self.reached = reached;
        self.is_proxy(now) && !was_proxy_there
    }

    /// A poll was answered. Gives whether that is news: it has something else than before.
    fn answered(&mut self, served: (Revision, u64)) -> bool {
        self.in_flight = false;
        self.served.replace(served) != Some(served)
    }
}

/// One connection's place in the registry; it leaves with this value.
#[derive(Debug)]
pub(super) struct Poller {
    proxies: Proxies,
    id: u64,
}

impl Poller {
    /// A poll begins, of somebody who reaches this listener there. Gives what the connection was last served.
    pub(super) fn begin(&self, reached: Option<Authority>) -> Option<Revision> {
        let now = Instant::now();
        let begun = self.update(|entry| (entry.poll(now, reached), entry.served));
        let (is_news, served) = begun?;
        if is_news {
            self.proxies.wake();
        }
        served.map(|(revision, _)| revision)
    }

    /// A poll ended without the document.
    pub(super) fn end(&self) {
        self.update(|entry| entry.in_flight = false);
    }

    /// The whole body of a publication is in the kernel.
    pub(super) fn served(&self, revision: Revision, sequence: u64) {
        let is_news = self.update(|entry| entry.answered((revision, sequence)));
        if is_news == Some(true) {
            self.proxies.wake();
        }
    }

    fn update<T>(&self, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.proxies.table().entries.get_mut(&self.id).map(change)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.proxies.table().entries.remove(&self.id);
        self.proxies.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Revision = Revision(0xa);
    const B: Revision = Revision(0xb);

    fn remote() -> SocketAddr {
        "192.0.2.7:40000".parse().unwrap()
    }

    fn poll(poller: &Poller, revision: Revision, sequence: u64) {
        poller.begin(None);
        poller.served(revision, sequence);
    }

    #[test]
    fn the_third_poll_makes_a_proxy_and_closing_ends_it() {
        let proxies = Proxies::new();
        let poller = proxies.join(remote());
        for polls in 1..=3 {
            assert!(
                proxies.list().is_empty(),
                "no proxy before poll {polls} is over"
            );
            poll(&poller, A, 1);
        }
        let list = proxies.list();
        assert_eq!(list.len(), 1, "now it is one");
        assert_eq!(list[0].revision, Some(A), "and has what it was served");
        drop(poller);
        assert!(proxies.list().is_empty(), "gone with its connection");
    }

    #[test]
    fn a_silent_proxy_expires_after_three_spacings_but_not_while_held() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut entry = Entry {
            remote: remote(),
            polls: 0,
            gaps: VecDeque::new(),
            last: None,
            in_flight: false,
            served: None,
            reached: None,
        };
        for millis in [0, 500, 1000, 1001] {
            entry.poll(at(millis), None);
        }
        assert!(entry.is_proxy(at(60_000)), "held: it is there");
        entry.in_flight = false;
        assert!(entry.is_proxy(at(1001 + 1500)), "three spacings of 500 ms");
        assert!(!entry.is_proxy(at(1001 + 1501)), "and not longer");
    }

    #[test]
    fn polls_that_bring_nothing_new_wake_nobody() {
        let proxies = Proxies::new();
        let poller = proxies.join(remote());
        let count = || *proxies.changed().borrow();
        for _ in 0..3 {
            poll(&poller, A, 1);
        }
        let settled = count();
        for _ in 0..10 {
            poll(&poller, A, 1);
        }
        assert_eq!(count(), settled, "the same again");
        poll(&poller, B, 2);
        assert_eq!(count(), settled + 1, "something else");
        poller.begin(Some(Authority::parse("elsewhere:9000").unwrap()));
        assert_eq!(count(), settled + 2, "from elsewhere");
        drop(poller);
        assert_eq!(count(), settled + 3, "gone");
    }

    #[tokio::test]
    async fn served_waits_for_the_last_proxy_and_takes_anything_later() {
        let proxies = Proxies::new();
        let (first, second) = (proxies.join(remote()), proxies.join(remote()));
        for _ in 0..3 {
            poll(&first, A, 1);
            poll(&second, A, 1);
        }
        let target = Publication {
            revision: B,
            sequence: 2,
            earlier: None,
        };
        let soon = Instant::now() + Duration::from_millis(20);
        poll(&first, B, 2);
        assert!(!proxies.wait_served(target, soon).await, "one lags");
        poll(&second, Revision(0xc), 3);
        assert!(proxies.wait_served(target, soon).await, "c came after b");
    }

    #[test]
    fn the_newest_proxy_says_where_the_listener_is() {
        let proxies = Proxies::new();
        let (first, second) = (proxies.join(remote()), proxies.join(remote()));
        let at = |name: &str| Some(Authority::parse(name).unwrap());
        let poll = |poller: &Poller, name: &str| {
            poller.begin(at(name));
            poller.served(A, 1);
        };
        for polls in 1..=3 {
            assert_eq!(proxies.reached(), None, "before poll {polls} nobody counts");
            poll(&first, "first:9000");
        }
        poll(&second, "second:9000");
        assert_eq!(proxies.reached(), at("first:9000"), "one poll is no proxy");
        poll(&second, "second:9000");
        poll(&second, "second:9000");
        assert_eq!(proxies.reached(), at("second:9000"), "now it is");
        drop(second);
        assert_eq!(proxies.reached(), at("first:9000"), "gone");
    }

    #[tokio::test]
    async fn without_a_proxy_nothing_is_claimed() {
        let target = Publication {
            revision: A,
            sequence: 1,
            earlier: None,
        };
        let far = Instant::now() + Duration::from_mins(1);
        let served = Proxies::new().wait_served(target, far).await;
        assert!(!served, "and nobody waits for it");
    }
}
