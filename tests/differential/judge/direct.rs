//! Differences that can be seen in one object alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::support::fake_engine::FakeContainer;
use crate::support::options::Options;

use super::Uses;
use super::faults::base_name;
use super::objects::{Key, Objects, servers};
use super::repair::is_under;

/// Brings Traefik's side to what Pointsman's should be.
pub(crate) fn settle(
    there: &mut Objects,
    here: &mut Objects,
    world: &[FakeContainer],
    options: &Options,
    uses: &mut Uses,
) {
    says_nothing(there, here, uses);
    settings(there, here, world, uses);
    loops(there, here, uses);
    at_docker(there, here, uses);
    service_middlewares(there, here, world, uses);
    let moves = moves(world, options);
    for (key, object) in there.iter_mut() {
        if Some(&*object) == here.get(key) {
            continue;
        }
        if let Some(servers) = servers(object) {
            idle_server(key, servers, world, uses);
            random_network(servers, &moves, uses);
            random_binding(servers, here.get(key), world, uses);
        }
        drop_empty_servers(object);
    }
}

/// An object of no kind at all can be used by nobody.
fn says_nothing(there: &mut Objects, here: &Objects, uses: &mut Uses) {
    let is_useless = |(key, object): (&Key, &Value)| {
        let fields = object.as_object();
        let nothing = |fields: &Map<String, Value>| {
            fields.is_empty()
                || key.0.ends_with(".services") && fields.keys().all(|it| it == "middlewares")
        };
        !here.contains_key(key) && fields.is_some_and(nothing)
    };
    let all = there
        .iter()
        .filter(|(key, object)| is_useless((key, object)));
    let useless: Vec<Key> = all.map(|(key, _)| key.clone()).collect();
    for key in useless {
        there.remove(&key);
        let routers = key.0.replace(".services", ".routers");
        // nor the routers that would use it
        there.retain(|at, router| {
            here.contains_key(at) || at.0 != routers || router["service"] != key.1.as_str()
        });
        *uses.entry("says-nothing").or_default() += 1;
    }
}

/// Transports and TLS options are not read from labels by Traefik.
fn settings(there: &Objects, here: &mut Objects, world: &[FakeContainer], uses: &mut Uses) {
    let named = |section: &str, name: &str| {
        let key = format!("traefik.{section}.{name}");
        let labels = world.iter().flat_map(|it| it.labels.keys());
        labels.into_iter().any(|label| is_under(label, &key))
    };
    here.retain(|(section, name), _| {
        let is_setting = section.ends_with(".serversTransports") || section == "tls.options";
        let is_extra = is_setting && named(section, name);
        if is_extra && !there.contains_key(&(section.clone(), name.clone())) {
            *uses.entry("settings-labels").or_default() += 1;
            return false;
        }
        true
    });
}

/// A chain that leads back to itself would end Traefik, as soon as a router used it.
fn loops(there: &mut Objects, here: &Objects, uses: &mut Uses) {
    let chain = |(section, name): &Key| -> Vec<Key> {
        let object = there.get(&(section.clone(), name.clone()));
        let parts = object.and_then(|object| object["chain"]["middlewares"].as_array());
        let names = parts.into_iter().flatten().filter_map(Value::as_str);
        let own = |name: &str| name.strip_suffix("@docker").unwrap_or(name).to_owned();
        names.map(|name| (section.clone(), own(name))).collect()
    };
    let leads_to_loop = |key: &Key| {
        let (mut seen, mut next) = (BTreeSet::new(), chain(key));
        while let Some(part) = next.pop() {
            if chain(&part).contains(key) || part == *key || !seen.insert(part.clone()) {
                return true;
            }
            next.extend(chain(&part));
        }
        false
    };
    let missing = there.keys().filter(|key| !here.contains_key(*key));
    let loops: Vec<Key> = missing.filter(|key| leads_to_loop(key)).cloned().collect();
    for key in loops {
        there.remove(&key);
        *uses.entry("chain-loop").or_default() += 1;
    }
}

/// Names of Traefik's own provider are ours here.
fn at_docker(there: &mut Objects, here: &Objects, uses: &mut Uses) {
    for (key, object) in there.iter_mut() {
        let Some(wanted) = here.get(key).filter(|wanted| *wanted != object) else {
            continue;
        };
        let mut resolved = object.clone();
        resolve(&mut resolved);
        if resolved != *object && is_resolved(wanted) {
            *object = resolved;
            *uses.entry("at-docker").or_default() += 1;
        }
    }
}

const SUFFIX: &str = "@docker";
/// Fields that name other objects.
const REFERENCES: [&str; 4] = ["service", "middlewares", "options", "serversTransport"];

fn resolve(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                if REFERENCES.contains(&field.as_str()) {
                    resolve_names(value);
                }
                resolve(value);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(resolve),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn resolve_names(value: &mut Value) {
    let names = if value.is_array() {
        value.as_array_mut().map_or(&mut [][..], Vec::as_mut_slice)
    } else {
        std::slice::from_mut(value)
    };
    for name in names {
        let own = name.as_str().and_then(|text| text.strip_suffix(SUFFIX));
        if let Some(own) = own.map(str::to_owned) {
            *name = own.into();
        }
    }
}

fn is_resolved(wanted: &Value) -> bool {
    let mut again = wanted.clone();
    resolve(&mut again);
    again == *wanted
}

/// Which middlewares stand before a service that several containers define: Traefik takes those of the first by name,
/// Pointsman the oldest one's.
fn service_middlewares(
    there: &mut Objects,
    here: &Objects,
    world: &[FakeContainer],
    uses: &mut Uses,
) {
    for ((section, name), object) in there.iter_mut() {
        let wanted = here.get(&(section.clone(), name.clone()));
        let Some(wanted) = wanted.and_then(Value::as_object) else {
            continue;
        };
        let key = (section.clone(), name.clone());
        let defines = |it: &&FakeContainer| names(it, &key);
        let is_default = |it: &&FakeContainer| base_name(it) == *name;
        let is_shared = world
            .iter()
            .filter(|it| defines(it) || is_default(it))
            .count()
            > 1;
        let Some(fields) = object.as_object_mut().filter(|_| is_shared) else {
            continue;
        };
        if section == "http.services" && fields.get("middlewares") != wanted.get("middlewares") {
            fields.remove("middlewares");
            fields.extend(
                wanted
                    .get("middlewares")
                    .map(|own| ("middlewares".to_owned(), own.clone())),
            );
            *uses.entry("conflict").or_default() += 1;
        }
    }
}

/// A server that does not serve: Traefik keeps it without an address, or with the one that a label gives.
fn idle_server(key: &Key, servers: &mut Vec<Value>, world: &[FakeContainer], uses: &mut Uses) {
    let (serving, idle): (Vec<_>, Vec<_>) = world.iter().partition(|it| is_serving(it));
    let mut urls: BTreeSet<&str> = idle.iter().filter_map(|it| label_url(it, key)).collect();
    urls.extend(idle.iter().map(|_| ""));
    for url in serving.iter().filter_map(|it| label_url(it, key)) {
        urls.remove(url);
    }
    let before = servers.len();
    servers.retain(|server| {
        let url = server.get("url").or_else(|| server.get("address"));
        !urls.contains(url.and_then(Value::as_str).unwrap_or_default())
    });
    if servers.len() < before {
        *uses.entry("idle-server").or_default() += 1;
    }
}

/// Does it run, and is it healthy as far as anybody knows.
pub(crate) fn is_serving(it: &FakeContainer) -> bool {
    it.state == "running" && it.health.as_ref().is_none_or(|word| word == "healthy")
}

/// The URL that a container's labels give to a service: of spellings that differ in case the last counts.
fn label_url<'a>(it: &'a FakeContainer, key: &Key) -> Option<&'a str> {
    let url = format!("traefik.{}.{}.loadbalancer.server.url", key.0, key.1);
    let spellings = it.labels.iter().rev();
    let mut urls = spellings.filter(|(label, _)| label.eq_ignore_ascii_case(&url));
    let last = urls.next().filter(|_| names(it, key));
    last.map(|(_, value)| value.as_str())
}

/// Do its labels name this object. Within a container case does not count, and the first spelling is the name.
fn names(it: &FakeContainer, (section, name): &Key) -> bool {
    let prefix = format!("traefik.{section}.{name}");
    let mut labels = it.labels.keys().filter(|label| is_under(label, &prefix));
    let first = labels.next().and_then(|label| label.get(..prefix.len()));
    first.is_some_and(|label| label.ends_with(name.as_str()))
}

/// Of a port that is published for TCP and UDP Traefik takes either binding.
fn random_binding(
    servers: &mut [Value],
    wanted: Option<&Value>,
    world: &[FakeContainer],
    uses: &mut Uses,
) {
    let mut wanted = wanted.cloned().unwrap_or_default();
    let wanted = super::objects::servers(&mut wanted)
        .cloned()
        .unwrap_or_default();
    for container in world {
        let all = bindings(container);
        let is_one = |server: &Value| {
            let text = server["url"]
                .as_str()
                .or_else(|| server["address"].as_str());
            let authority = text.map(|text| text.rsplit("://").next().unwrap_or(text).to_owned());
            authority.is_some_and(|authority| all.contains(&authority))
        };
        let ours = wanted.iter().find(|server| is_one(server));
        for server in servers.iter_mut() {
            if let Some(ours) = ours.filter(|ours| is_one(server) && *ours != server) {
                for field in ["url", "address"] {
                    if let Some(address) = ours.get(field) {
                        server[field] = address.clone();
                    }
                }
                *uses.entry("random-binding").or_default() += 1;
            }
        }
    }
    servers.sort_by_key(Value::to_string);
}

/// Where a port that is published twice can be reached: on the host, and by its own address.
fn bindings(container: &FakeContainer) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for port in &container.ports {
        let twins = container
            .ports
            .iter()
            .filter(|twin| twin.private == port.private);
        if twins.clone().count() > 1 {
            let published = twins.flat_map(|twin| &twin.bindings);
            all.extend(published.map(|(ip, public)| authority(ip, *public)));
            let own = container
                .networks
                .keys()
                .map(|name| address(container, name));
            all.extend(own.map(|own| format!("{own}:{}", port.private)));
        }
    }
    all
}

fn authority(ip: &str, port: u16) -> String {
    if ip.contains(':') {
        format!("[{ip}]:{port}")
    } else {
        format!("{ip}:{port}")
    }
}

fn drop_empty_servers(object: &mut Value) {
    if servers(object).is_some_and(|servers| servers.is_empty()) {
        let balancer = object["loadBalancer"].as_object_mut();
        drop(balancer.and_then(|balancer| balancer.remove("servers")));
    }
}

const NETWORK: &str = "traefik.docker.network";

/// Addresses that Traefik may choose, to the one that Pointsman chooses.
fn moves(world: &[FakeContainer], options: &Options) -> BTreeMap<String, String> {
    let mut moves = BTreeMap::new();
    for container in world {
        let wanted = label(container, NETWORK).or(options.network);
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
fn random_network(servers: &mut Vec<Value>, moves: &BTreeMap<String, String>, uses: &mut Uses) {
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
    servers.dedup();
}
