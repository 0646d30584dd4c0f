//! Composition root.

use crate::config::Config;

/// Runs the daemon until it is told to stop.
#[expect(clippy::unused_async, reason = "replaced by the composition root")]
pub async fn run(config: Config) -> anyhow::Result<()> {
    anyhow::bail!(
        "nothing to run yet at {}: this build has no composition root",
        config.admin.listen
    )
}
