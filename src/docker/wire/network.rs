//! Networks in `GET /networks`, and the pools in `GET /info` that new ones get their addresses from.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{number, or_default, text, text_map, truth};

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
    /// `local`, or `swarm` with addresses from elsewhere.
    #[serde(deserialize_with = "text")]
    pub scope: String,
    #[serde(rename = "IPAM", deserialize_with = "or_default")]
    pub ipam: Ipam,
}

/// How its addresses are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Ipam {
    #[serde(deserialize_with = "or_default")]
    pub config: Vec<IpamBlock>,
}

/// Addresses of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct IpamBlock {
    #[serde(deserialize_with = "text")]
    pub subnet: String,
}

/// Of all that `GET /info` says, what new networks get their addresses from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Info {
    /// Empty when the operator named none.
    #[serde(deserialize_with = "or_default")]
    pub default_address_pools: Vec<AddressPool>,
}

/// One pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct AddressPool {
    #[serde(deserialize_with = "text")]
    pub base: String,
    #[serde(deserialize_with = "number")]
    pub size: u64,
}
