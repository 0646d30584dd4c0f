//! `POST /v1/transitions`: several verbs in one revision, or none.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;

use super::payload::Payload;
use super::request::{PostQuery, Wait};
use super::{Shared, commands, convert};
use crate::api::{TransitionItem, TransitionResult, TransitionsAnswer};
use crate::reconciler::{Done, Transition, Transitions};
use crate::routing::ids::EnvKey;
use crate::web::error::ApiError;

/// How many may be asked for at once.
const MOST: usize = 100;

/// The request as a whole.
#[derive(Debug)]
pub(super) struct TransitionsRequest {
    asked: Transitions,
    post: PostQuery,
}

impl<S: Send + Sync> FromRequest<S> for TransitionsRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let post = PostQuery::parse(&parts)?;
        post.refuse_if_match("each item has its own gen")?;
        let payload = Payload::from_request(Request::from_parts(parts, body), state).await?;
        let items: Vec<TransitionItem> = payload.parse()?;
        if items.is_empty() || items.len() > MOST {
            let detail = format!(
                "a list of 1 to {MOST} items is expected, not {}",
                items.len()
            );
            return Err(ApiError::bad_request("invalid_body", detail));
        }
        let items = items.iter().enumerate();
        let items = items.map(|(index, it)| item(it).map_err(|error| error.index(index)));
        Ok(Self {
            asked: Transitions {
                items: items.collect::<Result<_, _>>()?,
                idempotency_key: post.idempotency_key.clone(),
                dry_run: post.dry_run,
                actor: post.actor.clone(),
            },
            post,
        })
    }
}

fn item(item: &TransitionItem) -> Result<Transition, ApiError> {
    let parse = commands::parser(&item.verb)?;
    let key = EnvKey::parse(&item.app, &item.env);
    let body = item.body.as_ref().map(ToString::to_string);
    Ok(Transition {
        key: key.map_err(|error| ApiError::bad_request("invalid_name", error.to_string()))?,
        command: parse(&Payload::of(&body.unwrap_or_default()))?,
        if_match: item.generation,
    })
}

pub(super) async fn run(
    State(admin): State<Shared>,
    TransitionsRequest { asked, post }: TransitionsRequest,
) -> Result<Response, ApiError> {
    let deadline = post.deadline();
    let verbs: Vec<&'static str> = asked.items.iter().map(|item| item.command.verb()).collect();
    let ask = || admin.handle.transitions(asked.clone());
    let accepted = admin.ask(post.wait, deadline, &verbs, ask).await?;
    let complete = match post.wait {
        Some(Wait::Applied) => admin.wait_until_applied(accepted.revision, deadline).await,
        Some(Wait::Ready) | None => true,
    };
    let applied = (post.wait == Some(Wait::Applied)).then(|| admin.applied.list());
    let envs = accepted.envs.iter();
    let answer = TransitionsAnswer {
        revision: accepted.revision.to_string(),
        results: accepted.done.into_iter().map(result).collect(),
        envs: envs
            .map(|env| convert::status(env, admin.applied.list()))
            .collect(),
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

fn result(done: Done) -> TransitionResult {
    TransitionResult {
        app: done.key.app,
        env: done.key.env,
        generation: done.generation,
        displaced: done.displaced,
    }
}
