//! The services with servers, the middlewares and the settings of one version.

use crate::routing::ids::Version;
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::http::LoadBalancer;
use crate::routing::traefik::references::References;

use super::super::super::fragment::Object;
use super::super::hosts::{OwnHosts, Place};
use super::super::stack::{Local, Stack, StackService};
use super::Output;

impl Output<'_> {
    pub(super) fn children(&mut self, version: &Version, stack: &Stack) {
        for (at, service) in &stack.services {
            self.child((version, stack), at, service);
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

    fn child(
        &mut self,
        (version, stack): (&Version, &Stack),
        (protocol, local): &Local,
        offered: &StackService,
    ) {
        let mut service = offered.service.clone();
        service.prepare();
        service.set_servers(offered.servers.clone());
        service.each_reference(&mut |section, name| {
            *name = self.reference((version, stack), section, name);
        });
        self.own_names(version, stack, &mut service);
        let section = protocol.services();
        let name = self.child_name(local, version);
        self.add(Object::service(section, name, service));
    }

    /// Own hosts in health checks and cookies follow the place.
    fn own_names(&self, version: &Version, stack: &Stack, service: &mut AnyService) {
        let place = self.env.own_place(version).unwrap_or(Place::Live);
        let prefix = stack.prefixes.iter().flatten().next().map(String::as_str);
        let own = OwnHosts::new(self.env.record, version, prefix);
        let follow = |field: &mut Option<String>| {
            let recognised = field.as_deref().and_then(|host| own.recognise(host));
            if let Some(recognised) = recognised {
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
