//! Bodies and answers of `POST /v1/envs/{app}/{env}/{verb}`.

use serde::{Deserialize, Serialize};

use crate::routing::ids::Version;

use super::{Applied, PlanInput, Status};

/// Body of `promote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromoteBody {
    /// Which version.
    pub version: Version,
    /// Its share of live traffic, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<WeightInput>,
    /// Try again what has failed.
    #[serde(default, skip_serializing_if = "is_not")]
    pub force: bool,
    /// End a running shift to another version.
    #[serde(default, skip_serializing_if = "is_not")]
    pub supersede: bool,
}

/// Body of `switch`; it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchBody {
    /// Try again what has failed.
    #[serde(default, skip_serializing_if = "is_not")]
    pub force: bool,
}

/// Body of `weight`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightBody {
    /// The other slot's share of live traffic, 0 to 100.
    pub weight: WeightInput,
    /// Try again what has failed.
    #[serde(default, skip_serializing_if = "is_not")]
    pub force: bool,
}

/// Body of `shift`; without one the env's own plan is followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftBody {
    /// Another plan than the env's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanInput>,
    /// Try again what has failed.
    #[serde(default, skip_serializing_if = "is_not")]
    pub force: bool,
    /// Begin anew although a shift is running.
    #[serde(default, skip_serializing_if = "is_not")]
    pub supersede: bool,
}

/// Body of `freeze`; it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeBody {
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it ends by itself, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// After how long it ends by itself, as Go writes durations.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<String>,
}

/// Body of `retire`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a body of independent options, each with its own name"
)]
pub struct RetireBody {
    /// Which version.
    pub version: Version,
    /// Also when it has the live host.
    #[serde(default, skip_serializing_if = "is_not")]
    pub force: bool,
    /// Its containers and its networks are removed, once nothing leads to them and requests had time to end.
    #[serde(default, skip_serializing_if = "is_not")]
    pub remove: bool,
    /// With `remove`: its named volumes go, too.
    #[serde(default, skip_serializing_if = "is_not")]
    pub volumes: bool,
    /// With `remove`: its images stay, although nothing uses them.
    #[serde(default, skip_serializing_if = "is_not")]
    pub keep_images: bool,
}

/// Body of `maintenance`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceBody {
    /// Whether the live host answers 503.
    pub on: bool,
    /// What visitors are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When they should come again, as Go writes durations; default `120s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks with a reference"
)]
const fn is_not(flag: &bool) -> bool {
    !*flag
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
    /// Of a dry run: what would change in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentChange>,
}

/// What would change in the document, by name: `http.routers/whoami-dev-web`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentChange {
    /// Objects that it does not have yet.
    pub added: Vec<String>,
    /// Objects that say something else.
    pub changed: Vec<String>,
    /// Objects that it would no longer have.
    pub removed: Vec<String>,
}
