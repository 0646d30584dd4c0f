//! What every admin request must pass, in one place: version, host, origin, token; and what every answer carries.
//!
//! The host list stops DNS rebinding (a name of the attacker's that resolves to our address), the origin rule
//! stops requests forged by a web page. Without a token only the dashboard's files are given, which say nothing of
//! the daemon, and the two probes, these only to this machine.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};
use hyper::http::uri::Authority;

use super::page::DASHBOARD;
use super::{Admin, Shared};
use crate::web::error::{ApiError, ErrorStatus};
use crate::web::provider::refuse_other_versions;
use crate::web::respond;
use crate::web::server::Peer;

pub(super) async fn guard(State(admin): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = match admin.check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    respond::secure(response.headers_mut());
    response
}

impl Admin {
    fn check(&self, request: &Request) -> Result<(), ApiError> {
        refuse_other_versions(request.version())?;
        let peer = request.extensions().get::<Peer>();
        let local = peer.map(|peer| peer.local.ip().to_canonical());
        self.check_host(request, local)?;
        refuse_foreign_pages(request.headers())?;
        let near = peer.is_some_and(|peer| peer.remote.ip().to_canonical().is_loopback());
        if near && matches!(request.uri().path(), "/live" | "/ready") {
            return Ok(());
        }
        if DASHBOARD.contains(&request.uri().path()) {
            return Ok(());
        }
        match &self.token {
            Some(token) if !token.admits(request.headers()) => Err(ApiError::unauthorized()),
            Some(_) | None => Ok(()),
        }
    }

    /// The one `Host` header, and the request line's own host when it has one, must be ours.
    fn check_host(&self, request: &Request, local: Option<IpAddr>) -> Result<(), ApiError> {
        let mut headers = request.headers().get_all(HOST).iter();
        let host = headers.next().filter(|_| headers.next().is_none());
        let host = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
        let in_line = request.uri().authority();
        let ours = |authority: &Authority| self.is_ours(authority, local);
        if host.as_ref().is_some_and(ours) && in_line.is_none_or(ours) {
            return Ok(());
        }
        Err(ApiError::new(
            ErrorStatus::MISDIRECTED_REQUEST,
            "foreign_host",
            "this host name is not served here: use a loopback name or address, the address that is listened on, or a name given with --admin-host",
        ))
    }

    fn is_ours(&self, authority: &Authority, local: Option<IpAddr>) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let host = normal(authority.host());
        if host == "localhost" || self.hosts.contains(&host) {
            return true;
        }
        let address = host.parse::<IpAddr>().map(|address| address.to_canonical());
        address.is_ok_and(|address| address.is_loopback() || Some(address) == local)
    }
}

/// A host name or address as it is compared: lower case, without a final dot or brackets.
pub(super) fn normal(host: &str) -> String {
    let host = host.trim_matches(['[', ']']);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn refuse_foreign_pages(headers: &HeaderMap) -> Result<(), ApiError> {
    let site = headers.get("sec-fetch-site");
    let own = site.is_none_or(|site| site == "none" || site == "same-origin");
    if own && !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorStatus::FORBIDDEN,
        "foreign_origin",
        "requests from web pages are not answered: send no Origin header",
    ))
}
