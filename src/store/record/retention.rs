//! How long an env's stacks are kept, as it is stored.

use serde::{Deserialize, Serialize};

use crate::routing::model;

/// [`model::Retention`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Retention {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keep_last: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idle_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_disk_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pull_requests: Option<String>,
    min_age_ms: u64,
    /// By hand only, unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    when: Option<When>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    Deploy,
    EveryMs(u64),
}

impl From<&model::Retention> for Retention {
    fn from(retention: &model::Retention) -> Self {
        let model::Retention {
            keep_last,
            max_age_ms,
            idle_ms,
            max_disk_bytes,
            pull_requests,
            min_age_ms,
            when,
        } = retention.clone();
        Self {
            keep_last,
            max_age_ms,
            idle_ms,
            max_disk_bytes,
            pull_requests,
            min_age_ms,
            when: match when {
                model::Upkeep::Manual => None,
                model::Upkeep::Deploy => Some(When::Deploy),
                model::Upkeep::Every(millis) => Some(When::EveryMs(millis)),
            },
        }
    }
}

impl From<Retention> for model::Retention {
    fn from(retention: Retention) -> Self {
        let Retention {
            keep_last,
            max_age_ms,
            idle_ms,
            max_disk_bytes,
            pull_requests,
            min_age_ms,
            when,
        } = retention;
        Self {
            keep_last,
            max_age_ms,
            idle_ms,
            max_disk_bytes,
            pull_requests,
            min_age_ms,
            when: match when {
                None => model::Upkeep::Manual,
                Some(When::Deploy) => model::Upkeep::Deploy,
                Some(When::EveryMs(millis)) => model::Upkeep::Every(millis),
            },
        }
    }
}
