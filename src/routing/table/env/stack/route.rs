//! The routers that a compose service declares, with the services they send to.

use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::references::own_name;
use crate::routing::traefik::rule::{Rule, is_host_matcher};

use super::build::{Builder, Group};
use super::offer::protocols;
use super::{Local, ServiceRef, StackRouter};

impl Builder<'_> {
    /// Adds the routers of a group: those of its labels, else one of HTTP for its own hosts.
    pub(super) fn route(&mut self, group: &Group<'_>) {
        let objects = &group.leader.declaration.objects;
        for protocol in protocols(group) {
            let services = self.linkable(group, protocol);
            for (name, router) in objects.routers(protocol) {
                let router = self.with_references(group, router.clone());
                self.router(group, name, router, &services);
            }
            if protocol == Protocol::Http && !objects.names(protocol.routers()) {
                self.router(
                    group,
                    &group.fallback,
                    AnyRouter::empty(protocol),
                    &services,
                );
            }
        }
    }

    fn router(
        &mut self,
        group: &Group<'_>,
        name: &str,
        router: AnyRouter,
        services: &[(String, Local)],
    ) {
        let at = (router.protocol(), self.local(name, &group.fallback));
        let made = match self.complete(group, router, services) {
            Ok(made) => made,
            Err((code, message)) => {
                return self.report(group.leader, code, format!("router {name}: {message}"));
            }
        };
        if self.stack.routers.contains_key(&at) {
            let message = format!(
                "router {name}: another compose service of this stack already has router {}",
                at.1
            );
            return self.report(group.leader, "router-twice", message);
        }
        self.stack.routers.insert(at, made);
    }

    fn complete(
        &self,
        group: &Group<'_>,
        router: AnyRouter,
        services: &[(String, Local)],
    ) -> Result<StackRouter, (&'static str, String)> {
        let service = self
            .link(&router, services)
            .map_err(|message| ("router-service", message))?;
        let rule = router.rule().map(Rule::parse).transpose();
        let rule = rule.map_err(|error| ("router-rule", error.to_string()))?;
        check(&router, rule.as_ref()).map_err(|message| ("router-rule", message))?;
        Ok(StackRouter {
            rule_len: router.rule().map(str::len),
            router,
            rule,
            service,
            prefix: group.prefix.clone(),
        })
    }

    /// An explicit service of the stack, a foreign one, or the group's only one.
    fn link(&self, router: &AnyRouter, services: &[(String, Local)]) -> Result<ServiceRef, String> {
        let Some(wanted) = router.service() else {
            return match services {
                [(_, (_, local))] => Ok(ServiceRef::Local(local.clone())),
                [] => Err("it has no service to send to".to_owned()),
                _ => Err("several services are declared: name one with .service".to_owned()),
            };
        };
        let name = own_name(wanted);
        let own = services
            .iter()
            .find(|(label, (_, local))| label == name || local == name);
        let beside = || {
            let at = (router.protocol(), self.local(name, name));
            self.stack.services.contains_key(&at).then_some(at.1)
        };
        match own.map(|(_, (_, local))| local.clone()).or_else(beside) {
            Some(local) => Ok(ServiceRef::Local(local)),
            None if wanted.contains('@') => Ok(ServiceRef::Foreign(wanted.to_owned())),
            None => Err(format!("service {wanted} is not declared by this stack")),
        }
    }
}

/// What only TCP and UDP ask for.
fn check(router: &AnyRouter, rule: Option<&Rule>) -> Result<(), String> {
    match router {
        AnyRouter::Udp(_) if router.entry_points().is_empty() => {
            Err("a UDP router needs its entry points: write .entrypoints".to_owned())
        }
        AnyRouter::Tcp(_) if !router.has_tls() => check_plain(router, rule),
        AnyRouter::Http(_) | AnyRouter::Tcp(_) | AnyRouter::Udp(_) => Ok(()),
    }
}

/// Without TLS there is no name to route by, and the router takes every connection of its entry points.
fn check_plain(router: &AnyRouter, rule: Option<&Rule>) -> Result<(), String> {
    let mut names = rule.is_none();
    if let Some(rule) = rule {
        rule.each_matcher(&mut |matcher, args| {
            names |= is_host_matcher(matcher) && args.iter().any(|host| host != "*");
        });
    }
    if names {
        return Err("without tls a TCP router has no server name to match: write HostSNI(`*`), or .tls=true".to_owned());
    }
    if router.entry_points().is_empty() {
        return Err("a TCP router without tls takes every connection of its entry points: name them with .entrypoints".to_owned());
    }
    Ok(())
}
