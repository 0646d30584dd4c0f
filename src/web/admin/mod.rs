//! The admin listener: dashboard, probes, metrics, and the API under `/v1`, for the CLI, curl and scripts.
//!
//! Every request passes [`guard`] first. Handlers turn HTTP into calls of the reconciler's
//! [`Handle`] and its answers into [`crate::api`] types ([`convert`]); they decide nothing about routing. One
//! file per resource: [`envs`], [`verbs`], [`transitions`], [`history`], [`reads`], [`gc`],
//! [`events`], [`probes`].

mod commands;
mod convert;
mod envs;
mod events;
mod exposition;
mod failure;
mod gauges;
mod gc;
mod guard;
mod history;
mod hooks;
mod page;
mod payload;
mod plan;
mod probes;
mod reads;
mod request;
mod retention;
mod transitions;
mod validate;
mod verbs;
mod wait;

pub(crate) use retention::of_flag as retention_of_flag;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::applied::Applied;
use super::confirm::Confirmer;
use super::error::{ApiError, ErrorStatus};
use super::metrics::Metrics;
use super::proxies::Proxies;
use super::server::{self, Limits};
use super::token::Token;
use crate::api::Settings;
use crate::reconciler::{Feed, Handle};
use crate::snapshot::Reader;

/// What the admin listener needs.
#[derive(Debug)]
pub struct AdminOptions {
    /// The door to the one writer.
    pub handle: Handle,
    /// What happens.
    pub news: Feed,
    /// The published document.
    pub reader: Reader,
    /// Who polls it.
    pub proxies: Proxies,
    /// Who asks Traefik what it applied.
    pub confirmer: Option<Confirmer>,
    /// What requests must carry; see [`super::check_admin_address`].
    pub token: Option<Token>,
    /// Accepted host names besides loopback and the address that was connected to.
    pub hosts: Vec<String>,
    /// What the listener puts up with.
    pub limits: Limits,
    /// Where things are counted.
    pub metrics: Metrics,
    /// What the daemon runs with.
    pub settings: Settings,
}

/// What the handlers share.
#[derive(Debug)]
struct Admin {
    handle: Handle,
    news: Feed,
    /// Places for those who listen to it.
    listeners: Arc<Semaphore>,
    reader: Reader,
    applied: Applied,
    token: Option<Token>,
    hosts: Vec<String>,
    metrics: Metrics,
    settings: Settings,
    stop: CancellationToken,
}

type Shared = Arc<Admin>;

/// Serves until stopped; then requests that wait are answered with what is known.
pub async fn serve_admin(listener: TcpListener, options: AdminOptions, stop: CancellationToken) {
    let run = server::Run {
        limits: options.limits,
        metrics: options.metrics.listener("admin"),
        stop: stop.clone(),
    };
    let hosts = options.hosts.iter().map(|host| guard::normal(host));
    let router = router(Arc::new(Admin {
        handle: options.handle,
        news: options.news,
        listeners: Arc::new(Semaphore::new(events::LISTENERS)),
        reader: options.reader,
        applied: Applied::new(options.proxies, options.confirmer),
        token: options.token,
        hosts: hosts.collect(),
        metrics: options.metrics,
        settings: options.settings,
        stop,
    }));
    server::serve(listener, run, |peer| {
        let router = TowerToHyperService::new(router.clone());
        service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.call(request)
        })
    })
    .await;
}

fn router(admin: Shared) -> Router {
    Router::new()
        .route("/", get(page::dashboard))
        .route("/dashboard.js", get(page::script))
        .route("/dashboard.css", get(page::style))
        .route("/openapi.json", get(page::openapi))
        .route("/live", get(probes::live))
        .route("/ready", get(probes::ready))
        .route("/metrics", get(probes::metrics))
        .route("/v1/envs", get(envs::list))
        .route(
            "/v1/envs/{app}/{env}",
            get(envs::status).put(envs::put).delete(envs::remove),
        )
        .route("/v1/envs/{app}/{env}/history", get(history::history))
        .route("/v1/envs/{app}/{env}/{verb}", post(verbs::run))
        .route("/v1/transitions", post(transitions::run))
        .route("/v1/gc", get(gc::plan).post(gc::run))
        .route("/v1/stacks", get(reads::stacks))
        .route("/v1/diagnostics", get(reads::diagnostics))
        .route("/v1/proxies", get(reads::proxies))
        .route("/v1/events", get(events::stream))
        .route("/v1/document", get(reads::document))
        .route("/v1/settings", get(reads::settings))
        .fallback(no_such_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&admin),
            guard::guard,
        ))
        .with_state(admin)
}

async fn no_such_path(uri: hyper::Uri) -> ApiError {
    let detail = format!("{:?} is not here; the API is under /v1", uri.path());
    ApiError::not_found("not_found", detail)
}

async fn wrong_method(method: hyper::Method, uri: hyper::Uri) -> ApiError {
    let detail = format!("{:?} does not take {method}", uri.path());
    ApiError::new(
        ErrorStatus::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        detail,
    )
}
