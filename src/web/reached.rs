//! Tells the reconciler where Traefik reaches the provider listener, so that closed envs can send visitors to it.
//!
//! That is what the newest of the live pollers said. While nobody polls, the last one stays: a Traefik that restarts
//! comes back to the same place, and the document need not change twice.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::routing::model::{Authority, Change};

use super::proxies::Proxies;

/// Tells it at first sight and whenever it differs, until stopped.
pub async fn tell_reached(
    proxies: Proxies,
    changes_tx: mpsc::Sender<Change>,
    stop: CancellationToken,
) {
    let mut told: Option<Authority> = None;
    let mut changed = proxies.changed();
    let work = async {
        loop {
            tokio::select! {
                // the sender lives as long as the registry of pollers
                _changed = changed.changed() => {}
                // one that is silent for too long makes room for another
                () = tokio::time::sleep_until(proxies.next_expiry()) => {}
            }
            let Some(reached) = proxies.reached().filter(|it| told.as_ref() != Some(it)) else {
                continue;
            };
            tracing::info!(provider = %reached, "Traefik reaches this listener here");
            if changes_tx
                .send(Change::Provider(reached.clone()))
                .await
                .is_err()
            {
                break;
            }
            told = Some(reached);
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => stop.cancelled().await,
    }
}
