//! `POST /v1/envs/{app}/{env}/{verb}`: the answer to a command.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;

use super::request::VerbRequest;
use super::wait::Outcome;
use super::{Shared, convert};
use crate::api::CommandAnswer;
use crate::web::error::ApiError;

pub(super) async fn run(
    State(admin): State<Shared>,
    request: VerbRequest,
) -> Result<Response, ApiError> {
    let Outcome {
        accepted,
        complete,
        applied,
    } = admin.carry_out(request).await?;
    let status = convert::status(&accepted.status, admin.applied.list());
    let answer = CommandAnswer {
        generation: status.generation,
        revision: accepted.revision.to_string(),
        status,
        displaced: accepted.displaced,
        applied,
        document: accepted.changes.map(convert::document),
    };
    // it is durable, and something that was waited for has not happened
    let code = if complete {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((code, Json(answer)).into_response())
}
