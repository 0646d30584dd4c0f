//! `GET /version`, and the shape of every refusal.

use serde::Deserialize;

use super::lenient::text;

/// The versions that a daemon speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct VersionAnswer {
    #[serde(rename = "ApiVersion", deserialize_with = "text")]
    pub api_version: String,
    #[serde(rename = "MinAPIVersion", deserialize_with = "text")]
    pub min_api_version: String,
}

/// The body of an answer that is not 2xx.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct Refusal {
    #[serde(deserialize_with = "text")]
    pub message: String,
}
