//! What can only be looked at: stacks, findings, pollers, the document.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::header::CONTENT_TYPE;

use super::{Shared, convert, probes};
use crate::api::{DiagnosticEntry, Proxy, StackEntry};
use crate::web::chunks::Chunks;
use crate::web::error::ApiError;

pub(super) async fn stacks(State(admin): State<Shared>) -> Result<Json<Vec<StackEntry>>, ApiError> {
    let now = admin.handle.turns().borrow().at;
    let stacks = admin.handle.stacks().await?;
    let entries = stacks.iter().map(|stack| convert::stack(stack, now));
    Ok(Json(entries.collect()))
}

pub(super) async fn diagnostics(
    State(admin): State<Shared>,
) -> Result<Json<Vec<DiagnosticEntry>>, ApiError> {
    let findings = admin.handle.diagnostics().await?;
    Ok(Json(findings.iter().map(convert::diagnostic).collect()))
}

pub(super) async fn proxies(State(admin): State<Shared>) -> Json<Vec<Proxy>> {
    Json(admin.applied.proxies())
}

/// The very bytes that Traefik gets.
pub(super) async fn document(State(admin): State<Shared>) -> Result<Response, ApiError> {
    let snapshot = admin.reader.load().ok_or_else(probes::not_synced)?;
    let body = Body::new(Chunks::new(Arc::clone(snapshot.body())));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
