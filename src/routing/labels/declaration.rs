//! One container's labels as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::value::MapDeserializer;

use crate::routing::model::{Container, Diagnostic};
use crate::routing::traefik::Section;
use crate::routing::traefik::http::{Router, Service};
use crate::routing::traefik::middleware::Middleware;

use super::decode::{DecodeError, decode};
use super::managed::Managed;
use super::tree::Node;

/// What a container says, as far as it can be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// `traefik.enable`; `None` leaves it to the default. A value that is no bool switches off.
    pub enable: Option<bool>,
    /// `traefik.docker.network`
    pub network: Option<String>,
    /// `traefik.docker.allownonrunning`
    pub allow_non_running: bool,
    /// Who it is.
    pub managed: Managed,
    /// HTTP routers by label name.
    pub routers: BTreeMap<String, Router>,
    /// HTTP services by label name.
    pub services: BTreeMap<String, Service>,
    /// HTTP middlewares by label name.
    pub middlewares: BTreeMap<String, Middleware>,
    /// Objects that were named but not understood: they exist for nobody, and no default stands in for them.
    pub broken: BTreeSet<(Section, String)>,
    /// It has routers or services of TCP or UDP: no HTTP default stands in for what it does not say.
    pub speaks_other: bool,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Declaration {
    /// Reads a container's labels.
    pub fn read(container: &Container) -> Self {
        let mut reader = Reader {
            subject: format!("container {}", container.name),
            container,
            diagnostics: Vec::new(),
        };
        let tree = reader.tree(container);
        let mut broken = BTreeSet::new();
        let empty = Node::default();
        let http = tree.child("http").unwrap_or(&empty);
        let docker = tree.child("docker").unwrap_or(&empty);
        let routers = reader.objects(http, Section::HttpRouters, &mut broken);
        let services = reader.objects(http, Section::HttpServices, &mut broken);
        let middlewares = reader.objects(http, Section::HttpMiddlewares, &mut broken);
        let enable = reader.boolean(tree.child("enable"), "traefik.enable");
        let allow_non_running = docker.child("allownonrunning");
        let allow_non_running = reader.boolean(allow_non_running, "traefik.docker.allownonrunning");
        let network = docker.child("network").and_then(|node| node.value.clone());
        let managed = reader.managed(container);
        reader.unsupported(&tree, http);
        let diagnostics = reader.diagnostics;
        Self {
            enable,
            network,
            allow_non_running: allow_non_running.unwrap_or(false),
            managed,
            routers,
            services,
            middlewares,
            broken,
            speaks_other: speaks_other(&tree),
            diagnostics,
        }
    }

    /// Does it speak of HTTP at all.
    pub fn speaks_http(&self) -> bool {
        !self.routers.is_empty()
            || !self.services.is_empty()
            || !self.middlewares.is_empty()
            || !self.broken.is_empty()
    }
}

struct Reader<'c> {
    subject: String,
    container: &'c Container,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn report(&mut self, code: &'static str, key: impl Into<String>, message: impl Into<String>) {
        let key = key.into();
        let finding = Diagnostic::new(code, self.subject.clone(), message);
        let finding = match self.said(&key) {
            Some(value) => finding.with_value(value),
            None => finding,
        };
        self.diagnostics.push(finding.at(key));
    }

    /// What the container says under a key, whatever case that is written in.
    fn said(&self, key: &str) -> Option<&str> {
        let labels = &self.container.labels;
        let mut spellings = labels
            .iter()
            .filter(|(label, _)| label.eq_ignore_ascii_case(key));
        let other = || spellings.next().map(|(_, value)| value.as_str());
        self.container.label(key).or_else(other)
    }

    /// All `traefik.` keys, in byte order.
    fn tree(&mut self, container: &Container) -> Node {
        let mut tree = Node::default();
        for (key, value) in &container.labels {
            let Some((root, path)) = key.split_once('.') else {
                continue;
            };
            if root != "traefik" {
                if root.eq_ignore_ascii_case("traefik") {
                    self.report(
                        "label-case",
                        key,
                        "the first part must be traefik in lower case",
                    );
                }
                continue;
            }
            if let Err(error) = tree.insert(path, value) {
                self.report("label-key", key, error.to_string());
            }
        }
        tree
    }

    fn objects<'a, T: Deserialize<'a>>(
        &mut self,
        http: &'a Node,
        section: Section,
        broken: &mut BTreeSet<(Section, String)>,
    ) -> BTreeMap<String, T> {
        let mut objects = BTreeMap::new();
        for node in http
            .child(section.key())
            .map(|node| node.children.as_slice())
            .unwrap_or_default()
        {
            match self.object(node, section) {
                Some(object) => {
                    objects.insert(node.name.clone(), object);
                }
                None => {
                    broken.insert((section, node.name.clone()));
                }
            }
        }
        objects
    }

    fn object<'a, T: Deserialize<'a>>(&mut self, node: &'a Node, section: Section) -> Option<T> {
        let key = format!("traefik.http.{}.{}", section.key(), node.name);
        if let Err(message) = check_name(&node.name) {
            self.report("object-name", key, message);
            return None;
        }
        // a bare value on an object (`routers.x=foo`) says nothing; Traefik ignores it as well
        let bare = Node {
            value: None,
            ..Node::default()
        };
        let content = if node.children.is_empty() {
            &bare
        } else {
            node
        };
        match decode_detached(content, node) {
            Ok(object) => Some(object),
            Err(error) => {
                let joint = if error.path.is_empty() { "" } else { "." };
                let key = format!("{key}{joint}{}", error.path);
                self.report("label-value", key, error.message);
                None
            }
        }
    }

    fn boolean(&mut self, node: Option<&Node>, key: &str) -> Option<bool> {
        match decode(node?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.report("label-value", key, error.message);
                Some(false)
            }
        }
    }

    fn managed(&mut self, container: &Container) -> Managed {
        let managed = Managed::read(|key| container.label(key));
        if let Managed::Refused { key, message } = &managed {
            self.report("managed-labels", *key, message.clone());
        }
        managed
    }

    /// Names what is understood by Traefik's own provider and not yet here, instead of passing over it.
    fn unsupported(&mut self, tree: &Node, http: &Node) {
        for node in tree
            .children
            .iter()
            .filter(|node| matches!(node.name.to_ascii_lowercase().as_str(), "tcp" | "udp"))
        {
            let key = format!("traefik.{}", node.name);
            self.report(
                "label-unsupported",
                key,
                "TCP and UDP labels are not routed by this version",
            );
        }
        let known = [
            Section::HttpRouters.key(),
            Section::HttpServices.key(),
            Section::HttpMiddlewares.key(),
        ];
        for node in &http.children {
            if !known
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&node.name))
            {
                let key = format!("traefik.http.{}", node.name);
                self.report(
                    "label-unknown",
                    key,
                    "below traefik.http only routers, services and middlewares are known",
                );
            }
        }
    }
}

fn decode_detached<'a, T: Deserialize<'a>>(
    content: &Node,
    node: &'a Node,
) -> Result<T, DecodeError> {
    if content.children.is_empty() {
        return decode_empty();
    }
    decode(node)
}

fn decode_empty<'a, T: Deserialize<'a>>() -> Result<T, DecodeError> {
    let nothing = MapDeserializer::<_, DecodeError>::new(std::iter::empty::<(&str, &str)>());
    T::deserialize(nothing)
}

fn speaks_other(tree: &Node) -> bool {
    let protocols = ["tcp", "udp"]
        .into_iter()
        .filter_map(|name| tree.child(name));
    let is_routed =
        |node: &Node| node.child("routers").is_some() || node.child("services").is_some();
    protocols.into_iter().any(is_routed)
}

/// Names that Traefik would read as something else, or refuse together with everything beside them.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.contains('@') {
        return Err("a name must not contain @: Traefik would look for it in another provider");
    }
    if name.len() > 500 {
        return Err("a name must not be longer than 500 bytes");
    }
    if name.starts_with("pointsman-rev-") {
        return Err("names beginning with pointsman-rev- mark revisions");
    }
    Ok(())
}
