//! Which versions of an env may be routed, and what their labels ask for in vain.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::Version;
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::rollout::Record;

use super::Table;
use super::claims::{Claim, FragmentKey};
use super::env::members::by_version;
use super::env::stack::Stack;
use super::facts::Fact;
use super::fragment::Fragment;
use super::options::compose;

impl Table {
    /// Labels that ask for another domain than the record has; the record counts.
    pub(super) fn other_domains(&self, record: &EnvRecord) -> Vec<Diagnostic> {
        let finding = |fact: &Fact| {
            let domain = fact.managed()?.domain.as_ref()?;
            let message = format!(
                "the env has domain {}, so {domain} is not used: change it with `pointsman env apply`",
                record.domain
            );
            (*domain != record.domain).then(|| {
                Diagnostic::new("domain-differs", fact.subject(), message)
                    .at("pointsman.domain")
                    .with_value(domain)
            })
        };
        self.facts
            .members(&record.key)
            .into_iter()
            .filter_map(finding)
            .collect()
    }

    /// The versions that may be routed: of two that share a slug or a compose project, the placed one, else the
    /// older; the other would have its containers replaced by compose.
    pub(super) fn admit(
        &self,
        record: &EnvRecord,
        rollout: &Record,
        key: &FragmentKey,
        fragment: &mut Fragment,
    ) -> BTreeMap<Version, Stack> {
        let Some(all) = self.stacks.get(&record.key) else {
            return BTreeMap::new();
        };
        let by_version = by_version(&self.facts.members(&record.key), rollout);
        for (version, members) in &by_version {
            fragment.diagnostics.extend(members.diagnostics(version));
        }
        let mut order: Vec<&Version> = routable(rollout, all).map(|(version, _)| version).collect();
        order.sort_by_key(|version| {
            let age = by_version
                .get(*version)
                .and_then(|members| members.own.first())
                .map(|fact| fact.container.age_key());
            (rollout.slot_of(version).is_none(), age)
        });
        let mut taken: BTreeMap<String, &Version> = BTreeMap::new();
        let mut admitted = BTreeMap::new();
        for version in order {
            let members = by_version
                .get(version)
                .map(|members| members.own.as_slice())
                .unwrap_or_default();
            let projects: BTreeSet<&str> = members
                .iter()
                .filter_map(|fact| compose::project(&fact.container))
                .collect();
            let marks: Vec<String> = std::iter::once(format!("slug {}", version.slug()))
                .chain(
                    projects
                        .iter()
                        .map(|project| format!("compose project {project}")),
                )
                .collect();
            let rival = marks.iter().find_map(|mark| {
                taken
                    .get(mark)
                    .map(|rival| (mark.clone(), format!("version {rival}")))
            });
            let foreign = projects.iter().find_map(|project| {
                let owner = self
                    .claims
                    .lost_to(&Claim::Project((*project).to_owned()), key)?;
                Some((format!("compose project {project}"), owner.to_string()))
            });
            if let Some((mark, owner)) = rival.or(foreign) {
                let message = format!(
                    "version {version} has the same {mark} as {owner}, which keeps it: it is not routed; deploy it under another version"
                );
                fragment.diagnostics.push(Diagnostic::new(
                    "version-conflict",
                    format!("env {}", record.key),
                    message,
                ));
                fragment.refused.insert(version.clone());
                continue;
            }
            taken.extend(marks.into_iter().map(|mark| (mark, version)));
            if let Some(stack) = all.get(version) {
                admitted.insert(version.clone(), stack.clone());
            }
        }
        admitted
    }
}

/// The stacks that are not withdrawn; those of withdrawn versions run on, and nothing leads to them.
pub(super) fn routable<'a>(
    rollout: &'a Record,
    stacks: &'a BTreeMap<Version, Stack>,
) -> impl Iterator<Item = (&'a Version, &'a Stack)> {
    let stays =
        |(version, stack): &(&Version, &Stack)| !rollout.is_retired(version, Some(stack.created));
    stacks.iter().filter(stays)
}
