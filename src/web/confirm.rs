//! Reads back from Traefik's own API which revision is in force: the only proof that something is applied.
//!
//! Each document carries an unused middleware named after its revision; that name answers 200 exactly while the
//! revision is in force. An API is asked while the newest revision is unconfirmed: every 50 ms at first and as
//! long as somebody waits, else at growing pauses up to 1 s. A confirmed revision is not asked for again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::Revision;
use crate::snapshot::{Publication, Reader};

use super::evidence::Evidence;
use super::traefik_api::{ApiAuth, TraefikApi, TraefikApiError};

/// Pause between two questions while an answer is wanted.
const EAGER: Duration = Duration::from_millis(50);
/// Longest pause while nobody waits.
const PATIENT: Duration = Duration::from_secs(1);

/// What one API said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiState {
    /// As it was configured.
    pub url: String,
    /// The revision it confirmed last.
    pub revision: Option<Revision>,
    /// Place of that revision among the publications; 0 while there is none.
    pub sequence: u64,
    /// Where it answered from.
    pub peer: Option<IpAddr>,
    /// Why the last question got no answer.
    pub error: Option<String>,
}

/// Asks every configured API.
#[derive(Clone, Debug)]
pub struct Confirmer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    apis: Vec<TraefikApi>,
    /// A std mutex: held for a look or a store, never across an await.
    inner: Mutex<Inner>,
    /// Wakes those who wait for an API.
    confirmed: watch::Sender<u64>,
    /// Wakes the askers when somebody begins to wait.
    wanted: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    states: Vec<ApiState>,
    /// By place; with how many wait.
    waiting: BTreeMap<u64, (Publication, u32)>,
}

impl Confirmer {
    /// For the given URLs, all with the same credentials.
    pub fn new(urls: &[String], auth: Option<&ApiAuth>) -> Result<Self, TraefikApiError> {
        let apis = TraefikApi::parse_all(urls, auth)?;
        let state = |url: &String| ApiState {
            url: url.clone(),
            revision: None,
            sequence: 0,
            peer: None,
            error: None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                apis,
                inner: Mutex::new(Inner {
                    states: urls.iter().map(state).collect(),
                    waiting: BTreeMap::new(),
                }),
                confirmed: watch::Sender::new(0),
                wanted: watch::Sender::new(0),
            }),
        })
    }

    /// Asks until stopped.
    pub async fn run(self, reader: Reader, stop: CancellationToken) {
        let mut askers = JoinSet::new();
        for index in 0..self.shared.apis.len() {
            let (asker, reader) = (self.clone(), reader.clone());
            askers.spawn(async move { asker.ask_on(index, reader).await });
        }
        tokio::select! {
            () = stop.cancelled() => {}
            Some(Err(error)) = askers.join_next() => {
                tracing::error!(%error, "asking Traefik's API ended");
                stop.cancelled().await;
            }
        }
        askers.shutdown().await;
    }

    /// What each API said last, in the order of configuration.
    pub fn states(&self) -> Vec<ApiState> {
        self.inner().states.clone()
    }

    /// Wakes when an API confirmed something.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.shared.confirmed.subscribe()
    }

    /// Asks eagerly, and for this publication too, as long as the answer lives.
    pub(super) fn watch(&self, target: Publication) -> Watching {
        let mut inner = self.inner();
        let (_target, count) = inner.waiting.entry(target.sequence).or_insert((target, 0));
        *count += 1;
        drop(inner);
        self.shared.wanted.send_modify(|count| *count += 1);
        Watching {
            confirmer: self.clone(),
            sequence: target.sequence,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        let inner = self.shared.inner.lock();
        inner.unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask_on(&self, index: usize, mut reader: Reader) {
        let Some(api) = self.shared.apis.get(index) else {
            return;
        };
        let mut wanted = self.shared.wanted.subscribe();
        let mut evidence = Evidence::default();
        let mut pause = EAGER;
        loop {
            let snapshot = reader.after(evidence.proven()).await;
            let newest = snapshot.publication();
            let answer = self.ask(api, newest, &mut evidence).await;
            self.note(index, &answer);
            if evidence.proven() == newest.sequence {
                pause = EAGER;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PATIENT),
                _newer = reader.after(newest.sequence) => pause = EAGER,
                // the sender lives in self, so this cannot fail
                _wanted = wanted.changed() => pause = EAGER,
            }
            if !self.inner().waiting.is_empty() {
                pause = EAGER;
            }
        }
    }

    /// Is the newest publication in force, or else one that somebody waits for.
    async fn ask(
        &self,
        api: &TraefikApi,
        newest: Publication,
        evidence: &mut Evidence,
    ) -> Result<Answer, String> {
        let mut candidates = self.waiting();
        candidates.insert(newest.sequence, newest);
        evidence.keep(&candidates);
        let mut peer = None;
        for candidate in candidates.into_values().rev() {
            let (found, from) = api.has(candidate.revision).await?;
            peer = Some(from);
            if !found {
                evidence.lacks(candidate);
            } else if evidence.has(candidate, Instant::now()) {
                return Ok(Answer {
                    confirmed: Some(candidate),
                    peer,
                });
            }
        }
        Ok(Answer {
            confirmed: None,
            peer,
        })
    }

    /// What somebody waits for, by place.
    fn waiting(&self) -> BTreeMap<u64, Publication> {
        let inner = self.inner();
        let waiting = inner.waiting.iter();
        waiting
            .map(|(sequence, (publication, _))| (*sequence, *publication))
            .collect()
    }

    fn note(&self, index: usize, answer: &Result<Answer, String>) {
        let mut inner = self.inner();
        let Some(state) = inner.states.get_mut(index) else {
            return;
        };
        match answer {
            Ok(answer) => {
                state.error = None;
                state.peer = answer.peer.or(state.peer);
                let newer = answer
                    .confirmed
                    .filter(|confirmed| confirmed.sequence >= state.sequence);
                if let Some(confirmed) = newer {
                    state.revision = Some(confirmed.revision);
                    state.sequence = confirmed.sequence;
                }
            }
            Err(error) => {
                if state.error.is_none() {
                    tracing::warn!(url = state.url, error, "Traefik's API gave no answer");
                }
                state.error = Some(error.clone());
            }
        }
        drop(inner);
        self.shared.confirmed.send_modify(|count| *count += 1);
    }
}

/// One round of questions.
#[derive(Debug)]
struct Answer {
    confirmed: Option<Publication>,
    peer: Option<IpAddr>,
}

/// Somebody waits for a publication.
#[derive(Debug)]
pub(super) struct Watching {
    confirmer: Confirmer,
    sequence: u64,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut inner = self.confirmer.inner();
        if let Some((_target, count)) = inner.waiting.get_mut(&self.sequence) {
            *count -= 1;
            if *count == 0 {
                inner.waiting.remove(&self.sequence);
            }
        }
    }
}
