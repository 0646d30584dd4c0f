//! A world without what Pointsman blames.
//!
//! An object is not just taken away: another one takes its place, so that no default comes in, and is taken out of
//! the result.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;

use super::bindings::unspecified;
use super::faults::{Blame, COMPOSITES, Fault, base_name};
use super::objects::Objects;

/// Begins the names of objects that stand for broken ones.
const BROKEN: &str = "zz-broken-";
/// Begins the names of objects that stand for those that an older container has; the name follows. They are the same
/// for all who lost it, as it would be.
const LOST: &str = "zz-lost-";

/// Repairs the labels.
pub(crate) fn repair(world: &mut [FakeContainer], faults: &[&Fault]) {
    for (number, fault) in faults.iter().enumerate() {
        let at = world.iter().position(|it| it.name == fault.container);
        let at = at.expect("faults are of this world's containers");
        let is_reachable = has_address(&world[at], world);
        let is_open = fault.blame.is_of(&["tcp.services", "udp.services"]);
        if is_open && !is_reachable {
            attach(world, at);
        }
        let container = &mut world[at];
        let owner = container.name.replace(['.', '-'], "_");
        let broken = format!("{BROKEN}{owner}-{number}");
        match &fault.blame {
            Blame::Label(key) => drop_label(container, key),
            Blame::OwnerLabel(key) => {
                let owner = container.network_mode.strip_prefix("container:");
                let owner = owner.map(str::to_owned);
                let owner = world.iter_mut().find(|it| Some(&it.name) == owner.as_ref());
                if let Some(owner) = owner {
                    drop_label(owner, key);
                }
            }
            Blame::Unspecified => {
                for at in unspecified(&container.ports) {
                    container.ports[at].bindings.clear();
                }
            }
            Blame::Off => {
                let labels = &mut container.labels;
                labels.retain(|label, _| !is_under(label, "traefik.enable"));
                labels.insert("traefik.enable".to_owned(), "false".to_owned());
            }
            Blame::Silent => {
                let labels = &mut container.labels;
                labels.retain(|label, _| {
                    !label.starts_with("traefik.") || is_under(label, "traefik.docker.network")
                });
                labels.insert("traefik.enable".to_owned(), "false".to_owned());
            }
            Blame::Object(section, name) => replace(container, section, name, &broken),
            Blame::Lost(section, name) => {
                if section == "http.services" {
                    link(container, name);
                }
                let stand_in = format!("{LOST}{name}");
                replace(container, section, name, &stand_in);
            }
        }
    }
}

/// A label by its key, else all below it.
fn drop_label(container: &mut FakeContainer, key: &str) {
    let labels = &mut container.labels;
    if labels.remove(key).is_some() {
        return;
    }
    let before = labels.len();
    labels.retain(|label, _| !label.eq_ignore_ascii_case(key));
    if labels.len() == before {
        labels.retain(|label, _| !is_under(label, key));
    }
}

/// Can it be reached at an address of its own, or of the container whose network it shares.
fn has_address(container: &FakeContainer, world: &[FakeContainer]) -> bool {
    if container.network_mode == "host" {
        return true;
    }
    if container.state != "running" && container.state != "paused" {
        return false;
    }
    if let Some(owner) = container.network_mode.strip_prefix("container:") {
        let owner = world
            .iter()
            .find(|it| it.name == owner && it.name != container.name);
        return owner.is_some_and(|owner| has_address(owner, world));
    }
    let wanted = container.labels.get("traefik.docker.network");
    let wanted = wanted.filter(|wanted| container.networks.contains_key(*wanted));
    let mut networks = container
        .networks
        .iter()
        .filter(|(name, _)| wanted.is_none_or(|it| it == *name));
    networks.any(|(name, (ip, _))| !ip.is_empty() || container.ipv6.contains_key(name))
}

/// Is this the key, or one below it.
pub(crate) fn is_under(label: &str, key: &str) -> bool {
    let (label, key) = (label.to_ascii_lowercase(), key.to_ascii_lowercase());
    let rest = label.strip_prefix(&key);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The default router goes on to the lost service, as it would by itself.
fn link(container: &mut FakeContainer, service: &str) {
    let others = names(container, "http.services");
    if names(container, "http.routers").is_empty() && others.iter().all(|other| other == service) {
        let key = format!("traefik.http.routers.{}.service", base_name(container));
        container.labels.insert(key, service.to_owned());
    }
}

/// What its labels name in a section, without regard to case.
fn names(container: &FakeContainer, section: &str) -> BTreeSet<String> {
    let prefix = format!("traefik.{section}.");
    let name = |label: &String| {
        let path = label.to_ascii_lowercase();
        let length = path.strip_prefix(&prefix)?.split('.').next()?.len();
        label
            .get(prefix.len()..prefix.len() + length)
            .map(str::to_owned)
    };
    container.labels.keys().filter_map(name).collect()
}

/// Nothing of it could be reached, and now the stand-in can be; those who share its network still cannot.
fn attach(world: &mut [FakeContainer], at: usize) {
    let mode = format!("container:{}", world[at].name);
    for sharer in world.iter_mut().filter(|it| it.network_mode == mode) {
        "none".clone_into(&mut sharer.network_mode);
    }
    let container = &mut world[at];
    container.networks.clear();
    let labels = &mut container.labels;
    labels.retain(|label, _| !is_under(label, "traefik.docker.network"));
    *container = container.clone().network("stand-in", "10.254.0.1");
}

fn replace(container: &mut FakeContainer, section: &str, name: &str, stand_in: &str) {
    let old = format!("traefik.{section}.{name}");
    let labels = &mut container.labels;
    labels.retain(|label, _| !is_under(label, &old));
    let fields: &[(&str, &str)] = match section {
        "http.routers" => &[("service", stand_in), ("rule", "Host(`stand.in`)")],
        "tcp.routers" => &[("service", stand_in), ("rule", "HostSNI(`stand.in`)")],
        "udp.routers" => &[("service", stand_in)],
        "http.services" => &[("loadbalancer.server.url", "http://stand.in")],
        "tcp.services" | "udp.services" => &[("loadbalancer.server.port", "1")],
        "http.middlewares" => &[("addprefix.prefix", "/stand-in")],
        "tcp.middlewares" => &[("inflightconn.amount", "1")],
        // one for all, or not read by Traefik: nothing comes in its place
        _ => &[],
    };
    for (field, value) in fields {
        let key = format!("traefik.{section}.{stand_in}.{field}");
        labels.insert(key, (*value).to_owned());
    }
    let is_broken = stand_in.starts_with(BROKEN);
    if is_broken && section == "http.services" && is_alone(container) {
        // nor does a default router come in
        replace(
            container,
            "http.routers",
            stand_in,
            &format!("{stand_in}-r"),
        );
    }
}

/// Has it no router and no service of HTTP but stand-ins.
fn is_alone(container: &FakeContainer) -> bool {
    let is_own = |label: &String| {
        let label = label.to_ascii_lowercase();
        let service = label.strip_prefix("traefik.http.services.");
        let service = service.is_some_and(|name| !name.starts_with("zz-"));
        service || label.starts_with("traefik.http.routers.")
    };
    !container.labels.keys().any(is_own)
}

/// Takes the stand-ins out of the result.
pub(crate) fn strip(objects: &mut Objects) {
    objects.retain(|(_, name), object| {
        let service = object["service"].as_str().unwrap_or_default();
        !name.starts_with(BROKEN) && !name.starts_with(LOST) && !service.starts_with(BROKEN)
    });
    for object in objects.values_mut() {
        let service = object.get("service").and_then(Value::as_str);
        let lost = service.and_then(|service| service.strip_prefix(LOST));
        if let Some(name) = lost.map(str::to_owned) {
            object["service"] = name.into();
        }
    }
}

/// Takes out what Traefik has no labels for; gives how much it was.
pub(crate) fn strip_composites(objects: &mut Objects) -> u64 {
    let before = objects.len();
    objects.retain(|_, object| COMPOSITES.iter().all(|kind| object.get(kind).is_none()));
    (before - objects.len()) as u64
}
