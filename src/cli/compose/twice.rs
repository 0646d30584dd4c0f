//! What of a compose project cannot run twice on one host, as two versions of it do.
//!
//! Pure. Names, ports and addresses are left out by a deployment (`overlay`); data and workers are only named, because what
//! to do about them is for people to decide.

use std::path::Path;

use super::project::{Mount, Project, Service};

/// Images that keep data, by the last part of their name.
const DATABASES: [&str; 14] = [
    "cassandra",
    "clickhouse-server",
    "cockroach",
    "couchdb",
    "elasticsearch",
    "influxdb",
    "mariadb",
    "mongo",
    "mysql",
    "opensearch",
    "postgres",
    "postgresql",
    "redis",
    "valkey",
];

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Finding {
    /// Stable word.
    pub(in crate::cli) code: &'static str,
    /// Whom it concerns.
    pub(in crate::cli) subject: String,
    /// What is wrong and what to do.
    pub(in crate::cli) message: String,
    /// A deployment leaves it out, and nothing is to be done.
    pub(in crate::cli) is_reset: bool,
}

impl Finding {
    fn reset(mut self) -> Self {
        self.is_reset = true;
        self
    }
}

/// All of them, by compose service, then networks.
pub(in crate::cli) fn findings(project: &Project) -> Vec<Finding> {
    let services = project.services.iter();
    let mut all: Vec<Finding> = services
        .flat_map(|(name, service)| of_service(project, name, service))
        .collect();
    all.extend(of_networks(project));
    all
}

fn of_service(project: &Project, name: &str, service: &Service) -> Vec<Finding> {
    let subject = format!("compose service {name}");
    let reset = |code, message| found(code, &subject, message).reset();
    let named = |code, message| found(code, &subject, message);
    let mut all = Vec::new();
    if let Some(container) = &service.container_name {
        all.push(reset(
            "container-name",
            format!("container_name {container} can belong to one version only; deploy leaves it out, so leave it out, too"),
        ));
    }
    for port in service.ports.iter().flatten() {
        if let Some(public) = &port.public {
            all.push(reset(
                "host-port",
                format!("port {public} of the host can belong to one version only; deploy leaves it out, and Traefik reaches port {} of the container", port.target),
            ));
        }
    }
    if service.network_mode.as_deref() == Some("host") {
        all.push(named(
            "host-network",
            "with network_mode host all versions listen on the same ports, and the second cannot; use a network of the project".to_owned(),
        ));
    }
    for attachment in service.networks.iter().flatten() {
        if let (key, Some(place)) = attachment
            && (place.ipv4_address.is_some() || place.ipv6_address.is_some())
        {
            all.push(reset(
                "network-address",
                format!("a fixed address in network {key} can belong to one version only; deploy leaves it out"),
            ));
        }
    }
    let mounts = service.volumes.iter().flatten();
    all.extend(
        mounts.filter_map(|mount| data(project, mount).map(|(code, text)| named(code, text))),
    );
    if is_database(service) {
        all.push(named(
            "database",
            "each version starts a database of its own; to share one, run it in a project of its own and name its address in variables (docs/deploying.md)".to_owned(),
        ));
    } else if is_worker(project, service) {
        all.push(named(
            "worker",
            "it is not routed, so it works beside the one of the live version from the start: jobs are shared, schedules run twice (docs/deploying.md)".to_owned(),
        ));
    }
    all
}

/// What a mount means for a second version.
fn data(project: &Project, mount: &Mount) -> Option<(&'static str, String)> {
    let source = mount.source.as_ref().filter(|_| !mount.read_only)?;
    if mount.kind == "bind" {
        let text = format!(
            "all versions write to the folder {source} of the host; mount it read-only, or be sure that they may"
        );
        let is_socket = Path::new(source)
            .extension()
            .is_some_and(|end| end == "sock");
        return (!is_socket).then_some(("shared-folder", text));
    }
    if mount.kind != "volume" {
        return None;
    }
    let volume = project.volumes.get(source)?.clone().unwrap_or_default();
    let own = format!("{}_{source}", project.name);
    let name = volume.name.unwrap_or_else(|| own.clone());
    Some(if volume.external || name != own {
        (
            "shared-volume",
            format!(
                "all versions write to the volume {name}: right for uploads, and the end of a database's files (docs/deploying.md)"
            ),
        )
    } else {
        (
            "own-volume",
            format!(
                "each version starts with an empty volume {source} of its own; data that must outlive a version belongs outside of the stack (docs/deploying.md)"
            ),
        )
    })
}

fn of_networks(project: &Project) -> Vec<Finding> {
    let mut all = Vec::new();
    for (key, network) in &project.networks {
        let Some(network) = network.as_ref().filter(|network| !network.external) else {
            continue;
        };
        let subject = format!("network {key}");
        let name = project.network(key);
        if name != format!("{}_{key}", project.name) {
            let message = format!(
                "the name {name} can belong to one version only; deploy leaves it out. One that is to be shared must be external"
            );
            all.push(found("network-name", &subject, message).reset());
        }
        if has_addresses(network) {
            let message =
                "fixed addresses can belong to one version only; deploy leaves them out".to_owned();
            all.push(found("network-address", &subject, message).reset());
        }
    }
    all
}

/// Are its addresses written down.
pub(super) fn has_addresses(network: &super::project::Network) -> bool {
    let ipam = network.ipam.as_ref();
    ipam.and_then(|ipam| ipam.config.as_ref())
        .is_some_and(|config| !config.is_empty())
}

fn is_database(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let name = name.split([':', '@']).next().unwrap_or_default();
    DATABASES.contains(&name)
}

/// Nothing about it says that somebody connects to it, and something else of the project is there to be reached.
fn is_worker(project: &Project, service: &Service) -> bool {
    let is_open = |service: &Service| {
        service.is_routed()
            || service.ports.iter().flatten().next().is_some()
            || service.expose.iter().flatten().next().is_some()
    };
    !is_open(service) && project.services.values().any(is_open)
}

fn found(code: &'static str, subject: &str, message: String) -> Finding {
    Finding {
        code,
        subject: subject.to_owned(),
        message,
        is_reset: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_with_its_way_out() {
        let project: Project = serde_json::from_value(serde_json::json!({
            "name": "p",
            "services": {
                "db": {
                    "image": "docker.io/library/postgres:17",
                    "volumes": [{"type": "volume", "source": "data"}],
                },
                "web": {
                    "container_name": "web",
                    "ports": [{"target": 80, "published": "8080"}, {"target": 81}],
                    "networks": {"fixed": {"ipv4_address": "10.0.0.2"}, "open": null},
                    "volumes": [
                        {"type": "volume", "source": "uploads"},
                        {"type": "bind", "source": "/srv", "read_only": true},
                        {"type": "bind", "source": "/data"},
                    ],
                },
                "worker": {"network_mode": "host"},
            },
            "networks": {
                "fixed": {"name": "fixed", "ipam": {"config": [{"subnet": "10.0.0.0/24"}]}},
                "open": {"name": "open", "external": true},
                "default": {"name": "p_default", "ipam": {}},
            },
            "volumes": {"data": {"name": "p_data"}, "uploads": {"name": "uploads"}},
        }))
        .unwrap();
        let all = findings(&project);
        let told: Vec<String> = all
            .iter()
            .map(|found| format!("{} {} {}", found.subject, found.code, found.is_reset))
            .collect();
        assert_eq!(
            told,
            [
                "compose service db own-volume false",
                "compose service db database false",
                "compose service web container-name true",
                "compose service web host-port true",
                "compose service web network-address true",
                "compose service web shared-volume false",
                "compose service web shared-folder false",
                "compose service worker host-network false",
                "compose service worker worker false",
                "network fixed network-name true",
                "network fixed network-address true",
            ],
            "{all:#?}"
        );
    }
}
