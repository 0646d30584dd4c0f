//! Reads which releases the Traefiks are, so that no document holds a field that one of them would refuse.
//!
//! The lowest release is told to the reconciler as a [`Change`], at first sight and whenever it differs. All APIs
//! are asked at the start until each has answered, then every 10 s, and at once when somebody new polls the provider:
//! that is how a Traefik comes back from an upgrade.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::TraefikVersion;
use crate::routing::model::Change;

use super::proxies::Proxies;
use super::traefik_api::{ApiAuth, TraefikApi, TraefikApiError};

/// First pause between two rounds while an API does not answer, and the shortest of all.
const EAGER: Duration = Duration::from_millis(250);
/// Pause between two rounds when all have answered, and the longest of all.
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
    /// It answered when it was asked last; a Traefik that starts answers 404 at first.
    answered: bool,
    /// That it did not is in the log.
    told: bool,
}

impl TraefikVersions {
    /// For the given URLs, all with the same credentials.
    pub fn new(urls: &[String], auth: Option<&ApiAuth>) -> Result<Self, TraefikApiError> {
        let apis = TraefikApi::parse_all(urls, auth)?.into_iter().zip(urls);
        let asked = apis.map(|(api, url)| Asked {
            url: url.clone(),
            api,
            version: None,
            answered: false,
            told: false,
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
            let mut pause = EAGER;
            while self.round(&changes_tx).await.is_ok() {
                let settled = self.apis.iter().all(|asked| asked.answered);
                pause = if settled {
                    PATIENT
                } else {
                    (pause * 2).min(PATIENT)
                };
                tokio::time::sleep(EAGER).await;
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    // the sender lives as long as the registry of pollers
                    _joined = joined.changed() => pause = EAGER,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => stop.cancelled().await,
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
        self.answered = answer.is_ok();
        match answer {
            Ok(version) => {
                self.version = Some(version);
                self.told = false;
            }
            Err(error) if !self.told => {
                tracing::warn!(
                    url = self.url,
                    error,
                    "Traefik's API does not say its version"
                );
                self.told = true;
            }
            Err(_told) => {}
        }
    }
}
