//! `POST /v1/envs/{app}/{env}/{verb}`: from a body to a command, and the answer to it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use serde::Deserialize;

use super::payload::Payload;
use super::request::VerbRequest;
use super::wait::Outcome;
use super::{Shared, convert};
use crate::api::{CommandAnswer, PromoteBody, WeightInput};
use crate::routing::plan::{Weight, WeightError};
use crate::routing::rollout::{Command, Insist};
use crate::web::error::ApiError;

type Parser = fn(&Payload) -> Result<Command, ApiError>;

/// The verbs there are. The names are those of [`Command::verb`].
const VERBS: [(&str, Parser); 4] = [
    ("promote", promote),
    ("switch", |payload| bare(payload, Command::switch())),
    ("rollback", |payload| bare(payload, Command::Rollback)),
    ("evict", |payload| bare(payload, Command::Evict)),
];

pub(super) fn parser(verb: &str) -> Result<Parser, ApiError> {
    let known = VERBS.iter().find(|(name, _)| *name == verb);
    known.map(|(_, parser)| *parser).ok_or_else(|| {
        let names: Vec<&str> = VERBS.iter().map(|(name, _)| *name).collect();
        let detail = format!("there is no verb {verb:?}: use {}", names.join(", "));
        ApiError::not_found("unknown_verb", detail)
    })
}

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
    };
    let code = if complete {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((code, Json(answer)).into_response())
}

/// Verbs that take nothing: an empty body, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn bare(payload: &Payload, command: Command) -> Result<Command, ApiError> {
    payload.parse_or_default().map(|Nothing {}| command)
}

fn promote(payload: &Payload) -> Result<Command, ApiError> {
    let PromoteBody { version, weight } = payload.parse()?;
    let weight = weight.map(|input| weight_of(&input)).transpose();
    let weight =
        weight.map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
    Ok(Command::Promote {
        version,
        weight,
        insist: Insist::default(),
    })
}

fn weight_of(input: &WeightInput) -> Result<Weight, WeightError> {
    match input {
        WeightInput::Number(percent) => Weight::new(*percent),
        WeightInput::Text(text) => Weight::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::Version;

    #[test]
    fn each_command_is_reached_under_its_own_name() {
        let version = Version::parse("v1").unwrap();
        let promote = Command::Promote {
            version,
            weight: None,
            insist: Insist::default(),
        };
        let switch = Command::switch();
        for command in [promote, switch, Command::Rollback, Command::Evict] {
            assert!(parser(command.verb()).is_ok(), "{}", command.verb());
        }
    }
}
