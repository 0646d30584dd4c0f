//! What holds after every step, whatever it was.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use super::world::{Act, World, envs};
use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::Change;
use crate::routing::rollout::Record;
use crate::routing::table::{Options, Table};

/// What was so before a step.
pub(super) struct Before {
    records: BTreeMap<EnvKey, Record>,
    shares: BTreeMap<EnvKey, u64>,
    alive: BTreeMap<EnvKey, (bool, bool)>,
}

impl Before {
    pub(super) fn of(world: &World) -> Self {
        let document = document(world);
        let records = world.records();
        let share =
            |(key, record): (&EnvKey, &Record)| (key.clone(), share(&document, key, record));
        Self {
            shares: records.iter().map(share).collect(),
            alive: envs().map(|key| (key.clone(), alive(world, &key))).into(),
            records,
        }
    }
}

pub(super) fn check(world: &World, before: &Before, act: &Act, context: &str) {
    let is_restart = matches!(act, Act::Restart { .. });
    let document = document(world);
    is_whole(&document, context);
    removes_nothing_in_use(world, &document, context);
    for (key, record) in world.records() {
        assert_eq!(record.check_invariants(), Ok(()), "{context}: {key}");
        let old = &before.records[&key];
        if !is_restart {
            assert!(
                record.generation >= old.generation,
                "{context}: {key} went back"
            );
        }
        let is_same = record == *old;
        let active = record.active_version();
        if !is_same && active.is_some() && active != old.active_version() && !is_restart {
            let view = world.daemon.table.view(&key);
            let is_alive = active.is_some_and(|version| view.is_alive(version));
            assert!(
                is_alive,
                "{context}: {key} went to a dead version: {record:?}"
            );
        }
        let was = before.shares[&key];
        let is = share(&document, &key, &record);
        let (_, is_answering) = alive(world, &key);
        // without any server the share is nobody's; when the active version has not even a container, it is
        // written at the candidate's name
        if is > was && is_same && is_answering {
            let changed = before.alive[&key] != alive(world, &key);
            assert!(
                changed,
                "{context}: {key} rose from {was} to {is} by itself"
            );
        }
    }
    if matches!(
        act,
        Act::Container { .. } | Act::Restart { .. } | Act::Command { .. }
    ) {
        rebuilt(world, context);
    }
}

/// What is removed is in no slot, no way back, and out of the document.
fn removes_nothing_in_use(world: &World, document: &Value, context: &str) {
    for order in world.orders.borrow().iter() {
        let (key, version) = &order.stack;
        let record = world.daemon.table.rollout(key);
        assert_eq!(record.slot_of(version), None, "{context}: {order:?}");
        assert_ne!(
            record.previous.as_ref(),
            Some(version),
            "{context}: {order:?}"
        );
        assert!(record.removal(version).is_some(), "{context}: {order:?}");
        let name = format!("{}-{}-web-{version}", key.app, key.env);
        // unless it was deployed anew meanwhile
        let made_anew = world.containers.values().any(|it| {
            let has = |(key, value): (&String, &String)| it.labels.get(key) == Some(value);
            order.labels.iter().all(has) && it.created > order.made_until
        });
        let is_there = document["http"]["services"].get(&name).is_some();
        assert!(made_anew || !is_there, "{context}: {name} is still routed");
    }
}

/// Active and candidate, as the table sees them.
fn alive(world: &World, key: &EnvKey) -> (bool, bool) {
    let view = world.daemon.table.view(key);
    let record = world.daemon.table.rollout(key);
    let is_alive = |version: Option<&Version>| version.is_some_and(|it| view.is_alive(it));
    (
        is_alive(record.active_version()),
        is_alive(record.other_version()),
    )
}

/// Read once as long as it stays the same.
fn document(world: &World) -> Rc<Value> {
    let Some(snapshot) = world.reader.load() else {
        return Rc::default();
    };
    let mut last = world.document.borrow_mut();
    if last.0 != Some(snapshot.revision()) {
        let value = serde_json::from_slice(&snapshot.body().chunks.concat()).unwrap();
        *last = (Some(snapshot.revision()), Rc::new(value));
    }
    Rc::clone(&last.1)
}

/// The candidate's share of the live host.
fn share(document: &Value, key: &EnvKey, record: &Record) -> u64 {
    let Some(candidate) = record.shift.as_ref().and(record.other_version()) else {
        return 0;
    };
    let parent = format!("{}-{}-web", key.app, key.env);
    let child = format!("{parent}-{candidate}");
    let services = &document["http"]["services"];
    // while requests are copied, who answers is one further down
    let answers = services[&parent]["mirroring"]["service"].as_str();
    let children = &services[answers.unwrap_or(&parent)]["weighted"]["services"];
    let all = children.as_array().into_iter().flatten();
    let own = all.filter(|it| it["name"] == child.as_str());
    own.filter_map(|it| it["weight"].as_u64()).sum()
}

/// Every child that is named exists, has a weight, and the weights are all of the traffic.
fn is_whole(document: &Value, context: &str) {
    let services = document["http"]["services"].as_object();
    for (name, service) in services.into_iter().flatten() {
        let mirroring = &service["mirroring"];
        let mirrors = mirroring["mirrors"].as_array().into_iter().flatten();
        let parts = mirrors.map(|mirror| &mirror["name"]);
        for part in parts.chain(mirroring.get("service")) {
            let is_there = services.unwrap().contains_key(part.as_str().unwrap());
            assert!(is_there, "{context}: {name} wants {part}");
        }
        let Some(children) = service["weighted"]["services"].as_array() else {
            continue;
        };
        let weights: Vec<u64> = children
            .iter()
            .filter_map(|it| it["weight"].as_u64())
            .collect();
        assert_eq!(
            weights.iter().sum::<u64>(),
            100,
            "{context}: {name} {service}"
        );
        assert!(
            weights.iter().all(|weight| *weight > 0),
            "{context}: {name} {service}"
        );
        for child in children {
            let child = child["name"].as_str().unwrap();
            assert!(
                services.unwrap().contains_key(child),
                "{context}: {name} wants {child}"
            );
        }
    }
}

/// The same facts and records, taken in anew, give the same bytes.
fn rebuilt(world: &World, context: &str) {
    // it takes long
    if !world.is_current() || !world.acts.is_multiple_of(8) {
        return;
    }
    let mut table = Table::new(Options::default());
    for record in world.daemon.table.envs() {
        table.put_env(record.clone());
    }
    for (key, record) in world.records() {
        if world.daemon.table.env(&key).is_some() {
            table.put_rollout(&key, record);
        }
    }
    table.apply(Change::ResyncStart, world.now());
    for container in world.containers.values() {
        table.apply(
            Change::ResyncApply(Box::new(container.clone())),
            world.now(),
        );
    }
    table.apply(Change::ResyncEnd, world.now());
    table.rebuild(world.now());
    let published = world.reader.load().unwrap();
    assert_eq!(
        table.document().revision(),
        published.revision(),
        "{context}: rebuilt"
    );
}
