//! Attaches Traefik to the networks that routed servers are on, and takes it off again; Pointsman's own container, too,
//! where it probes.
//!
//! Works from the latest wish only (a `watch` channel): each pass reads the two's attachments and the Engine's networks, lets
//! `plan` decide, and carries the decision out. Which attachments are ours is written into the attachment itself (a
//! driver option, which survives restarts of Traefik, of the daemon and of Pointsman), so nothing that somebody else attached is ever
//! touched. That an attachment succeeded is not told here: the watcher sees Traefik's container change.
//!
//! `compose down` cannot remove a network while Traefik is on it and leaves it behind (2.26 then exits with an error).
//! Detaching at the last member's `die` is normally in time; when it was not, the sweeper removes what compose could not.
//! Each pass also counts how many more networks there is room for (`room`).

mod carry_out;
mod plan;
pub(super) mod room;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::routing::address_pools;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Attached, Attachments, Change, Gateway};

use super::client::{Client, Engine};
use super::error::{Error, chain};
use super::timing::Timing;
use super::watcher::Backoff;
use super::wire;

use plan::{Proxy, plan};
use room::Room;
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
    /// Attachments that were told as refused, and why.
    refused: Refusals,
    sweeper: Sweeper,
    room: Room,
    /// The last failure of a whole pass, so that it is logged once.
    failure: Option<String>,
}

/// By whom and the network's name: why not.
type Refusals = BTreeMap<(Attached, String), String>;

/// What a pass found out.
#[derive(Debug, Default)]
struct Outcome {
    refused: Refusals,
    /// Networks that somebody was taken off.
    detached: Vec<String>,
    /// How many more networks there is room for, when they are few.
    few_left: Option<u64>,
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
            room: Room::default(),
            failure: None,
        }
    }

    /// One look and what follows from it; gives how long nothing needs to be done.
    async fn pass(&mut self, wish: &Attachments) -> Result<Duration, Closed> {
        let try_again = match self.attempt(wish).await {
            Ok(outcome) => {
                self.failure = None;
                self.tell(outcome.refused).await?;
                self.tell_room(outcome.few_left).await?;
                outcome.try_again
            }
            Err(error) => {
                self.note_failure(&error);
                // it may come back with others
                self.room.forget_pools();
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
        let engine = self.client.connect(&self.timing).await?;
        let networks = engine.networks().await?;
        self.sweeper.note(wish, &networks);
        let proxy = wish.proxy.as_ref().map(|id| (id, &wish.networks));
        let own = wish.own.as_ref().map(|id| (id, &wish.own_networks));
        // both at once: compose may be about to remove a network that both are on
        let (proxy, own) = tokio::join!(
            look_after(&engine, (Attached::Proxy, wish.gateway), proxy, &networks),
            look_after(&engine, (Attached::Own, wish.gateway), own, &networks),
        );
        let mut outcome = proxy?.and(own?);
        for name in &outcome.detached {
            self.sweeper.add(name, networks.get(name));
        }
        self.sweeper
            .look(&engine, &networks, &wish.networks)
            .await?;
        outcome.few_left = self.room.look(&engine, &networks).await?;
        Ok(outcome)
    }

    /// Tells what changed about refusals.
    async fn tell(&mut self, refused: Refusals) -> Result<(), Closed> {
        let before = std::mem::replace(&mut self.refused, refused);
        let cleared = before.keys().filter(|key| !self.refused.contains_key(*key));
        let cleared = cleared.map(|key| (key.clone(), None));
        let new = self.refused.iter();
        let new = new.filter(|(key, why)| before.get(*key) != Some(why));
        let new = new.map(|(key, why)| (key.clone(), Some(why.clone())));
        for ((who, network), refused) in cleared.chain(new) {
            if let Some(why) = &refused {
                tracing::warn!(network, why, "{} is not attached", carry_out::name(who));
            }
            let change = Change::Attachment {
                who,
                network,
                refused,
            };
            self.changes_tx
                .send(change)
                .await
                .map_err(|_closed| Closed)?;
        }
        Ok(())
    }

    /// Tells when another number of networks is left than before.
    async fn tell_room(&mut self, few_left: Option<u64>) -> Result<(), Closed> {
        if !self.room.note(few_left) {
            return Ok(());
        }
        if let Some(left) = few_left {
            tracing::warn!("{}", address_pools::advice(left));
        }
        let change = Change::FewNetworksLeft(few_left);
        let sent = self.changes_tx.send(change).await;
        sent.map_err(|_closed| Closed)
    }

    fn note_failure(&mut self, error: &Error) {
        let text = chain(error);
        if self.failure.as_ref() != Some(&text) {
            tracing::warn!(
                error = text,
                "cannot look at Docker's networks, trying again"
            );
            self.failure = Some(text);
        }
    }
}

impl Outcome {
    fn and(mut self, other: Self) -> Self {
        self.refused.extend(other.refused);
        self.detached.extend(other.detached);
        self.try_again |= other.try_again;
        self
    }

    fn note_attach(&mut self, who: Attached, network: &str, error: &Error) {
        // 4xx is about the request and will be the same the next time; everything else may pass
        self.try_again |= error.status().is_none_or(|status| status >= 500);
        self.refused.insert(
            (who, network.to_owned()),
            format!("attaching failed: {}", chain(error)),
        );
    }

    fn note_detach(&mut self, who: Attached, network: &str, error: &Error) {
        self.try_again = true;
        tracing::warn!(
            network,
            error = chain(error),
            "cannot detach {}, trying again",
            carry_out::name(who)
        );
    }
}

/// Gives one container the networks that it should have, and takes from it those that we gave.
async fn look_after(
    engine: &Engine,
    (who, rule): (Attached, Gateway),
    wish: Option<(&ContainerId, &BTreeSet<String>)>,
    networks: &BTreeMap<String, wire::Network>,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let Some((id, wanted)) = wish else {
        return Ok(outcome);
    };
    let Some(seen) = look_at(engine, id).await? else {
        return Ok(outcome);
    };
    let proxy = Proxy {
        name: carry_out::name(who),
        rule,
        ..seen
    };
    let plan = plan(engine.version(), &proxy, networks, wanted);
    let refused = plan.refuse.into_iter();
    outcome.refused = refused.map(|(name, why)| ((who, name), why)).collect();
    outcome.try_again = !plan.postponed.is_empty();
    // first, because compose is about to remove the network
    for detach in plan.detach {
        match carry_out::detach(engine, (who, id), &detach).await {
            Ok(()) => outcome.detached.push(detach.network),
            Err(error) => outcome.note_detach(who, &detach.network, &error),
        }
    }
    for attach in &plan.attach {
        if let Err(error) = carry_out::attach(engine, (who, id), attach).await {
            outcome.note_attach(who, &attach.network, &error);
        }
    }
    Ok(outcome)
}

/// `None`: the container is gone.
async fn look_at(engine: &Engine, id: &ContainerId) -> Result<Option<Proxy>, Error> {
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
        name: "",
        rule: Gateway::Stays,
        attached: networks
            .map(|(name, endpoint)| (name, carry_out::is_ours(&endpoint)))
            .collect(),
    }
}
