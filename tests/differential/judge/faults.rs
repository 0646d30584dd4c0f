//! What Pointsman blames, read from its diagnostics, and what Traefik must have done about it.

use std::collections::BTreeSet;

use pointsman::api::DiagnosticEntry;
use serde_json::Value;

use crate::support::fake_engine::FakeContainer;
use crate::support::pair::Outcome;

use super::limits;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// One label.
    Label(String),
    /// All labels of an object: `http.routers` and its name.
    Object(String, String),
    /// The object belongs to an older container.
    Lost(String, String),
}

/// Why it is a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// Traefik drops the container.
    Dropped,
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
        if diagnostic.code == "object-refused" {
            continue; // names an object; `direct` looks at what Traefik has there
        }
        let Some(container) = diagnostic.subject.strip_prefix("container ") else {
            return Err(format!("a diagnostic about something else: {diagnostic:?}"));
        };
        let known = world.iter().find(|it| it.name == container);
        let Some(known) = known else { continue };
        if let Some((rule, blame, evidence)) = fault(diagnostic)? {
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
    Ok(faults)
}

type Found = Option<(&'static str, Blame, Evidence)>;

fn fault(diagnostic: &DiagnosticEntry) -> Result<Found, String> {
    let key = diagnostic.key.clone().unwrap_or_default();
    let label = || Blame::Label(key.clone());
    Ok(match diagnostic.code.as_str() {
        "label-key" if key.split('.').count() > 32 => {
            Some(("deep-key", label(), Evidence::OnlyHere))
        }
        "label-case" | "label-key" | "label-unknown" => {
            Some(("broken-container", label(), Evidence::Dropped))
        }
        "label-value" if diagnostic.message.contains("U+2551") => Some((
            "list-separator",
            object(&key).expect("an object"),
            Evidence::OnlyHere,
        )),
        // off for both
        "label-value" if key == "traefik.enable" => None,
        "label-value" => Some((
            "broken-container",
            object(&key).unwrap_or_else(label),
            Evidence::Dropped,
        )),
        "object-name" => Some((
            "object-name",
            object(&key).expect("an object"),
            Evidence::OnlyHere,
        )),
        "no-service" => Some(no_service(&diagnostic.message)),
        "no-router" => no_router(&diagnostic.message),
        "name-conflict" => {
            let (section, name) = noun(&diagnostic.message, " is defined differently");
            Some(("conflict", Blame::Lost(section, name), Evidence::Conflict))
        }
        "label-unsupported" => None,
        code => return Err(format!("an unknown diagnostic: {code}: {diagnostic:?}")),
    })
}

/// `traefik.http.routers.x` and what may follow.
fn object(key: &str) -> Option<Blame> {
    let mut parts = key.split('.').skip(1);
    let (protocol, section) = (parts.next()?, parts.next()?);
    let name = parts.next()?;
    let section = format!("{protocol}.{section}").to_ascii_lowercase();
    Some(Blame::Object(section, name.to_owned()))
}

fn no_service(message: &str) -> (&'static str, Blame, Evidence) {
    let (section, name) = noun(message, ": ");
    let limits = ["server.scheme", "server.weight", "is not a port"];
    let is_limit = limits.iter().any(|limit| message.contains(limit));
    let (rule, evidence) = if is_limit {
        ("server-limits", Evidence::OnlyHere)
    } else {
        ("broken-container", Evidence::Dropped)
    };
    (rule, Blame::Object(section, name), evidence)
}

/// A router without a service is none for both, but one whose service is broken is there for Traefik once that is
/// repaired.
fn no_router(message: &str) -> Found {
    let both = ["several services are declared", "the default rule is empty"];
    if both.iter().any(|reason| message.contains(reason)) {
        return None;
    }
    let (section, name) = noun(message, ": ");
    let blame = Blame::Object(section, name);
    Some(if message.contains("it has no service to send to") {
        ("broken-container", blame, Evidence::Dropped)
    } else {
        ("refused-rule", blame, Evidence::NoRule)
    })
}

/// `router x: ...`
fn noun(message: &str, end: &str) -> (String, String) {
    let (noun, rest) = message.split_once(' ').expect("a noun");
    let (name, _) = rest.split_once(end).expect("a name");
    (format!("http.{noun}s"), name.to_owned())
}

/// The containers that Traefik says it passes over.
pub(crate) fn dropped(outcome: &Outcome) -> BTreeSet<String> {
    let errors = outcome.log.iter().filter(|line| line["level"] == "error");
    let named = |line: &Value| {
        let skipped = line["message"].as_str()?.strip_prefix("Skip container ")?;
        Some(skipped.to_owned())
    };
    let with_id = |line: &Value| {
        let (_, id) = line["container"].as_str()?.rsplit_once('-')?;
        outcome.names.get(id).cloned()
    };
    errors
        .filter_map(|line| named(line).or_else(|| with_id(line)))
        .collect()
}

/// Does Traefik take an object from all its containers.
pub(crate) fn has_conflict(log: &[Value], fault: &Fault) -> bool {
    let Blame::Lost(section, name) = &fault.blame else {
        return false;
    };
    let field = match section.as_str() {
        "http.routers" => "routerName",
        "http.services" => "serviceName",
        "http.middlewares" => "middlewareName",
        _ => return false,
    };
    log.iter()
        .any(|line| line["level"] == "error" && line[field] == *name && line["container"].is_null())
}
