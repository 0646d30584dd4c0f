//! Containers in `GET /containers/json` and `GET /containers/{id}/json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{number, or_default, text, text_list, text_map, truth};

/// One container of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Listed {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "text_list")]
    pub names: Vec<String>,
    #[serde(rename = "ImageID", deserialize_with = "text")]
    pub image_id: String,
    #[serde(deserialize_with = "number")]
    pub created: u64,
    #[serde(deserialize_with = "text_map")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "text")]
    pub state: String,
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// From API 1.52 on.
    #[serde(deserialize_with = "or_default")]
    pub health: Option<ListedHealth>,
    #[serde(deserialize_with = "or_default")]
    pub ports: Vec<ListedPort>,
    #[serde(deserialize_with = "or_default")]
    pub host_config: HostConfig,
    #[serde(deserialize_with = "or_default")]
    pub network_settings: NetworkSettings,
}

/// The list's own health field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct ListedHealth {
    #[serde(deserialize_with = "text")]
    pub status: String,
}

/// An exposed or published port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct ListedPort {
    #[serde(rename = "IP", deserialize_with = "text")]
    pub ip: String,
    #[serde(deserialize_with = "number")]
    pub private_port: u64,
    #[serde(deserialize_with = "number")]
    pub public_port: u64,
}

/// The part of the host configuration that the list has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct HostConfig {
    #[serde(deserialize_with = "text")]
    pub network_mode: String,
}

/// A container's networks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct NetworkSettings {
    #[serde(deserialize_with = "or_default")]
    pub networks: BTreeMap<String, ListedEndpoint>,
}

/// A container's place in one network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct ListedEndpoint {
    #[serde(rename = "NetworkID", deserialize_with = "text")]
    pub network_id: String,
    #[serde(rename = "IPAddress", deserialize_with = "text")]
    pub ip_address: String,
    #[serde(rename = "GlobalIPv6Address", deserialize_with = "text")]
    pub global_ipv6_address: String,
    /// Only an inspect has these on every version.
    #[serde(deserialize_with = "text_map")]
    pub driver_opts: BTreeMap<String, String>,
}

/// One container, inspected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Inspected {
    #[serde(deserialize_with = "or_default")]
    pub config: InspectedConfig,
    #[serde(deserialize_with = "or_default")]
    pub state: InspectedState,
    #[serde(deserialize_with = "or_default")]
    pub host_config: HostConfig,
    #[serde(deserialize_with = "or_default")]
    pub network_settings: NetworkSettings,
}

/// What it is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct InspectedState {
    #[serde(deserialize_with = "truth")]
    pub running: bool,
    #[serde(deserialize_with = "text")]
    pub started_at: String,
    #[serde(deserialize_with = "or_default")]
    pub health: InspectedHealth,
}

/// What its health check says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct InspectedHealth {
    #[serde(deserialize_with = "text")]
    pub status: String,
    /// The last runs, the newest last.
    #[serde(deserialize_with = "or_default")]
    pub log: Vec<HealthRun>,
}

/// One run of a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct HealthRun {
    #[serde(deserialize_with = "text")]
    pub output: String,
}

/// How it is to be stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct InspectedConfig {
    #[serde(deserialize_with = "text")]
    pub stop_signal: String,
    /// In seconds; absent for the default, negative for ever.
    #[serde(deserialize_with = "text")]
    pub stop_timeout: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_broken_json_fails() {
        let odd = [
            "{}",
            r#"{"Id":null,"Names":null,"Labels":null,"Ports":null,"HostConfig":null,"NetworkSettings":null}"#,
            r#"{"Id":7,"Names":["/a",3],"Created":"1700000000","Labels":{"a":1,"b":null,"c":[1,{}],"d":true}}"#,
            r#"{"State":{"weird":1},"Status":5,"Created":-3,"Health":null,"NetworkSettings":{"Networks":null}}"#,
            r#"{"NetworkSettings":{"Networks":{"n":{"IPAddress":null,"NetworkID":4}}},"Ports":[{"PrivatePort":"80"}]}"#,
        ];
        for text in odd {
            let read = serde_json::from_str::<Listed>(text);
            assert!(read.is_ok(), "{text}: {read:?}");
        }
        let created: Listed = serde_json::from_str(r#"{"Created":"1700000000"}"#).unwrap();
        assert_eq!(created.created, 1_700_000_000, "digits in a text count");
    }
}
