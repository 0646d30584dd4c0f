//! `/live`, `/ready` and `/metrics`: what an orchestrator and Prometheus ask.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::header::CONTENT_TYPE;

use super::Shared;
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

pub(super) async fn metrics(State(admin): State<Shared>) -> Result<Response, ApiError> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = admin.metrics.encode().map_err(|error| {
        let status = ErrorStatus::INTERNAL_SERVER_ERROR;
        ApiError::new(status, "metrics", "the metrics could not be written").caused_by(error)
    })?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

pub(super) fn not_synced() -> ApiError {
    ApiError::new(
        ErrorStatus::SERVICE_UNAVAILABLE,
        "not_synced",
        "the first complete list of containers has not been read yet",
    )
}
