//! The parents of the live host's services: who of the versions answers, and who gets copies.
//!
//! The live router always points at `{app}-{env}-{service}`. That is the share-out itself, or, while a step of a plan
//! mirrors, a copier in front of it. A child is listed only with a weight above 0 and a server, except that the active
//! one stays when nobody has a server: then the answer is 503, not 404.

use crate::routing::ids::Version;
use crate::routing::plan::Sticky;
use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::http::WeightedChild;
use crate::routing::traefik::since;

use super::super::super::fragment::Object;
use super::super::stack::Local;
use super::Output;

/// Where a Traefik that shares out by address keeps it.
const BY_ADDRESS: &str = "http.services.highestRandomWeight";
/// Largest body that Traefik keeps in memory for a copy of its request.
const MAX_MIRRORED_BODY: i64 = 1 << 20;

/// A parent being made.
struct Parent<'a> {
    at: &'a Local,
    /// Versions with their shares.
    children: Vec<(Version, u32)>,
    /// The version that gets copies, of how many requests in a hundred.
    mirror: Option<(&'a Version, u8)>,
}

impl<'a> Output<'a> {
    /// What the live routers of a service send to.
    pub(super) fn parent(&mut self, at: &Local, active: &Version) {
        let children = self.shares(at, active);
        let parent = Parent {
            at,
            mirror: self.mirror(at, &children),
            children,
        };
        let name = self.name(&at.1);
        let Some((candidate, percent)) = parent.mirror else {
            return self.share_out(name, &parent);
        };
        // no label and no version has a ~
        let inner = format!("{name}~shares");
        self.share_out(inner.clone(), &parent);
        let copied = self.child_name(&at.1, candidate);
        let needs = vec![inner.clone(), copied.clone()];
        let mirrored = AnyService::mirrored(inner, copied, percent, MAX_MIRRORED_BODY);
        self.write(name, mirrored, needs, &parent);
    }

    /// The share-out between the children.
    fn share_out(&mut self, name: String, parent: &Parent<'_>) {
        let (protocol, local) = parent.at;
        let needs: Vec<String> = parent
            .children
            .iter()
            .map(|(version, _)| self.child_name(local, version))
            .collect();
        let weights = parent.children.iter().map(|(_, weight)| Some(*weight));
        let shares: Vec<WeightedChild> = needs
            .iter()
            .cloned()
            .zip(weights)
            .map(|(name, weight)| WeightedChild { name, weight })
            .collect();
        // one alone has nobody to stay away from, and nobody shall stay with it when the other is back
        let sticky =
            Some(self.sticky()).filter(|_| *protocol == Protocol::Http && shares.len() > 1);
        let service = match sticky.unwrap_or_default() {
            Sticky::None => AnyService::weighted(*protocol, shares),
            Sticky::Cookie => {
                let cookie = format!("pointsman-{}", self.name(local));
                AnyService::weighted_by_cookie(cookie, shares)
            }
            Sticky::Address => AnyService::weighted_by_address(shares),
        };
        self.write(name, service, needs, parent);
    }

    fn write(
        &mut self,
        name: String,
        service: AnyService,
        needs: Vec<String>,
        parent: &Parent<'_>,
    ) {
        let protocol = parent.at.0;
        let section = protocol.services();
        let mirror = parent.mirror.map(|(version, _)| version);
        let versions = parent.children.iter().map(|(version, _)| version);
        let of_composites = versions
            .chain(mirror)
            .any(|version| self.is_composite(version, parent.at));
        // whether such a child stands is known last; and Traefik survives no other one of TCP and UDP that leads back here
        if of_composites || protocol != Protocol::Http {
            self.add(Object::service(section, name, service));
        } else {
            self.push(section, name, &service, needs);
        }
    }

    /// How clients stay with a version, as far as this Traefik can do it.
    fn sticky(&self) -> Sticky {
        let wanted = self.env.shift().map(|(_, shift)| shift.plan.sticky);
        let is_known = since::knows(BY_ADDRESS, self.env.traefik);
        let wanted = wanted.filter(|wanted| *wanted != Sticky::Address || is_known);
        wanted.unwrap_or_default()
    }

    /// Tells when this Traefik cannot do what the plan says.
    pub(super) fn tell_sticky(&mut self) {
        let wanted = self.env.shift().map(|(_, shift)| shift.plan.sticky);
        if wanted.is_some_and(|wanted| wanted != self.sticky()) {
            let message = format!(
                "the plan keeps clients with a version by their address, which Traefik {} does not know: each request is \
                 shared out anew; upgrade it to 3.6, or use sticky = \"cookie\"",
                self.env.traefik
            );
            self.report("traefik-too-old", message);
        }
    }

    /// The candidate as far as it gets copies: it has a server, and somebody else answers.
    fn mirror(&self, at: &Local, children: &[(Version, u32)]) -> Option<(&'a Version, u8)> {
        let env = self.env;
        let (candidate, shift) = env.shift().filter(|_| at.0 == Protocol::Http)?;
        let percent = shift.current()?.mirror.percent();
        let serves = env.stack(Some(candidate))?.serves(at);
        let somebody_else = children.iter().any(|(version, _)| version != candidate);
        (percent > 0 && serves && somebody_else).then_some((candidate, percent))
    }

    fn is_composite(&self, version: &Version, at: &Local) -> bool {
        let stack = self.env.stack(Some(version));
        let service = stack.and_then(|stack| stack.services.get(at));
        service.is_some_and(AnyService::is_composite)
    }

    /// Which versions of a service get how much of the live traffic.
    pub(super) fn shares(&self, at: &Local, active: &Version) -> Vec<(Version, u32)> {
        let env = self.env;
        let candidate = env.candidate();
        let share = candidate.map_or(0, |(_, weight)| weight);
        let serves = |version: &Version| env.stack(Some(version)).is_some_and(|s| s.serves(at));
        let mut children = Vec::new();
        if share < 100 && serves(active) {
            children.push((active.clone(), 100 - share));
        }
        if let Some((version, weight)) = candidate.filter(|(version, _)| serves(version)) {
            children.push((version.clone(), weight));
        }
        if children.is_empty()
            && let Some(standby) = env.stand_in.filter(|version| serves(version))
        {
            children.push((standby.clone(), 100));
        }
        if children.is_empty() {
            let offers = |version: &&Version| {
                env.stack(Some(version))
                    .is_some_and(|stack| stack.services.contains_key(at))
            };
            let mut standing = [Some(active), candidate.map(|(version, _)| version)]
                .into_iter()
                .flatten();
            children.extend(standing.find(offers).map(|version| (version.clone(), 100)));
        }
        // alone, a child has everything, whatever its share was
        if let [(_, weight)] = children.as_mut_slice() {
            *weight = 100;
        }
        children
    }
}
