//! What the tests share.

pub(crate) mod daemon;
pub(crate) mod fake_engine;
pub(crate) mod fake_reconciler;
pub(crate) mod hook_server;
pub(crate) mod http;
pub(crate) mod listeners;
pub(crate) mod observer;
pub(crate) mod schema;
pub(crate) mod sse;

use std::time::Duration;

use pointsman::docker::Timing;

/// Longer than anything that is awaited takes; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Production's waits, except those that would only make a test slow.
pub(crate) fn quick_timing() -> Timing {
    Timing {
        backoff_min: Duration::from_millis(5),
        backoff_max: Duration::from_millis(50),
        sweep_interval: Duration::from_millis(30),
        ..Timing::default()
    }
}

/// Awaits, but not for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("nothing came within {PATIENCE:?}: {what}"))
}
