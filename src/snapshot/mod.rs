//! The one published value: what Traefik is being told.
//!
//! [`Publisher`] is not cloneable and lives in the reconciler; [`Reader`]s are cheap. A reader always sees one
//! whole revision. Nothing is published before the first complete Docker list.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use imbl::Vector;
use tokio::sync::watch;

use crate::routing::ids::Revision;
use crate::routing::traefik::Document;

pub use crate::routing::traefik::Body;

/// How many publications are remembered.
const REMEMBERED: usize = 256;

/// One publication. Revisions are hashes: they have no order, and one can come back. Publications are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Of the document.
    pub revision: Revision,
    /// How many publications of this process led here, this one included. It is never in the bytes.
    pub sequence: u64,
    /// The last one before it with the same revision.
    pub earlier: Option<u64>,
}

/// One immutable revision.
#[derive(Debug)]
pub struct Snapshot {
    publication: Publication,
    /// The last ones, this one included; oldest first.
    log: Vector<Publication>,
    document: Document,
    body: OnceLock<Arc<Body>>,
    /// The body that was made last, of which the next one takes what it can; all snapshots share it.
    latest_body: Arc<ArcSwapOption<Body>>,
}

impl Snapshot {
    /// Wraps a document as the publication after `last`.
    fn after(last: Option<&Self>, document: Document) -> Self {
        let revision = document.revision();
        let mut log = last.map(|last| last.log.clone()).unwrap_or_default();
        let publication = Publication {
            revision,
            sequence: last.map_or(0, Self::sequence) + 1,
            earlier: find(&log, revision).map(|earlier| earlier.sequence),
        };
        if log.len() == REMEMBERED {
            log.pop_front();
        }
        log.push_back(publication);
        let latest_body = last.map(|last| Arc::clone(&last.latest_body));
        Self {
            publication,
            log,
            document,
            body: OnceLock::new(),
            latest_body: latest_body.unwrap_or_default(),
        }
    }

    /// What the document is known by.
    pub const fn revision(&self) -> Revision {
        self.publication.revision
    }

    /// Its place among the publications.
    pub const fn sequence(&self) -> u64 {
        self.publication.sequence
    }

    /// This publication.
    pub const fn publication(&self) -> Publication {
        self.publication
    }

    /// The last publication of a revision, this one's included; `None` when it is too long ago.
    pub fn last_of(&self, revision: Revision) -> Option<Publication> {
        find(&self.log, revision)
    }

    /// The body, made once and shared; it shares with the one before what did not change.
    pub fn body(&self) -> &Arc<Body> {
        self.body.get_or_init(|| {
            let body = match self.latest_body.load_full() {
                Some(last) => Body::after(&last, &self.document),
                None => Body::of(&self.document),
            };
            let body = Arc::new(body);
            self.latest_body.store(Some(Arc::clone(&body)));
            body
        })
    }
}

fn find(log: &Vector<Publication>, revision: Revision) -> Option<Publication> {
    let mut latest = log.iter().rev();
    latest
        .find(|publication| publication.revision == revision)
        .copied()
}

/// The writing end. There is one.
#[derive(Debug)]
pub struct Publisher {
    current: Arc<ArcSwapOption<Snapshot>>,
    changed: watch::Sender<Option<Revision>>,
}

/// A reading end.
#[derive(Clone, Debug)]
pub struct Reader {
    current: Arc<ArcSwapOption<Snapshot>>,
    changed: watch::Receiver<Option<Revision>>,
}

/// A connected pair, with nothing published.
pub fn channel() -> (Publisher, Reader) {
    let current = Arc::new(ArcSwapOption::empty());
    let (changed_tx, changed_rx) = watch::channel(None);
    (
        Publisher {
            current: Arc::clone(&current),
            changed: changed_tx,
        },
        Reader {
            current,
            changed: changed_rx,
        },
    )
}

impl Publisher {
    /// Swaps in a document; equal bytes publish nothing. Gives whether it was new.
    pub fn publish(&self, document: &Document) -> bool {
        let revision = document.revision();
        if *self.changed.borrow() == Some(revision) {
            return false;
        }
        let last = self.current.load_full();
        let next = Snapshot::after(last.as_deref(), document.clone());
        self.current.store(Some(Arc::new(next)));
        self.changed.send_replace(Some(revision));
        true
    }
}

impl Reader {
    /// The current revision; `None` before the first complete Docker list.
    pub fn load(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Waits until the published revision is not `seen`, and gives it. Pending for ever once the publisher is gone.
    pub async fn newer_than(&mut self, seen: Option<Revision>) -> Arc<Snapshot> {
        self.wait_for(|snapshot| Some(snapshot.revision()) != seen)
            .await
    }

    /// Waits for a publication after that one, and gives the newest: also when it brings its revision back.
    pub async fn after(&mut self, sequence: u64) -> Arc<Snapshot> {
        self.wait_for(|snapshot| snapshot.sequence() > sequence)
            .await
    }

    async fn wait_for(&mut self, is_it: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        loop {
            if let Some(snapshot) = self.load().filter(|snapshot| is_it(snapshot)) {
                return snapshot;
            }
            if self.changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::routing::traefik::Section;

    #[tokio::test]
    async fn a_waiting_reader_wakes_on_new_bytes_only() {
        let (publisher, mut reader) = channel();
        let mut document = Document::default();
        assert!(
            reader.load().is_none(),
            "nothing before the first publication"
        );
        assert!(publisher.publish(&document), "first");
        assert!(!publisher.publish(&document), "equal bytes publish nothing");
        let seen = reader.newer_than(None).await.revision();
        document.replace(
            Section::HttpRouters,
            "x",
            Bytes::from_static(b",\"x\":{\"rule\":\"r\"}"),
        );
        publisher.publish(&document);
        let next = reader.newer_than(Some(seen)).await;
        assert_eq!(next.revision(), document.revision(), "woken by the change");
        assert_eq!(next.sequence(), 2, "the second publication");
        assert_eq!(
            usize::try_from(next.body().len).unwrap(),
            document.to_bytes().len(),
            "length is exact"
        );
    }

    #[tokio::test]
    async fn a_revision_that_comes_back_is_another_publication() {
        let (publisher, mut reader) = channel();
        let (empty, mut other) = (Document::default(), Document::default());
        let router = Bytes::from_static(b",\"x\":{\"rule\":\"r\"}");
        other.replace(Section::HttpRouters, "x", router);
        for document in [&empty, &other, &empty] {
            publisher.publish(document);
        }
        let newest = reader.after(2).await;
        let publication = newest.publication();
        assert_eq!((publication.sequence, publication.earlier), (3, Some(1)));
        assert_eq!(
            newest.last_of(empty.revision()),
            Some(publication),
            "itself"
        );
        let before = newest.last_of(other.revision()).unwrap();
        assert_eq!((before.sequence, before.earlier), (2, None), "the other");
        for _ in 0..REMEMBERED {
            publisher.publish(&other);
            publisher.publish(&empty);
        }
        let log = &reader.load().unwrap().log;
        assert_eq!(log.len(), REMEMBERED, "bounded");
    }
}
