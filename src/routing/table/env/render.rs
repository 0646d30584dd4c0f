//! Stacks, slots and weights to Traefik's objects.
//!
//! The live router takes rule, TLS and middlewares from the active version; its parent service shares traffic
//! between version-named children. A child is listed only with a weight above 0 and a server, except that the
//! active one stays when nobody has a server: then the answer is 503, not 404.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::Version;
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::rollout::{Phase, Record};
use crate::routing::traefik::Section;
use crate::routing::traefik::http::{LoadBalancer, Router, Service, Weighted, WeightedChild};
use crate::routing::traefik::rule::{Rule, canonical_host};

use super::super::fragment::Object;
use super::hosts::{self, OwnHosts, Place};
use super::rewrite::{Target, rewrite};
use super::stack::{ServiceRef, Stack, StackRouter};

/// Everything one env is rendered from.
pub(crate) struct Env<'a> {
    /// Its record.
    pub(crate) record: &'a EnvRecord,
    /// Its slots.
    pub(crate) rollout: &'a Record,
    /// Its stacks.
    pub(crate) stacks: &'a BTreeMap<Version, Stack>,
    /// Does another claimant have this host.
    pub(crate) lost: &'a dyn Fn(&str) -> bool,
}

/// The objects of an env and what was wrong with them.
pub(crate) fn render(env: &Env<'_>) -> (Vec<Object>, Vec<Diagnostic>) {
    let mut output = Output {
        env,
        names: BTreeSet::new(),
        objects: Vec::new(),
        diagnostics: Vec::new(),
    };
    output.live();
    for (version, stack) in env.stacks {
        output.children(version, stack);
        if let Some(place) = env.own_place(version) {
            for (name, router) in &stack.routers {
                output.router(version, (name, router), &place);
            }
        }
    }
    (output.objects, output.diagnostics)
}

impl Env<'_> {
    /// Where a version's own routers stand; the active one has only the live router.
    fn own_place(&self, version: &Version) -> Option<Place> {
        if self.rollout.active_version() == Some(version) {
            None
        } else if self.rollout.other_version() == Some(version) {
            Some(Place::Staged)
        } else {
            Some(Place::Preview(version.clone()))
        }
    }

    /// The candidate of a shift that has begun, with its share.
    fn candidate(&self) -> Option<(&Version, u32)> {
        let shift = self
            .rollout
            .shift
            .filter(|shift| shift.phase == Phase::Running)?;
        let weight = u32::from(shift.weight.percent());
        self.rollout
            .other_version()
            .filter(|_| weight > 0)
            .map(|version| (version, weight))
    }

    fn stack(&self, version: Option<&Version>) -> Option<&Stack> {
        version.and_then(|version| self.stacks.get(version))
    }

    /// The hosts of a place that this env may have.
    pub(super) fn hosts(&self, place: &Place, prefix: Option<&str>) -> Vec<String> {
        let mut names = hosts::names(self.record, place, prefix);
        names.retain(|name| !(self.lost)(name));
        names
    }
}

pub(super) struct Output<'a> {
    pub(super) env: &'a Env<'a>,
    objects: Vec<Object>,
    names: BTreeSet<(Section, String)>,
    diagnostics: Vec<Diagnostic>,
}

impl Output<'_> {
    fn name(&self, local: &str) -> String {
        format!("{}-{local}", self.env.record.key.prefix())
    }

    fn child_name(&self, service: &str, version: &Version) -> String {
        format!("{}-{service}-{version}", self.env.record.key.prefix())
    }

    /// Adds an object; of two that would have one name the first stays.
    fn push<T: serde::Serialize>(
        &mut self,
        section: Section,
        name: String,
        object: &T,
        needs: Vec<String>,
    ) {
        if !self.names.insert((section, name.clone())) {
            let message = format!(
                "{} {name} would be made twice: rename the router or service in the labels",
                section.noun()
            );
            let subject = format!("env {}", self.env.record.key);
            self.diagnostics
                .push(Diagnostic::new("name-twice", subject, message));
            return;
        }
        match Object::new(section, name, object, needs) {
            Ok(object) => self.objects.push(object),
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }

    /// Routers of the live host and the parents they send to.
    fn live(&mut self) {
        let env = self.env;
        let Some(active) = env.rollout.active_version() else {
            return;
        };
        let mut routers: BTreeMap<&String, (&Version, &StackRouter)> = BTreeMap::new();
        if let Some((version, stack)) = env
            .candidate()
            .and_then(|(v, _)| env.stack(Some(v)).map(|stack| (v, stack)))
        {
            routers.extend(
                stack
                    .routers
                    .iter()
                    .map(|(name, router)| (name, (version, router))),
            );
        }
        if let Some(stack) = env.stack(Some(active)) {
            routers.extend(
                stack
                    .routers
                    .iter()
                    .map(|(name, router)| (name, (active, router))),
            );
        }
        if routers.is_empty() {
            return self.nobody_home();
        }
        for (name, (version, router)) in &routers {
            self.router(version, (name, router), &Place::Live);
        }
        let mut services: Vec<&String> = Vec::new();
        for (_, router) in routers.values() {
            if let ServiceRef::Local(service) = &router.service
                && !services.contains(&service)
            {
                services.push(service);
            }
        }
        for service in services {
            self.parent(service, active);
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
        self.push(
            Section::HttpRouters,
            name.clone(),
            &router,
            vec![name.clone()],
        );
        self.push(
            Section::HttpServices,
            name,
            &balancer(LoadBalancer::default()),
            Vec::new(),
        );
    }

    /// The weighted parent of a service.
    fn parent(&mut self, service: &str, active: &Version) {
        let env = self.env;
        let candidate = env.candidate();
        let share = candidate.map_or(0, |(_, weight)| weight);
        let mut children = Vec::new();
        let offers = |version: &Version| {
            env.stack(Some(version))
                .and_then(|stack| stack.services.get(service))
        };
        let serves =
            |version: &Version| offers(version).is_some_and(|service| !service.servers.is_empty());
        if share < 100 && serves(active) {
            children.push((active, 100 - share));
        }
        if let Some((version, weight)) = candidate.filter(|(version, _)| serves(version)) {
            children.push((version, weight));
        }
        if children.is_empty() {
            let standing = [Some(active), candidate.map(|(version, _)| version)];
            children.extend(
                standing
                    .into_iter()
                    .flatten()
                    .find(|version| offers(version).is_some())
                    .map(|v| (v, 100)),
            );
        }
        // alone, a child has everything, whatever its share was
        if let [(_, weight)] = children.as_mut_slice() {
            *weight = 100;
        }
        let needs: Vec<String> = children
            .iter()
            .map(|(version, _)| self.child_name(service, version))
            .collect();
        let weights = children.iter().map(|(_, weight)| Some(*weight));
        let services = needs
            .iter()
            .cloned()
            .zip(weights)
            .map(|(name, weight)| WeightedChild { name, weight })
            .collect();
        let parent = Service {
            weighted: Some(Weighted {
                services,
                sticky: None,
            }),
            ..Service::default()
        };
        self.push(Section::HttpServices, self.name(service), &parent, needs);
    }

    /// The services with servers and the middlewares of one version.
    fn children(&mut self, version: &Version, stack: &Stack) {
        let place = self.env.own_place(version).unwrap_or(Place::Live);
        for (local, service) in &stack.services {
            let mut options = service.balancer.clone();
            options.servers.clone_from(&service.servers);
            self.own_names(version, stack, &place, &mut options);
            let child = Service {
                middlewares: self.middleware_names(version, stack, &service.middlewares),
                ..balancer(options)
            };
            self.push(
                Section::HttpServices,
                self.child_name(local, version),
                &child,
                Vec::new(),
            );
        }
        for (local, middleware) in &stack.middlewares {
            let mut middleware = middleware.clone();
            if let Some(chain) = &mut middleware.chain {
                chain.middlewares = self.middleware_names(version, stack, &chain.middlewares);
            }
            if let Some(errors) = &mut middleware.errors {
                errors.service = errors
                    .service
                    .take()
                    .map(|service| self.service_name(version, stack, service));
            }
            self.push(
                Section::HttpMiddlewares,
                self.child_name(local, version),
                &middleware,
                Vec::new(),
            );
        }
    }

    /// Own hosts in health checks and cookies follow the place.
    fn own_names(
        &self,
        version: &Version,
        stack: &Stack,
        place: &Place,
        options: &mut LoadBalancer,
    ) {
        let prefix = stack.prefixes.iter().flatten().next().map(String::as_str);
        let own = OwnHosts::new(self.env.record, version, prefix);
        let replace = |field: &mut Option<String>| {
            let recognised = field.as_deref().and_then(|host| own.recognise(host));
            if let Some(recognised) = recognised {
                *field = self
                    .env
                    .hosts(place, recognised.prefix.as_deref())
                    .into_iter()
                    .next();
            }
        };
        if let Some(check) = &mut options.health_check {
            replace(&mut check.hostname);
        }
        if let Some(cookie) = options
            .sticky
            .as_mut()
            .and_then(|sticky| sticky.cookie.as_mut())
        {
            replace(&mut cookie.domain);
        }
    }

    /// A router of a version at a place.
    fn router(&mut self, version: &Version, (local, router): (&str, &StackRouter), place: &Place) {
        let Some(rule) = self.rule(version, router, place) else {
            let subject = format!("env {}", self.env.record.key);
            let message = format!(
                "router {local} of {version} has no host of its own for {}: it is not made there; name an own host in its rule, or leave the rule out",
                place_noun(place)
            );
            self.diagnostics
                .push(Diagnostic::new("router-without-host", subject, message));
            return;
        };
        let service = match (&router.service, place) {
            (ServiceRef::Foreign(name), _) => name.clone(),
            (ServiceRef::Local(service), Place::Live) => self.name(service),
            (ServiceRef::Local(service), Place::Staged | Place::Preview(_)) => {
                self.child_name(service, version)
            }
        };
        let needs = if service.contains('@') {
            Vec::new()
        } else {
            vec![service.clone()]
        };
        let name = match place {
            Place::Live => self.name(local),
            Place::Staged => format!("{}-staged", self.name(local)),
            Place::Preview(version) => self.child_name(local, version),
        };
        let made = self.made(version, router, place, (rule.to_string(), service));
        self.push(Section::HttpRouters, name, &made, needs);
    }

    fn made(
        &self,
        version: &Version,
        router: &StackRouter,
        place: &Place,
        (rule, service): (String, String),
    ) -> Router {
        let record = self.env.record;
        let label = &router.router;
        let first = match place {
            Place::Live => &record.middlewares.live,
            Place::Staged | Place::Preview(_) => &record.middlewares.preview,
        };
        let mut middlewares = first.clone();
        if let Some(stack) = self.env.stack(Some(version)) {
            middlewares.extend(self.middleware_names(version, stack, &label.middlewares));
        }
        let written = router
            .rule_len
            .unwrap_or_else(|| self.default_rule_len(router));
        Router {
            entry_points: if label.entry_points.is_empty() {
                &record.entry_points
            } else {
                &label.entry_points
            }
            .clone(),
            middlewares,
            service: Some(service),
            rule: Some(rule),
            rule_syntax: label.rule_syntax.clone(),
            priority: label
                .priority
                .filter(|priority| *priority != 0)
                .or_else(|| priority(written)),
            tls: label
                .tls
                .clone()
                .map(|tls| self.label_tls(version, router, place, tls))
                .or_else(|| self.record_tls(place)),
            observability: label.observability.clone(),
        }
    }

    /// A router without a rule counts as if the live hosts had been written.
    fn default_rule_len(&self, router: &StackRouter) -> usize {
        let hosts = hosts::names(self.env.record, &Place::Live, router.prefix.as_deref());
        Rule::hosts(hosts.iter().map(String::as_str)).map_or(0, |rule| rule.to_string().len())
    }

    fn rule(&self, version: &Version, router: &StackRouter, place: &Place) -> Option<Rule> {
        let own = OwnHosts::new(self.env.record, version, router.prefix.as_deref());
        let hosts = |prefix: Option<&str>| self.env.hosts(place, prefix);
        let is_live = *place == Place::Live;
        let foreign = |host: &str| is_live && !(self.env.lost)(&canonical_host(host));
        let target = Target {
            own: &own,
            hosts: &hosts,
            prefix: router.prefix.as_deref(),
            foreign: &foreign,
            patterns: is_live,
        };
        match &router.rule {
            Some(rule) => rewrite(rule, &target),
            None => Rule::hosts(hosts(router.prefix.as_deref()).iter().map(String::as_str)),
        }
    }

    /// A service that a middleware names: the version's own, when it has it.
    fn service_name(&self, version: &Version, stack: &Stack, service: String) -> String {
        let stack_name = self.env.record.key.stack_name(version);
        let local = super::naming::local(&service, &stack_name, &service);
        if !service.contains('@') && stack.services.contains_key(&local) {
            self.child_name(&local, version)
        } else {
            service
        }
    }

    fn middleware_names(&self, version: &Version, stack: &Stack, names: &[String]) -> Vec<String> {
        let stack_name = self.env.record.key.stack_name(version);
        let document_name = |name: &String| {
            let local = super::naming::local(name, &stack_name, name);
            if !name.contains('@') && stack.middlewares.contains_key(&local) {
                self.child_name(&local, version)
            } else {
                name.clone()
            }
        };
        names.iter().map(document_name).collect()
    }
}

const fn place_noun(place: &Place) -> &'static str {
    match place {
        Place::Live => "the live host",
        Place::Staged => "the staged host",
        Place::Preview(_) => "its preview",
    }
}

fn priority(len: usize) -> Option<i64> {
    i64::try_from(len).ok()
}

/// Traefik refuses a load balancer without any field; this one says what is the default anyway.
fn balancer(mut options: LoadBalancer) -> Service {
    options.pass_host_header.get_or_insert(true);
    Service {
        load_balancer: Some(options),
        ..Service::default()
    }
}
