//! Networks in `GET /networks`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{text, text_map, truth};

/// One network of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Network {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "text")]
    pub name: String,
    #[serde(deserialize_with = "truth")]
    pub internal: bool,
    #[serde(deserialize_with = "text_map")]
    pub labels: BTreeMap<String, String>,
}
