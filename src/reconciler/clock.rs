//! The reconciler's time: the wall clock at the start, carried on by a clock that never runs backwards.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::routing::time::Timestamp;

#[derive(Debug)]
pub(super) struct Clock {
    wall_at_start: Timestamp,
    started: Instant,
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
        Self {
            wall_at_start: Timestamp::from_millis(millis),
            started: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.wall_at_start.plus_millis(elapsed)
    }
}
