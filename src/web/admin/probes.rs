//! `/live`, `/ready` and `/metrics`: what an orchestrator and Prometheus ask.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;

use prometheus_client::registry::Registry;

use super::exposition::Format;
use super::{Shared, convert, gauges};
use crate::web::error::{ApiError, ErrorStatus};

/// The process answers.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// The first complete list of containers has been seen.
pub(super) async fn ready(State(admin): State<Shared>) -> Result<&'static str, ApiError> {
    if admin.handle.is_synced() {
        return Ok("ready\n");
    }
    Err(not_synced())
}

pub(super) async fn metrics(
    State(admin): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let format = Format::asked_for(&headers);
    let moment = moment(&admin).await?;
    let text = admin.metrics.encode(&moment).map_err(|error| {
        let status = ErrorStatus::INTERNAL_SERVER_ERROR;
        ApiError::new(status, "metrics", "the metrics could not be written").caused_by(error)
    })?;
    Ok(([(CONTENT_TYPE, format.content_type())], format.of(text)).into_response())
}

/// What the envs, the findings and the proxies are at this moment.
async fn moment(admin: &Shared) -> Result<Registry, ApiError> {
    let applied = admin.applied.list();
    let newest = admin.reader.load();
    let newest = newest.map(|newest| newest.revision().to_string());
    let behind = gauges::behind(&applied, newest.as_deref());
    let (mut statuses, mut findings) = (Vec::new(), Vec::new());
    // before the first list the records would look as if nothing ran
    if admin.handle.is_synced() {
        statuses = admin.handle.statuses().await?;
        findings = admin.findings().await?;
    }
    let statuses: Vec<_> = statuses
        .iter()
        .map(|status| convert::status(status, Vec::new()))
        .collect();
    Ok(gauges::registry(&statuses, &findings, behind))
}

pub(super) fn not_synced() -> ApiError {
    ApiError::new(
        ErrorStatus::SERVICE_UNAVAILABLE,
        "not_synced",
        "the first complete list of containers has not been read yet",
    )
}
