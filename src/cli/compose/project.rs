//! A compose project as `docker compose config --format json` prints it, reduced to what routing and deploying depend on.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Project {
    /// Its name.
    pub(in crate::cli) name: String,
    /// Services that would be started.
    pub(in crate::cli) services: BTreeMap<String, Service>,
    /// Networks by the key that services use.
    pub(in crate::cli) networks: BTreeMap<String, Option<Network>>,
    /// Volumes by the key that services use.
    pub(in crate::cli) volumes: BTreeMap<String, Option<Volume>>,
}

/// A compose service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Service {
    pub(in crate::cli) labels: Option<BTreeMap<String, String>>,
    /// `9000`, `9100-9102`, `53/udp`
    pub(in crate::cli) expose: Option<Vec<String>>,
    pub(in crate::cli) ports: Option<Vec<Published>>,
    pub(in crate::cli) networks: Option<BTreeMap<String, Option<Attachment>>>,
    pub(in crate::cli) network_mode: Option<String>,
    pub(in crate::cli) container_name: Option<String>,
    pub(in crate::cli) healthcheck: Option<Healthcheck>,
    pub(in crate::cli) scale: Option<u32>,
    pub(in crate::cli) deploy: Option<Deploy>,
    pub(in crate::cli) image: Option<String>,
    pub(in crate::cli) volumes: Option<Vec<Mount>>,
}

/// A service's place in a network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Attachment {
    pub(in crate::cli) ipv4_address: Option<String>,
    pub(in crate::cli) ipv6_address: Option<String>,
}

/// A volume or a folder in a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Mount {
    /// `volume`, `bind`, `tmpfs`
    #[serde(rename = "type")]
    pub(in crate::cli) kind: String,
    pub(in crate::cli) source: Option<String>,
    pub(in crate::cli) read_only: bool,
}

/// A port on the host.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Published {
    pub(in crate::cli) target: u16,
    /// A port or a range; absent when Docker chooses.
    #[serde(rename = "published")]
    pub(in crate::cli) public: Option<String>,
    pub(in crate::cli) host_ip: Option<String>,
    pub(in crate::cli) protocol: Option<String>,
}

/// A health check.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Healthcheck {
    pub(in crate::cli) disable: bool,
    pub(in crate::cli) test: Option<Vec<String>>,
}

/// What is meant for orchestrators; the number of replicas counts for all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Deploy {
    pub(in crate::cli) replicas: Option<u32>,
    pub(in crate::cli) labels: Option<BTreeMap<String, String>>,
}

/// A network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Network {
    /// Its real name.
    pub(in crate::cli) name: Option<String>,
    /// Compose only uses it.
    pub(in crate::cli) external: bool,
    pub(in crate::cli) ipam: Option<Ipam>,
}

/// Addresses of a network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Ipam {
    pub(in crate::cli) config: Option<Vec<serde_json::Value>>,
}

/// A volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Volume {
    /// Its real name.
    pub(in crate::cli) name: Option<String>,
    /// Compose only uses it.
    pub(in crate::cli) external: bool,
}

impl Project {
    /// Does a label say whose version it is.
    pub(in crate::cli) fn is_managed(&self) -> bool {
        let services = self.services.values();
        let mut labels = services.flat_map(|service| service.labels.iter().flatten());
        labels.any(|(key, _)| key == "pointsman.app")
    }

    /// A network's real name.
    pub(in crate::cli) fn network(&self, key: &str) -> String {
        let network = self.networks.get(key).and_then(Option::as_ref);
        let name = network.and_then(|network| network.name.clone());
        name.unwrap_or_else(|| format!("{}_{key}", self.name))
    }
}

impl Service {
    /// Does a label say that it is to be reached through Traefik.
    pub(in crate::cli) fn is_routed(&self) -> bool {
        let says = |key: &String| {
            let starts = ["traefik.http.", "traefik.tcp.", "traefik.udp."];
            starts.iter().any(|start| key.starts_with(start))
                || key == "pointsman.port"
                || key == "pointsman.host"
        };
        self.labels.iter().flatten().any(|(key, _)| says(key))
    }

    /// How many containers it has.
    pub(in crate::cli) fn replicas(&self) -> u32 {
        let deploy = self.deploy.as_ref().and_then(|deploy| deploy.replicas);
        deploy.or(self.scale).unwrap_or(1)
    }

    /// Has it a health check of its own (that of its image is not known).
    pub(in crate::cli) fn is_checked(&self) -> bool {
        let is_none = |test: &Vec<String>| test.first().is_some_and(|word| word == "NONE");
        let check = self.healthcheck.as_ref();
        check.is_some_and(|check| !check.disable && !check.test.as_ref().is_some_and(is_none))
    }
}
