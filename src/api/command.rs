//! Bodies and answers of `POST /v1/envs/{app}/{env}/{verb}`.

use serde::{Deserialize, Serialize};

use crate::routing::ids::Version;

use super::{Applied, Status};

/// Body of `promote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromoteBody {
    /// Which version.
    pub version: Version,
    /// Its share of live traffic, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<WeightInput>,
}

/// A weight as a number, or as text with or without a percent sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a weight is a whole number from 0 to 100, with or without a percent sign"
)]
pub enum WeightInput {
    /// `25`
    Number(u64),
    /// `"25%"`
    Text(String),
}

/// Answer to an accepted verb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandAnswer {
    /// The record's generation afterwards.
    #[serde(rename = "gen")]
    pub generation: u64,
    /// The revision of the document that carries it, 16 hex digits.
    pub revision: String,
    /// The env afterwards.
    pub status: Status,
    /// The version that lost its slot and is a preview again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub displaced: Option<Version>,
    /// With `wait=applied`: what each proxy has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Vec<Applied>>,
}
