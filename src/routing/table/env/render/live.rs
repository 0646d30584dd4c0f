//! The live host: its routers, and what is to be made for them.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::Version;
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::http::Router;
use crate::routing::traefik::rule::Rule;
use crate::routing::traefik::{Protocol, Section};

use super::super::hosts::Place;
use super::super::stack::{Local, ServiceRef, StackRouter};
use super::router::priority;
use super::{Env, Output};

impl<'a> Env<'a> {
    /// The routers of the live host: those of the active version, and those that only the candidate has.
    fn live_routers(
        &self,
        active: &'a Version,
    ) -> BTreeMap<&'a Local, (&'a Version, &'a StackRouter)>
    where
        Self: 'a,
    {
        let candidate = self
            .rollout
            .other_version()
            .filter(|_| self.candidate().is_some() || self.stand_in.is_some());
        let mut routers = BTreeMap::new();
        for version in candidate.into_iter().chain([active]) {
            let stack = self.stacks.get(version);
            let all = stack.into_iter().flat_map(|stack| &stack.routers);
            routers.extend(all.map(|(at, router)| (at, (version, router))));
        }
        routers
    }
}

impl<'a> Output<'a> {
    /// Routers of the live host and the parents they send to.
    pub(super) fn live(&mut self) {
        let env = self.env;
        let active = env.rollout.active_version();
        let routers = active.map(|active| env.live_routers(active));
        let routers = routers.unwrap_or_default();
        self.close();
        let mut protocols = routers.keys().map(|(protocol, _)| *protocol);
        if !protocols.any(|protocol| protocol == Protocol::Http) {
            self.closed_host();
        }
        let Some(active) = active else {
            return;
        };
        if routers.is_empty() {
            return self.nobody_home();
        }
        self.matched = self.match_requests();
        self.tell_sticky();
        let mut services: BTreeSet<Local> = BTreeSet::new();
        // the active version's first: an entry point has one router that takes all
        let (first, second): (Vec<_>, Vec<_>) = routers
            .iter()
            .partition(|(_, (version, _))| *version == active);
        for ((protocol, name), (version, router)) in first.into_iter().chain(second) {
            self.router(version, (name, router), &Place::Live);
            if let ServiceRef::Local(service) = &router.service {
                services.insert((*protocol, service.clone()));
            }
        }
        self.matched_only(&routers);
        for service in services {
            self.parent(&service, active);
        }
    }

    /// The routers that only the candidate has, for the requests that go to it whatever its share is.
    fn matched_only(&mut self, live: &BTreeMap<&'a Local, (&'a Version, &'a StackRouter)>) {
        let env = self.env;
        let Some(version) = self.matched.as_ref().map(|matched| matched.version) else {
            return;
        };
        let stack = env.stack(Some(version));
        for (at, router) in stack.into_iter().flat_map(|stack| &stack.routers) {
            if !live.contains_key(at) {
                self.matched_router(version, (&at.1, router));
            }
        }
    }

    /// The active version has no container left: the live host answers 503, not 404.
    fn nobody_home(&mut self) {
        if self.env.rollout.maintenance.is_some() {
            return;
        }
        let name = self.name("unavailable");
        let retry = self.retry_later();
        self.live_host(name.clone(), name.clone(), vec![retry]);
        let mut service = AnyService::balancer(Protocol::Http);
        service.prepare();
        self.push(Section::HttpServices, name, &service, Vec::new());
    }

    /// One router for the live host, when no version has any.
    pub(super) fn live_host(&mut self, name: String, service: String, middlewares: Vec<String>) {
        let hosts = self.env.hosts(&Place::Live, None);
        let Some(rule) = Rule::hosts(hosts.iter().map(String::as_str)).map(|rule| rule.to_string())
        else {
            return;
        };
        let router = Router {
            priority: priority(rule.len()),
            rule: Some(rule),
            service: Some(service.clone()),
            middlewares,
            entry_points: self.env.record.entry_points.clone(),
            tls: self.record_tls(&Place::Live),
            ..Router::default()
        };
        self.push(Section::HttpRouters, name, &router, vec![service]);
    }
}
