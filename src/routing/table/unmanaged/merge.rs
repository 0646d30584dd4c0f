//! One object from all containers that want it.

use std::collections::BTreeSet;

use crate::routing::model::Diagnostic;
use crate::routing::traefik::any::{AnyRouter, AnyServer};
use crate::routing::traefik::{Protocol, Section};

use super::super::facts::Fact;
use super::super::fragment::{Fragment, Object};
use super::Wish;
use super::priority::{Beside, below, takes_all};

/// One object from all containers that want it, oldest first.
pub fn merge(
    (section, name): (Section, &str),
    wishes: &[(&Fact, &Wish)],
    beside: Beside,
) -> Fragment {
    let mut fragment = Fragment::default();
    let Some((oldest, first)) = wishes.first() else {
        return fragment;
    };
    let (same, other): (Vec<_>, Vec<_>) = wishes.iter().partition(|(_, wish)| agrees(first, wish));
    for (fact, _) in other {
        let message = format!(
            "{} {name} is defined differently by an older container, which keeps it: rename one, or make both the same",
            section.noun()
        );
        let diagnostic = Diagnostic::new("name-conflict", fact.subject(), message);
        fragment
            .diagnostics
            .push(diagnostic.at(section.label(name)));
    }
    let object = match first {
        Wish::Router(router) if beside == Beside::Managed && takes_everything(router) => {
            let message = format!(
                "{} {name} would take every connection of every entry point, those of managed envs too: name its \
                 entry points",
                section.noun()
            );
            Err(Diagnostic::new(
                "entry-point-taken",
                oldest.subject(),
                message,
            ))
        }
        Wish::Router(router) => {
            let router = beside_managed(router, (name, oldest), beside, &mut fragment);
            Object::new(section, name.to_owned(), &router, Vec::new())
        }
        Wish::Middleware(middleware) => {
            Object::middleware(section, name.to_owned(), middleware.clone())
        }
        Wish::Setting(setting) => Object::new(section, name.to_owned(), setting, Vec::new()),
        Wish::Service(options, _) => {
            let mut service = options.clone();
            service.set_servers(distinct(same.iter().filter_map(|(_, wish)| server(wish))));
            Object::service(section, name.to_owned(), service)
        }
    };
    match object {
        Ok(object) => fragment.objects.push(object),
        Err(found) => fragment.diagnostics.push(found.blaming(oldest.subject())),
    }
    fragment
}

/// Do two containers say the same, apart from their servers and from what stands before these.
fn agrees(a: &Wish, b: &Wish) -> bool {
    match (a, b) {
        (Wish::Service(a, _), Wish::Service(b, _)) => a.balances_as(b),
        _ => a == b,
    }
}

/// Without TLS and entry points nothing is left to others, not even HTTP.
fn takes_everything(router: &AnyRouter) -> bool {
    router.protocol() == Protocol::Tcp
        && !router.has_tls()
        && router.entry_points().is_empty()
        && takes_all(router)
}

fn beside_managed(
    router: &AnyRouter,
    (name, fact): (&str, &Fact),
    beside: Beside,
    fragment: &mut Fragment,
) -> AnyRouter {
    let Some(lowered) = below(router).filter(|_| beside == Beside::Managed) else {
        return router.clone();
    };
    if router.priority().is_some_and(|priority| priority > 0) {
        let message = format!(
            "router {name} is not held to hosts it names: its priority counts among such routers, and all of them \
             stand below those of managed envs; name its hosts in the rule"
        );
        let diagnostic = Diagnostic::new("priority-lowered", fact.subject(), message);
        fragment.diagnostics.push(diagnostic);
    }
    lowered
}

const fn server(wish: &Wish) -> Option<&AnyServer> {
    match wish {
        Wish::Service(_, server) => server.as_ref(),
        Wish::Router(_) | Wish::Middleware(_) | Wish::Setting(_) => None,
    }
}

fn distinct<'a>(servers: impl Iterator<Item = &'a AnyServer>) -> Vec<AnyServer> {
    let mut seen = BTreeSet::new();
    let new = servers.filter(|server| seen.insert(server.address()));
    new.cloned().collect()
}
