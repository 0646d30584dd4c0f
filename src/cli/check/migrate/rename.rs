//! Names that change: of routers, services and middlewares, and of the sticky cookies that are called after them.

use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::super::judge::Verdict;
use super::{Change, Kind};

/// Both documents.
pub(super) struct Sides {
    /// With `providers.docker`.
    pub(super) old: Verdict,
    /// With Pointsman.
    pub(super) new: Verdict,
}

/// An object of a document.
#[derive(Clone, Copy)]
struct Object<'a> {
    protocol: &'a str,
    section: &'a str,
    name: &'a str,
    value: &'a Value,
}

impl Sides {
    /// Every object of the old document under its new name, and the cookies that follow it.
    pub(super) fn renamed(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for object in objects(&self.old.document) {
            let successors = self.successors(object);
            changes.extend(cookie(object, &successors));
            changes.push(name(object, &successors));
        }
        changes
    }

    /// Its names in the new document.
    fn successors(&self, old: Object<'_>) -> Vec<&str> {
        let all = || {
            objects(&self.new.document)
                .filter(|new| new.protocol == old.protocol && new.section == old.section)
        };
        if let Some(same) = all().find(|new| new.name == old.name) {
            return vec![same.name];
        }
        let matches = |new: &Object<'_>| match old.section {
            "services" => servers(new.value).any(|one| servers(old.value).any(|two| one == two)),
            "routers" => self.leads_on(old, *new),
            _ => new.value == old.value,
        };
        all().filter(matches).map(|new| new.name).collect()
    }

    /// Does a new router lead to what the old one's service has become.
    fn leads_on(&self, old: Object<'_>, new: Object<'_>) -> bool {
        let service = |router: Object<'_>, document| {
            let name = router.value.get("service").and_then(Value::as_str);
            let mut services = objects(document)
                .filter(|one| one.protocol == router.protocol && one.section == "services");
            services.find(|service| Some(service.name) == name)
        };
        let Some(service_old) = service(old, &self.old.document) else {
            return false;
        };
        let successors = self.successors(service_old);
        let to = service(new, &self.new.document);
        to.is_some_and(|to| successors.contains(&to.name))
    }
}

fn objects(document: &Value) -> impl Iterator<Item = Object<'_>> {
    let protocols = document.as_object().into_iter().flatten();
    let sections = protocols.flat_map(|(protocol, value)| {
        let sections = value.as_object().into_iter().flatten();
        sections.map(move |(section, value)| (protocol, section, value))
    });
    let all = sections.flat_map(|(protocol, section, value)| {
        let objects = value.as_object().into_iter().flatten();
        objects.map(move |(name, value)| Object {
            protocol,
            section,
            name,
            value,
        })
    });
    all.filter(|object| !object.name.starts_with("pointsman-rev-"))
}

/// URLs or addresses.
fn servers(service: &Value) -> impl Iterator<Item = &str> {
    let servers = service.pointer("/loadBalancer/servers");
    let servers = servers.and_then(Value::as_array).into_iter().flatten();
    servers.filter_map(|server| {
        server
            .get("url")
            .or_else(|| server.get("address"))?
            .as_str()
    })
}

fn qualified(names: &[&str]) -> String {
    if names.is_empty() {
        return "(not there)".to_owned();
    }
    let all: Vec<String> = names.iter().map(|name| format!("{name}@http")).collect();
    all.join(", ")
}

fn name(object: Object<'_>, successors: &[&str]) -> Change {
    let noun = object.section.trim_end_matches('s');
    Change {
        kind: Kind::Name,
        subject: format!("{} {noun}", object.protocol),
        key: None,
        old: format!("{}@docker", object.name),
        new: qualified(successors),
        advice: "rename in dashboards and alerts (router=, service=), access log filters (RouterName, ServiceName) \
                 and files that refer to it"
            .to_owned(),
    }
}

/// A cookie that has no name of its own is called after service and provider.
fn cookie(object: Object<'_>, successors: &[&str]) -> Option<Change> {
    let cookie = object.value.pointer("/loadBalancer/sticky/cookie")?;
    if cookie.get("name").is_some() {
        return None;
    }
    let old = cookie_name(object.name, "docker");
    let new = successors.iter().map(|name| cookie_name(name, "http"));
    let new: Vec<String> = new.collect();
    Some(Change {
        kind: Kind::Cookie,
        subject: format!("service {}", object.name),
        key: None,
        advice: format!(
            "to keep sessions, first set traefik.http.services.{}.loadbalancer.sticky.cookie.name={old}",
            object.name
        ),
        old,
        new: if new.is_empty() {
            "(not there)".to_owned()
        } else {
            new.join(", ")
        },
    })
}

/// Traefik's default name of a sticky cookie.
fn cookie_name(service: &str, provider: &str) -> String {
    let digest = Sha1::digest(format!("_TRAEFIK_BACKEND_{service}@{provider}"));
    let bytes = digest.iter().take(3);
    let hex = bytes.fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    format!("_{}", hex.chars().take(5).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    // As Traefik 3.7.15 set them.
    #[test]
    fn cookies_are_called_as_traefik_calls_them() {
        assert_eq!(
            cookie_name("web-app", "http"),
            "_368a0",
            "the name that it set"
        );
    }
}
