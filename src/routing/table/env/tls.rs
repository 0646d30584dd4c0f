//! TLS of an env's routers: the labels' own, else the record's.

use crate::routing::ids::Version;
use crate::routing::model::{PreviewCert, TlsDomain};
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::http::{Domain, RouterTls};

use super::hosts::{OwnHosts, Place};
use super::render::Output;
use super::stack::StackRouter;

impl Output<'_> {
    pub(super) fn record_tls(&self, place: &Place) -> Option<RouterTls> {
        let tls = self.env.record.tls.as_ref()?;
        let asks = *place == Place::Live || tls.preview_cert == PreviewCert::Resolver;
        let domain = |domain: &TlsDomain| Domain {
            main: Some(domain.main.clone()),
            sans: domain.sans.clone(),
        };
        Some(RouterTls {
            options: tls.options.clone(),
            cert_resolver: tls.cert_resolver.clone().filter(|_| asks),
            domains: if asks {
                tls.domains.iter().map(domain).collect()
            } else {
                Vec::new()
            },
        })
    }

    /// Own hosts in `tls.domains` follow the place; HTTP routers that say nothing of TLS have the record's.
    pub(super) fn follow_tls(
        &self,
        made: &mut AnyRouter,
        version: &Version,
        router: &StackRouter,
        place: &Place,
    ) {
        let domains = match made {
            AnyRouter::Http(made) => match &mut made.tls {
                Some(tls) => &mut tls.domains,
                none => return *none = self.record_tls(place),
            },
            AnyRouter::Tcp(made) => match &mut made.tls {
                Some(tls) => &mut tls.domains,
                None => return,
            },
            AnyRouter::Udp(_) => return,
        };
        let own = OwnHosts::new(self.env.record, version, router.prefix.as_deref());
        for name in domains.iter_mut().flat_map(names) {
            let hosts = own
                .recognise(name)
                .map(|own| self.env.hosts(place, own.prefix.as_deref()));
            if let Some(host) = hosts.and_then(|hosts| hosts.into_iter().next()) {
                *name = host;
            }
        }
    }
}

fn names(domain: &mut Domain) -> impl Iterator<Item = &mut String> {
    domain.main.iter_mut().chain(&mut domain.sans)
}
