//! Differences that can be seen in one object alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;
use crate::support::options::Options;

use super::Uses;
use super::objects::{Objects, servers};

/// Brings Traefik's side to what Pointsman's should be.
pub(crate) fn settle(
    there: &mut Objects,
    here: &Objects,
    world: &[FakeContainer],
    options: &Options,
    uses: &mut Uses,
) {
    says_nothing(there, here, uses);
    let moves = moves(world, options);
    for (key, object) in there.iter_mut() {
        if Some(&*object) == here.get(key) {
            continue;
        }
        if let Some(servers) = servers(object) {
            idle_server(servers, world, uses);
            random_network(servers, &moves, uses);
        }
        drop_empty_servers(object);
    }
}

/// A middleware of no kind at all can be used by nobody.
fn says_nothing(there: &mut Objects, here: &Objects, uses: &mut Uses) {
    there.retain(|key, object| {
        let kept = here.contains_key(key) || *object != Value::Object(serde_json::Map::new());
        if !kept {
            *uses.entry("says-nothing").or_default() += 1;
        }
        kept
    });
}

/// A server that does not serve: Traefik keeps it without an address, or with the one that a label gives.
fn idle_server(servers: &mut Vec<Value>, world: &[FakeContainer], uses: &mut Uses) {
    let idle = world.iter().filter(|it| !is_serving(it));
    let mut urls: BTreeSet<&str> = idle.clone().flat_map(label_urls).collect();
    urls.extend(idle.map(|_| ""));
    let serving = world.iter().filter(|it| is_serving(it));
    for url in serving.flat_map(label_urls) {
        urls.remove(url);
    }
    let before = servers.len();
    servers.retain(|server| {
        let url = server.get("url").and_then(Value::as_str);
        !urls.contains(url.unwrap_or_default())
    });
    if servers.len() < before {
        *uses.entry("idle-server").or_default() += 1;
    }
}

fn is_serving(it: &FakeContainer) -> bool {
    it.state == "running" && it.health.as_ref().is_none_or(|word| word == "healthy")
}

fn label_urls(it: &FakeContainer) -> impl Iterator<Item = &str> {
    let is_url = |key: &str| {
        key.to_ascii_lowercase()
            .ends_with(".loadbalancer.server.url")
    };
    let labels = it.labels.iter();
    labels.filter_map(move |(key, value)| is_url(key).then_some(value.as_str()))
}

fn drop_empty_servers(object: &mut Value) {
    if servers(object).is_some_and(|servers| servers.is_empty()) {
        let balancer = object["loadBalancer"].as_object_mut();
        drop(balancer.and_then(|balancer| balancer.remove("servers")));
    }
}

/// Addresses that Traefik may choose, to the one that Pointsman chooses.
fn moves(world: &[FakeContainer], options: &Options) -> BTreeMap<String, String> {
    let mut moves = BTreeMap::new();
    for container in world {
        let wanted = label(container, "traefik.docker.network").or(options.network);
        if wanted.is_some_and(|wanted| container.networks.contains_key(wanted)) {
            continue;
        }
        let project = label(container, "com.docker.compose.project").unwrap_or_default();
        let default = format!("{project}_default");
        let chosen = if container.networks.contains_key(&default) {
            Some(&default)
        } else {
            container.networks.keys().next()
        };
        let Some(chosen) = chosen.map(|chosen| address(container, chosen)) else {
            continue;
        };
        for network in container.networks.keys() {
            moves.insert(address(container, network), chosen.clone());
        }
    }
    moves
}

fn label<'a>(container: &'a FakeContainer, key: &str) -> Option<&'a str> {
    let labels = container.labels.iter();
    let mut found = labels.filter(|(label, _)| label.eq_ignore_ascii_case(key));
    found.next().map(|(_, value)| value.as_str())
}

fn address(container: &FakeContainer, network: &str) -> String {
    let (ip, _) = &container.networks[network];
    match container.ipv6.get(network) {
        Some(ipv6) if ip.is_empty() => format!("[{ipv6}]"),
        _ => ip.clone(),
    }
}

/// Without a named network Traefik takes any.
fn random_network(servers: &mut [Value], moves: &BTreeMap<String, String>, uses: &mut Uses) {
    for server in servers.iter_mut() {
        for field in ["url", "address"] {
            let text = server[field].as_str().unwrap_or_default().to_owned();
            let (scheme, rest) = text
                .split_once("://")
                .map_or(("", text.as_str()), |(scheme, rest)| (scheme, rest));
            let Some((host, port)) = rest.rsplit_once(':') else {
                continue;
            };
            let Some(chosen) = moves.get(host).filter(|chosen| *chosen != host) else {
                continue;
            };
            let mark = if scheme.is_empty() { "" } else { "://" };
            server[field] = format!("{scheme}{mark}{chosen}:{port}").into();
            *uses.entry("random-network").or_default() += 1;
        }
    }
    servers.sort_by_key(Value::to_string);
}
