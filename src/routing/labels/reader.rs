//! From one container's labels to its declaration: what cannot be read costs the object it belongs to, and is told.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::MapDeserializer;

use crate::routing::model::{Container, Diagnostic};
use crate::routing::traefik::any::{AnyMiddleware, AnyRouter, AnyService};
use crate::routing::traefik::{Protocol, Section};

use super::declaration::{Declaration, Objects, Setting};
use super::decode::{DecodeError, decode};
use super::ignored;
use super::managed::Managed;
use super::names::check;
use super::tree::Node;

/// Collects what is wrong while reading.
pub(super) struct Reader<'c> {
    container: &'c Container,
    subject: String,
    objects: Objects,
    diagnostics: Vec<Diagnostic>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(container: &'c Container) -> Self {
        Self {
            container,
            subject: format!("container {}", container.name),
            objects: Objects::default(),
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn read(mut self) -> Declaration {
        let tree = self.tree();
        for section in Section::ALL {
            self.section(&tree, section);
        }
        self.unknown(&tree);
        let empty = Node::default();
        let docker = tree.child("docker").unwrap_or(&empty);
        let enable = self.boolean(tree.child("enable"), "traefik.enable");
        let allow_non_running = docker.child("allownonrunning");
        let allow_non_running = self.boolean(allow_non_running, "traefik.docker.allownonrunning");
        Declaration {
            enable,
            network: docker.child("network").and_then(|node| node.value.clone()),
            allow_non_running: allow_non_running.unwrap_or(false),
            managed: self.managed(),
            objects: self.objects,
            diagnostics: self.diagnostics,
        }
    }

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
    fn said(&self, key: &str) -> Option<&'c str> {
        let labels = &self.container.labels;
        let mut spellings = labels
            .iter()
            .filter(|(label, _)| label.eq_ignore_ascii_case(key));
        let other = || spellings.next().map(|(_, value)| value.as_str());
        self.container.label(key).or_else(other)
    }

    /// All `traefik.` keys, in byte order.
    fn tree(&mut self) -> Node {
        let mut tree = Node::default();
        for (key, value) in &self.container.labels {
            match key.split_once('.') {
                Some(("traefik", path)) => {
                    if let Err(error) = tree.insert(path, value) {
                        self.report("label-key", key, error.to_string());
                    }
                }
                Some((root, _)) if root.eq_ignore_ascii_case("traefik") => {
                    self.report(
                        "label-case",
                        key,
                        "the first part must be traefik in lower case",
                    );
                }
                Some(_) | None => {}
            }
        }
        tree
    }

    fn section(&mut self, tree: &Node, section: Section) {
        let found = tree
            .child(section.root())
            .and_then(|root| root.child(section.key()));
        for node in found
            .map(|node| node.children.as_slice())
            .unwrap_or_default()
        {
            let name = node.name.clone();
            if self.object(node, section).is_none() {
                self.objects.broken.insert((section, name));
            }
        }
    }

    /// Reads one object into its place; `None` when it cannot be read.
    fn object(&mut self, node: &Node, section: Section) -> Option<()> {
        let key = section.label(&node.name);
        if let Err(message) = check(&node.name, section) {
            self.report("object-name", key, message);
            return None;
        }
        let (node, ignored) = ignored::strip(node, section);
        for path in ignored {
            let message = "Traefik does not read this from labels: it has no effect";
            self.report("label-ignored", format!("{key}.{path}"), message);
        }
        if let Err(error) = self.objects.insert(&node, section) {
            let joint = if error.path.is_empty() { "" } else { "." };
            let key = format!("{key}{joint}{}", error.path);
            self.report("label-value", key, error.message);
            return None;
        }
        self.one_kind(&node.name, section)
    }

    /// A service is of one kind: beside a load balancer nothing else counts, and of two others none does.
    fn one_kind(&mut self, name: &str, section: Section) -> Option<()> {
        let protocol = Protocol::ALL.into_iter().find(|p| p.services() == section);
        let at = (protocol.unwrap_or(Protocol::Http), name.to_owned());
        let Some(service) = protocol.and_then(|_| self.objects.services.get_mut(&at)) else {
            return Some(());
        };
        let key = section.label(name);
        if service.keep_one_kind() {
            let message = "a service is of one kind: beside loadbalancer nothing else counts";
            self.report("service-kinds", key, message);
        } else if service.composite_kinds() > 1 {
            self.objects.services.remove(&at);
            let message = "a service is of one kind: write weighted, highestrandomweight, mirroring or failover";
            self.report("service-kinds", key, message);
            return None;
        }
        Some(())
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

    fn managed(&mut self) -> Managed {
        let managed = Managed::read(|key| self.container.label(key));
        if let Managed::Refused { key, message } = &managed {
            self.report("managed-labels", *key, message.clone());
        }
        managed
    }

    /// Names what has no meaning, instead of passing over it.
    fn unknown(&mut self, tree: &Node) {
        for (path, message) in ignored::unknown(tree) {
            self.report("label-unknown", format!("traefik.{path}"), message);
        }
    }
}

impl Objects {
    fn insert(&mut self, node: &Node, section: Section) -> Result<(), DecodeError> {
        match section {
            Section::HttpRouters => self.router(Protocol::Http, node, AnyRouter::Http),
            Section::TcpRouters => self.router(Protocol::Tcp, node, AnyRouter::Tcp),
            Section::UdpRouters => self.router(Protocol::Udp, node, AnyRouter::Udp),
            Section::HttpServices => self.service(Protocol::Http, node, AnyService::Http),
            Section::TcpServices => self.service(Protocol::Tcp, node, AnyService::Tcp),
            Section::UdpServices => self.service(Protocol::Udp, node, AnyService::Udp),
            Section::HttpMiddlewares => self.middleware(Protocol::Http, node, AnyMiddleware::Http),
            Section::TcpMiddlewares => self.middleware(Protocol::Tcp, node, AnyMiddleware::Tcp),
            Section::HttpServersTransports => self.setting(section, node, Setting::Http),
            Section::TcpServersTransports => self.setting(section, node, Setting::Tcp),
            Section::TlsOptions => self.setting(section, node, Setting::TlsOptions),
            Section::TlsStores => self.setting(section, node, Setting::TlsStore),
        }
    }

    fn router<'a, T: Deserialize<'a>>(
        &mut self,
        protocol: Protocol,
        node: &'a Node,
        wrap: fn(Box<T>) -> AnyRouter,
    ) -> Result<(), DecodeError> {
        put(&mut self.routers, (protocol, node.name.clone()), node, wrap)
    }

    fn service<'a, T: Deserialize<'a>>(
        &mut self,
        protocol: Protocol,
        node: &'a Node,
        wrap: fn(Box<T>) -> AnyService,
    ) -> Result<(), DecodeError> {
        put(
            &mut self.services,
            (protocol, node.name.clone()),
            node,
            wrap,
        )
    }

    fn middleware<'a, T: Deserialize<'a>>(
        &mut self,
        protocol: Protocol,
        node: &'a Node,
        wrap: fn(Box<T>) -> AnyMiddleware,
    ) -> Result<(), DecodeError> {
        put(
            &mut self.middlewares,
            (protocol, node.name.clone()),
            node,
            wrap,
        )
    }

    fn setting<'a, T: Deserialize<'a>>(
        &mut self,
        section: Section,
        node: &'a Node,
        wrap: fn(Box<T>) -> Setting,
    ) -> Result<(), DecodeError> {
        put(&mut self.settings, (section, node.name.clone()), node, wrap)
    }
}

fn put<'a, K: Ord, T: Deserialize<'a>, U>(
    all: &mut BTreeMap<K, U>,
    key: K,
    node: &'a Node,
    wrap: fn(Box<T>) -> U,
) -> Result<(), DecodeError> {
    // a bare value on an object (`routers.x=foo`) says nothing; Traefik ignores it as well
    let object = if node.children.is_empty() {
        decode_empty()?
    } else {
        decode(node)?
    };
    all.insert(key, wrap(Box::new(object)));
    Ok(())
}

fn decode_empty<'a, T: Deserialize<'a>>() -> Result<T, DecodeError> {
    let nothing = MapDeserializer::<_, DecodeError>::new(std::iter::empty::<(&str, &str)>());
    T::deserialize(nothing)
}
