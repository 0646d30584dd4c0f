//! Has everybody got it: what the pollers were served and what Traefik's API confirms, as one question.

use std::collections::BTreeMap;

use tokio::sync::watch;
use tokio::time::Instant;

use super::confirm::{ApiState, Confirmer};
use super::proxies::{Behind, Proxies, ProxyState};
use crate::api;
use crate::reconciler::{Followers, Proof};
use crate::routing::ids::Revision;
use crate::snapshot::{Publication, Reader};

/// What follows from a document that is not taken.
const WAY: &str = "goes on with what it had before: its log names what it refuses (`docker logs traefik`), \
                   `GET /v1/document` is what it gets";

/// The publication of a revision that was published already. Whatever was published after it carries it too:
/// for one that is too long ago the newest stands.
pub fn published(revision: Revision, reader: &Reader) -> Publication {
    let newest = reader.load();
    let of = newest.as_ref().and_then(|newest| newest.last_of(revision));
    of.unwrap_or_else(|| Publication {
        revision,
        sequence: newest.map_or(1, |newest| newest.sequence()),
        earlier: None,
    })
}

/// Both sources.
#[derive(Clone, Debug)]
pub struct Applied {
    proxies: Proxies,
    confirmer: Option<Confirmer>,
}

impl Applied {
    /// Without a confirmer nothing is ever called confirmed.
    pub const fn new(proxies: Proxies, confirmer: Option<Confirmer>) -> Self {
        Self { proxies, confirmer }
    }

    /// What each proxy was served, then what each API says.
    pub fn list(&self) -> Vec<api::Applied> {
        let apis = self.apis();
        let proxies = self.proxies.list();
        let pollers = proxies.iter().map(|proxy| api::Applied {
            proxy: proxy.remote.to_string(),
            revision: proxy.revision.map(|revision| revision.to_string()),
            confirmed: is_confirmed(proxy, &apis),
        });
        let confirmed = apis.iter().map(|api| api::Applied {
            proxy: api.url.clone(),
            revision: api.revision.map(|revision| revision.to_string()),
            confirmed: api.revision.is_some(),
        });
        pollers.chain(confirmed).collect()
    }

    /// Who has what, by address: pollers what they were served, APIs what they confirmed.
    pub(super) fn have(&self) -> BTreeMap<String, (Revision, Proof)> {
        let proxies = self.proxies.list().into_iter();
        let served = proxies.map(|proxy| (proxy.remote.to_string(), proxy.revision, Proof::Served));
        let apis = self.apis().into_iter();
        let confirmed = apis.map(|api| (api.url, api.revision, Proof::Confirmed));
        let all = served.chain(confirmed);
        all.filter_map(|(who, revision, proof)| Some((who, (revision?, proof))))
            .collect()
    }

    /// Who has not taken what was published.
    pub(super) fn set_behind(&self, behind: Option<Behind>) {
        self.proxies.set_behind(behind);
    }

    /// A finding for each Traefik that goes on with an older document.
    pub(super) fn findings(&self) -> Vec<api::DiagnosticEntry> {
        let Some(Behind { revision, by }) = self.proxies.behind() else {
            return Vec::new();
        };
        let finding = |who: &str, what: &str| api::DiagnosticEntry {
            code: "traefik-behind".to_owned(),
            subject: format!("traefik {who}"),
            key: None,
            value: None,
            message: format!("{what} revision {revision}, and {WAY}"),
        };
        if by.is_empty() {
            return vec![finding("-", "no Traefik asks any more, so none has")];
        }
        let lacking = by.iter();
        lacking
            .map(|who| finding(who, "for 30 s it has not taken"))
            .collect()
    }

    /// Wakes when somebody has something else.
    pub(super) fn changed(&self) -> Changed {
        Changed {
            served: self.proxies.changed(),
            confirmed: self.confirmer.as_ref().map(Confirmer::changed),
        }
    }

    /// When the next poller will have been silent for too long.
    pub(super) fn next_expiry(&self) -> Instant {
        self.proxies.next_expiry()
    }

    /// The pollers alone.
    pub fn proxies(&self) -> Vec<api::Proxy> {
        let apis = self.apis();
        let entry = |proxy: &ProxyState| api::Proxy {
            proxy: proxy.remote.to_string(),
            revision: proxy.revision.map(|revision| revision.to_string()),
            polls: proxy.polls,
            idle_ms: u64::try_from(proxy.idle.as_millis()).unwrap_or(u64::MAX),
            confirmed: is_confirmed(proxy, &apis),
        };
        self.proxies.list().iter().map(entry).collect()
    }

    /// Waits until every proxy was served the target and every API confirms it, there being at least one of
    /// either. `false` at the deadline or when there is nobody to wait for.
    pub async fn wait(&self, target: Publication, deadline: Instant) -> bool {
        let _asking = self
            .confirmer
            .as_ref()
            .map(|confirmer| confirmer.watch(target));
        let mut changed = self.changed();
        loop {
            match self.reached(target) {
                Some(true) => return true,
                None => return false,
                Some(false) => {}
            }
            tokio::select! {
                () = changed.wait() => {}
                () = tokio::time::sleep_until(deadline) => return false,
                () = tokio::time::sleep_until(self.proxies.next_expiry()) => {}
            }
        }
    }

    /// `None` when there is nobody.
    fn reached(&self, target: Publication) -> Option<bool> {
        let (proxies, apis) = (self.proxies.list(), self.apis());
        if proxies.is_empty() && apis.is_empty() {
            return None;
        }
        let served = proxies.iter().all(|proxy| proxy.has(target));
        let confirmed = apis.iter().all(|api| api.sequence >= target.sequence);
        Some(served && confirmed)
    }

    fn apis(&self) -> Vec<ApiState> {
        let confirmer = self.confirmer.as_ref();
        confirmer.map(Confirmer::states).unwrap_or_default()
    }
}

impl Followers for Applied {
    fn applied(&self) -> Option<u64> {
        let served = self.proxies.list().into_iter().map(|proxy| proxy.sequence);
        let confirmed = self.apis().into_iter().map(|api| api.sequence);
        let polled = served.min()?;
        Some(confirmed.min().map_or(polled, |api| api.min(polled)))
    }

    fn proof(&self) -> Proof {
        if self.apis().is_empty() {
            Proof::Served
        } else {
            Proof::Confirmed
        }
    }
}

/// A change on either side.
#[derive(Debug)]
pub(super) struct Changed {
    served: watch::Receiver<u64>,
    confirmed: Option<watch::Receiver<u64>>,
}

impl Changed {
    /// Waits for the next one.
    pub(super) async fn wait(&mut self) {
        let confirmation = async {
            match &mut self.confirmed {
                Some(confirmed) => confirmed.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        // the senders live in the registries that whoever waits holds
        tokio::select! {
            _changed = self.served.changed() => {}
            _changed = confirmation => {}
        }
    }
}

/// A poller and an API belong together when they have one address; several APIs there must agree. An older
/// confirmation of a revision that came back is none.
fn is_confirmed(proxy: &ProxyState, apis: &[ApiState]) -> bool {
    let address = proxy.remote.ip().to_canonical();
    let mut its_apis = apis
        .iter()
        .filter(|api| api.peer == Some(address))
        .peekable();
    its_apis.peek().is_some()
        && proxy.revision.is_some()
        && its_apis.all(|api| api.revision == proxy.revision && api.sequence >= proxy.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_traefik_that_lags_is_a_finding_and_nobody_is_one_too() {
        let applied = Applied::new(Proxies::new(), None);
        let subjects = |by: &[&str]| -> Vec<String> {
            applied.set_behind(Some(Behind {
                revision: Revision(7),
                by: by.iter().map(ToString::to_string).collect(),
            }));
            let findings = applied.findings().into_iter();
            findings.map(|it| it.subject).collect()
        };
        assert_eq!(
            subjects(&["10.0.0.1:80", "http://10.0.0.2:8080"]),
            ["traefik 10.0.0.1:80", "traefik http://10.0.0.2:8080"]
        );
        assert_eq!(subjects(&[]), ["traefik -"], "gone");
        applied.set_behind(None);
        assert_eq!(applied.findings(), [], "all have it");
    }
}
