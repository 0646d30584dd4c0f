//! Who may have a name, a host or a compose project that several want.
//!
//! Managed stands before unmanaged, the older before the newer. Unmanaged containers share hosts among
//! themselves, as Traefik lets them; a managed host belongs to its env alone. When a holder changes, everybody
//! who wants the same thing is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::EnvKey;
use crate::routing::traefik::{Protocol, Section};

/// What several may want.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// The start of all names of an env.
    Prefix(String),
    /// A name in the document.
    Name(Section, String),
    /// A host.
    Host(String),
    /// A compose project.
    Project(String),
    /// All connections of an entry point that carry no name to route by.
    EntryPoint(Protocol, String),
}

/// Who contributes to the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FragmentKey {
    /// One managed env.
    Env(EnvKey),
    /// One object of unmanaged containers.
    Object(Section, String),
}

impl FragmentKey {
    /// Can something of it stand in a section.
    pub fn may_be_in(&self, section: Section) -> bool {
        match self {
            Self::Env(_) => true,
            Self::Object(at, _) => *at == section,
        }
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Prefix(prefix) => write!(f, "names beginning with {prefix}"),
            Self::Name(section, name) => write!(f, "{} {name}", section.noun()),
            Self::Host(host) => write!(f, "host {host}"),
            Self::Project(project) => write!(f, "compose project {project}"),
            Self::EntryPoint(protocol, name) => {
                write!(
                    f,
                    "all {} connections of entry point {name}",
                    protocol.key()
                )
            }
        }
    }
}

impl std::fmt::Display for FragmentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(key) => write!(f, "env {key}"),
            Self::Object(section, name) => write!(f, "{} {name}", section.noun()),
        }
    }
}

/// The order of claimants: managed first, then by age, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Not managed.
    unmanaged: bool,
    /// Age of the claim, which may be less than its maker's; smaller is older.
    since: u64,
    /// Who.
    key: FragmentKey,
}

impl Rank {
    fn of(key: &FragmentKey, since: u64) -> Self {
        Self {
            unmanaged: matches!(key, FragmentKey::Object(..)),
            since,
            key: key.clone(),
        }
    }
}

/// All claims of all fragments. Most things are wanted by one, and most fragments want little: both are sorted lists,
/// which take the memory that they need.
#[derive(Debug, Default)]
pub struct Claims {
    claimants: BTreeMap<Claim, Vec<Rank>>,
    /// What each wants, with the age of the claim.
    made: BTreeMap<FragmentKey, Vec<(Claim, u64)>>,
}

impl Claims {
    /// Replaces those claims of a fragment that `kind` selects, each with the age it is made with, and gives the others
    /// whose standing changed.
    pub fn replace(
        &mut self,
        key: &FragmentKey,
        kind: fn(&Claim) -> bool,
        wanted: BTreeMap<Claim, u64>,
    ) -> BTreeSet<FragmentKey> {
        let mut touched = BTreeSet::new();
        if self.stands(key, kind, &wanted) {
            return touched;
        }
        let made = self.made.remove(key).unwrap_or_default();
        let (mut kept, old): (Vec<_>, Vec<_>) = made
            .into_iter()
            .partition(|(claim, since)| !kind(claim) || wanted.get(claim) == Some(since));
        for (claim, since) in &old {
            self.change(claim, &mut touched, |claimants| {
                if let Ok(at) = claimants.binary_search(&Rank::of(key, *since)) {
                    claimants.remove(at);
                }
            });
        }
        let is_new =
            |(claim, _): &(Claim, u64)| kept.binary_search_by(|(kept, _)| kept.cmp(claim)).is_err();
        let new: Vec<(Claim, u64)> = wanted.into_iter().filter(is_new).collect();
        for (claim, since) in &new {
            let rank = Rank::of(key, *since);
            self.change(claim, &mut touched, |claimants| {
                if let Err(at) = claimants.binary_search(&rank) {
                    claimants.insert(at, rank);
                }
            });
        }
        kept.extend(new);
        if !kept.is_empty() {
            kept.sort_unstable();
            self.made.insert(key.clone(), kept);
        }
        touched.remove(key);
        touched
    }

    /// Are those of a kind already as they are wanted.
    fn stands(
        &self,
        key: &FragmentKey,
        kind: fn(&Claim) -> bool,
        wanted: &BTreeMap<Claim, u64>,
    ) -> bool {
        let made = self.made.get(key).into_iter().flatten();
        let made = made.filter(|(claim, _)| kind(claim));
        made.map(|(claim, since)| (claim, since)).eq(wanted)
    }

    fn change(
        &mut self,
        claim: &Claim,
        touched: &mut BTreeSet<FragmentKey>,
        change: impl FnOnce(&mut Vec<Rank>),
    ) {
        let claimants = self.claimants.entry(claim.clone()).or_default();
        let before = claimants.first().cloned();
        change(claimants);
        if claimants.first() != before.as_ref() {
            touched.extend(claimants.iter().map(|rank| rank.key.clone()));
        }
        if claimants.is_empty() {
            self.claimants.remove(claim);
        }
    }

    /// What an owner claims.
    pub fn of(&self, key: &FragmentKey) -> impl Iterator<Item = &Claim> {
        let made = self.made.get(key).into_iter().flatten();
        made.map(|(claim, _)| claim)
    }

    /// Who has it.
    pub fn holder(&self, claim: &Claim) -> Option<&FragmentKey> {
        let first = self.claimants.get(claim)?.first()?;
        Some(&first.key)
    }

    /// Who has it instead of `key`; `None` when `key` may have it.
    pub fn lost_to(&self, claim: &Claim, key: &FragmentKey) -> Option<&FragmentKey> {
        let first = self.claimants.get(claim)?.first()?;
        let shared = first.unmanaged && matches!(claim, Claim::Host(_) | Claim::EntryPoint(..));
        (first.key != *key && !shared).then_some(&first.key)
    }

    /// Are there no claims left.
    pub fn is_empty(&self) -> bool {
        self.claimants.is_empty() && self.made.is_empty()
    }
}
