//! Objects made of others, all together: which of their parts stand, and what they come to.
//!
//! Who is part of whom crosses fragments, so it is settled last and for all of them at once. A child that would lead
//! back to its parent is left out, and what would come to more parts than anybody needs is not written at all.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;

use crate::routing::ids::TraefikVersion;
use crate::routing::model::Diagnostic;
use crate::routing::traefik::Section;
use crate::routing::traefik::any::{AnyMiddleware, AnyService};
use crate::routing::traefik::composite::Composite;
use crate::routing::traefik::references::local_name;

use super::claims::FragmentKey;
use super::fragment::Object;

/// Deepest nesting; nobody needs more, and nobody shall exhaust a stack.
const MAX_DEPTH: usize = 16;
/// Most parts that one may come to, each counted wherever it is named.
const MAX_SIZE: usize = 250;

type Name = (Section, String);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Composites {
    wanted: BTreeMap<FragmentKey, Vec<(Name, Composite)>>,
    written: BTreeSet<Name>,
    diagnostics: Vec<Diagnostic>,
}

impl Composites {
    /// Replaces those of one fragment; gives whether anything changed.
    pub(super) fn replace(
        &mut self,
        key: &FragmentKey,
        composites: Vec<(Name, Composite)>,
    ) -> bool {
        let old = if composites.is_empty() {
            self.wanted.remove(key)
        } else {
            self.wanted.insert(key.clone(), composites)
        };
        old.as_ref() != self.wanted.get(key)
    }

    /// All will be resolved anew when their fragments have been.
    pub(super) fn forget(&mut self) {
        self.wanted.clear();
    }

    /// What was wrong when they were last resolved.
    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Every one with its members in the document; nothing for those that cannot answer, or are no more. `stands`
    /// tells of services with servers.
    pub(super) fn resolve(
        &mut self,
        stands: &dyn Fn(Section, &str) -> bool,
        traefik: TraefikVersion,
    ) -> Vec<(Section, String, Bytes)> {
        if self.wanted.is_empty() && self.written.is_empty() {
            return Vec::new();
        }
        let wanted = self.wanted.values().flatten();
        let wanted = wanted.map(|(name, composite)| (name.clone(), composite));
        let mut walk = Walk {
            wanted: wanted.collect(),
            stands,
            traefik,
            done: BTreeMap::new(),
            diagnostics: Vec::new(),
        };
        let names: Vec<Name> = walk.wanted.keys().cloned().collect();
        walk.all();
        let (mut done, diagnostics) = (walk.done, walk.diagnostics);
        self.diagnostics = diagnostics;
        let gone = std::mem::replace(&mut self.written, names.iter().cloned().collect());
        let all: BTreeSet<Name> = gone.into_iter().chain(names).collect();
        all.into_iter()
            .map(|(section, name)| {
                let made = done.remove(&(section, name.clone())).unwrap_or_default();
                (section, name, made.bytes)
            })
            .collect()
    }
}

/// What became of one.
#[derive(Clone, Debug, Default)]
struct Made {
    /// How many parts it comes to; 0 when it cannot answer.
    size: usize,
    /// Its members in the document.
    bytes: Bytes,
}

/// One walk over all, parts first.
struct Walk<'a> {
    wanted: BTreeMap<Name, &'a Composite>,
    stands: &'a dyn Fn(Section, &str) -> bool,
    traefik: TraefikVersion,
    done: BTreeMap<Name, Made>,
    diagnostics: Vec<Diagnostic>,
}

impl Walk<'_> {
    /// Level by level: first those whose parts are not made of others, then those made of these. What is left leads back
    /// to itself or is nested too deep, and is made without the parts that are left, too.
    fn all(&mut self) {
        for _ in 0..MAX_DEPTH {
            let ready = self.left(Self::is_ready);
            self.make(ready);
        }
        let left = self.left(|_, _, _| true);
        let (chains, services) = left
            .into_iter()
            .partition(|(_, composite)| is_chain(composite));
        let unmade: Vec<(Name, Composite)> = chains;
        self.make(services);
        for (at, _) in unmade {
            let message = format!(
                "it leads back to itself, or is nested deeper than {MAX_DEPTH} levels: it is not made"
            );
            self.report("too-deep", &at, message);
        }
    }

    fn left(&self, which: impl Fn(&Self, &Name, &Composite) -> bool) -> Vec<(Name, Composite)> {
        let left = self
            .wanted
            .iter()
            .filter(|(at, _)| !self.done.contains_key(*at));
        left.filter(|(at, composite)| which(self, at, composite))
            .map(|(at, composite)| (at.clone(), (*composite).clone()))
            .collect()
    }

    /// Is it known of all its parts what becomes of them.
    fn is_ready(&self, at: &Name, composite: &Composite) -> bool {
        let parts = parts(composite);
        parts
            .iter()
            .filter_map(|part| local_name(part))
            .all(|part| {
                let part = (at.0, part.to_owned());
                !self.wanted.contains_key(&part) || self.done.contains_key(&part)
            })
    }

    /// Makes some that do not depend on each other.
    fn make(&mut self, some: Vec<(Name, Composite)>) {
        let mut made = Vec::new();
        for (at, composite) in some {
            let one = match composite {
                Composite::Service(service) => self.service(&at, service),
                Composite::Chain(chain) => self.chain(&at, &chain),
            };
            let one = self.within_bounds(&at, one);
            made.push((at, one));
        }
        self.done.extend(made);
    }

    fn service(&mut self, at: &Name, mut service: AnyService) -> Result<Made, Diagnostic> {
        let mut sizes = BTreeMap::new();
        service.each_child(&mut |child| {
            let size = self.size(at.0, child);
            sizes.insert(child.clone(), size);
        });
        let kept = service.keep_standing(&|child| sizes.get(child).is_some_and(|size| *size > 0));
        self.tell(at, &kept.left_out);
        if !kept.usable {
            return Ok(Made::default());
        }
        let mut size = 0;
        service.each_child(&mut |child| size += sizes.get(child).copied().unwrap_or_default());
        self.encode(at, &service, size)
    }

    /// Nothing is taken out of a chain: without one of its parts Traefik shuts the router, which is safer than less.
    fn chain(&mut self, at: &Name, chain: &AnyMiddleware) -> Result<Made, Diagnostic> {
        let parts = chain.chain().unwrap_or_default().iter();
        let size = parts
            .map(|part| self.size(at.0, part).max(1))
            .sum::<usize>();
        self.encode(at, chain, size.max(1))
    }

    fn encode<T: Serialize>(
        &mut self,
        at: &Name,
        made: &T,
        size: usize,
    ) -> Result<Made, Diagnostic> {
        let object = Object::new(at.0, at.1.clone(), made, Vec::new())?;
        let (object, told) = object.fit(self.traefik);
        self.diagnostics.extend(told);
        Ok(object.map_or_else(Made::default, |object| Made {
            size,
            bytes: object.bytes.into(),
        }))
    }

    /// How many parts a part comes to; 0 when it is not there. One of another provider is taken to be there: only
    /// Traefik can know.
    fn size(&self, section: Section, part: &str) -> usize {
        let Some(name) = local_name(part) else {
            return 1;
        };
        if (self.stands)(section, name) {
            return 1;
        }
        let done = self.done.get(&(section, name.to_owned()));
        done.map_or(0, |made| made.size)
    }

    fn within_bounds(&mut self, at: &Name, made: Result<Made, Diagnostic>) -> Made {
        let made = made.and_then(|made| {
            if made.size <= MAX_SIZE {
                return Ok(made);
            }
            let message = format!("it comes to more than {MAX_SIZE} parts: it is not made");
            Err(Diagnostic::new("too-many-parts", subject(at), message))
        });
        made.unwrap_or_else(|diagnostic| {
            self.diagnostics.push(diagnostic);
            Made::default()
        })
    }

    fn report(&mut self, code: &'static str, at: &Name, message: String) {
        self.diagnostics
            .push(Diagnostic::new(code, subject(at), message));
    }

    fn tell(&mut self, at: &Name, left_out: &[String]) {
        for child in left_out {
            let message = format!(
                "its child {child} is left out: it is not there, has no share, or leads back here"
            );
            self.report("child-missing", at, message);
        }
    }
}

fn subject((section, name): &Name) -> String {
    format!("{} {name}", section.noun())
}

const fn is_chain(composite: &Composite) -> bool {
    matches!(composite, Composite::Chain(_))
}

fn parts(composite: &Composite) -> Vec<String> {
    match composite {
        Composite::Chain(chain) => chain.chain().unwrap_or_default().to_vec(),
        Composite::Service(service) => {
            let mut parts = Vec::new();
            service
                .clone()
                .each_child(&mut |child| parts.push(child.clone()));
            parts
        }
    }
}
