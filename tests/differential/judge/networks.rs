//! Containers in several networks, none of which they name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;
use crate::support::options::Options;

use super::Uses;
use super::faults::base_name;
use super::idle::names;
use super::objects::Key;

const NETWORK: &str = "traefik.docker.network";

/// By each address at which Traefik may reach a container of a service, those that Pointsman may choose instead: itself
/// where there is no choice.
pub(super) type Choices = BTreeMap<String, BTreeSet<String>>;

/// The choices that there are for a service.
pub(super) fn choices(key: &Key, world: &[FakeContainer], options: &Options) -> Choices {
    let mut choices = Choices::new();
    let members = world
        .iter()
        .filter(|it| names(it, key) || base_name(it) == key.1);
    for member in members {
        let owner = member.network_mode.strip_prefix("container:");
        let owner = owner.and_then(|name| world.iter().find(|it| it.name == name));
        let holder = owner.unwrap_or(member);
        let wanted = wanted(member, owner, options);
        let fixed = wanted.filter(|wanted| holder.networks.contains_key(*wanted));
        let Some(chosen) = fixed.or_else(|| first(holder)) else {
            continue;
        };
        let possible = holder.networks.keys().map(String::as_str);
        for network in possible.filter(|name| fixed.is_none_or(|fixed| fixed == *name)) {
            let instead = choices.entry(address(holder, network)).or_default();
            instead.insert(address(holder, chosen));
        }
    }
    choices
}

/// The network that labels or options name: the owner's first.
fn wanted<'a>(
    member: &'a FakeContainer,
    owner: Option<&'a FakeContainer>,
    options: &Options,
) -> Option<&'a str> {
    let of = |it: &'a FakeContainer| label(it, NETWORK).or(options.network);
    let named = owner.and_then(of).filter(|name| !name.is_empty());
    named.or_else(|| of(member))
}

/// What Pointsman takes where none is named.
fn first(holder: &FakeContainer) -> Option<&str> {
    let project = label(holder, "com.docker.compose.project").unwrap_or_default();
    let default = format!("{project}_default");
    let mut names = holder.networks.keys();
    let default = holder
        .networks
        .get_key_value(&default)
        .map(|(name, _)| name);
    default.or_else(|| names.next()).map(String::as_str)
}

fn label<'a>(container: &'a FakeContainer, key: &str) -> Option<&'a str> {
    let labels = container.labels.iter();
    let mut found = labels.filter(|(label, _)| label.eq_ignore_ascii_case(key));
    found.next().map(|(_, value)| value.as_str())
}

/// A container's address in one of its networks.
pub(super) fn address(container: &FakeContainer, network: &str) -> String {
    let (ip, _) = &container.networks[network];
    match container.ipv6.get(network) {
        Some(ipv6) if ip.is_empty() => format!("[{ipv6}]"),
        _ => ip.clone(),
    }
}

/// Without a named network Traefik takes any.
pub(super) fn random_network(
    servers: &mut Vec<Value>,
    wanted: &[Value],
    choices: &Choices,
    uses: &mut Uses,
) {
    for server in servers
        .iter_mut()
        .filter(|server| !is_fixed(server, wanted, choices))
    {
        let Some((before, host, port)) = parts(server) else {
            continue;
        };
        let others = choices.get(host).into_iter().flatten();
        let mut moved = others.map(|other| moved(server, &format!("{before}{other}:{port}")));
        if let Some(other) = moved.find(|other| wanted.contains(other)) {
            *server = other;
            *uses.entry("random-network").or_default() += 1;
        }
    }
    servers.sort_by_key(Value::to_string);
    servers.dedup();
}

/// Does Pointsman have it too, because it must.
fn is_fixed(server: &Value, wanted: &[Value], choices: &Choices) -> bool {
    let of = |host: &str| {
        choices
            .get(host)
            .is_some_and(|others| others.contains(host))
    };
    wanted.contains(server) && parts(server).is_some_and(|(_, host, _)| of(host))
}

/// What stands before a server's host, the host, and its port.
fn parts(server: &Value) -> Option<(&str, &str, &str)> {
    let text = server
        .get("url")
        .or_else(|| server.get("address"))?
        .as_str()?;
    let (authority, port) = text.rsplit_once(':')?;
    let at = authority.find("://").map_or(0, |at| at + "://".len());
    let (before, host) = authority.split_at(at);
    Some((before, host, port))
}

/// The same server elsewhere.
fn moved(server: &Value, text: &str) -> Value {
    let mut moved = server.clone();
    for field in ["url", "address"] {
        if let Some(old) = moved.get_mut(field) {
            *old = text.into();
        }
    }
    moved
}
