//! What can only be looked at: stacks, findings, pollers, the document, settings.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use hyper::Uri;
use hyper::header::CONTENT_TYPE;
use serde::Deserialize;

use super::{Admin, Shared, convert, probes};
use crate::api::{DiagnosticEntry, Proxy, Settings, StackEntry};
use crate::reconciler::{CommandError, GcRequest, GcStack};
use crate::web::chunks::Chunks;
use crate::web::error::ApiError;

/// `?usage=true`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuery {
    #[serde(default)]
    usage: bool,
}

/// Docker is asked what stacks use only when that is wanted: it takes its time.
pub(super) async fn stacks(
    State(admin): State<Shared>,
    uri: Uri,
) -> Result<Json<Vec<StackEntry>>, ApiError> {
    let query = Query::<RawQuery>::try_from_uri(&uri);
    let Query(RawQuery { usage }) =
        query.map_err(|error| ApiError::bad_request("invalid_query", error.body_text()))?;
    if !admin.has_seen() {
        return Err(probes::not_synced());
    }
    let now = admin.handle.turns().borrow().at;
    let mut request = GcRequest::default();
    if usage {
        request.usage = Some(admin.handle.usage().await);
    }
    let fates = match admin.handle.gc(request).await {
        Ok(outcome) => outcome.stacks,
        // nothing may go yet, and that is no reason to say nothing
        Err(CommandError::NotSynced) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let stacks = admin.handle.stacks().await?;
    let entries = stacks.iter().map(|stack| {
        let is_its =
            |it: &&GcStack| it.verdict.key == stack.key && it.verdict.version == stack.version;
        convert::stack(stack, fates.iter().find(is_its), now)
    });
    Ok(Json(entries.collect()))
}

pub(super) async fn diagnostics(
    State(admin): State<Shared>,
) -> Result<Json<Vec<DiagnosticEntry>>, ApiError> {
    if !admin.has_seen() {
        return Err(probes::not_synced());
    }
    admin.findings().await.map(Json)
}

impl Admin {
    /// The first complete list has been seen. What is published was made from it, and may be out before that is told.
    pub(super) fn has_seen(&self) -> bool {
        self.handle.is_synced() || self.reader.load().is_some()
    }

    /// All findings: about what is labelled, and about who takes the document.
    pub(super) async fn findings(&self) -> Result<Vec<DiagnosticEntry>, ApiError> {
        let findings = self.handle.diagnostics().await?;
        let mut all: Vec<_> = findings.iter().map(convert::diagnostic).collect();
        all.extend(self.applied.findings());
        Ok(all)
    }
}

pub(super) async fn proxies(State(admin): State<Shared>) -> Json<Vec<Proxy>> {
    Json(admin.applied.proxies())
}

pub(super) async fn settings(State(admin): State<Shared>) -> Json<Settings> {
    Json(admin.settings.clone())
}

/// The very bytes that Traefik gets.
pub(super) async fn document(State(admin): State<Shared>) -> Result<Response, ApiError> {
    let snapshot = admin.reader.load().ok_or_else(probes::not_synced)?;
    let body = Body::new(Chunks::new(Arc::clone(snapshot.body())));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
