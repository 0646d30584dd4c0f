//! Names that several containers define differently, as Pointsman sees it.
//!
//! Traefik says so too, or it merges them: then they must differ in what their labels say, and Traefik must make of all
//! of them what Pointsman makes of the oldest one's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;
use crate::support::pair::Outcome;

use super::direct::resolve;
use super::faults::{Blame, Fault, base_name};
use super::idle::names;
use super::objects::{Key, Objects, objects};
use super::repair::is_under;
use super::said;

/// The deliberate difference that a conflict is; `second` is what came of this world without what is broken.
pub(crate) fn rule(
    fault: &Fault,
    second: &Outcome,
    world: &[FakeContainer],
    here: &Objects,
) -> Result<&'static str, String> {
    if has_conflict(&second.log, fault) {
        return Ok(fault.rule);
    }
    let Blame::Lost(section, name) = &fault.blame else {
        return Err(format!("not about an object: {fault:?}"));
    };
    let key = (section.clone(), name.clone());
    let there = objects(&second.docker);
    let is_same = says(there.get(&key)) == says(here.get(&key));
    let is_written = is_said_otherwise(&key, &fault.container, world);
    let why = || {
        let said = said(&second.log);
        format!("Traefik sees no such conflict: {fault:?}\nTraefik said: {said}")
    };
    // to Traefik a default that is written out is the same as none
    (is_same && is_written)
        .then_some("written-default")
        .ok_or_else(why)
}

/// An object without its servers and without what stands before these.
fn says(object: Option<&Value>) -> Option<Value> {
    let mut object = object.cloned()?;
    let fields = object.as_object_mut()?;
    if let Some(balancer) = fields
        .get_mut("loadBalancer")
        .and_then(Value::as_object_mut)
    {
        balancer.remove("servers");
        fields.remove("middlewares");
    }
    resolve(&mut object);
    Some(object)
}

/// Does another container define it with other labels.
fn is_said_otherwise(key: &Key, container: &str, world: &[FakeContainer]) -> bool {
    let mut all = world
        .iter()
        .filter(|it| names(it, key) || base_name(it) == key.1);
    let own = world.iter().find(|it| it.name == container);
    let own = own.map(|own| labels(own, key));
    all.any(|it| it.name != container && Some(labels(it, key)) != own)
}

/// What a container's labels say of an object, apart from the server and what stands before it.
fn labels<'a>(it: &'a FakeContainer, (section, name): &Key) -> BTreeMap<String, &'a str> {
    let prefix = format!("traefik.{section}.{name}");
    let own = it.labels.iter().filter_map(|(label, value)| {
        let path = is_under(label, &prefix).then(|| label.get(prefix.len()..))??;
        Some((path.to_ascii_lowercase(), value.as_str()))
    });
    let is_service = section.ends_with(".services");
    let is_apart =
        |path: &str| path.starts_with(".loadbalancer.server.") || path.starts_with(".middlewares");
    own.filter(|(path, _)| !is_service || !is_apart(path))
        .collect()
}

/// Does Traefik take an object from all its containers.
fn has_conflict(log: &[Value], fault: &Fault) -> bool {
    let Blame::Lost(section, name) = &fault.blame else {
        return false;
    };
    let (protocol, _) = section.split_once('.').expect("protocol and section");
    // it calls it a store, without its protocol
    let begin = if section == "tls.stores" {
        "store"
    } else {
        protocol
    };
    log.iter().any(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        let fields = line.as_object().into_iter().flatten();
        let names_it = fields.into_iter().any(|(_, value)| value == name.as_str());
        let is_of_kind = message.to_ascii_lowercase().starts_with(begin);
        message.contains("defined multiple times") && is_of_kind && names_it
    })
}
