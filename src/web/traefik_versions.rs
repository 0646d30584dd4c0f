//! Reads which releases the Traefiks are, so that no document holds a field that one of them would refuse.
//!
//! The lowest release is told to the reconciler as a [`Change`], at first sight and whenever it differs. All APIs
//! are asked at the start until each has answered, then every few seconds, and at once when somebody new polls the
//! provider: that is how a Traefik comes back from an upgrade.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::TraefikVersion;
use crate::routing::model::Change;

use super::proxies::Proxies;
use super::traefik_api::{ApiAuth, TraefikApi, TraefikApiError};

/// Pause between two rounds while an API has not answered yet, and the shortest of all.
const EAGER: Duration = Duration::from_millis(250);
/// Pause between two rounds when all is known.
const PATIENT: Duration = Duration::from_secs(10);

/// Asks every configured API.
#[derive(Debug)]
pub struct TraefikVersions {
    apis: Vec<Asked>,
    told: Option<TraefikVersion>,
}

/// An API, and what it said.
#[derive(Debug)]
struct Asked {
    url: String,
    api: TraefikApi,
    version: Option<TraefikVersion>,
    /// Its last answer was no version, and that is in the log.
    failed: bool,
}

impl TraefikVersions {
    /// For the given URLs, all with the same credentials.
    pub fn new(urls: &[String], auth: Option<&ApiAuth>) -> Result<Self, TraefikApiError> {
        let apis = TraefikApi::parse_all(urls, auth)?.into_iter().zip(urls);
        let asked = apis.map(|(api, url)| Asked {
            url: url.clone(),
            api,
            version: None,
            failed: false,
        });
        Ok(Self {
            apis: asked.collect(),
            told: None,
        })
    }

    /// Asks and tells until stopped, or until nobody listens.
    pub async fn run(
        mut self,
        proxies: Proxies,
        changes_tx: mpsc::Sender<Change>,
        stop: CancellationToken,
    ) {
        let mut joined = proxies.joined();
        let work = async {
            loop {
                joined.mark_unchanged();
                if self.round(&changes_tx).await.is_err() {
                    return;
                }
                self.pause(&mut joined).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => stop.cancelled().await,
        }
    }

    async fn pause(&self, joined: &mut watch::Receiver<u64>) {
        tokio::time::sleep(EAGER).await;
        if self.apis.iter().all(|asked| asked.version.is_some()) {
            tokio::select! {
                () = tokio::time::sleep(PATIENT) => {}
                // the sender lives as long as the registry of pollers
                _joined = joined.changed() => {}
            }
        }
    }

    /// Asks all at once; a silent one delays nobody.
    async fn round(
        &mut self,
        changes_tx: &mpsc::Sender<Change>,
    ) -> Result<(), mpsc::error::SendError<Change>> {
        let mut questions = JoinSet::new();
        for (index, asked) in self.apis.iter().enumerate() {
            let api = asked.api.clone();
            questions.spawn(async move { (index, api.version().await) });
        }
        while let Some(answer) = questions.join_next().await {
            let (index, answer) = answer.expect("a question neither panics nor is cancelled");
            if let Some(asked) = self.apis.get_mut(index) {
                asked.note(answer);
            }
            self.tell(changes_tx).await?;
        }
        Ok(())
    }

    /// The lowest counts: every Traefik gets the same document.
    async fn tell(
        &mut self,
        changes_tx: &mpsc::Sender<Change>,
    ) -> Result<(), mpsc::error::SendError<Change>> {
        let lowest = self.apis.iter().filter_map(|asked| asked.version).min();
        let Some(version) = lowest.filter(|lowest| self.told != Some(*lowest)) else {
            return Ok(());
        };
        tracing::info!(%version, "rendering for this release of Traefik");
        changes_tx.send(Change::TraefikVersion(version)).await?;
        self.told = Some(version);
        Ok(())
    }
}

impl Asked {
    fn note(&mut self, answer: Result<TraefikVersion, String>) {
        match answer {
            Ok(version) => {
                self.version = Some(version);
                self.failed = false;
            }
            Err(error) if !self.failed => {
                tracing::warn!(
                    url = self.url,
                    error,
                    "Traefik's API does not say its version"
                );
                self.failed = true;
            }
            Err(_told) => {}
        }
    }
}
