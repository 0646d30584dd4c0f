//! Composition root.

use thiserror::Error;

use crate::config::Config;
use crate::telemetry;

/// Context of an error that means: what is stored cannot be read without guessing. The CLI gives it an exit code
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stored state cannot be read")]
pub struct StateUnreadable;

/// Runs the daemon until it is told to stop.
#[expect(clippy::unused_async, reason = "replaced by the composition root")]
pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::init(config.log)?;
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    anyhow::bail!("nothing to run yet: this build has no composition root")
}
