//! The live host: its routers, and the parents that share traffic between versions.
//!
//! A child is listed only with a weight above 0 and a server, except that the active one stays when nobody has a
//! server: then the answer is 503, not 404.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::Version;
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::http::{Router, WeightedChild};
use crate::routing::traefik::rule::Rule;
use crate::routing::traefik::{Protocol, Section};

use super::super::super::fragment::Object;
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
            .filter(|_| self.candidate().is_some());
        let mut routers = BTreeMap::new();
        for version in candidate.into_iter().chain([active]) {
            let stack = self.stacks.get(version);
            let all = stack.into_iter().flat_map(|stack| &stack.routers);
            routers.extend(all.map(|(at, router)| (at, (version, router))));
        }
        routers
    }
}

impl Output<'_> {
    /// Routers of the live host and the parents they send to.
    pub(super) fn live(&mut self) {
        let env = self.env;
        let Some(active) = env.rollout.active_version() else {
            return;
        };
        let routers = env.live_routers(active);
        if routers.is_empty() {
            return self.nobody_home();
        }
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
        for service in services {
            self.parent(&service, active);
        }
    }

    /// The active version has no container left: the live host answers 503, not 404.
    fn nobody_home(&mut self) {
        let name = self.name("unavailable");
        let hosts = self.env.hosts(&Place::Live, None);
        let Some(rule) = Rule::hosts(hosts.iter().map(String::as_str)).map(|rule| rule.to_string())
        else {
            return;
        };
        let router = Router {
            priority: priority(rule.len()),
            rule: Some(rule),
            service: Some(name.clone()),
            entry_points: self.env.record.entry_points.clone(),
            tls: self.record_tls(&Place::Live),
            ..Router::default()
        };
        let needs = vec![name.clone()];
        self.push(Section::HttpRouters, name.clone(), &router, needs);
        let mut service = AnyService::balancer(Protocol::Http);
        service.prepare();
        self.push(Section::HttpServices, name, &service, Vec::new());
    }

    /// The weighted parent of a service.
    fn parent(&mut self, at: &Local, active: &Version) {
        let (protocol, service) = at;
        let children = self.shares(at, active);
        let needs: Vec<String> = children
            .iter()
            .map(|(version, _)| self.child_name(service, version))
            .collect();
        let weights = children.iter().map(|(_, weight)| Some(*weight));
        let shares = needs
            .iter()
            .cloned()
            .zip(weights)
            .map(|(name, weight)| WeightedChild { name, weight })
            .collect();
        let parent = AnyService::weighted(*protocol, shares);
        let (section, name) = (protocol.services(), self.name(service));
        let of_composites = children
            .iter()
            .any(|(version, _)| self.is_composite(version, at));
        // whether such a child stands is known last; and Traefik survives no other one of TCP and UDP that leads back here
        if of_composites || *protocol != Protocol::Http {
            self.add(Object::service(section, name, parent));
        } else {
            self.push(section, name, &parent, needs);
        }
    }

    fn is_composite(&self, version: &Version, at: &Local) -> bool {
        let stack = self.env.stack(Some(version));
        let service = stack.and_then(|stack| stack.services.get(at));
        service.is_some_and(|service| service.service.is_composite())
    }

    /// Which versions of a service get how much of the live traffic.
    fn shares(&self, at: &Local, active: &Version) -> Vec<(Version, u32)> {
        let env = self.env;
        let candidate = env.candidate();
        let share = candidate.map_or(0, |(_, weight)| weight);
        let serves = |version: &Version| env.stack(Some(version)).is_some_and(|s| s.serves(at));
        let mut children = Vec::new();
        if share < 100 && serves(active) {
            children.push((active.clone(), 100 - share));
        }
        if let Some((version, weight)) = candidate.filter(|(version, _)| serves(version)) {
            children.push((version.clone(), weight));
        }
        if children.is_empty() {
            let offers = |version: &&Version| {
                env.stack(Some(version))
                    .is_some_and(|stack| stack.services.contains_key(at))
            };
            let mut standing = [Some(active), candidate.map(|(version, _)| version)]
                .into_iter()
                .flatten();
            children.extend(standing.find(offers).map(|version| (version.clone(), 100)));
        }
        // alone, a child has everything, whatever its share was
        if let [(_, weight)] = children.as_mut_slice() {
            *weight = 100;
        }
        children
    }
}
