//! Lets stacks go without being asked, where an env's policy, or the daemon's, says when.
//!
//! A client of the reconciler's door as any other: it asks for what the policy allows, and decides nothing. It looks after
//! something has moved and once a minute (what is too young now gets old by itself); Docker is asked what its disk holds only
//! when a policy wants to know, and not more than every ten minutes, for all envs at once. An env of which nothing could be
//! learned is looked at again soon, then less and less often.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::reconciler::{CommandError, GcRequest, GcRun, Handle, Heard, Listener, News, NewsKind};
use crate::routing::ids::EnvKey;
use crate::routing::model::{Retention, Upkeep, Usage};
use crate::routing::rollout::Removal;

/// Between two looks without a cause.
const LOOK: Duration = Duration::from_mins(1);
/// What happens together is looked at together.
const TOGETHER: Duration = Duration::from_secs(2);
/// Between two questions about the disk.
const DISK: Duration = Duration::from_mins(10);

/// Who asks, in the audit log.
const ACTOR: &str = "pointsman: retention";

/// Longest pause after failures in a row.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// When which env was looked at.
#[derive(Debug)]
struct Diary {
    default: Option<Retention>,
    began: Instant,
    /// When a look at an env last came to something.
    looked: BTreeMap<EnvKey, Instant>,
    failed: BTreeMap<EnvKey, Failed>,
    /// When Docker was last asked what its disk holds.
    disk: Option<Instant>,
}

/// A look that came to nothing.
#[derive(Clone, Copy, Debug)]
struct Failed {
    pause: Duration,
    again: Instant,
}

/// Works until stopped.
pub async fn run(
    handle: Handle,
    mut news: Listener,
    default: Option<Retention>,
    stop: CancellationToken,
) {
    let mut diary = Diary::new(default, Instant::now());
    loop {
        let wake = Instant::now() + LOOK;
        tokio::select! {
            () = stop.cancelled() => return,
            () = something_moved(&mut news) => {}
            () = tokio::time::sleep_until(wake) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = diary.look(&handle, Instant::now()) => {}
        }
    }
}

/// Waits for news after which a policy may say something else, and for what comes along with it.
async fn something_moved(news: &mut Listener) {
    while !matters(&news.next().await) {}
    tokio::time::sleep(TOGETHER).await;
}

fn matters(heard: &Heard) -> bool {
    let Heard::News(news) = heard else {
        return true;
    };
    let News { kind, .. } = news.as_ref();
    match kind {
        NewsKind::Moved(_) | NewsKind::Recorded { .. } => true,
        NewsKind::Health(health) => health.before.is_none(),
        NewsKind::Refused(_)
        | NewsKind::Removed { .. }
        | NewsKind::Applied(_)
        | NewsKind::NotApplied { .. }
        | NewsKind::GateAsked(_)
        | NewsKind::GateAnswered { .. }
        | NewsKind::Undelivered { .. } => false,
    }
}

impl Diary {
    const fn new(default: Option<Retention>, began: Instant) -> Self {
        Self {
            default,
            began,
            looked: BTreeMap::new(),
            failed: BTreeMap::new(),
            disk: None,
        }
    }

    /// At every env whose time has come; one look at the disk is for all of them.
    async fn look(&mut self, handle: &Handle, now: Instant) {
        let Ok(records) = handle.envs().await else {
            return;
        };
        let is_there = |key: &EnvKey| records.iter().any(|record| record.key == *key);
        self.looked.retain(|key, _| is_there(key));
        self.failed.retain(|key, _| is_there(key));
        let due = records.into_iter().filter_map(|record| {
            let policy = record.retention.or_else(|| self.default.clone())?;
            let is_due = self.is_due(&record.key, &policy, now);
            is_due.then_some((record.key, policy))
        });
        let due: Vec<(EnvKey, Retention)> = due.collect();
        let mut usage = None;
        if due.iter().any(|(_, policy)| wants_disk(policy)) && self.may_ask(now) {
            self.disk = Some(now);
            usage = Some(handle.usage().await);
        }
        for (key, policy) in due {
            match collect(handle, &key, usage.as_mut()).await {
                Ok(()) if wants_disk(&policy) && is_unknown(usage.as_ref()) => {
                    self.fail(key, now);
                }
                Ok(()) => {
                    self.failed.remove(&key);
                    self.looked.insert(key, now);
                }
                Err(CommandError::NotSynced | CommandError::Stopped) => {}
                Err(error) => {
                    tracing::warn!(env = %key, %error, "stacks are kept longer than they need be");
                    self.fail(key, now);
                }
            }
        }
    }

    fn fail(&mut self, key: EnvKey, now: Instant) {
        let before = self.failed.get(&key);
        let pause = before.map_or(LOOK, |failed| (failed.pause * 2).min(PAUSE_MAX));
        let again = now + pause;
        self.failed.insert(key, Failed { pause, again });
    }

    fn may_ask(&self, now: Instant) -> bool {
        self.disk.is_none_or(|at| now.duration_since(at) >= DISK)
    }

    fn is_due(&self, key: &EnvKey, policy: &Retention, now: Instant) -> bool {
        if self
            .failed
            .get(key)
            .is_some_and(|failed| failed.again > now)
        {
            return false;
        }
        let since = now.duration_since(*self.looked.get(key).unwrap_or(&self.began));
        match policy.when {
            Upkeep::Manual => false,
            Upkeep::Deploy => true,
            // it looks seldom: not without what it wants to know
            Upkeep::Every(_) if wants_disk(policy) && !self.may_ask(now) => false,
            // the first time a minute after the start: a daemon that is restarted often looks, too
            Upkeep::Every(_) if !self.looked.contains_key(key) => since >= LOOK,
            Upkeep::Every(millis) => since >= Duration::from_millis(millis),
        }
    }
}

const fn wants_disk(policy: &Retention) -> bool {
    policy.max_disk_bytes.is_some()
}

/// Was Docker asked, and did not say.
fn is_unknown(usage: Option<&Usage>) -> bool {
    usage.is_some_and(|usage| usage.disk_bytes.is_none())
}

/// Lets go what one env's policy allows. What that frees is no reason for another env to let anything go.
async fn collect(
    handle: &Handle,
    key: &EnvKey,
    usage: Option<&mut Usage>,
) -> Result<(), CommandError> {
    let request = GcRequest {
        scope: Some(key.clone()),
        usage: usage.as_deref().cloned(),
        run: Some(GcRun {
            removal: Removal::default(),
            actor: ACTOR.to_owned(),
        }),
        ..GcRequest::default()
    };
    let outcome = handle.gc(request).await?;
    if let Some(usage) = usage {
        let freed = outcome.frees_bytes();
        usage.disk_bytes = usage.disk_bytes.map(|bytes| bytes.saturating_sub(freed));
    }
    Ok(())
}
