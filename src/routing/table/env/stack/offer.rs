//! The services, middlewares and settings that a compose service declares.

use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::references::own_name;
use crate::routing::traefik::{Protocol, Section};

use super::super::naming;
use super::build::{Builder, Group};
use super::{Local, Stack};

/// HTTP is spoken where nothing else is said.
fn speaks(group: &Group<'_>, protocol: Protocol) -> bool {
    let objects = &group.leader.declaration.objects;
    match protocol {
        Protocol::Http => objects.routes_http() || group.prefix.is_some(),
        Protocol::Tcp | Protocol::Udp => objects.routes(protocol),
    }
}

impl Builder<'_> {
    /// Everything but routers.
    pub(super) fn offer(&mut self, group: &Group<'_>) {
        for protocol in protocols(group) {
            self.services(group, protocol);
        }
        let objects = &group.leader.declaration.objects;
        for ((protocol, name), middleware) in &objects.middlewares {
            let at = (*protocol, self.local(name, &group.fallback));
            let middleware = self.with_references(group, middleware.clone());
            self.stack.middlewares.entry(at).or_insert(middleware);
        }
        for ((section, name), setting) in &objects.settings {
            if *section == Section::TlsStores {
                let message =
                    "the default store holds for all of Traefik: set it in Traefik's own files";
                self.report(group.leader, "tls-store", message.to_owned());
                continue;
            }
            let at = (*section, self.local(name, &group.fallback));
            self.stack
                .settings
                .entry(at)
                .or_insert_with(|| setting.clone());
        }
    }

    fn services(&mut self, group: &Group<'_>, protocol: Protocol) {
        let objects = &group.leader.declaration.objects;
        for (name, service) in objects.services(protocol) {
            let at = (protocol, self.local(name, &group.fallback));
            if service.is_balancer() || service.is_composite() {
                let service = self.with_references(group, service.clone());
                self.add(group, at, service);
            } else {
                let message = format!(
                    "service {name} has neither loadbalancer nor weighted, highestrandomweight, mirroring or failover"
                );
                self.report(group.leader, "service-kind", message);
            }
        }
        if !objects.names(protocol.services()) {
            let at = (protocol, group.fallback.clone());
            self.add(group, at, AnyService::balancer(protocol));
        }
    }

    fn add(&mut self, group: &Group<'_>, at: Local, service: AnyService) {
        if self.stack.services.contains_key(&at) {
            let message = format!(
                "another compose service of this stack already offers service {}: rename one of them",
                at.1
            );
            return self.report(group.leader, "service-twice", message);
        }
        self.stack.services.insert(at, service);
    }

    /// A group's services of one protocol: label name and local name.
    pub(super) fn linkable(&self, group: &Group<'_>, protocol: Protocol) -> Vec<(String, Local)> {
        linkable(group, protocol, &self.key.stack_name(self.version))
    }

    /// Children of composite services by their local names, where this stack has them.
    pub(super) fn name_children(&mut self) {
        let names: Vec<Local> = self.stack.services.keys().cloned().collect();
        for at in names {
            let Some(mut service) = self.stack.services.get(&at).cloned() else {
                continue;
            };
            service.each_child(&mut |child| {
                let local = self.local(own_name(child), own_name(child));
                if self.stack.services.contains_key(&(at.0, local.clone())) {
                    *child = local;
                }
            });
            self.stack.services.insert(at, service);
        }
    }
}

/// The services of a group that have servers.
pub(super) fn offered<'a>(
    group: &Group<'_>,
    stack: &'a Stack,
    stack_name: &str,
) -> Vec<(&'a Local, &'a AnyService)> {
    let all = protocols(group).flat_map(|protocol| linkable(group, protocol, stack_name));
    let services = all.filter_map(|(_, at)| stack.services.get_key_value(&at));
    services
        .filter(|(_, service)| service.is_balancer())
        .collect()
}

fn linkable(group: &Group<'_>, protocol: Protocol, stack_name: &str) -> Vec<(String, Local)> {
    let objects = &group.leader.declaration.objects;
    if !objects.names(protocol.services()) {
        let at = (protocol, group.fallback.clone());
        return vec![(group.fallback.clone(), at)];
    }
    let services = objects.services(protocol);
    let usable = services.filter(|(_, service)| service.is_balancer() || service.is_composite());
    usable
        .map(|(name, _)| {
            let local = naming::local(name, stack_name, &group.fallback);
            (name.clone(), (protocol, local))
        })
        .collect()
}

pub(super) fn protocols<'a>(group: &'a Group<'_>) -> impl Iterator<Item = Protocol> + 'a {
    Protocol::ALL
        .into_iter()
        .filter(|protocol| speaks(group, *protocol))
}
