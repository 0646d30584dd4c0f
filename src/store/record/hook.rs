//! A hook of an env as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::routing::model;

/// [`model::Hook`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Hook {
    name: String,
    url: String,
    on: BTreeSet<Event>,
    #[serde(default, skip_serializing_if = "Format::is_json")]
    format: Format,
    timeout_ms: u64,
    retries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_failure: Option<OnFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_env: Option<String>,
}

/// The words are those of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Event {
    Deploy,
    Promote,
    Switch,
    Rollback,
    Abort,
    Unhealthy,
    NotApplied,
    PreSwitch,
    PostSwitch,
    Gate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Chat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OnFailure {
    Hold,
    Abort,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
impl Format {
    const fn is_json(&self) -> bool {
        matches!(self, Self::Json)
    }
}

/// One enum to another with the same variants, both ways.
macro_rules! same_variants {
    ($stored:ident, $live:path, $($variant:ident),+) => {
        impl From<$live> for $stored {
            fn from(live: $live) -> Self {
                match live {
                    $(<$live>::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$stored> for $live {
            fn from(stored: $stored) -> Self {
                match stored {
                    $($stored::$variant => Self::$variant,)+
                }
            }
        }
    };
}

same_variants!(
    Event,
    model::HookEvent,
    Deploy,
    Promote,
    Switch,
    Rollback,
    Abort,
    Unhealthy,
    NotApplied,
    PreSwitch,
    PostSwitch,
    Gate
);
same_variants!(Format, model::HookFormat, Json, Chat);
same_variants!(OnFailure, model::OnFailure, Hold, Abort);

impl From<&model::Hook> for Hook {
    fn from(hook: &model::Hook) -> Self {
        let model::Hook {
            name,
            url,
            on,
            format,
            timeout_ms,
            retries,
            on_failure,
            secret_env,
        } = hook.clone();
        Self {
            name,
            url,
            on: on.into_iter().map(Event::from).collect(),
            format: format.into(),
            timeout_ms,
            retries,
            on_failure: on_failure.map(OnFailure::from),
            secret_env,
        }
    }
}

impl From<Hook> for model::Hook {
    fn from(hook: Hook) -> Self {
        Self {
            name: hook.name,
            url: hook.url,
            on: hook.on.into_iter().map(Into::into).collect(),
            format: hook.format.into(),
            timeout_ms: hook.timeout_ms,
            retries: hook.retries,
            on_failure: hook.on_failure.map(Into::into),
            secret_env: hook.secret_env,
        }
    }
}
