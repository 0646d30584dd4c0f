//! Objects made of others: shares, copies and stand-ins among services, chains of middlewares.
//!
//! Traefik disables a service, and every router that sends to it, when one of its children is missing; it can hang
//! on a child without a share, and does not survive a TCP or UDP service that contains itself. So only children that
//! stand are listed. It makes the parts of a chain anew for every place where they are named, so that twenty chains of
//! two can keep it busy for ever: who puts them into a document counts what they come to.

use super::any::{AnyMiddleware, AnyService};
use super::http::{Failover, Mirroring, Service, WeightedChild};

/// An object made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composite {
    /// Shares, copies, stand-ins.
    Service(AnyService),
    /// A chain of middlewares.
    Chain(AnyMiddleware),
}

impl AnyMiddleware {
    /// The middlewares that a chain names.
    pub fn chain(&self) -> Option<&[String]> {
        match self {
            Self::Http(middleware) => middleware
                .chain
                .as_ref()
                .map(|chain| chain.middlewares.as_slice()),
            Self::Tcp(_) => None,
        }
    }
}

/// What became of a composite service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Children that were left out.
    pub left_out: Vec<String>,
    /// Can it answer at all.
    pub usable: bool,
}

impl AnyService {
    /// Is it made of other services.
    pub fn is_composite(&self) -> bool {
        self.composite_kinds() > 0
    }

    /// In how many ways it is made of other services; Traefik takes one.
    pub fn composite_kinds(&self) -> usize {
        match self {
            Self::Http(service) => service.composite_kinds(),
            Self::Tcp(service) => usize::from(service.weighted.is_some()),
            Self::Udp(service) => usize::from(service.weighted.is_some()),
        }
    }

    /// Leaves only the kind that counts: beside a load balancer nothing else does. Gives whether it said more.
    pub fn keep_one_kind(&mut self) -> bool {
        let (balancer, composite) = (self.is_balancer(), self.is_composite());
        if balancer && composite {
            match self {
                Self::Http(service) => service.drop_composites(),
                Self::Tcp(service) => service.weighted = None,
                Self::Udp(service) => service.weighted = None,
            }
        }
        balancer && composite
    }

    /// Calls `visit` with the name of every child.
    pub fn each_child(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Http(service) => service.each_child(visit),
            Self::Tcp(service) => {
                each(
                    service
                        .weighted
                        .as_mut()
                        .map(|weighted| &mut weighted.services),
                    visit,
                );
            }
            Self::Udp(service) => {
                each(
                    service
                        .weighted
                        .as_mut()
                        .map(|weighted| &mut weighted.services),
                    visit,
                );
            }
        }
    }

    /// The children that may answer a request: those with a share, and not those that get copies alone.
    pub fn answering(&self) -> Vec<&str> {
        match self {
            Self::Http(service) => service.answering(),
            Self::Tcp(service) => shares(service.weighted.as_ref().map(|of| &of.services)),
            Self::Udp(service) => shares(service.weighted.as_ref().map(|of| &of.services)),
        }
    }

    /// Leaves out what does not stand, or has no share.
    pub fn keep_standing(&mut self, stands: &dyn Fn(&str) -> bool) -> Kept {
        let mut kept = Kept::default();
        match self {
            Self::Http(service) => service.keep_standing(stands, &mut kept),
            Self::Tcp(service) => {
                if let Some(weighted) = &mut service.weighted {
                    retain(&mut weighted.services, stands, &mut kept);
                }
            }
            Self::Udp(service) => {
                if let Some(weighted) = &mut service.weighted {
                    retain(&mut weighted.services, stands, &mut kept);
                }
            }
        }
        kept
    }
}

fn each(children: Option<&mut Vec<WeightedChild>>, visit: &mut dyn FnMut(&mut String)) {
    for child in children.into_iter().flatten() {
        visit(&mut child.name);
    }
}

fn shares(children: Option<&Vec<WeightedChild>>) -> Vec<&str> {
    let children = children.into_iter().flatten();
    let with_share = children.filter(|child| child.weight != Some(0));
    with_share.map(|child| child.name.as_str()).collect()
}

fn retain(children: &mut Vec<WeightedChild>, stands: &dyn Fn(&str) -> bool, kept: &mut Kept) {
    children.retain(|child| {
        let stays = child.weight != Some(0) && stands(&child.name);
        if !stays {
            kept.left_out.push(child.name.clone());
        }
        stays
    });
    kept.usable = !children.is_empty();
}

impl Service {
    fn composite_kinds(&self) -> usize {
        [
            self.weighted.is_some(),
            self.highest_random_weight.is_some(),
            self.mirroring.is_some(),
            self.failover.is_some(),
        ]
        .into_iter()
        .filter(|kind| *kind)
        .count()
    }

    fn answering(&self) -> Vec<&str> {
        let mut names = shares(self.weighted.as_ref().map(|of| &of.services));
        names.extend(shares(
            self.highest_random_weight.as_ref().map(|of| &of.services),
        ));
        let mirrored = self.mirroring.as_ref().and_then(|of| of.service.as_deref());
        let failover = self.failover.as_ref();
        let first = failover.and_then(|of| of.service.as_deref());
        let fallback = failover.and_then(|of| of.fallback.as_deref());
        names.extend([mirrored, first, fallback].into_iter().flatten());
        names
    }

    fn drop_composites(&mut self) {
        self.weighted = None;
        self.highest_random_weight = None;
        self.mirroring = None;
        self.failover = None;
    }

    fn each_child(&mut self, visit: &mut dyn FnMut(&mut String)) {
        each(
            self.weighted
                .as_mut()
                .map(|weighted| &mut weighted.services),
            visit,
        );
        each(
            self.highest_random_weight
                .as_mut()
                .map(|hrw| &mut hrw.services),
            visit,
        );
        if let Some(mirroring) = &mut self.mirroring {
            mirroring.service.iter_mut().for_each(&mut *visit);
            mirroring
                .mirrors
                .iter_mut()
                .for_each(|mirror| visit(&mut mirror.name));
        }
        if let Some(failover) = &mut self.failover {
            failover.service.iter_mut().for_each(&mut *visit);
            failover.fallback.iter_mut().for_each(&mut *visit);
        }
    }

    fn keep_standing(&mut self, stands: &dyn Fn(&str) -> bool, kept: &mut Kept) {
        if let Some(weighted) = &mut self.weighted {
            retain(&mut weighted.services, stands, kept);
        }
        if let Some(hrw) = &mut self.highest_random_weight {
            retain(&mut hrw.services, stands, kept);
        }
        if let Some(mirroring) = &mut self.mirroring {
            mirroring.keep_standing(stands, kept);
        }
        if let Some(failover) = &self.failover {
            failover.check(stands, kept);
        }
    }
}

impl Mirroring {
    fn keep_standing(&mut self, stands: &dyn Fn(&str) -> bool, kept: &mut Kept) {
        self.mirrors.retain(|mirror| {
            let stays = stands(&mirror.name);
            if !stays {
                kept.left_out.push(mirror.name.clone());
            }
            stays
        });
        kept.usable = needed(self.service.as_ref(), stands, kept);
    }
}

impl Failover {
    fn check(&self, stands: &dyn Fn(&str) -> bool, kept: &mut Kept) {
        let first = needed(self.service.as_ref(), stands, kept);
        let fallback = needed(self.fallback.as_ref(), stands, kept);
        kept.usable = first && fallback;
    }
}

fn needed(name: Option<&String>, stands: &dyn Fn(&str) -> bool, kept: &mut Kept) -> bool {
    let stays = name.is_some_and(|name| stands(name));
    if !stays {
        kept.left_out.extend(name.cloned());
    }
    stays
}
