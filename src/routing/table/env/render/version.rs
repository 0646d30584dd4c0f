//! The services with servers, the middlewares and the settings of one version.

use crate::routing::ids::Version;
use crate::routing::model::Diagnostic;
use crate::routing::traefik::any::{AnyServer, AnyService};
use crate::routing::traefik::http::LoadBalancer;
use crate::routing::traefik::references::References;

use super::super::super::fragment::Object;
use super::super::hosts::{OwnHosts, Place};
use super::super::stack::{Local, Stack};
use super::Output;

impl Output<'_> {
    pub(super) fn children(&mut self, version: &Version, stack: &Stack) {
        for at in stack.services.keys() {
            let servers = stack.serving.servers.get(at);
            let servers = servers.map(Vec::as_slice).unwrap_or_default();
            if let Some(child) = self.child((version, stack), at, servers) {
                self.add(child);
            }
        }
        for ((protocol, local), middleware) in &stack.middlewares {
            let mut middleware = middleware.clone();
            middleware.each_reference(&mut |section, name| {
                *name = self.reference((version, stack), section, name);
            });
            if let Some(section) = protocol.middlewares() {
                self.add(Object::middleware(
                    section,
                    self.child_name(local, version),
                    middleware,
                ));
            }
        }
        for ((section, local), setting) in &stack.settings {
            self.push(
                *section,
                self.child_name(local, version),
                setting,
                Vec::new(),
            );
        }
    }

    /// A version's own service with these servers.
    pub(super) fn child(
        &self,
        (version, stack): (&Version, &Stack),
        at: &Local,
        servers: &[AnyServer],
    ) -> Option<Result<Object, Diagnostic>> {
        let (protocol, local) = at;
        let mut service = stack.services.get(at)?.clone();
        service.prepare();
        service.set_servers(servers.to_vec());
        service.each_reference(&mut |section, name| {
            *name = self.reference((version, stack), section, name);
        });
        self.own_names(version, stack, &mut service);
        let section = protocol.services();
        let name = self.child_name(local, version);
        Some(Object::service(section, name, service))
    }

    /// Own hosts in health checks and cookies follow the place.
    fn own_names(&self, version: &Version, stack: &Stack, service: &mut AnyService) {
        let prefix = stack.prefixes.iter().flatten().next().map(String::as_str);
        let follow = |field: &mut Option<String>| {
            let Some(host) = field else {
                return;
            };
            let own = OwnHosts::new(self.env.record, version, prefix);
            if let Some(recognised) = own.recognise(host) {
                let place = self.env.own_place(version).unwrap_or(Place::Live);
                let hosts = self.env.hosts(&place, recognised.prefix.as_deref());
                *field = hosts.into_iter().next();
            }
        };
        match service {
            AnyService::Http(service) => service.load_balancer.iter_mut().for_each(|balancer| {
                each_host(balancer, &follow);
            }),
            AnyService::Tcp(_) | AnyService::Udp(_) => {}
        }
    }
}

/// Calls `follow` with the fields of a load balancer that may name a host.
fn each_host(balancer: &mut LoadBalancer, follow: &dyn Fn(&mut Option<String>)) {
    if let Some(check) = &mut balancer.health_check {
        follow(&mut check.hostname);
    }
    let sticky = balancer.sticky.as_mut();
    if let Some(cookie) = sticky.and_then(|sticky| sticky.cookie.as_mut()) {
        follow(&mut cookie.domain);
    }
}
