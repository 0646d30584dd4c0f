//! `/v1/envs`: the records, and the status of one env.

use axum::Json;
use axum::extract::State;
use hyper::{HeaderMap, StatusCode, Uri};

use super::payload::Payload;
use super::request::{EnvPath, actor, refuse_conditions};
use super::{Shared, convert, validate};
use crate::api::{Env, EnvBody, EnvList, Status};
use crate::reconciler::CommandError;
use crate::web::error::ApiError;

/// Why nothing is known of a version's containers.
const UNSEEN: &str = "Docker's first list of containers has not been read yet, so nobody knows what runs; `pointsman doctor` \
                      says what is in the way";

pub(super) async fn list(State(admin): State<Shared>) -> Result<Json<EnvList>, ApiError> {
    let records = admin.handle.envs().await?;
    let envs = records.iter().map(convert::env).collect();
    Ok(Json(EnvList { envs }))
}

pub(super) async fn status(
    State(admin): State<Shared>,
    EnvPath(key): EnvPath,
) -> Result<Json<Status>, ApiError> {
    let status = admin.handle.status(key.clone()).await?;
    let status = status.ok_or(CommandError::UnknownEnv(key))?;
    let mut status = convert::status(&status, admin.applied.list());
    if !admin.has_seen() {
        let slots = &mut status.slots;
        for placed in [&mut slots.blue, &mut slots.green].into_iter().flatten() {
            placed.health.reason = Some(UNSEEN.to_owned());
        }
    }
    // read last: a proxy that has it has what the status tells
    status.revision = admin
        .reader
        .load()
        .map(|snapshot| snapshot.revision().to_string());
    Ok(Json(status))
}

pub(super) async fn put(
    State(admin): State<Shared>,
    EnvPath(key): EnvPath,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
) -> Result<Json<Env>, ApiError> {
    refuse_conditions(&uri, &headers)?;
    let actor = actor(&headers)?;
    let body: EnvBody = payload.parse()?;
    let record = validate::record(key, &body, now())?;
    let stored = admin.handle.put_env(record, actor).await?;
    Ok(Json(convert::env(&stored)))
}

pub(super) async fn remove(
    State(admin): State<Shared>,
    EnvPath(key): EnvPath,
    uri: Uri,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    refuse_conditions(&uri, &headers)?;
    let actor = actor(&headers)?;
    admin.handle.remove_env(key, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the rim reads the clock: a record made here is made now"
)]
fn now() -> crate::routing::time::Timestamp {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    crate::routing::time::Timestamp::from_millis(millis)
}
