//! An env's containers by version, and who among them is not of the stack.
//!
//! A stack is one compose project. Where containers of several projects carry one version, that of the oldest is the
//! stack; the others are strangers and count for nothing: neither as servers nor with what they would claim.

use std::collections::BTreeMap;

use crate::routing::ids::Version;
use crate::routing::model::Diagnostic;

use super::super::facts::Fact;
use super::super::options::compose;

/// The containers that carry one version, each list oldest first.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    /// The stack's.
    pub(crate) own: Vec<&'a Fact>,
    /// Those of other projects.
    strangers: Vec<&'a Fact>,
    project: Option<&'a str>,
}

impl<'a> Members<'a> {
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
pub(crate) fn of_version<'a>(all: &[&'a Fact], version: &Version) -> Members<'a> {
    let mut members = Members::default();
    for fact in all {
        if fact
            .managed()
            .is_some_and(|labels| labels.version == *version)
        {
            members.add(fact);
        }
    }
    members
}

/// By version; `all` are an env's containers, oldest first.
pub(crate) fn by_version<'a>(all: &[&'a Fact]) -> BTreeMap<Version, Members<'a>> {
    let mut versions: BTreeMap<Version, Members<'_>> = BTreeMap::new();
    for fact in all {
        if let Some(labels) = fact.managed() {
            versions
                .entry(labels.version.clone())
                .or_default()
                .add(fact);
        }
    }
    versions
}
