//! Body and answer of `POST /v1/transitions`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::routing::ids::{AppName, EnvName, Version};

use super::{Applied, DocumentChange, Status};

/// One verb of several that are carried out together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionItem {
    /// The application.
    pub app: String,
    /// The environment.
    pub env: String,
    /// `promote`, `switch`, ...
    pub verb: String,
    /// What the verb takes as its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Only if the env is at this generation when it is this item's turn.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// Answer when all were accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionsAnswer {
    /// The one revision that carries all, 16 hex digits.
    pub revision: String,
    /// One for each item, in order.
    pub results: Vec<TransitionResult>,
    /// The envs afterwards, each once, in the order of the items.
    pub envs: Vec<Status>,
    /// With `wait=applied`: what each proxy has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Vec<Applied>>,
    /// Of a dry run: what would change in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentChange>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionResult {
    /// The application.
    pub app: AppName,
    /// The environment.
    pub env: EnvName,
    /// The env's generation after this item; after all of them, when the answer repeats an earlier one.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The version that lost its slot and is a preview again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub displaced: Option<Version>,
}
