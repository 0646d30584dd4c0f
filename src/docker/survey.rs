//! One look at an Engine, for those who ask what is wrong with a set-up: its version and clock, its networks, and the
//! containers that matter, with their command lines.
//!
//! Asks and changes nothing; whether it may change something is found out with an order about a network that cannot be.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::routing::ids::ContainerId;

use super::client::{Client, Engine, Force};
use super::error::Error;
use super::networks::room;
use super::query;
use super::timing::Timing;
use super::version::ApiVersion;
use super::wire::{ListedEndpoint, Network, or_default, text, text_list, text_map};

/// No network has this name: Docker allows no blanks.
const NOWHERE: &str = "pointsman doctor";
/// What a container's environment is read for.
const TRAEFIKS: &str = "TRAEFIK_";

/// An Engine as it is at this moment.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What it speaks.
    pub version: ApiVersion,
    /// Its clock, in seconds since the epoch.
    pub date: Option<i64>,
    /// May it be told to change something.
    pub writes: Writes,
    /// Subnets that networks have, by network.
    pub networks: BTreeMap<String, Subnets>,
    /// How many more networks there are addresses for, when that is few.
    pub few_left: Option<u64>,
    /// Containers that run.
    pub running: Vec<Glimpse>,
    /// Those of them that were wanted.
    pub looked_at: Vec<Looked>,
}

/// May the Engine be told to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Yes.
    Allowed,
    /// No: something between us and it refuses.
    Refused,
}

/// What a network takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnets {
    /// It leads nowhere else.
    pub internal: bool,
    /// As `10.0.0.0/24`.
    pub subnets: Vec<String>,
}

/// A container of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glimpse {
    /// Its id.
    pub id: String,
    /// Its name, without the slash.
    pub name: String,
    /// What it runs.
    pub image: String,
    /// What it is labelled with.
    pub labels: BTreeMap<String, String>,
    /// Its addresses, by network.
    pub addresses: BTreeMap<String, String>,
}

/// A container, seen in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// As in the list.
    pub glimpse: Glimpse,
    /// `HostConfig.NetworkMode`.
    pub mode: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Those of its variables that are Traefik's.
    pub traefik_env: Vec<String>,
    /// What of the host it sees: source, and where.
    pub binds: Vec<(String, String)>,
}

/// Looks. Wanted containers are seen in full.
pub async fn survey(client: &Client, wanted: impl Fn(&Glimpse) -> bool) -> Result<Survey, Error> {
    let engine = client.connect(&Timing::default().into()).await?;
    let listed: Vec<ListedContainer> = engine.ask("/containers/json").await?;
    let running: Vec<Glimpse> = listed.into_iter().map(Glimpse::from).collect();
    let networks = engine.networks().await?;
    let mut looked_at = Vec::new();
    for glimpse in running.iter().filter(|glimpse| wanted(glimpse)) {
        looked_at.push(look(&engine, glimpse).await?);
    }
    Ok(Survey {
        version: engine.version(),
        date: engine.date(),
        writes: writes(&engine).await?,
        few_left: room::few_left(&engine, &networks).await?,
        networks: networks
            .into_iter()
            .map(|(name, network)| (name, network.into()))
            .collect(),
        running,
        looked_at,
    })
}

async fn look(engine: &Engine, glimpse: &Glimpse) -> Result<Looked, Error> {
    let path = format!("/containers/{}/json", query::encode(&glimpse.id));
    let full: FullContainer = engine.ask(&path).await?;
    let env = full.config.env.into_iter();
    let binds = full.mounts.into_iter().filter(|mount| mount.kind == "bind");
    Ok(Looked {
        glimpse: glimpse.clone(),
        mode: full.host_config.network_mode,
        args: full.args,
        traefik_env: env.filter(|it| it.starts_with(TRAEFIKS)).collect(),
        binds: binds
            .map(|mount| (mount.source, mount.destination))
            .collect(),
    })
}

/// A socket proxy that lets reads pass only refuses before Docker finds that there is no such network.
async fn writes(engine: &Engine) -> Result<Writes, Error> {
    let nobody = "0".repeat(64);
    let nobody = ContainerId::parse(&nobody).expect("64 hexadecimal digits");
    let order = engine.network_disconnect(NOWHERE, &nobody, Force::No);
    match order.await {
        Err(error) if matches!(error.status(), Some(401 | 403 | 405)) => Ok(Writes::Refused),
        Ok(()) => Ok(Writes::Allowed),
        Err(error) if error.status().is_some() => Ok(Writes::Allowed),
        Err(error) => Err(error),
    }
}

impl From<Network> for Subnets {
    fn from(network: Network) -> Self {
        let blocks = network.ipam.config.into_iter();
        Self {
            internal: network.internal,
            subnets: blocks.map(|block| block.subnet).collect(),
        }
    }
}

impl From<ListedContainer> for Glimpse {
    fn from(listed: ListedContainer) -> Self {
        let name = listed.names.first().map(String::as_str).unwrap_or_default();
        let networks = listed.network_settings.networks.into_iter();
        Self {
            id: listed.id,
            name: name.trim_start_matches('/').to_owned(),
            image: listed.image,
            labels: listed.labels,
            addresses: networks.map(|(name, at)| (name, at.ip_address)).collect(),
        }
    }
}

/// Of `GET /containers/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedContainer {
    #[serde(deserialize_with = "text")]
    id: String,
    #[serde(deserialize_with = "text_list")]
    names: Vec<String>,
    #[serde(deserialize_with = "text")]
    image: String,
    #[serde(deserialize_with = "text_map")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    network_settings: Networks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Networks {
    #[serde(deserialize_with = "or_default")]
    networks: BTreeMap<String, ListedEndpoint>,
}

/// Of `GET /containers/{id}/json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FullContainer {
    #[serde(deserialize_with = "text_list")]
    args: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    config: FullConfig,
    #[serde(deserialize_with = "or_default")]
    host_config: FullHostConfig,
    #[serde(deserialize_with = "or_default")]
    mounts: Vec<FullMount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FullConfig {
    #[serde(deserialize_with = "text_list")]
    env: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FullHostConfig {
    #[serde(deserialize_with = "text")]
    network_mode: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct FullMount {
    #[serde(rename = "Type", deserialize_with = "text")]
    kind: String,
    #[serde(deserialize_with = "text")]
    source: String,
    #[serde(deserialize_with = "text")]
    destination: String,
}
