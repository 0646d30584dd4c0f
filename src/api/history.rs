//! Who did what.

use serde::{Deserialize, Serialize};

/// `GET /v1/envs/{app}/{env}/history`: the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Commands that were carried out.
    pub history: Vec<HistoryItem>,
}

/// A command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryItem {
    /// Its number, over all envs.
    pub seq: u64,
    /// When it was accepted, RFC 3339.
    pub time: String,
    /// Who asked.
    pub actor: String,
    /// What was asked.
    pub command: String,
    /// What became of it.
    pub result: String,
    /// Generation of the rollout record afterwards; absent when the command was not about it.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}
