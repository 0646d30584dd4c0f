//! Lets stacks go without being asked, where an env's policy, or the daemon's, says when.
//!
//! A client of the reconciler's door as any other: it asks for what the policy allows, and decides nothing. It looks after
//! something has moved and once a minute (what is too young now gets old by itself); Docker is asked what its disk holds only
//! when a policy wants to know, and not more than every ten minutes.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::reconciler::{CommandError, GcRequest, GcRun, Handle, Heard, Listener, News, NewsKind};
use crate::routing::ids::EnvKey;
use crate::routing::model::{Retention, Upkeep};
use crate::routing::rollout::Removal;

/// Between two looks without a cause.
const LOOK: Duration = Duration::from_mins(1);
/// What happens together is looked at together.
const TOGETHER: Duration = Duration::from_secs(2);
/// Between two questions about the disk.
const DISK: Duration = Duration::from_mins(10);

/// Who asks, in the audit log.
const ACTOR: &str = "pointsman: retention";

/// When which env was looked at.
#[derive(Debug)]
struct Diary {
    default: Option<Retention>,
    began: Instant,
    looked: BTreeMap<EnvKey, Instant>,
    disk: Option<Instant>,
}

/// Works until stopped.
pub async fn run(
    handle: Handle,
    mut news: Listener,
    default: Option<Retention>,
    stop: CancellationToken,
) {
    let mut diary = Diary {
        default,
        began: Instant::now(),
        looked: BTreeMap::new(),
        disk: None,
    };
    loop {
        let wake = Instant::now() + LOOK;
        tokio::select! {
            () = stop.cancelled() => return,
            () = something_moved(&mut news) => {}
            () = tokio::time::sleep_until(wake) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = diary.look(&handle) => {}
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
    async fn look(&mut self, handle: &Handle) {
        let Ok(records) = handle.envs().await else {
            return;
        };
        self.looked
            .retain(|key, _| records.iter().any(|record| record.key == *key));
        for record in records {
            let policy = record.retention.as_ref().or(self.default.as_ref());
            let Some(policy) = policy.cloned() else {
                continue;
            };
            if self.is_due(&record.key, policy.when) {
                self.collect(handle, record.key, &policy).await;
            }
        }
    }

    fn is_due(&self, key: &EnvKey, when: Upkeep) -> bool {
        let since = self.looked.get(key).unwrap_or(&self.began).elapsed();
        match when {
            Upkeep::Manual => false,
            Upkeep::Deploy => true,
            // the first time a minute after the start: a daemon that is restarted often looks, too
            Upkeep::Every(_) if !self.looked.contains_key(key) => since >= LOOK,
            Upkeep::Every(millis) => since >= Duration::from_millis(millis),
        }
    }

    async fn collect(&mut self, handle: &Handle, key: EnvKey, policy: &Retention) {
        let is_time = self.disk.is_none_or(|at| at.elapsed() >= DISK);
        let mut usage = None;
        if policy.max_disk_bytes.is_some() && is_time {
            self.disk = Some(Instant::now());
            usage = Some(handle.usage().await);
        }
        self.looked.insert(key.clone(), Instant::now());
        let request = GcRequest {
            scope: Some(key.clone()),
            usage,
            run: Some(GcRun {
                removal: Removal::default(),
                actor: ACTOR.to_owned(),
            }),
            ..GcRequest::default()
        };
        match handle.gc(request).await {
            Ok(_) | Err(CommandError::NotSynced | CommandError::Stopped) => {}
            Err(error) => {
                tracing::warn!(env = %key, %error, "stacks are kept longer than they need be");
            }
        }
    }
}
