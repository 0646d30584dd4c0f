//! Stacks, slots and weights to Traefik's objects.
//!
//! The live router takes rule, TLS and middlewares from the active version (`live`); its parent service shares traffic
//! between version-named children (`parent`). Some requests go to the candidate anyway (`matched`), and in maintenance
//! all go to a page (`closed`). Where nobody is, 503 says when to come again (`waiting`). Every version has its own services and middlewares (`version`) and, in preview and
//! staged, its own routers (`router`).

mod closed;
mod live;
mod matched;
mod names;
mod parent;
mod router;
mod version;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{TraefikVersion, Version};
use crate::routing::model::{Authority, Diagnostic, EnvRecord};
use crate::routing::rollout::{Record, Shift};
use crate::routing::traefik::any::AnyServer;
use crate::routing::traefik::{Protocol, Section};

use super::super::claims::{Claim, Claims, FragmentKey};
use super::super::fragment::Object;
use super::hosts::{self, Place};
use super::stack::{Local, Stack};
use super::wants::http_entry_points;
use matched::Matched;

/// Everything one env is rendered from.
pub(crate) struct Env<'a> {
    /// Its record.
    pub(crate) record: &'a EnvRecord,
    /// Its slots.
    pub(crate) rollout: &'a Record,
    /// Its stacks.
    pub(crate) stacks: &'a BTreeMap<Version, Stack>,
    /// Who may have what several want.
    pub(crate) claims: &'a Claims,
    /// As whom it claims.
    pub(crate) key: &'a FragmentKey,
    /// Who serves what labels name `x@docker`.
    pub(crate) docker: Docker,
    /// The release that reads the document.
    pub(crate) traefik: TraefikVersion,
    /// The version that has the traffic of a dead active one.
    pub(crate) stand_in: Option<&'a Version>,
    /// Where Traefik reaches Pointsman.
    pub(crate) provider: Option<&'a Authority>,
}

/// Who serves what labels name `x@docker`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Docker {
    /// Pointsman: such names are its own.
    Replaced,
    /// Traefik's own provider, which runs beside.
    Beside,
}

/// The objects of an env and what was wrong with them.
pub(crate) fn render(env: &Env<'_>) -> (Vec<Object>, Vec<Diagnostic>) {
    let mut output = Output::new(env);
    output.live();
    for (version, stack) in env.by_standing() {
        output.since = env.since(version, stack);
        output.children(version, stack);
        if let Some(place) = env.own_place(version) {
            for ((_, name), router) in &stack.routers {
                output.router(version, (name, router), &place);
            }
        }
    }
    (output.objects, output.diagnostics)
}

/// One version's service alone, with other servers.
pub(crate) fn service(
    env: &Env<'_>,
    about: (&Version, &Stack),
    at: &Local,
    servers: &[AnyServer],
) -> Option<Object> {
    Output::new(env).child(about, at, servers)?.ok()
}

impl<'a> Env<'a> {
    /// All versions in the order in which they may have a name: what is live first, then what is staged, then the older.
    fn by_standing(&self) -> Vec<(&Version, &Stack)> {
        let mut all: Vec<(&Version, &Stack)> = self.stacks.iter().collect();
        all.sort_by_key(|(version, stack)| {
            let place = self.own_place(version).unwrap_or(Place::Live);
            let is_preview = matches!(place, Place::Preview(_));
            (is_preview, place != Place::Live, stack.created)
        });
        all
    }

    /// The age of a version's names, in milliseconds: what is in no slot takes nothing from those who were there before.
    fn since(&self, version: &Version, stack: &Stack) -> u64 {
        match self.rollout.slot_of(version) {
            Some(_) => 0,
            None => stack.created.saturating_mul(1000),
        }
    }

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

    /// A shift that has begun, with its candidate.
    fn shift(&self) -> Option<(&'a Version, &'a Shift)> {
        let shift = self.rollout.shift.as_ref();
        let shift = shift.filter(|shift| shift.has_begun())?;
        Some((self.rollout.other_version()?, shift))
    }

    /// The candidate of a shift that has begun, with its share above 0.
    fn candidate(&self) -> Option<(&'a Version, u32)> {
        let (version, shift) = self.shift()?;
        let weight = u32::from(shift.weight.percent());
        (weight > 0).then_some((version, weight))
    }

    /// Has one of its HTTP routers this entry point.
    fn speaks_http_at(&self, entry: &str) -> bool {
        let routers = self
            .stacks
            .values()
            .flat_map(|stack| stack.routers.values());
        routers
            .flat_map(|router| http_entry_points(self.record, router))
            .any(|name| name == entry)
    }

    fn stack(&self, version: Option<&Version>) -> Option<&'a Stack> {
        version.and_then(|version| self.stacks.get(version))
    }

    /// The hosts of a place that this env may have.
    pub(super) fn hosts(&self, place: &Place, prefix: Option<&str>) -> Vec<String> {
        let mut names = hosts::names(self.record, place, prefix);
        names.retain(|name| !self.is_lost(&Claim::Host(name.clone())));
        names
    }

    /// Does another claimant have it.
    pub(super) fn is_lost(&self, claim: &Claim) -> bool {
        self.claims.lost_to(claim, self.key).is_some()
    }
}

pub(super) struct Output<'a> {
    pub(super) env: &'a Env<'a>,
    /// Requests that go to the other slot's version.
    matched: Option<Matched<'a>>,
    /// There is a middleware that says when to come again.
    retries: bool,
    objects: Vec<Object>,
    names: BTreeSet<(Section, String)>,
    /// Entry points of which a router of this env takes all connections.
    occupied: BTreeSet<(Protocol, String)>,
    /// The age of the objects being made, when they are younger than the record.
    since: u64,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Output<'a> {
    const fn new(env: &'a Env<'a>) -> Self {
        Self {
            env,
            names: BTreeSet::new(),
            occupied: BTreeSet::new(),
            matched: None,
            retries: false,
            objects: Vec::new(),
            since: 0,
            diagnostics: Vec::new(),
        }
    }

    fn report(&mut self, code: &'static str, message: String) {
        let subject = format!("env {}", self.env.record.key);
        self.diagnostics
            .push(Diagnostic::new(code, subject, message));
    }

    /// Adds an object; of two that would have one name the first stays.
    fn push<T: serde::Serialize>(
        &mut self,
        section: Section,
        name: String,
        object: &T,
        needs: Vec<String>,
    ) {
        self.add(Object::new(section, name, object, needs));
    }

    fn add(&mut self, object: Result<Object, Diagnostic>) {
        match object {
            Ok(object) if self.names.insert((object.section, object.name.clone())) => {
                let since = self.since;
                self.objects.push(Object { since, ..object });
            }
            Ok(object) => {
                let message = format!(
                    "{} {} would be made twice: rename the router or service in the labels",
                    object.section.noun(),
                    object.name
                );
                self.report("name-twice", message);
            }
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
    }
}
