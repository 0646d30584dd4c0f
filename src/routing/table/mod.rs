//! Facts and records to fragments of the document, incrementally.
//!
//! A change marks the fragments it touches; [`Table::rebuild`] renders only these. A fragment is what one owner
//! contributes: a managed env ([`mod@env`]) or one object of unmanaged containers ([`unmanaged`]). What several want
//! is settled by [`claims`]. Building everything from scratch gives the same bytes.

pub mod address;
mod admit;
mod assemble;
mod belongings;
mod build;
pub mod claims;
mod composites;
pub mod constraints;
pub mod env;
pub mod facts;
pub mod fragment;
mod golang;
pub mod leaving;
mod moved;
pub mod networks;
pub mod options;
mod own;
pub mod probes;
mod proxies;
mod records;
mod report;
pub mod server;
mod status;
mod template;
mod touch;
pub mod unmanaged;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::address_pools;
use crate::routing::ids::{ContainerId, EnvKey, Slot, Version};
use crate::routing::model::{
    Authority, Change, Container, Diagnostic, EnvRecord, Reached, Targets,
};
use crate::routing::rollout::{Made, Record, StackHealth, View};
use crate::routing::time::Timestamp;
use crate::routing::traefik::{Document, Section};

pub use crate::routing::ids::TraefikVersion;
pub use crate::routing::traefik::Changes;
pub use crate::routing::traefik::since::{NEWEST, OLDEST};
use address::Reach;
pub use belongings::Belongings;
use claims::{Claims, FragmentKey};
use composites::Composites;
pub use constraints::{Constraints, ConstraintsError};
use env::stack::Stack;
use facts::{Fact, Facts};
use fragment::Fragment;
use networks::NetworkUse;
pub use options::{DefaultRule, DefaultRuleError, Options, ProxySelector};
use probes::Probes;
pub use probes::Probing;
pub use status::{EnvStatus, Share, StackStatus};
pub use template::{RenderError, TemplateError};
use unmanaged::{Contribution, Wanters};

/// What every derivation may look at.
#[derive(Debug)]
pub struct World<'a> {
    /// All containers.
    pub facts: &'a Facts,
    /// The operator's options.
    pub options: &'a Options,
    /// Networks that Traefik can reach.
    pub reach: &'a Reach,
    /// What is known of servers that were asked.
    pub probes: &'a Probes,
}

/// All facts and records with everything derived from them.
#[derive(Debug, Default)]
pub struct Table {
    options: Options,
    facts: Facts,
    envs: BTreeMap<EnvKey, EnvRecord>,
    rollouts: BTreeMap<EnvKey, Record>,
    reach: Reach,
    /// Where Traefik reaches Pointsman.
    provider: Option<Authority>,
    contributions: BTreeMap<ContainerId, Contribution>,
    wanters: BTreeMap<(Section, String), Wanters>,
    claims: Claims,
    fragments: BTreeMap<FragmentKey, Fragment>,
    composites: Composites,
    stacks: BTreeMap<EnvKey, BTreeMap<Version, Stack>>,
    /// When the containers of each version were made, also of those of which nothing is routed.
    made: BTreeMap<EnvKey, BTreeMap<Version, Made>>,
    down: BTreeMap<EnvKey, BTreeMap<Version, Timestamp>>,
    networks: NetworkUse<Reached>,
    /// Stacks that Traefik need not reach any more.
    released: BTreeSet<(EnvKey, Version)>,
    probes: Probes,
    /// Networks in which servers are probed.
    probed_networks: NetworkUse,
    /// Containers that match Traefik's, the oldest first.
    proxies: BTreeSet<(u64, ContainerId)>,
    /// Envs with a shift.
    restless: BTreeSet<EnvKey>,
    /// Envs in maintenance.
    closed: BTreeSet<EnvKey>,
    /// What Traefik must be attached to changed since it was last taken.
    rewired: bool,
    refused_networks: BTreeMap<String, String>,
    /// How many networks Docker can still make, when it is worth a word.
    few_networks_left: Option<u64>,
    document: Document,
    dirty: BTreeSet<FragmentKey>,
    /// Envs of which some containers moved, and say of themselves what they said before.
    moved: BTreeMap<EnvKey, BTreeSet<ContainerId>>,
    unrecorded: BTreeSet<EnvKey>,
    /// Envs that were looked at anew since this was last taken.
    touched: BTreeSet<EnvKey>,
    resync: Option<BTreeMap<ContainerId, Container>>,
    listing: Listing,
}

/// Whether a complete list has been seen, and still holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Listing {
    /// None yet.
    #[default]
    Awaited,
    /// Yes.
    Current,
    /// Docker does not answer; what is known may be out of date.
    Lost,
}

impl Listing {
    const fn replace(&mut self, new: Self) -> Self {
        std::mem::replace(self, new)
    }

    fn lose(&mut self) {
        if *self == Self::Current {
            *self = Self::Lost;
        }
    }

    fn is_complete(self) -> bool {
        self != Self::Awaited
    }
}

impl Table {
    /// An empty table.
    pub fn new(options: Options) -> Self {
        let reach = if options.proxy.is_some() {
            Reach::Networks(BTreeSet::new())
        } else {
            Reach::Everything
        };
        Self {
            facts: Facts::new(options.constraints.clone()),
            probes: Probes::new(options.probing, own::beginning(&options)),
            options,
            reach,
            rewired: true,
            ..Self::default()
        }
    }

    /// Takes in one fact.
    pub fn apply(&mut self, change: Change, now: Timestamp) {
        match change {
            Change::ResyncStart => self.resync = Some(BTreeMap::new()),
            Change::ResyncApply(container) => {
                if let Some(list) = &mut self.resync {
                    list.insert(container.id.clone(), *container);
                }
            }
            Change::ResyncEnd => self.end_resync(now),
            Change::Lost => self.listing.lose(),
            Change::Apply(container) => self.put(*container, now),
            Change::Exited(id) => self.exited(&id, now),
            Change::Remove(id) => self.remove(&id),
            Change::Complained { id, words } => {
                if self.facts.complain(&id, words) {
                    self.touch_moved(&id);
                }
            }
            Change::Probed { target, finding } => self.probed(&target, finding, now),
            Change::Attachment {
                who,
                network,
                refused,
            } => self.attachment(who, network, refused),
            Change::FewNetworksLeft(left) => self.few_networks_left = left,
            Change::TraefikVersion(version) => self.render_for(version),
            Change::Provider(provider) => self.reached_at(provider),
        }
    }

    /// Renders everything anew when Traefik was upgraded, or turns out to be another than was assumed.
    fn render_for(&mut self, version: TraefikVersion) {
        if std::mem::replace(&mut self.options.traefik_version, version) != version {
            self.dirty.extend(self.fragments.keys().cloned());
            self.composites.forget();
        }
    }

    /// Traefik reaches Pointsman elsewhere: closed envs send there.
    fn reached_at(&mut self, provider: Authority) {
        if self.provider.as_ref() == Some(&provider) {
            return;
        }
        self.provider = Some(provider);
        let closed = self.closed().map(|(key, _)| FragmentKey::Env(key.clone()));
        let closed: Vec<FragmentKey> = closed.collect();
        self.dirty.extend(closed);
    }

    /// The list as a whole: what is not in it is gone.
    fn end_resync(&mut self, now: Timestamp) {
        let Some(list) = self.resync.take() else {
            return;
        };
        let gone: Vec<ContainerId> = self
            .facts
            .iter()
            .map(|fact| fact.container.id.clone())
            .filter(|id| !list.contains_key(id))
            .collect();
        for id in &gone {
            self.remove(id);
        }
        for container in list.into_values() {
            self.put(container, now);
        }
        if self.listing.replace(Listing::Current) == Listing::Awaited {
            self.facts.count_runs();
            self.look_at_own();
            self.settle_placed();
            // only now is it known which placed versions have no container
            let recorded = self.rollouts.keys().cloned().map(FragmentKey::Env);
            self.dirty.extend(recorded);
        }
    }

    /// Versions placed before this process began need not prove themselves again.
    fn settle_placed(&mut self) {
        let placed = |fact: &&Fact| {
            fact.managed().is_some_and(|labels| {
                self.rollouts
                    .get(&labels.key)
                    .is_some_and(|record| record.slot_of(&labels.version).is_some())
            })
        };
        let ids: Vec<ContainerId> = self
            .facts
            .iter()
            .filter(placed)
            .map(|fact| fact.container.id.clone())
            .collect();
        for id in &ids {
            self.facts.settle(id);
        }
    }

    const fn world(&self) -> World<'_> {
        World {
            facts: &self.facts,
            options: &self.options,
            reach: &self.reach,
            probes: &self.probes,
        }
    }

    /// The document as of the last rebuild.
    pub const fn document(&self) -> &Document {
        &self.document
    }

    /// Has a complete list been seen.
    pub fn is_synced(&self) -> bool {
        self.listing.is_complete()
    }

    /// Is what is known of Docker up to date.
    pub fn is_current(&self) -> bool {
        self.listing == Listing::Current
    }

    /// Is a container labelled with this env.
    pub fn is_named(&self, key: &EnvKey) -> bool {
        !self.facts.members(key).is_empty()
    }

    /// The stacks of an env as the rollout machine sees them, as of the last rebuild.
    pub fn view(&self, key: &EnvKey) -> View {
        let fragment = self.fragments.get(&FragmentKey::Env(key.clone()));
        let is_routed =
            |version: &Version| fragment.is_none_or(|fragment| !fragment.refused.contains(version));
        let stacks = self.stacks.get(key).into_iter().flatten();
        let mut stacks: BTreeMap<Version, StackHealth> = stacks
            .filter(|(version, _)| is_routed(version))
            .map(|(version, stack)| (version.clone(), stack.serving.health.clone()))
            .collect();
        let slots = self.rollouts.get(key).map(|record| &record.slots);
        let placed = slots
            .into_iter()
            .flat_map(|slots| Slot::ALL.into_iter().filter_map(|slot| slots.get(slot)));
        for placed in placed {
            let down = self.down.get(key);
            let absent = || StackHealth {
                down_since: down.and_then(|down| down.get(&placed.version)).copied(),
                reason: "it has no routed containers".to_owned(),
                ..StackHealth::default()
            };
            stacks.entry(placed.version.clone()).or_insert_with(absent);
        }
        View {
            stacks,
            made: self.made.get(key).cloned().unwrap_or_default(),
            current: self.listing == Listing::Current,
            policy: self.policy(key),
            ..View::default()
        }
    }

    /// Envs whose view may have changed since this was last asked.
    pub fn take_touched_envs(&mut self) -> BTreeSet<EnvKey> {
        std::mem::take(&mut self.touched)
    }

    /// What servers are to be asked, when it may have changed since this was last taken.
    pub fn take_targets(&mut self) -> Option<Targets> {
        self.probes.take()
    }

    /// What is told of an env's containers as they are now.
    fn serving<'a>(
        &'a self,
        key: &FragmentKey,
        fragment: &'a Fragment,
    ) -> impl Iterator<Item = &'a Diagnostic> {
        let stacks = match key {
            FragmentKey::Env(env) => self.stacks.get(env),
            FragmentKey::Object(..) => None,
        };
        let versions = fragment.routed.iter();
        let routed = versions.filter_map(move |version| stacks?.get(version));
        routed.flat_map(|stack| &stack.serving.diagnostics)
    }

    /// All findings, in a stable order.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all: Vec<Diagnostic> = Vec::new();
        for fact in self.facts.iter() {
            all.extend(fact.declaration.diagnostics.iter().cloned());
        }
        for contribution in self.contributions.values() {
            all.extend(contribution.diagnostics.iter().cloned());
        }
        for (key, fragment) in &self.fragments {
            all.extend(fragment.diagnostics.iter().chain(&fragment.lost).cloned());
            all.extend(self.serving(key, fragment).cloned());
        }
        all.extend(self.composites.diagnostics().cloned());
        all.extend(self.overdue());
        for (network, why) in &self.refused_networks {
            all.push(Diagnostic::new(
                "network-refused",
                format!("network {network}"),
                why.clone(),
            ));
        }
        all.extend(self.few_networks_left.map(|left| {
            let advice = address_pools::advice(left);
            Diagnostic::new("address-pools-low", "engine", advice)
        }));
        all.extend(self.proxy_findings());
        all.sort();
        all.dedup();
        all
    }
}
