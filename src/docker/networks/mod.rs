//! Attaches Traefik to the networks that routed servers are on, and takes it off again.
//!
//! Works from the latest wish only (a `watch` channel): each pass reads Traefik's attachments and the Engine's networks, lets
//! `plan` decide, and carries the decision out. Which attachments are ours is written into the attachment itself (a
//! driver option, which survives restarts of Traefik, of the daemon and of Pointsman), so nothing that somebody else attached is ever
//! touched. That an attachment succeeded is not told here: the watcher sees Traefik's container change.
//!
//! `compose down` cannot remove a network while Traefik is on it and leaves it behind (2.26 then exits with an error).
//! Detaching at the last member's `die` is normally in time; when it was not, the sweeper removes what compose could not.

mod carry_out;
mod plan;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Attachments, Change};

use super::client::{Client, Engine};
use super::error::{Error, chain};
use super::timing::Timing;
use super::watcher::Backoff;
use super::wire;

use plan::{Proxy, plan};
use sweep::Sweeper;

/// Carries out the latest wish until `stop` is cancelled, or nobody wishes or listens any more.
pub async fn run(
    client: Client,
    timing: Timing,
    mut wanted_rx: watch::Receiver<Attachments>,
    changes_tx: mpsc::Sender<Change>,
    stop: CancellationToken,
) {
    let mut networks = Networks::new(client, timing, changes_tx);
    loop {
        let wish = wanted_rx.borrow_and_update().clone();
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = networks.pass(&wish) => pause,
        };
        let Ok(pause) = pause else { return };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = wanted_rx.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Nobody receives changes any more.
#[derive(Debug)]
struct Closed;

/// What is kept from pass to pass.
#[derive(Debug)]
struct Networks {
    client: Client,
    timing: Arc<Timing>,
    changes_tx: mpsc::Sender<Change>,
    backoff: Backoff,
    /// Networks that were told as refused, and why.
    refused: BTreeMap<String, String>,
    sweeper: Sweeper,
    /// The last failure of a whole pass, so that it is logged once.
    failure: Option<String>,
}

/// What a pass found out.
#[derive(Debug, Default)]
struct Outcome {
    refused: BTreeMap<String, String>,
    try_again: bool,
}

impl Networks {
    fn new(client: Client, timing: Timing, changes_tx: mpsc::Sender<Change>) -> Self {
        Self {
            client,
            backoff: Backoff::new(timing.backoff_min, timing.backoff_max),
            sweeper: Sweeper::new(timing.sweep_looks),
            timing: Arc::new(timing),
            changes_tx,
            refused: BTreeMap::new(),
            failure: None,
        }
    }

    /// One look and what follows from it; gives how long nothing needs to be done.
    async fn pass(&mut self, wish: &Attachments) -> Result<Duration, Closed> {
        let try_again = match self.attempt(wish).await {
            Ok(outcome) => {
                self.failure = None;
                self.tell(outcome.refused).await?;
                outcome.try_again
            }
            Err(error) => {
                self.note_failure(&error);
                true
            }
        };
        let mut pause = self.timing.network_recheck;
        if try_again {
            pause = self.backoff.next();
        } else {
            self.backoff.reset();
        }
        if self.sweeper.is_busy() {
            pause = pause.min(self.timing.sweep_interval);
        }
        Ok(pause)
    }

    async fn attempt(&mut self, wish: &Attachments) -> Result<Outcome, Error> {
        if wish.proxy.is_none() && !self.sweeper.is_busy() {
            return Ok(Outcome::default());
        }
        let engine = self.client.connect(&self.timing).await?;
        let networks = engine.networks().await?;
        let outcome = match &wish.proxy {
            Some(id) => {
                self.look_after(&engine, id, &networks, &wish.networks)
                    .await?
            }
            None => Outcome::default(),
        };
        self.sweeper
            .look(&engine, &networks, &wish.networks)
            .await?;
        Ok(outcome)
    }

    async fn look_after(
        &mut self,
        engine: &Engine,
        id: &ContainerId,
        networks: &BTreeMap<String, wire::Network>,
        wanted: &BTreeSet<String>,
    ) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let Some(proxy) = look_at_proxy(engine, id).await? else {
            return Ok(outcome);
        };
        let plan = plan(engine.version(), &proxy, networks, wanted);
        outcome.refused = plan.refuse;
        outcome.try_again = !plan.postponed.is_empty();
        // first, because compose is about to remove the network
        for detach in &plan.detach {
            match carry_out::detach(engine, id, detach).await {
                Ok(()) => self
                    .sweeper
                    .add(&detach.network, networks.get(&detach.network)),
                Err(error) => outcome.note_detach(&detach.network, &error),
            }
        }
        for attach in &plan.attach {
            if let Err(error) = carry_out::attach(engine, id, attach).await {
                outcome.note_attach(&attach.network, &error);
            }
        }
        Ok(outcome)
    }

    /// Tells what changed about refusals.
    async fn tell(&mut self, refused: BTreeMap<String, String>) -> Result<(), Closed> {
        let before = std::mem::replace(&mut self.refused, refused);
        let cleared = before
            .keys()
            .filter(|network| !self.refused.contains_key(*network));
        let cleared = cleared.map(|network| (network.clone(), None));
        let new = self
            .refused
            .iter()
            .filter(|(network, why)| before.get(*network) != Some(why));
        let new = new.map(|(network, why)| (network.clone(), Some(why.clone())));
        for (network, refused) in cleared.chain(new) {
            if let Some(why) = &refused {
                tracing::warn!(network, why, "Traefik is not attached");
            }
            let change = Change::Attachment { network, refused };
            self.changes_tx
                .send(change)
                .await
                .map_err(|_closed| Closed)?;
        }
        Ok(())
    }

    fn note_failure(&mut self, error: &Error) {
        let text = chain(error);
        if self.failure.as_ref() != Some(&text) {
            tracing::warn!(
                error = text,
                "cannot look after Traefik's networks, trying again"
            );
            self.failure = Some(text);
        }
    }
}

impl Outcome {
    fn note_attach(&mut self, network: &str, error: &Error) {
        // 4xx is about the request and will be the same the next time; everything else may pass
        self.try_again |= error.status().is_none_or(|status| status >= 500);
        self.refused.insert(
            network.to_owned(),
            format!("attaching failed: {}", chain(error)),
        );
    }

    fn note_detach(&mut self, network: &str, error: &Error) {
        self.try_again = true;
        tracing::warn!(
            network,
            error = chain(error),
            "cannot detach Traefik, trying again"
        );
    }
}

/// `None`: the container is gone.
async fn look_at_proxy(engine: &Engine, id: &ContainerId) -> Result<Option<Proxy>, Error> {
    match engine.inspect(id).await {
        Ok(inspected) => Ok(Some(proxy(inspected))),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn proxy(inspected: wire::Inspected) -> Proxy {
    let networks = inspected.network_settings.networks.into_iter();
    Proxy {
        running: inspected.state.running,
        mode: inspected.host_config.network_mode,
        attached: networks
            .map(|(name, endpoint)| (name, carry_out::is_ours(&endpoint)))
            .collect(),
    }
}
