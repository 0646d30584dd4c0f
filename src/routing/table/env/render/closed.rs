//! Maintenance: the live host's HTTP routers answer 503, whatever the slots hold.
//!
//! Traefik has no service with an answer of its own, so Pointsman's provider listener has the page, and Traefik reaches
//! it there where it gets its document. As long as nobody is known to ask for that, a service without servers answers.
//! The page is for everybody: what clients show to prove who they are is not passed on.

use std::collections::BTreeMap;

use crate::routing::model::maintenance_path;
use crate::routing::rollout::Maintenance;
use crate::routing::traefik::any::{AnyMiddleware, AnyServer, AnyService};
use crate::routing::traefik::http::Server;
use crate::routing::traefik::middleware::{Headers, Middleware, ReplacePath};
use crate::routing::traefik::{Protocol, Section};

use super::super::super::fragment::Object;
use super::super::hosts::Place;
use super::Output;

/// Request headers that are taken out.
const PRIVATE: [&str; 2] = ["Authorization", "Cookie"];

impl Output<'_> {
    /// What closed routers send to, when the env is closed.
    pub(super) fn close(&mut self) {
        let Some(maintenance) = &self.env.rollout.maintenance else {
            return;
        };
        let mut service = AnyService::balancer(Protocol::Http);
        service.prepare();
        let provider = self.env.provider;
        let server = provider.map(|provider| {
            AnyServer::Http(Server {
                url: format!("http://{provider}"),
                ..Server::default()
            })
        });
        service.set_servers(server.into_iter().collect());
        self.push(
            Section::HttpServices,
            self.closed_name(),
            &service,
            Vec::new(),
        );
        let [headers, path] = self.closed_middlewares();
        self.middleware(headers, headers_of(maintenance));
        let replaced = maintenance_path(&self.env.record.key);
        let replace_path = Some(Box::new(ReplacePath {
            path: Some(replaced),
        }));
        self.middleware(
            path,
            Middleware {
                replace_path,
                ..Middleware::default()
            },
        );
    }

    /// A router for the page, when the env is closed and no version has one.
    pub(super) fn closed_host(&mut self) {
        if self.env.rollout.maintenance.is_some() {
            let name = self.closed_name();
            self.live_host(name.clone(), name, self.closed_middlewares().to_vec());
        }
    }

    pub(super) fn middleware(&mut self, name: String, middleware: Middleware) {
        let middleware = AnyMiddleware::Http(Box::new(middleware));
        self.add(Object::middleware(
            Section::HttpMiddlewares,
            name,
            middleware,
        ));
    }

    /// Does an HTTP router at this place lead to the page.
    pub(super) fn is_closed(&self, protocol: Protocol, place: &Place) -> bool {
        let is_live = protocol == Protocol::Http && *place == Place::Live;
        is_live && self.env.rollout.maintenance.is_some()
    }

    /// No label and no version has a ~.
    pub(super) fn closed_name(&self) -> String {
        format!("{}~maintenance", self.env.record.key.prefix())
    }

    /// What stands before the page, in this order.
    pub(super) fn closed_middlewares(&self) -> [String; 2] {
        let name = self.closed_name();
        [format!("{name}-headers"), format!("{name}-path")]
    }
}

/// Also of answers that are Traefik's own.
fn headers_of(maintenance: &Maintenance) -> Middleware {
    let empty = |name: &str| (name.to_owned(), String::new());
    let retry = maintenance.retry_after_s.to_string();
    let headers = Box::new(Headers {
        custom_request_headers: PRIVATE.map(empty).into(),
        custom_response_headers: BTreeMap::from([("Retry-After".to_owned(), retry)]),
        ..Headers::default()
    });
    Middleware {
        headers: Some(headers),
        ..Middleware::default()
    }
}
