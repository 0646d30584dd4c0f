//! A world without what Pointsman blames.
//!
//! An object is not just taken away: another one takes its place, so that no default comes in, and is taken out of
//! the result.

use crate::support::fake_engine::FakeContainer;

use super::faults::{Blame, Fault};
use super::objects::Objects;

/// Begins the names of objects that stand for broken ones.
const BROKEN: &str = "zz-broken-";
/// Begins the names of objects that stand for those that an older container has; the name follows.
const LOST: &str = "zz-lost-";

/// Repairs the labels.
pub(crate) fn repair(world: &mut [FakeContainer], faults: &[&Fault]) {
    for (number, fault) in faults.iter().enumerate() {
        let container = world.iter_mut().find(|it| it.name == fault.container);
        let container = container.expect("faults are of this world's containers");
        match &fault.blame {
            Blame::Label(key) => container.labels.retain(|label, _| !is_under(label, key)),
            Blame::Object(section, name) => {
                let stand_in = format!("{BROKEN}{}-{number}", container.name.replace('.', "-"));
                replace(container, section, name, &stand_in);
            }
            Blame::Lost(section, name) => {
                let stand_in = format!(
                    "{LOST}{}-{number}-{name}",
                    container.name.replace(['.', '-'], "_")
                );
                replace(container, section, name, &stand_in);
            }
        }
    }
}

/// Is this the key, or one below it.
pub(crate) fn is_under(label: &str, key: &str) -> bool {
    let (label, key) = (label.to_ascii_lowercase(), key.to_ascii_lowercase());
    label == key
        || label
            .strip_prefix(&key)
            .is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
}

fn replace(container: &mut FakeContainer, section: &str, name: &str, stand_in: &str) {
    let prefix = format!("traefik.{section}.{name}");
    container
        .labels
        .retain(|label, _| !is_under(label, &prefix));
    let (field, value) = match section {
        "http.routers" => ("service", stand_in),
        "http.services" => ("loadbalancer.server.url", "http://stand.in"),
        "http.middlewares" => ("addprefix.prefix", "/stand-in"),
        _ => panic!("no stand-in for {section}"),
    };
    let prefix = format!("traefik.{section}.{stand_in}");
    container
        .labels
        .insert(format!("{prefix}.{field}"), value.to_owned());
    if section == "http.routers" {
        container
            .labels
            .insert(format!("{prefix}.rule"), "Host(`stand.in`)".to_owned());
    }
}

fn has(container: &FakeContainer, section: &str) -> bool {
    let prefix = format!("traefik.{section}.");
    let mut labels = container.labels.keys();
    labels.any(|label| label.to_ascii_lowercase().starts_with(&prefix))
}

/// Takes the stand-ins out of the result.
pub(crate) fn strip(objects: &mut Objects) {
    objects.retain(|(_, name), object| {
        let service = object["service"].as_str().unwrap_or_default();
        !name.starts_with(BROKEN) && !name.starts_with(LOST) && !service.starts_with(BROKEN)
    });
    for object in objects.values_mut() {
        let lost = object["service"]
            .as_str()
            .and_then(|service| service.strip_prefix(LOST));
        let name = lost
            .and_then(|lost| lost.splitn(3, '-').nth(2))
            .map(str::to_owned);
        if let Some(name) = name {
            object["service"] = name.into();
        }
    }
}
