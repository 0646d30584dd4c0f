//! Containers that the two treat otherwise: deliberately, as docs/labels.md lists it.

use crate::routing::model::{Container, Diagnostic};
use crate::routing::table::Options;

use super::super::judge::Verdict;
use super::{Change, Kind};

/// What the Docker provider does where Pointsman has a finding; `None` where it does the same.
pub(super) fn of_finding(finding: &Diagnostic) -> Option<Change> {
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

/// Services that labels may describe here, and for which the Docker provider drops the container.
const COMPOSITES: [&str; 4] = ["weighted", "mirroring", "failover", "highestrandomweight"];

/// Kinds of services that only Pointsman takes from labels.
pub(super) fn of_labels(container: &Container) -> Vec<Change> {
    let keys = container.labels.keys();
    let services = keys.filter_map(|key| {
        let lower = key.to_ascii_lowercase();
        let parts: Vec<&str> = lower.splitn(6, '.').collect();
        match parts.as_slice() {
            ["traefik", protocol, "services", name, kind, ..] if COMPOSITES.contains(kind) => {
                let service = format!("traefik.{protocol}.services.{name}");
                Some((service, (*kind).to_owned()))
            }
            _ => None,
        }
    });
    let balanced = |service: &str| {
        let balancer = format!("{service}.loadbalancer");
        let mut keys = container.labels.keys();
        keys.any(|key| key.to_ascii_lowercase().starts_with(&balancer))
    };
    let change = |(service, kind): (String, String)| Change {
        kind: Kind::Difference,
        subject: format!("container {}", container.name),
        key: Some(format!("{service}.{kind}")),
        old: "the container is dropped".to_owned(),
        new: "the service is made".to_owned(),
        advice: "nothing, if the service is meant".to_owned(),
    };
    let alone = services.filter(|(service, _)| !balanced(service));
    alone.map(change).collect()
}

/// One of several networks that nobody chose.
pub(super) fn of_network(
    container: &Container,
    options: &Options,
    new: &Verdict,
) -> Option<Change> {
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
