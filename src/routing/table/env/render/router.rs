//! A version's router at a place: live, staged or preview.

use crate::routing::ids::Version;
use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::references::References;
use crate::routing::traefik::rule::{Rule, canonical_host};

use super::super::super::claims::Claim;
use super::super::hosts::{self, OwnHosts, Place};
use super::super::rewrite::{Target, rewrite};
use super::super::stack::{ServiceRef, Stack, StackRouter};
use super::Output;

/// How far live routers that could match any host stand below all others; unmanaged ones stand lower still.
const PATTERNS_BELOW: i64 = 1 << 33;
/// Their priorities beyond this are taken for this.
const HIGHEST: i64 = 1 << 31;

/// A router being made: its version, its local name, what the labels say, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub(super) version: &'a Version,
    local: &'a str,
    pub(super) router: &'a StackRouter,
    pub(super) place: &'a Place,
    pub(super) audience: Audience,
}

/// Whose requests a router is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Everybody's.
    All,
    /// Those that ask for the candidate.
    Matched,
}

impl Making<'_> {
    pub(super) const fn protocol(&self) -> Protocol {
        self.router.router.protocol()
    }
}

impl Output<'_> {
    /// A router of a version at a place.
    pub(super) fn router(
        &mut self,
        version: &Version,
        (local, router): (&str, &StackRouter),
        place: &Place,
    ) {
        let making = Making {
            version,
            local,
            router,
            place,
            audience: Audience::All,
        };
        if !router.takes_all() {
            self.named(&making);
        } else if *place == Place::Live {
            self.only_one(&making);
        }
    }

    /// A router on the live host for those alone who ask for its version.
    pub(super) fn matched_router(
        &mut self,
        version: &Version,
        (local, router): (&str, &StackRouter),
    ) {
        if router.router.protocol() == Protocol::Http {
            self.named(&Making {
                version,
                local,
                router,
                place: &Place::Live,
                audience: Audience::Matched,
            });
        }
    }

    /// A router whose rule names hosts.
    fn named(&mut self, making: &Making<'_>) {
        let Making {
            version,
            local,
            place,
            ..
        } = making;
        let Some(rule) = self.rule(making) else {
            let message = format!(
                "router {local} of {version} has no host of its own for {}: it is not made there; name an own host in its rule, or leave the rule out",
                place_noun(place)
            );
            return self.report("router-without-host", message);
        };
        let held = rule.held_to_hosts();
        if held.as_ref() == Some(&rule) {
            return self.make(making, "", Some(&(rule, 0)));
        }
        // what could match any host stands below, so that its priority cannot take the hosts of others; for the hosts that
        // it names it stands where it was meant to
        self.make(making, "", Some(&(rule, PATTERNS_BELOW)));
        if let Some(held) = held {
            self.make(making, "-own", Some(&(held, 0)));
        }
    }

    /// The one router of its entry points, of those that nobody else has.
    fn only_one(&mut self, making: &Making<'_>) {
        let protocol = making.protocol();
        let entries = making.router.router.entry_points();
        let taken = entries
            .iter()
            .filter(|entry| self.is_taken(&making.router.router, entry));
        let taken: Vec<String> = taken.cloned().collect();
        for entry in &taken {
            let message = format!(
                "router {} of {} would take all connections of entry point {entry}, which an older env, another router \
                 or HTTP of this env has: it is not made there",
                making.local, making.version
            );
            self.report("entry-point-taken", message);
        }
        if !taken.is_empty() && taken.len() == entries.len() {
            return;
        }
        let mut left = making.router.clone();
        left.router
            .fields()
            .entry_points
            .retain(|entry| !taken.contains(entry));
        for entry in left.router.entry_points() {
            self.occupied.insert((protocol, entry.clone()));
        }
        // by TLS names others may be asked for beside it
        let below = if left.router.has_tls() {
            PATTERNS_BELOW
        } else {
            0
        };
        let rule = left.rule.clone().map(|rule| (rule, below));
        self.make(
            &Making {
                router: &left,
                ..*making
            },
            "",
            rule.as_ref(),
        );
    }

    fn is_taken(&self, router: &AnyRouter, entry: &str) -> bool {
        let protocol = router.protocol();
        let is_plain = protocol == Protocol::Tcp && !router.has_tls();
        self.env
            .is_lost(&Claim::EntryPoint(protocol, entry.to_owned()))
            || self.occupied.contains(&(protocol, entry.to_owned()))
            || (is_plain && self.env.speaks_http_at(entry))
    }

    fn make(&mut self, making: &Making<'_>, suffix: &str, rule: Option<&(Rule, i64)>) {
        let protocol = making.protocol();
        let service = self.service(making);
        let needs = if service.contains('@') {
            Vec::new()
        } else {
            vec![service.clone()]
        };
        let local = format!("{}{suffix}", making.local);
        let name = match making.place {
            Place::Live => self.name(&local),
            Place::Staged => format!("{}-staged", self.name(&local)),
            Place::Preview(version) => self.child_name(&local, version),
        };
        let mut made = self.made(making, service, rule);
        self.note_waiting(making, &mut made);
        if making.audience == Audience::All {
            self.push(protocol.routers(), name.clone(), &made, needs);
        }
        if *making.place == Place::Live {
            self.above(making, (&name, &made), rule.map(|(rule, _)| rule));
        }
    }

    fn service(&self, making: &Making<'_>) -> String {
        if self.is_closed(making.protocol(), making.place) {
            return self.closed_name();
        }
        match (&making.router.service, making.place) {
            (ServiceRef::Foreign(name), _) => {
                let stack = Stack::default();
                let section = making.protocol().services();
                self.reference((making.version, &stack), section, name)
            }
            (ServiceRef::Local(service), Place::Live) => self.name(service),
            (ServiceRef::Local(service), Place::Staged | Place::Preview(_)) => {
                self.child_name(service, making.version)
            }
        }
    }

    fn made(&self, making: &Making<'_>, service: String, rule: Option<&(Rule, i64)>) -> AnyRouter {
        let mut made = making.router.router.clone();
        if let Some(stack) = self.env.stack(Some(making.version)) {
            made.each_reference(&mut |section, name| {
                *name = self.reference((making.version, stack), section, name);
            });
        }
        let asked = made
            .priority()
            .or_else(|| priority(self.written(making.router)));
        let fields = made.fields();
        *fields.service = Some(service);
        if let Some(matching) = fields.matching {
            let below = rule.map_or(0, |(_, below)| *below);
            *matching.priority = asked.map(|asked| lowered(asked, below));
            *matching.rule = rule.map(|(rule, _)| rule.to_string());
        }
        self.follow_record(&mut made, making.place);
        self.follow_tls(&mut made, making.version, making.router, making.place);
        made
    }

    /// What the record says of HTTP routers.
    fn follow_record(&self, made: &mut AnyRouter, place: &Place) {
        let record = self.env.record;
        let AnyRouter::Http(router) = made else {
            return;
        };
        let first = match place {
            Place::Live => &record.middlewares.live,
            Place::Staged | Place::Preview(_) => &record.middlewares.preview,
        };
        if self.is_closed(Protocol::Http, place) {
            // what stands before the service may need what is closed
            router.middlewares = self.closed_middlewares().into();
        } else {
            router.middlewares.splice(0..0, first.iter().cloned());
        }
        if router.entry_points.is_empty() {
            router.entry_points.clone_from(&record.entry_points);
        }
    }

    /// The length of the rule as written; a router without a rule counts as if the live hosts had been written.
    fn written(&self, router: &StackRouter) -> usize {
        router.rule_len.unwrap_or_else(|| {
            let hosts = hosts::names(self.env.record, &Place::Live, router.prefix.as_deref());
            let rule = Rule::hosts(hosts.iter().map(String::as_str));
            rule.map_or(0, |rule| rule.to_string().len())
        })
    }

    fn rule(&self, making: &Making<'_>) -> Option<Rule> {
        let prefix = making.router.prefix.as_deref();
        let own = OwnHosts::new(self.env.record, making.version, prefix);
        let hosts = |prefix: Option<&str>| self.env.hosts(making.place, prefix);
        let is_live = *making.place == Place::Live;
        let foreign = |host: &str| is_live && !self.env.is_lost(&Claim::Host(canonical_host(host)));
        let target = Target {
            own: &own,
            hosts: &hosts,
            prefix,
            foreign: &foreign,
            patterns: is_live,
            matcher: match making.protocol() {
                Protocol::Http => "Host",
                Protocol::Tcp | Protocol::Udp => "HostSNI",
            },
        };
        match &making.router.rule {
            Some(rule) => rewrite(rule, &target),
            None => target.own_rule(),
        }
    }
}

/// A priority with its order among those that stand as far below.
fn lowered(asked: i64, below: i64) -> i64 {
    if below == 0 {
        asked
    } else {
        asked.clamp(-HIGHEST, HIGHEST) - below
    }
}

const fn place_noun(place: &Place) -> &'static str {
    match place {
        Place::Live => "the live host",
        Place::Staged => "the staged host",
        Place::Preview(_) => "its preview",
    }
}

pub(super) fn priority(len: usize) -> Option<i64> {
    i64::try_from(len).ok()
}
