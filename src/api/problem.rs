//! Errors as `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Always `about:blank`: the code below is what machines compare.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code, e.g. `not_ready`.
    pub code: String,
    /// What is wrong and what would be right.
    pub detail: String,
    /// The env's state when it forbids the verb: `empty`, `steady`, `shifting`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The record's current generation, when `If-Match` was stale.
    #[serde(rename = "gen", default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Which item of several was refused, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}
