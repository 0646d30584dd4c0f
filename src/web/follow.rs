//! Tells the news about those who follow the document: who has which revision, and who does not take it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::applied::Applied;
use super::proxies::Behind;
use crate::reconciler::{AppliedNews, Feed, Followers as _, NewsKind, Proof};
use crate::routing::ids::Revision;
use crate::snapshot::Reader;

/// How long a publication may be on its way before that is news.
const LATE: Duration = Duration::from_secs(30);
/// How many publications on their way are remembered; the oldest count.
const REMEMBERED: usize = 256;

/// Tells until stopped.
pub async fn tell_applied(applied: Applied, reader: Reader, news: Feed, stop: CancellationToken) {
    let mut teller = Teller {
        applied,
        news,
        told: BTreeMap::new(),
        late: Late::default(),
    };
    let mut changed = teller.applied.changed();
    let (mut reader, mut seen) = (reader, 0);
    loop {
        if let Some(snapshot) = reader.load() {
            seen = snapshot.sequence();
            teller.look(snapshot.revision(), snapshot.sequence());
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.wait() => {}
            _newer = reader.after(seen) => {}
            () = tokio::time::sleep_until(teller.next_look()) => {}
        }
    }
}

struct Teller {
    applied: Applied,
    news: Feed,
    told: BTreeMap<String, (Revision, Proof)>,
    late: Late,
}

impl Teller {
    fn look(&mut self, revision: Revision, sequence: u64) {
        let now = Instant::now();
        let have = self.applied.have();
        self.told.retain(|proxy, _| have.contains_key(proxy));
        for (proxy, has) in &have {
            if self.told.get(proxy) == Some(has) {
                continue;
            }
            self.told.insert(proxy.clone(), *has);
            let applied = AppliedNews {
                proxy: proxy.clone(),
                revision: has.0,
                proof: has.1,
            };
            self.news.tell(None, NewsKind::Applied(applied));
        }
        self.late.published(sequence, now);
        self.late.applied(self.applied.applied());
        if self.late.is_news(now) {
            let lacking = have.iter().filter(|(_, has)| has.0 != revision);
            let by: Vec<String> = lacking.map(|(proxy, _)| proxy.clone()).collect();
            let behind = Behind {
                revision,
                by: by.clone(),
            };
            self.applied.set_behind(Some(behind));
            self.news.tell(None, NewsKind::NotApplied { revision, by });
        }
        if self.late.is_none() {
            self.applied.set_behind(None);
        }
    }

    /// Proxies that go away in silence are seen when their time is over.
    fn next_look(&self) -> Instant {
        let expiry = self.applied.next_expiry();
        self.late.due().map_or(expiry, |due| due.min(expiry))
    }
}

/// Publications on their way.
#[derive(Debug, Default)]
struct Late {
    missing: VecDeque<(u64, Instant)>,
    newest: u64,
    /// There was somebody who could have applied them.
    followed: bool,
    told: bool,
}

impl Late {
    fn published(&mut self, sequence: u64, now: Instant) {
        if sequence > self.newest {
            self.newest = sequence;
            self.missing.truncate(REMEMBERED - 1);
            self.missing.push_back((sequence, now));
        }
    }

    fn applied(&mut self, until: Option<u64>) {
        self.followed |= until.is_some();
        if !self.followed {
            self.missing.clear();
        }
        let until = until.unwrap_or(0);
        while self.missing.front().is_some_and(|(at, _)| *at <= until) {
            self.missing.pop_front();
        }
        self.told &= !self.missing.is_empty();
    }

    /// All have all.
    fn is_none(&self) -> bool {
        self.missing.is_empty()
    }

    fn due(&self) -> Option<Instant> {
        let oldest = self.missing.front().filter(|_| !self.told);
        oldest.map(|(_, since)| *since + LATE)
    }

    /// It has taken too long, and that was not told yet.
    fn is_news(&mut self, now: Instant) -> bool {
        let is_late = self.due().is_some_and(|due| due <= now);
        self.told |= is_late;
        is_late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_that_is_not_applied_is_told_of_once() {
        let (start, mut late) = (Instant::now(), Late::default());
        late.published(1, start);
        late.applied(Some(1));
        assert_eq!(late.due(), None, "all is well");
        late.published(2, start);
        let almost = start + LATE - Duration::from_millis(1);
        late.published(3, almost);
        late.applied(Some(1));
        assert!(!late.is_news(almost), "not yet");
        assert!(late.is_news(start + LATE), "the older one counts");
        assert!(!late.is_news(start + LATE), "told");
        late.applied(Some(3));
        late.published(4, start);
        assert!(late.is_news(start + LATE), "the next time is news again");
    }

    #[test]
    fn without_a_follower_nothing_is_late_until_there_was_one() {
        let (start, mut late) = (Instant::now(), Late::default());
        late.published(1, start);
        late.applied(None);
        assert!(!late.is_news(start + LATE), "nobody was ever there");
        late.applied(Some(1));
        late.published(2, start);
        late.applied(None);
        assert!(late.is_news(start + LATE), "it went away");
    }

    #[test]
    fn what_is_on_its_way_is_bounded_and_the_oldest_counts() {
        let (start, mut late) = (Instant::now(), Late::default());
        late.applied(Some(0));
        for sequence in 1..1000 {
            late.published(sequence, start + Duration::from_millis(sequence));
        }
        assert_eq!(late.missing.len(), REMEMBERED, "bounded");
        assert_eq!(
            late.due(),
            Some(start + Duration::from_millis(1) + LATE),
            "the first"
        );
    }
}
