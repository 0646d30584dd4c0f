//! Differences that can be seen in one object alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::fake_engine::FakeContainer;
use crate::support::options::Options;

use super::Uses;
use super::bindings::random_binding;
use super::faults::base_name;
use super::idle::{idle_server, names};
use super::networks::{choices, random_network};
use super::objects::{self, Key, Objects, servers};
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
    for (key, object) in there.iter_mut() {
        if Some(&*object) == here.get(key) {
            continue;
        }
        if let Some(servers) = servers(object) {
            let mut wanted = here.get(key).cloned().unwrap_or_default();
            let wanted = objects::servers(&mut wanted).cloned().unwrap_or_default();
            idle_server(key, servers, world, options, uses);
            random_network(servers, &wanted, &choices(key, world, options), uses);
            random_binding(servers, &wanted, world, uses);
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

/// Takes the suffix from all references.
pub(super) fn resolve(value: &mut Value) {
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

fn drop_empty_servers(object: &mut Value) {
    if servers(object).is_some_and(|servers| servers.is_empty()) {
        let balancer = object["loadBalancer"].as_object_mut();
        drop(balancer.and_then(|balancer| balancer.remove("servers")));
    }
}
