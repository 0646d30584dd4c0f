//! TLS of an env's routers: the labels' own, else the record's.

use crate::routing::ids::Version;
use crate::routing::model::{PreviewCert, TlsDomain};
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

    /// Own hosts in `tls.domains` follow the place.
    pub(super) fn label_tls(
        &self,
        version: &Version,
        router: &StackRouter,
        place: &Place,
        mut tls: RouterTls,
    ) -> RouterTls {
        let own = OwnHosts::new(self.env.record, version, router.prefix.as_deref());
        let follow = |host: String| match own.recognise(&host) {
            Some(own) => self
                .env
                .hosts(place, own.prefix.as_deref())
                .into_iter()
                .next()
                .unwrap_or(host),
            None => host,
        };
        for domain in &mut tls.domains {
            domain.main = domain.main.take().map(follow);
            domain.sans = std::mem::take(&mut domain.sans)
                .into_iter()
                .map(follow)
                .collect();
        }
        tls
    }
}
