//! Routers whose service has no server: Traefik answers 503, and says when to come again.

use std::collections::BTreeMap;

use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::middleware::{Headers, Middleware};

use super::super::hosts::Place;
use super::super::stack::ServiceRef;
use super::Output;
use super::router::Making;

/// In seconds: containers that start, and those that are replaced, are mostly there again by then.
const RETRY_AFTER: &str = "5";

impl Output<'_> {
    /// Adds what says when to come again, if nobody is there now. It stands last: what others answer is not about that.
    pub(super) fn note_waiting(&mut self, making: &Making<'_>, made: &mut AnyRouter) {
        let AnyRouter::Http(router) = made else {
            return;
        };
        if self.is_closed(Protocol::Http, making.place) || self.is_served(making) {
            return;
        }
        router.middlewares.push(self.retry_later());
    }

    /// The name of the middleware, which is there from then on.
    pub(super) fn retry_later(&mut self) -> String {
        // no label and no version has a ~
        let name = format!("{}~retry", self.env.record.key.prefix());
        if !std::mem::replace(&mut self.retries, true) {
            let after = ("Retry-After".to_owned(), RETRY_AFTER.to_owned());
            let headers = Headers {
                custom_response_headers: BTreeMap::from([after]),
                ..Headers::default()
            };
            self.middleware(
                name.clone(),
                Middleware {
                    headers: Some(Box::new(headers)),
                    ..Middleware::default()
                },
            );
        }
        name
    }

    fn is_served(&self, making: &Making<'_>) -> bool {
        let ServiceRef::Local(service) = &making.router.service else {
            // a service that is not ours to judge
            return true;
        };
        let at = (Protocol::Http, service.clone());
        let serves = |version: &_| {
            self.env
                .stack(Some(version))
                .is_some_and(|it| it.serves(&at))
        };
        match (making.place, self.env.rollout.active_version()) {
            (Place::Live, Some(active)) => {
                let mut shares = self.shares(&at, active).into_iter();
                shares.any(|(version, _)| serves(&version))
            }
            (Place::Live | Place::Staged | Place::Preview(_), _) => serves(making.version),
        }
    }
}
