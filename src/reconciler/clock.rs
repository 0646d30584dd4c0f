//! The reconciler's time: the wall clock at the start, carried on by a clock that never runs backwards.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::routing::time::Timestamp;

#[derive(Debug)]
pub(super) enum Clock {
    /// The machine's own.
    Running {
        wall_at_start: Timestamp,
        started: Instant,
    },
    /// A test's.
    #[cfg(test)]
    Set(std::sync::Arc<std::sync::atomic::AtomicU64>),
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "here time enters; everything below takes it as an argument"
    )]
    pub(super) fn start() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        Self::Running {
            wall_at_start: Timestamp::from_millis(millis),
            started: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Running {
                wall_at_start,
                started,
            } => {
                let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                wall_at_start.plus_millis(elapsed)
            }
            #[cfg(test)]
            Self::Set(millis) => {
                Timestamp::from_millis(millis.load(std::sync::atomic::Ordering::Relaxed))
            }
        }
    }
}
