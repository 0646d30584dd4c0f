//! A compose project as `docker compose config --format json` prints it, reduced to what routing depends on.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    /// Its name.
    pub(super) name: String,
    /// Services that would be started.
    pub(super) services: BTreeMap<String, Service>,
    /// Networks by the key that services use.
    pub(super) networks: BTreeMap<String, Option<Network>>,
}

/// A compose service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Service {
    pub(super) labels: Option<BTreeMap<String, String>>,
    /// `9000`, `9100-9102`, `53/udp`
    pub(super) expose: Option<Vec<String>>,
    pub(super) ports: Option<Vec<Published>>,
    pub(super) networks: Option<BTreeMap<String, Option<serde_json::Value>>>,
    pub(super) network_mode: Option<String>,
    pub(super) container_name: Option<String>,
    pub(super) healthcheck: Option<Healthcheck>,
    pub(super) scale: Option<u32>,
    pub(super) deploy: Option<Deploy>,
}

/// A port on the host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Published {
    pub(super) target: u16,
    /// A port or a range; absent when Docker chooses.
    #[serde(rename = "published")]
    pub(super) public: Option<String>,
    pub(super) host_ip: Option<String>,
}

/// A health check.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Healthcheck {
    pub(super) disable: bool,
    pub(super) test: Option<Vec<String>>,
}

/// What is meant for orchestrators; the number of replicas counts for all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deploy {
    pub(super) replicas: Option<u32>,
    pub(super) labels: Option<BTreeMap<String, String>>,
}

/// A network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Network {
    /// Its real name.
    pub(super) name: Option<String>,
}

impl Project {
    /// A network's real name.
    pub(super) fn network(&self, key: &str) -> String {
        let network = self.networks.get(key).and_then(Option::as_ref);
        let name = network.and_then(|network| network.name.clone());
        name.unwrap_or_else(|| format!("{}_{key}", self.name))
    }
}

impl Service {
    /// How many containers it has.
    pub(super) fn replicas(&self) -> u32 {
        let deploy = self.deploy.as_ref().and_then(|deploy| deploy.replicas);
        deploy.or(self.scale).unwrap_or(1)
    }

    /// Has it a health check of its own (that of its image is not known).
    pub(super) fn is_checked(&self) -> bool {
        let is_none = |test: &Vec<String>| test.first().is_some_and(|word| word == "NONE");
        let check = self.healthcheck.as_ref();
        check.is_some_and(|check| !check.disable && !check.test.as_ref().is_some_and(is_none))
    }
}
