//! The file that a deployment lays over the user's: labels, limits, images, and the removal of what cannot run twice.
//!
//! YAML, because only YAML has `!reset`. Every text is a JSON string with `$` doubled, so that nothing in it is read as
//! anything else. Values of variables are never in it.

use std::collections::BTreeMap;

use crate::api::ResourcesBody;

use super::project::{Project, Service};
use super::twice::has_addresses;

/// What is laid over.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Overlay {
    /// On every container.
    pub(in crate::cli) labels: BTreeMap<&'static str, String>,
    /// Limits by compose service.
    pub(in crate::cli) resources: BTreeMap<String, ResourcesBody>,
    /// Exact images by compose service.
    pub(in crate::cli) images: BTreeMap<String, String>,
}

impl Overlay {
    /// As YAML. What it names is in the project.
    pub(in crate::cli) fn render(&self, project: &Project) -> String {
        let mut lines = vec!["services:".to_owned()];
        let port = implied_port(project);
        for (name, service) in &project.services {
            lines.push(format!("  {}:", quoted(name)));
            let port = port.filter(|(routed, _)| *routed == name);
            lines.extend(self.labels(port.map(|(_, port)| port)));
            lines.extend(resets(service));
            lines.extend(self.resources.get(name).into_iter().flat_map(limits));
            lines.extend(
                self.images
                    .get(name)
                    .into_iter()
                    .flat_map(|image| pinned(image)),
            );
        }
        lines.extend(networks(project));
        lines.join("\n") + "\n"
    }

    fn labels(&self, port: Option<u16>) -> Vec<String> {
        let mut lines = vec!["    labels:".to_owned()];
        let all = self.labels.iter();
        lines.extend(all.map(|(key, value)| format!("      {key}: {}", quoted(value))));
        lines.extend(port.map(|port| format!("      pointsman.port: \"{port}\"")));
        lines
    }
}

/// Where no label says what is to be routed, and one compose service alone publishes a port, that port is meant.
fn implied_port(project: &Project) -> Option<(&String, u16)> {
    if project.services.values().any(Service::is_routed) {
        return None;
    }
    let mut open = project.services.iter().filter_map(|(name, service)| {
        let mut ports = service.ports.iter().flatten();
        ports
            .find(|port| port.protocol.as_deref() != Some("udp"))
            .map(|port| (name, port.target))
    });
    let first = open.next()?;
    open.next().is_none().then_some(first)
}

/// Without what can belong to one version only. A port that was published stays known.
fn resets(service: &Service) -> Vec<String> {
    let mut lines = Vec::new();
    if service.container_name.is_some() {
        lines.push("    container_name: !reset null".to_owned());
    }
    let ports: Vec<String> = service
        .ports
        .iter()
        .flatten()
        .map(|port| {
            let protocol = port.protocol.as_deref().unwrap_or("tcp");
            quoted(&format!("{}/{protocol}", port.target))
        })
        .collect();
    if !ports.is_empty() {
        lines.push("    ports: !reset []".to_owned());
        lines.push(format!("    expose: [{}]", ports.join(", ")));
    }
    let mut fixed = Vec::new();
    for (key, place) in service.networks.iter().flatten() {
        let Some(place) = place else { continue };
        let v4 = place
            .ipv4_address
            .as_ref()
            .map(|_| "ipv4_address: !reset null");
        let v6 = place
            .ipv6_address
            .as_ref()
            .map(|_| "ipv6_address: !reset null");
        let places: Vec<&str> = [v4, v6].into_iter().flatten().collect();
        if !places.is_empty() {
            fixed.push(format!("      {}: {{{}}}", quoted(key), places.join(", ")));
        }
    }
    if !fixed.is_empty() {
        lines.push("    networks:".to_owned());
        lines.extend(fixed);
    }
    lines
}

/// Both ways in which compose writes them, so that the file may have used the other.
fn limits(limits: &ResourcesBody) -> Vec<String> {
    let mut lines = Vec::new();
    let mut parts = Vec::new();
    if let Some(cpus) = limits.cpus {
        lines.push("    cpus: !reset null".to_owned());
        parts.push(format!("cpus: \"{cpus}\""));
    }
    if let Some(memory) = &limits.memory {
        lines.push("    mem_limit: !reset null".to_owned());
        parts.push(format!("memory: {}", quoted(memory)));
    }
    lines.push(format!(
        "    deploy: {{resources: {{limits: {{{}}}}}}}",
        parts.join(", ")
    ));
    lines
}

fn pinned(image: &str) -> [String; 2] {
    [
        "    build: !reset null".to_owned(),
        format!("    image: {}", quoted(image)),
    ]
}

fn networks(project: &Project) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, network) in &project.networks {
        let Some(network) = network.as_ref().filter(|network| !network.external) else {
            continue;
        };
        let is_named = project.network(key) != format!("{}_{key}", project.name);
        let name = is_named.then_some("name: !reset null");
        let ipam = has_addresses(network).then_some("ipam: !reset null");
        let parts: Vec<&str> = [name, ipam].into_iter().flatten().collect();
        if !parts.is_empty() {
            lines.push(format!("  {}: {{{}}}", quoted(key), parts.join(", ")));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, "networks:".to_owned());
    }
    lines
}

/// A text that neither YAML nor compose reads as anything else.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_on_a_line_of_its_own_and_nothing_is_more_than_a_text() {
        let project: Project = serde_json::from_value(serde_json::json!({
            "name": "p",
            "services": {
                "db": {},
                "web": {
                    "container_name": "web",
                    "ports": [{"target": 80, "published": "8080", "protocol": "tcp"}],
                    "networks": {"fixed": {"ipv4_address": "10.0.0.2"}},
                },
            },
            "networks": {"fixed": {"name": "fixed"}, "default": {"name": "p_default"}},
        }))
        .unwrap();
        let limits = ResourcesBody {
            cpus: Some(0.5),
            memory: Some("64M".to_owned()),
        };
        let overlay = Overlay {
            labels: BTreeMap::from([("pointsman.app", "a${B}\"".to_owned())]),
            resources: BTreeMap::from([
                ("web".to_owned(), limits),
                ("gone".to_owned(), ResourcesBody::default()),
            ]),
            images: BTreeMap::from([("db".to_owned(), "db@sha256:00".to_owned())]),
        };
        let expected = r#"services:
  "db":
    labels:
      pointsman.app: "a$${B}\""
    build: !reset null
    image: "db@sha256:00"
  "web":
    labels:
      pointsman.app: "a$${B}\""
      pointsman.port: "80"
    container_name: !reset null
    ports: !reset []
    expose: ["80/tcp"]
    networks:
      "fixed": {ipv4_address: !reset null}
    cpus: !reset null
    mem_limit: !reset null
    deploy: {resources: {limits: {cpus: "0.5", memory: "64M"}}}
networks:
  "fixed": {name: !reset null}
"#;
        assert_eq!(overlay.render(&project), expected, "yaml");
    }
}
