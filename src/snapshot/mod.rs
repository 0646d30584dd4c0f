//! The one published value: what Traefik is being told.
//!
//! [`Publisher`] is not cloneable and lives in the reconciler; [`Reader`]s are cheap. A reader always sees one
//! whole revision. Nothing is published before the first complete Docker list.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::routing::ids::Revision;
use crate::routing::traefik::Document;

pub use crate::routing::traefik::Body;

/// One immutable revision.
#[derive(Debug)]
pub struct Snapshot {
    revision: Revision,
    sequence: u64,
    document: Document,
    body: OnceLock<Arc<Body>>,
    /// The body that was made last, of which the next one takes what it can.
    last: Arc<ArcSwapOption<Body>>,
}

impl Snapshot {
    /// Wraps a document as the `sequence`-th publication.
    fn new(document: Document, sequence: u64, last: Arc<ArcSwapOption<Body>>) -> Self {
        Self {
            revision: document.revision(),
            sequence,
            document,
            body: OnceLock::new(),
            last,
        }
    }

    /// What the document is known by.
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// How many publications of this process led here, this one included: revisions are hashes and have no
    /// order, publications do. It is never in the bytes.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The body, made once and shared; it shares with the one before what did not change.
    pub fn body(&self) -> &Arc<Body> {
        self.body.get_or_init(|| {
            let body = match self.last.load_full() {
                Some(last) => Body::after(&last, &self.document),
                None => Body::of(&self.document),
            };
            let body = Arc::new(body);
            self.last.store(Some(Arc::clone(&body)));
            body
        })
    }
}

/// The writing end. There is one.
#[derive(Debug)]
pub struct Publisher {
    current: Arc<ArcSwapOption<Snapshot>>,
    changed: watch::Sender<Option<Revision>>,
    last: Arc<ArcSwapOption<Body>>,
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
            last: Arc::default(),
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
        let sequence = self.current.load().as_ref().map_or(0, |s| s.sequence()) + 1;
        let snapshot = Snapshot::new(document.clone(), sequence, Arc::clone(&self.last));
        self.current.store(Some(Arc::new(snapshot)));
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
        loop {
            if let Some(snapshot) = self
                .load()
                .filter(|snapshot| Some(snapshot.revision()) != seen)
            {
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
}
