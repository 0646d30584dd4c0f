//! Which servers are asked whether they are ready, and what is known of it.
//!
//! Managed containers alone: what unmanaged ones get is what Traefik's own provider would give them. A server with a health
//! check in its labels is asked by it; one without any check, Docker's included, is asked for a connection before its
//! first request. What ran already when Pointsman began is trusted until it fails, so that no restart of Pointsman takes a
//! server out; what cannot be asked from here is published anyway, and named.

mod check;
pub(super) mod vantage;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::routing::model::{Check, Finding, Target, Targets};
use crate::routing::time::Timestamp;
use crate::routing::traefik::any::AnyService;

use super::facts::Fact;
use super::server::Found;
use check::Asked;
use vantage::{Attaching, Sight, Vantage};

/// Whether servers are probed at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Probing {
    /// No: what runs is ready.
    #[default]
    Off,
    /// Yes.
    On,
}

/// What Pointsman does about networks that it is not in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mobility {
    /// Nothing.
    #[default]
    Stays,
    /// It is attached to those that it needs.
    Attaches,
}

/// What is wanted, and what was found.
#[derive(Debug, Default)]
pub struct Probes {
    probing: Probing,
    vantage: Vantage,
    /// What Pointsman does about networks that it is not in.
    mobility: Mobility,
    /// Networks that it could not be attached to, and why.
    refused: BTreeMap<String, String>,
    wanted: Targets,
    known: BTreeMap<Arc<Target>, Known>,
    changed: bool,
}

#[derive(Debug)]
struct Known {
    finding: Finding,
    /// When it was well again, if it ever failed.
    recovered_at: Option<Timestamp>,
}

/// What probes say about one server.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// What is to be asked.
    pub(super) target: Option<Arc<Target>>,
    /// The network that Pointsman must be in to ask.
    pub(super) network: Option<String>,
    pub(super) standing: Standing,
}

/// May requests be sent there.
#[derive(Debug, Default)]
pub(super) enum Standing {
    /// Yes.
    #[default]
    Ready,
    /// Yes, again since then.
    Recovered(Timestamp),
    /// Yes, although nobody could ask; why not.
    Unasked(String),
    /// Not yet; why.
    Waiting(String),
    /// No; why.
    Failed(String),
}

impl Probes {
    pub(super) fn new(probing: Probing, vantage: Vantage) -> Self {
        Self {
            probing,
            vantage,
            ..Self::default()
        }
    }

    /// What is to be said of a server.
    pub(super) fn judge(&self, fact: &Fact, service: &AnyService, found: &Found) -> Judgement {
        let asked = match self.probing {
            Probing::Off => None,
            Probing::On => check::of(service, fact.container.health),
        };
        let (Some(asked), Some(server)) = (asked, found.at) else {
            return Judgement::default();
        };
        let Asked { check, port } = asked;
        let address = SocketAddr::new(server.ip(), port.unwrap_or(server.port()));
        let network = found.network.clone();
        let attaching = self.attaching(network.as_deref());
        let sight = self.vantage.sight(address, network.as_deref(), attaching);
        match sight {
            Sight::Blind(why) => Judgement {
                network,
                standing: Standing::Unasked(why),
                target: None,
            },
            Sight::Soon => Judgement {
                standing: unasked_yet(fact, || {
                    let name = network.as_deref().unwrap_or_default();
                    format!("Pointsman is not in network {name} yet")
                }),
                network,
                target: None,
            },
            Sight::Clear => {
                let target = Arc::new(Target {
                    container: fact.container.id.clone(),
                    run: fact.run,
                    address,
                    network: network.clone(),
                    check,
                });
                Judgement {
                    standing: self.standing(&target, fact),
                    network,
                    target: Some(target),
                }
            }
        }
    }

    fn standing(&self, target: &Arc<Target>, fact: &Fact) -> Standing {
        let Some(known) = self.known.get(target) else {
            return unasked_yet(fact, || format!("not yet asked for {}", target.check));
        };
        match &known.finding {
            Finding::Passed => known
                .recovered_at
                .map_or(Standing::Ready, Standing::Recovered),
            Finding::Failed(why) => Standing::Failed(why.clone()),
            Finding::Unreachable(why) => Standing::Unasked(why.clone()),
        }
    }

    fn attaching(&self, network: Option<&str>) -> Attaching<'_> {
        let refused = network.and_then(|network| self.refused.get(network));
        match refused {
            _ if self.mobility == Mobility::Stays => Attaching::Never,
            Some(why) => Attaching::Refused(why),
            None => Attaching::Soon,
        }
    }

    /// Takes in what a probe found; gives whether it is about a server that is still there, and new.
    pub(super) fn found(&mut self, target: &Arc<Target>, finding: Finding, now: Timestamp) -> bool {
        if !self.wanted.contains(target) {
            return false;
        }
        let old = self.known.get(target);
        let failed = old.is_some_and(|old| matches!(old.finding, Finding::Failed(_)));
        let recovered_at = match &finding {
            Finding::Passed if failed => Some(now),
            Finding::Passed | Finding::Failed(_) | Finding::Unreachable(_) => {
                old.and_then(|old| old.recovered_at)
            }
        };
        let changed = old.is_none_or(|old| old.finding != finding);
        let known = Known {
            finding,
            recovered_at,
        };
        self.known.insert(Arc::clone(target), known);
        changed
    }

    /// Some targets of an owner go, others come; what stays keeps what is known of it.
    pub(super) fn exchange(&mut self, old: &BTreeSet<Arc<Target>>, new: &BTreeSet<Arc<Target>>) {
        for gone in old.difference(new) {
            self.wanted.remove(gone);
            self.known.remove(gone);
            self.changed = true;
        }
        for target in new.difference(old) {
            self.wanted.insert(Arc::clone(target));
            self.changed = true;
        }
    }

    /// Pointsman stands elsewhere now; gives where it stood, if that is so.
    pub(super) fn stand(&mut self, vantage: Vantage, mobility: Mobility) -> Option<Vantage> {
        self.mobility = mobility;
        (self.vantage != vantage).then(|| std::mem::replace(&mut self.vantage, vantage))
    }

    pub(super) const fn vantage(&self) -> &Vantage {
        &self.vantage
    }

    /// It could not be attached to a network, or can be now.
    pub(super) fn attachment(&mut self, network: String, refused: Option<String>) {
        match refused {
            Some(why) => self.refused.insert(network, why),
            None => self.refused.remove(&network),
        };
    }

    /// All targets, when they may have changed since this was last taken.
    pub(super) fn take(&mut self) -> Option<Targets> {
        std::mem::take(&mut self.changed).then(|| self.wanted.clone())
    }
}

fn unasked_yet(fact: &Fact, why: impl FnOnce() -> String) -> Standing {
    if fact.run == 0 {
        Standing::Ready
    } else {
        Standing::Waiting(why())
    }
}

/// Where it was asked for what, in words.
pub(super) fn question(target: &Target) -> String {
    match target.check {
        Check::Connect => format!("a connection to {}", target.address),
        Check::Tcp { .. } | Check::Http { .. } => format!("{} at {}", target.check, target.address),
    }
}
