//! `GET /v1/envs/{app}/{env}/history`: who did what, the newest first.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::request::EnvPath;
use super::{Shared, convert};
use crate::api::History;
use crate::reconciler::CommandError;
use crate::web::error::ApiError;

/// How many are given when nothing is said.
const LIMIT: usize = 50;
/// How many can be asked for.
const MOST: usize = 1000;

/// `?limit=50`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    limit: Option<usize>,
}

pub(super) async fn history(
    State(admin): State<Shared>,
    EnvPath(key): EnvPath,
    query: Result<Query<HistoryQuery>, QueryRejection>,
) -> Result<Json<History>, ApiError> {
    let Query(query) =
        query.map_err(|error| ApiError::bad_request("invalid_query", error.body_text()))?;
    let limit = query.limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("limit: {limit} is not right: it must be 1 to {MOST}");
        return Err(ApiError::bad_request("invalid_query", detail));
    }
    let entries = admin.handle.history(key.clone(), limit).await?;
    let entries = entries.ok_or_else(|| CommandError::UnknownEnv(key.clone()))?;
    let history = entries.iter().map(|entry| convert::history(entry, &key));
    Ok(Json(History {
        history: history.collect(),
    }))
}
