//! Asks the daemon again and again whether it is there: a stopped daemon neither ends its stream nor errs.

use crate::docker::client::Engine;
use crate::docker::error::Error;
use crate::docker::timing::Timing;

/// Pings on a connection of its own each time; gives the first failure.
pub(super) async fn watch_over(engine: Engine, timing: &Timing) -> Error {
    loop {
        tokio::time::sleep(timing.ping_interval).await;
        if let Err(error) = engine.ping().await {
            return error;
        }
    }
}
