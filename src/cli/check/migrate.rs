//! What changes for a set of containers when Pointsman takes the place of `providers.docker`.
//!
//! The same containers twice: with Traefik's labels alone, as its own provider names what it makes of them (`@docker`),
//! and as Pointsman serves them (`@http`). What only the first has is looked for in the second by name, else by its
//! servers, its service or its content.

use serde::Serialize;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::routing::model::{Container, Diagnostic};
use crate::routing::table::Options;

use super::judge::{Place, Verdict, judge};

/// One thing that is not the same afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Change {
    /// What kind of thing.
    pub(super) kind: Kind,
    /// Whom it concerns.
    pub(super) subject: String,
    /// The label, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// With `providers.docker`.
    pub(super) old: String,
    /// With Pointsman.
    pub(super) new: String,
    /// What to do.
    pub(super) advice: String,
}

/// Kinds of changes, in the order in which they are worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A label that names an object with its provider.
    Reference,
    /// A container that is treated otherwise.
    Difference,
    /// A sticky cookie with its default name.
    Cookie,
    /// A router, service or middleware.
    Name,
}

impl Kind {
    /// All, in order.
    pub(super) const ALL: [Self; 4] = [Self::Reference, Self::Difference, Self::Cookie, Self::Name];

    /// Heading of its list.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Reference => "labels that name the old provider",
            Self::Difference => "containers that are treated otherwise",
            Self::Cookie => "sticky cookies that get another name",
            Self::Name => "names in metrics, access logs and the file provider",
        }
    }
}

/// Everything that changes, sorted.
pub(super) fn report(options: &Options, containers: &[Container]) -> Vec<Change> {
    let moved: Vec<Container> = containers
        .iter()
        .filter(|container| !options.managed_only || is_managed(container))
        .cloned()
        .collect();
    let traefik = Options {
        managed_only: false,
        ..options.clone()
    };
    let plain = moved.iter().cloned().map(without_ours).collect();
    let sides = Sides {
        old: judge(traefik, plain, Place::Preview),
        new: judge(options.clone(), moved.clone(), Place::Preview),
    };
    let mut changes: Vec<Change> = moved.iter().flat_map(references).collect();
    changes.extend(sides.new.diagnostics.iter().filter_map(difference));
    changes.extend(
        moved
            .iter()
            .filter_map(|container| network(container, options, &sides.new)),
    );
    changes.extend(sides.renamed());
    changes.sort();
    changes.dedup();
    changes
}

fn is_managed(container: &Container) -> bool {
    container.labels.contains_key("pointsman.app")
}

/// As Traefik's own provider sees it.
fn without_ours(mut container: Container) -> Container {
    container
        .labels
        .retain(|key, _| !key.starts_with("pointsman."));
    container
}

/// `auth@docker` in lists and alone.
fn references(container: &Container) -> Vec<Change> {
    let labels = container.labels.iter();
    let ours = labels.filter(|(key, _)| key.starts_with("traefik."));
    let named = ours.flat_map(|(key, value)| value.split(',').map(move |name| (key, name.trim())));
    let qualified = named.filter_map(|(key, name)| Some((key, name.strip_suffix("@docker")?)));
    let change = |(key, name): (&String, &str)| Change {
        kind: Kind::Reference,
        subject: format!("container {}", container.name),
        key: Some(key.clone()),
        old: format!("{name}@docker"),
        new: name.to_owned(),
        advice: "write the name without @docker: it is right before and after the change"
            .to_owned(),
    };
    qualified.map(change).collect()
}

/// What the Docker provider does where Pointsman has a finding; `None` where it does the same.
fn difference(finding: &Diagnostic) -> Option<Change> {
    let (old, new) = match finding.code {
        "label-key" if finding.message.contains("brackets") => (
            "the provider may stop all updates",
            "only this label is left out",
        ),
        "label-key" | "label-value" | "label-unknown" | "label-case" => {
            ("the container is dropped", "only this object is left out")
        }
        "no-service" => ("the container is dropped", "only the service is left out"),
        "name-conflict" => ("removed for everyone", "stays with the oldest container"),
        "no-router" => ("routed if Traefik can read it", "not routed"),
        "priority-lowered" => ("has its own priority", "stands below managed routers"),
        "managed-labels" | "stack-conflict" | "version-conflict" | "env-unknown" | "host-taken"
        | "name-taken" => ("routed as its traefik labels say", "not routed"),
        _ => return None,
    };
    Some(Change {
        kind: Kind::Difference,
        subject: finding.subject.clone(),
        key: finding.key.clone(),
        old: old.to_owned(),
        new: format!("{new}: {}", finding.message),
        advice: "correct it beforehand, and both do the same".to_owned(),
    })
}

/// One of several networks that nobody chose.
fn network(container: &Container, options: &Options, new: &Verdict) -> Option<Change> {
    let is_chosen =
        options.network.is_some() || container.labels.contains_key("traefik.docker.network");
    let is_used = |address: std::net::IpAddr| {
        let server = std::net::SocketAddr::new(address, 0).to_string();
        let host = server.strip_suffix('0').unwrap_or(&server);
        new.body.contains(&format!("//{host}"))
    };
    let mut networks = container.networks.iter();
    let (used, _) = networks.find(|(_, at)| at.address.is_some_and(is_used))?;
    if is_chosen || container.networks.len() < 2 {
        return None;
    }
    let names: Vec<&str> = container.networks.keys().map(String::as_str).collect();
    Some(Change {
        kind: Kind::Difference,
        subject: format!("container {}", container.name),
        key: Some("traefik.docker.network".to_owned()),
        old: format!("one of {} at random", names.join(", ")),
        new: format!("always {used}"),
        advice: "set traefik.docker.network where it must be another".to_owned(),
    })
}

/// Both documents.
struct Sides {
    old: Verdict,
    new: Verdict,
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
    fn renamed(&self) -> Vec<Change> {
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
