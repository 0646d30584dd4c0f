//! The containers that are there, by `docker ps` and `docker inspect`.
//!
//! What the daemon reads from the Engine's own API, asked through the command that its user has. A container that runs
//! and is not healthy at this moment is taken as if it were: what is asked is how it would be routed.

use std::collections::BTreeMap;
use std::process::{Output, Stdio};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Endpoint, Health, Port, State};

use super::super::docker::{docker, missing};
use super::super::exit;
use super::super::failure::Failure;

/// How many are inspected at once; a command line has an end.
const BATCH: usize = 200;

/// All containers, stopped ones too.
pub(super) fn containers(context: Option<&str>) -> Result<Vec<Container>, Failure> {
    let listed = ask(context, &["ps", "-aq", "--no-trunc"])?;
    if !listed.status.success() {
        return Err(unreachable(&listed));
    }
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let ids: Vec<&str> = listed.split_whitespace().collect();
    let mut all = Vec::new();
    for batch in ids.chunks(BATCH) {
        let args = [&["inspect", "--type", "container"], batch].concat();
        all.extend(inspected(&ask(context, &args)?)?);
    }
    Ok(all)
}

fn ask(context: Option<&str>, args: &[&str]) -> Result<Output, Failure> {
    docker(context)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(&error, "check without FILE", "name compose files"))
}

fn unreachable(output: &Output) -> Failure {
    let said = String::from_utf8_lossy(&output.stderr);
    Failure::new(
        exit::UNREACHABLE,
        format!("docker cannot list containers: {}", said.trim()),
    )
    .next("set DOCKER_HOST or --context to the Engine that is meant, or name compose files")
}

/// Containers that are gone meanwhile are missing in the answer and named on standard error.
fn inspected(output: &Output) -> Result<Vec<Container>, Failure> {
    let all: Vec<Inspected> =
        serde_json::from_slice(&output.stdout).map_err(|_no_list| unreachable(output))?;
    Ok(all.into_iter().map(Inspected::container).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspected {
    id: String,
    name: String,
    created: String,
    #[serde(deserialize_with = "or_default")]
    config: Config,
    #[serde(deserialize_with = "or_default")]
    state: InspectedState,
    #[serde(deserialize_with = "or_default")]
    host_config: HostConfig,
    #[serde(deserialize_with = "or_default")]
    network_settings: NetworkSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InspectedState {
    status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    network_mode: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    #[serde(deserialize_with = "or_default")]
    networks: BTreeMap<String, InspectedEndpoint>,
    /// By `80/tcp`; without bindings when only exposed.
    #[serde(deserialize_with = "or_default")]
    ports: BTreeMap<String, Option<Vec<Binding>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InspectedEndpoint {
    #[serde(rename = "NetworkID")]
    network_id: String,
    #[serde(rename = "IPAddress")]
    ip_address: String,
    #[serde(rename = "GlobalIPv6Address")]
    global_ipv6_address: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Binding {
    host_ip: String,
    host_port: String,
}

/// `null` is what the Engine writes for an empty map.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl Inspected {
    fn container(self) -> Container {
        let created: Option<Timestamp> = self.created.parse().ok();
        let created = created.map_or(0, Timestamp::as_second);
        let networks = self.network_settings.networks.into_iter();
        Container {
            id: ContainerId::parse(&self.id).expect("any text is an id"),
            name: self.name.trim_start_matches('/').to_owned(),
            created: u64::try_from(created).unwrap_or_default(),
            labels: self.config.labels.into(),
            state: self.state.state(),
            health: Health::None,
            network_mode: self.host_config.network_mode,
            networks: networks.map(|(name, at)| (name, at.endpoint())).collect(),
            ports: ports(&self.network_settings.ports),
            leaving: None,
            image: String::new(),
        }
    }
}

impl InspectedState {
    fn state(&self) -> State {
        match self.status.as_str() {
            "running" => State::Running,
            "paused" => State::Paused,
            "restarting" => State::Restarting,
            "exited" | "dead" | "removing" => State::Exited,
            _ => State::Created,
        }
    }
}

impl InspectedEndpoint {
    fn endpoint(self) -> Endpoint {
        let address = self.ip_address.parse().ok();
        Endpoint {
            network_id: self.network_id,
            address: address.or_else(|| self.global_ipv6_address.parse().ok()),
        }
    }
}

fn ports(listed: &BTreeMap<String, Option<Vec<Binding>>>) -> Vec<Port> {
    let mut ports = Vec::new();
    for (text, bindings) in listed {
        let number = text.split('/').next().and_then(|port| port.parse().ok());
        let Some(private) = number else { continue };
        let bound = bindings.iter().flatten().map(|binding| Port {
            private,
            public: binding.host_port.parse().ok(),
            host_ip: binding.host_ip.parse().ok(),
        });
        ports.extend(bound);
        ports.push(Port {
            private,
            public: None,
            host_ip: None,
        });
    }
    ports.sort_by_key(|port| (port.private, port.public, port.host_ip));
    ports.dedup();
    ports
}
