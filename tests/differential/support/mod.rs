//! What the tests share: one fake Engine, three Traefiks, and Pointsman.

pub(crate) mod alone;
#[path = "../../integration/support/fake_engine/mod.rs"]
#[expect(dead_code, reason = "the integration tests use more of it")]
pub(crate) mod fake_engine;
pub(crate) mod options;
pub(crate) mod pair;
pub(crate) mod pointsman;
#[path = "../../e2e/support/ports.rs"]
pub(crate) mod ports;
#[path = "../../e2e/support/random.rs"]
#[expect(dead_code, reason = "the end-to-end tests use more of it")]
pub(crate) mod random;
pub(crate) mod traefik;
pub(crate) mod world;

use std::time::Duration;

/// Longer than anything that is awaited takes; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Awaits, but not for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("nothing came within {PATIENCE:?}: {what}"))
}
