//! What one env wants for itself alone: hosts, compose projects and the start of its names, each with its age.
//!
//! What the record says, and what the labels of a placed version say, is as old as the record. What the labels of a
//! version in no slot say is as old as that version: deploying a preview takes nothing from those who were there
//! before, however young their env is. No age depends on when something was seen here.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::Version;
use crate::routing::model::EnvRecord;
use crate::routing::rollout::Record;
use crate::routing::traefik::Protocol;
use crate::routing::traefik::rule::is_host_matcher;

use super::super::claims::Claim;
use super::super::facts::Fact;
use super::super::options::compose;
use super::hosts::{self, OwnHosts, Place};
use super::members::Members;
use super::stack::{Stack, StackRouter};

/// Claims by what is claimed, with their ages in milliseconds since the epoch.
pub(crate) fn wants<'a>(
    record: &EnvRecord,
    rollout: &Record,
    stacks: impl Iterator<Item = (&'a Version, &'a Stack)>,
    members: &BTreeMap<&Version, Members<'_>>,
) -> BTreeMap<Claim, u64> {
    let since = record.created_at.as_millis();
    let mut wants = Wants {
        record,
        rollout,
        claims: BTreeMap::from([(Claim::Prefix(record.key.prefix()), since)]),
    };
    wants.slots(None, since);
    for (version, stack) in stacks {
        wants.stack(version, stack);
    }
    for (version, members) in members {
        for fact in &members.own {
            wants.project(version, fact);
        }
    }
    wants.claims
}

struct Wants<'a> {
    record: &'a EnvRecord,
    rollout: &'a Record,
    claims: BTreeMap<Claim, u64>,
}

impl Wants<'_> {
    fn add(&mut self, claim: Claim, since: u64) {
        let made = self.claims.entry(claim).or_insert(since);
        *made = since.min(*made);
    }

    fn add_hosts(&mut self, place: &Place, prefix: Option<&str>, since: u64) {
        for host in hosts::names(self.record, place, prefix) {
            self.add(Claim::Host(host), since);
        }
    }

    fn slots(&mut self, prefix: Option<&str>, since: u64) {
        self.add_hosts(&Place::Live, prefix, since);
        self.add_hosts(&Place::Staged, prefix, since);
    }

    /// Of a container or stack made at a time in seconds.
    fn since_made(&self, created: u64) -> u64 {
        let created = created.saturating_mul(1000);
        created.max(self.record.created_at.as_millis())
    }

    fn since(&self, version: &Version, created: u64) -> u64 {
        if self.rollout.slot_of(version).is_some() {
            self.record.created_at.as_millis()
        } else {
            self.since_made(created)
        }
    }

    fn stack(&mut self, version: &Version, stack: &Stack) {
        let since = self.since(version, stack.created);
        let (prefixes, foreign) = named_hosts(self.record, version, stack);
        for prefix in &prefixes {
            let preview = Place::Preview(version.clone());
            self.add_hosts(&preview, prefix.as_deref(), self.since_made(stack.created));
            self.slots(prefix.as_deref(), since);
        }
        if self.is_live(version) {
            for host in foreign {
                self.add(Claim::Host(host), since);
            }
            for claim in stack.routers.values().flat_map(entry_points) {
                self.add(claim, since);
            }
        }
        for router in stack.routers.values() {
            self.http_entry_points(router, since);
        }
    }

    /// Entry points that HTTP uses are not for TCP routers that take all connections.
    fn http_entry_points(&mut self, router: &StackRouter, since: u64) {
        for name in http_entry_points(self.record, router) {
            self.add(Claim::EntryPoint(Protocol::Tcp, name), since);
        }
    }

    fn is_live(&self, version: &Version) -> bool {
        self.rollout.active_version() == Some(version)
            || (self.rollout.shift.is_some() && self.rollout.other_version() == Some(version))
    }

    fn project(&mut self, version: &Version, fact: &Fact) {
        if let Some(project) = compose::project(&fact.container) {
            let since = self.since(version, fact.container.created);
            self.add(Claim::Project(project.to_owned()), since);
        }
    }
}

/// The entry points of an HTTP router; none of others. Where nobody names them they are Traefik's defaults, which are not
/// known here but for their usual names.
pub(super) fn http_entry_points(record: &EnvRecord, router: &StackRouter) -> Vec<String> {
    if router.router.protocol() != Protocol::Http {
        return Vec::new();
    }
    let usual = ["web".to_owned(), "websecure".to_owned()];
    let choices = [router.router.entry_points(), &record.entry_points, &usual];
    let used = choices.into_iter().find(|names| !names.is_empty());
    used.unwrap_or_default().to_vec()
}

/// Entry points of which a router takes all connections.
fn entry_points(router: &StackRouter) -> impl Iterator<Item = Claim> {
    let protocol = router.router.protocol();
    let all = router.takes_all().then(|| router.router.entry_points());
    let names = all.into_iter().flatten();
    names.map(move |name| Claim::EntryPoint(protocol, name.clone()))
}

/// Prefixes that a version's containers and rules ask for, and the hosts its rules name beside its own.
fn named_hosts(
    record: &EnvRecord,
    version: &Version,
    stack: &Stack,
) -> (BTreeSet<Option<String>>, BTreeSet<String>) {
    let mut prefixes = stack.prefixes.clone();
    let mut foreign = BTreeSet::new();
    for router in stack.routers.values() {
        let own = OwnHosts::new(record, version, router.prefix.as_deref());
        // what a rule excludes is not wanted, but its prefixes are ours
        let mut visit = |name: &str, args: &[String]| {
            let hosts = args.iter().filter(|_| is_host_matcher(name));
            prefixes.extend(hosts.filter_map(|host| Some(own.recognise(host)?.prefix)));
        };
        if let Some(rule) = &router.rule {
            rule.each_matcher(&mut visit);
            let wanted = rule.wanted_hosts().into_iter();
            foreign.extend(wanted.filter(|host| host != "*" && own.recognise(host).is_none()));
        }
    }
    (prefixes, foreign)
}
