//! An env's containers by version, and who among them is not of the stack.
//!
//! A stack is one compose project. Where containers of several projects carry one version, that of the oldest is the
//! stack; the others are strangers and count for nothing: neither as servers nor with what they would claim. Nor do
//! withdrawn containers count beside those of a newer deployment of their version.

use std::collections::BTreeMap;

use crate::routing::ids::Version;
use crate::routing::model::Diagnostic;
use crate::routing::rollout::{Made, Record};

use super::super::facts::Fact;
use super::super::options::compose;

/// The containers that carry one version, each list oldest first.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    /// The stack's.
    pub(crate) own: Vec<&'a Fact>,
    /// Those that were there when the version was withdrawn, where it was deployed anew since.
    withdrawn: Vec<&'a Fact>,
    /// Those of other projects.
    strangers: Vec<&'a Fact>,
    project: Option<&'a str>,
}

impl<'a> Members<'a> {
    fn of(facts: Vec<&'a Fact>, (rollout, version): (&Record, &Version)) -> Self {
        let mut members = Self::default();
        let is_old = |fact: &Fact| rollout.is_retired(version, Some(fact.container.created));
        let is_new = |fact: &&Fact| !is_old(fact) && !compose::is_one_off(&fact.container);
        let has_newer = facts.iter().any(is_new);
        for fact in facts {
            if has_newer && is_old(fact) {
                members.withdrawn.push(fact);
            } else {
                members.add(fact);
            }
        }
        members
    }

    /// The deployment's, and those that were withdrawn before it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Fact> {
        self.own.iter().chain(&self.withdrawn).copied()
    }

    /// Is there more than what somebody runs once in its name.
    pub(crate) fn is_stack(&self) -> bool {
        let mut own = self.own.iter();
        own.any(|fact| !compose::is_one_off(&fact.container))
    }

    /// When they were made; `None` without any.
    pub(crate) fn made(&self) -> Option<Made> {
        let made = |fact: &Fact| fact.container.created;
        let created = self.own.iter().copied().map(made).min()?;
        Some(Made {
            created,
            oldest: self.all().map(made).min().unwrap_or(created),
            newest: self.all().map(made).max().unwrap_or(created),
        })
    }

    fn add(&mut self, fact: &'a Fact) {
        let project = compose::project(&fact.container);
        self.project = self.project.or(project);
        if project.is_some() && project != self.project {
            self.strangers.push(fact);
        } else {
            self.own.push(fact);
        }
    }

    /// Do containers of other projects carry the version.
    pub(crate) fn has_strangers(&self) -> bool {
        !self.strangers.is_empty()
    }

    /// What strangers are told.
    pub(crate) fn diagnostics(&self, version: &Version) -> impl Iterator<Item = Diagnostic> {
        self.strangers.iter().map(move |fact| {
            let message = format!(
                "version {version} is the stack of compose project {}, whose containers are older: this one is not routed; give it another version or remove one of the projects",
                self.project.unwrap_or_default()
            );
            Diagnostic::new("stack-conflict", fact.subject(), message)
        })
    }
}

/// Those of one version; `all` are an env's containers, oldest first.
pub(crate) fn of_version<'a>(all: &[&'a Fact], rollout: &Record, version: &Version) -> Members<'a> {
    let is_its = |fact: &&Fact| {
        fact.managed()
            .is_some_and(|labels| labels.version == *version)
    };
    let facts = all.iter().copied().filter(is_its).collect();
    Members::of(facts, (rollout, version))
}

/// By version; `all` are an env's containers, oldest first.
pub(crate) fn by_version<'a>(
    all: &[&'a Fact],
    rollout: &Record,
) -> BTreeMap<&'a Version, Members<'a>> {
    let mut versions: BTreeMap<&Version, Vec<&Fact>> = BTreeMap::new();
    for fact in all {
        if let Some(labels) = fact.managed() {
            versions.entry(&labels.version).or_default().push(fact);
        }
    }
    let members = versions.into_iter();
    members
        .map(|(version, facts)| (version, Members::of(facts, (rollout, version))))
        .collect()
}
