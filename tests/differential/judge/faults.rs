//! What Pointsman blames, read from its diagnostics, and what Traefik must have done about it.

use std::collections::BTreeSet;

use crate::support::fake_engine::FakeContainer;
use crate::support::pair::Outcome;
use pointsman::api::DiagnosticEntry;

use super::hosts;
use super::idle::is_serving;
use super::limits;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// The deliberate difference that it makes.
    pub(crate) rule: &'static str,
    /// Whose labels.
    pub(crate) container: String,
    /// What is to be taken out.
    pub(crate) blame: Blame,
    /// What shows that Traefik does not like it either, or that only Pointsman does not.
    pub(crate) evidence: Evidence,
}

/// What is to be taken out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Blame {
    /// One label.
    Label(String),
    /// One label of the container whose network it shares.
    OwnerLabel(String),
    /// Of a port that is published twice, what is published at no address in particular.
    Unspecified,
    /// Whether it is on: it is not.
    Off,
    /// Everything but its network: others share it, and it is left out itself.
    Silent,
    /// All labels of an object: `http.routers` and its name.
    Object(String, String),
    /// The object belongs to an older container, or Traefik does not know its kind.
    Lost(String, String),
}

impl Blame {
    /// Is it a broken object of one of these sections.
    pub(crate) fn is_of(&self, sections: &[&str]) -> bool {
        matches!(self, Self::Object(section, _) if sections.contains(&section.as_str()))
    }
}

/// Why it is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// Traefik drops the container.
    Dropped,
    /// Traefik drops the container at times.
    Chance,
    /// Its service is broken, for Traefik or for Pointsman only.
    Unlinked,
    /// Traefik takes the object from all.
    Conflict,
    /// Traefik takes what Pointsman refuses on purpose.
    OnlyHere,
    /// Traefik takes the router, and can do nothing with its rule.
    NoRule,
}

/// From diagnostics to faults; those that make no difference are left out.
pub(crate) fn faults(
    diagnostics: &[DiagnosticEntry],
    world: &[FakeContainer],
) -> Result<Vec<Fault>, String> {
    let mut faults = Vec::new();
    for diagnostic in diagnostics {
        // what concerns an object is seen in the object
        let Some(container) = diagnostic.subject.strip_prefix("container ") else {
            continue;
        };
        let Some(known) = world.iter().find(|it| it.name == container) else {
            continue;
        };
        if let Some((rule, blame, evidence)) = fault(diagnostic, known)? {
            if evidence == Evidence::OnlyHere {
                limits::check(rule, &blame, known)?;
            }
            faults.push(Fault {
                rule,
                container: container.to_owned(),
                blame,
                evidence,
            });
        }
    }
    faults.extend(composites(world));
    faults.extend(hosts::faults(world));
    Ok(faults)
}

type Found = Option<(&'static str, Blame, Evidence)>;

fn fault(diagnostic: &DiagnosticEntry, container: &FakeContainer) -> Result<Found, String> {
    let key = diagnostic.key.clone().unwrap_or_default();
    let message = diagnostic.message.as_str();
    let label = || Blame::Label(key.clone());
    let object = || {
        let (section, name) = object(&key).expect("the label of an object");
        Blame::Object(section, name)
    };
    let broken = |blame| Some(("broken-container", blame, Evidence::Dropped));
    Ok(match diagnostic.code.as_str() {
        "label-key" if key.split('.').count() > 32 => {
            Some(("deep-key", label(), Evidence::OnlyHere))
        }
        "label-case" | "label-key" | "label-unknown" => broken(label()),
        "label-value" if key == "traefik.enable" => broken(Blame::Off),
        "label-value" if key.starts_with("traefik.docker.") => broken(label()),
        "label-value" if message.contains("U+2551") => {
            Some(("list-separator", object(), Evidence::OnlyHere))
        }
        "label-value" => broken(object()),
        "object-name" => Some(("object-name", object(), Evidence::OnlyHere)),
        // Traefik looks at the services only of what serves
        "no-service" if message.contains("it has neither") && !is_serving(container) => {
            Some(("says-nothing", object(), Evidence::OnlyHere))
        }
        "no-service" => Some(no_service(message, object())),
        "no-router" => no_router(message, object()),
        "name-conflict" => {
            let Blame::Object(section, name) = object() else {
                return Err(format!("no object: {diagnostic:?}"));
            };
            Some(("conflict", Blame::Lost(section, name), Evidence::Conflict))
        }
        "label-ignored" | "service-kinds" | "object-refused" => None,
        code => return Err(format!("an unknown diagnostic: {code}: {diagnostic:?}")),
    })
}

/// `traefik.http.routers.x` and what may follow.
fn object(key: &str) -> Option<(String, String)> {
    let mut parts = key.split('.').skip(1);
    let (protocol, section) = (parts.next()?, parts.next()?);
    Some((format!("{protocol}.{section}"), parts.next()?.to_owned()))
}

fn no_service(message: &str, object: Blame) -> (&'static str, Blame, Evidence) {
    let limits = ["server.scheme", "server.weight", "is not a port"];
    if limits.iter().any(|limit| message.contains(limit)) {
        ("server-limits", object, Evidence::OnlyHere)
    } else {
        ("broken-container", object, Evidence::Dropped)
    }
}

/// A router without a rule or a service is none for both, but one whose service is broken is there for Traefik once
/// that is repaired.
fn no_router(message: &str, object: Blame) -> Found {
    let both = ["several services are declared", "it has no rule"];
    if both.iter().any(|reason| message.contains(reason)) {
        return None;
    }
    Some(if message.contains("it has no service to send to") {
        ("broken-container", object, Evidence::Unlinked)
    } else {
        ("refused-rule", object, Evidence::NoRule)
    })
}

/// Services of kinds that Traefik does not read from labels.
fn composites(world: &[FakeContainer]) -> BTreeSet<Fault> {
    let mut found = BTreeSet::new();
    for container in world {
        for label in container.labels.keys() {
            let path: Vec<&str> = label.split('.').collect();
            let [_, protocol, "services", name, kind, ..] = path.as_slice() else {
                continue;
            };
            if COMPOSITES
                .iter()
                .any(|known| known.eq_ignore_ascii_case(kind))
            {
                found.insert(Fault {
                    rule: "composite-labels",
                    container: container.name.clone(),
                    blame: Blame::Lost(format!("{protocol}.services"), (*name).to_owned()),
                    evidence: Evidence::Dropped,
                });
            }
        }
    }
    found
}

/// Kinds of services that are made of others, as the document has them.
pub(crate) const COMPOSITES: [&str; 4] =
    ["weighted", "mirroring", "failover", "highestRandomWeight"];

/// The containers that Traefik says it passes over.
pub(crate) fn dropped(outcome: &Outcome, world: &[FakeContainer]) -> BTreeSet<String> {
    let errors = outcome.log.iter().filter(|line| line["level"] == "error");
    // an error of a router costs the router alone
    let whole = errors.filter(|line| line["routerName"].is_null());
    let ids = whole.filter_map(|line| line["container"].as_str()?.rsplit_once('-'));
    let named = ids.filter_map(|(_, id)| outcome.names.get(id).cloned());
    named.chain(skipped(outcome, world)).collect()
}

/// Those whose labels below `traefik.enable` and `traefik.docker` it cannot read.
pub(crate) fn skipped(outcome: &Outcome, world: &[FakeContainer]) -> BTreeSet<String> {
    let messages = outcome
        .log
        .iter()
        .filter_map(|line| line["message"].as_str());
    let skipped = messages.filter_map(|message| message.strip_prefix("Skip container "));
    let same = |name| {
        let all = world.iter().filter(|it| is_unreadable(it));
        all.filter(move |it| base_name(it) == name)
    };
    skipped.flat_map(same).map(|it| it.name.clone()).collect()
}

/// Has it such a label that is not known, or no bool where one is wanted.
fn is_unreadable(container: &FakeContainer) -> bool {
    let bools = [
        "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
    ];
    container.labels.iter().any(|(label, value)| {
        let label = label.to_ascii_lowercase();
        match label.as_str() {
            "traefik.docker.network" => false,
            "traefik.enable" | "traefik.docker.allownonrunning" | "traefik.docker.lbswarm" => {
                !bools.contains(&value.as_str())
            }
            _ => label.starts_with("traefik.enable") || label.starts_with("traefik.docker."),
        }
    })
}

/// Those that are broken for Traefik and left out by Pointsman without a word, while others share their network.
pub(crate) fn silent_owners(
    skipped: &BTreeSet<String>,
    faults: &[Fault],
    world: &[FakeContainer],
) -> Vec<Fault> {
    let is_shared = |name: &String| {
        let mode = format!("container:{name}");
        world.iter().any(|it| it.network_mode == mode)
    };
    let is_told = |name: &String| faults.iter().any(|fault| fault.container == *name);
    let silent = skipped
        .iter()
        .filter(|name| is_shared(name) && !is_told(name));
    let fault = |name: &String| Fault {
        rule: "broken-container",
        container: name.clone(),
        blame: Blame::Silent,
        evidence: Evidence::Dropped,
    };
    silent.map(fault).collect()
}

/// As Traefik calls a container, and its default service.
pub(crate) fn base_name(container: &FakeContainer) -> String {
    let label = |key| {
        let value = container.labels.get(key).map(String::as_str);
        value.filter(|value| !value.is_empty())
    };
    let (service, project) = (
        label("com.docker.compose.service"),
        label("com.docker.compose.project"),
    );
    let name = match (service, project) {
        (Some(service), Some(project)) => format!("{service}_{project}"),
        _ => container.name.clone(),
    };
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}
