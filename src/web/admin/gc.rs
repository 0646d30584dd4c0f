//! `/v1/gc`: what the retention policies let go; `GET` plans, `POST` carries it out.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{FromRequest as _, Query, Request, State};
use hyper::Uri;
use serde::Deserialize;

use super::payload::Payload;
use super::request::PostQuery;
use super::{Admin, Shared, convert};
use crate::api::{GcAnswer, GcBody};
use crate::reconciler::{GcRequest, GcRun, GcStack};
use crate::routing::ids::{AppName, EnvKey, EnvName};
use crate::routing::rollout::Removal;
use crate::web::error::ApiError;

/// `?app=whoami&env=dev&open_pull_requests=17,18`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuery {
    app: Option<AppName>,
    env: Option<EnvName>,
    open_pull_requests: Option<String>,
}

pub(super) async fn plan(
    State(admin): State<Shared>,
    uri: Uri,
) -> Result<Json<GcAnswer>, ApiError> {
    let query = Query::<RawQuery>::try_from_uri(&uri);
    let Query(query) = query.map_err(|error| invalid_query(error.body_text()))?;
    let open = query.open_pull_requests.as_deref().map(numbers);
    let scope = scope(query.app, query.env, "invalid_query")?;
    let asked = asked(scope, open.transpose()?, "invalid_query")?;
    admin.gc(asked).await.map(Json)
}

/// Asked twice, it lets nothing go twice: an idempotency key changes nothing.
pub(super) async fn run(
    State(admin): State<Shared>,
    request: Request,
) -> Result<Json<GcAnswer>, ApiError> {
    let (parts, body) = request.into_parts();
    let post = PostQuery::parse(&parts)?;
    post.refuse_if_match("it is about one record, and gc may be about many")?;
    if post.wait.is_some() {
        return Err(invalid_query(
            "wait: gc answers when stacks are withdrawn; GET /v1/gc shows how far their removal is"
                .to_owned(),
        ));
    }
    let payload = Payload::from_request(Request::from_parts(parts, body), &admin).await?;
    let GcBody {
        app,
        env,
        open_pull_requests,
        volumes,
        keep_images,
    } = payload.parse_or_default()?;
    let open = open_pull_requests.map(BTreeSet::from_iter);
    let mut asked = asked(scope(app, env, "invalid_body")?, open, "invalid_body")?;
    let removal = Removal {
        volumes,
        keep_images,
        ..Removal::default()
    };
    asked.run = (!post.dry_run).then_some(GcRun {
        removal,
        actor: post.actor,
    });
    admin.gc(asked).await.map(Json)
}

impl Admin {
    /// Docker is asked only when a policy wants to know what its disk holds.
    async fn gc(&self, mut request: GcRequest) -> Result<GcAnswer, ApiError> {
        let planned = GcRequest {
            run: None,
            ..request.clone()
        };
        let outcome = self.handle.gc(planned).await?;
        if outcome.stacks.iter().any(GcStack::asks_for_disk) {
            request.usage = Some(self.handle.usage().await);
        }
        let disk_bytes = request.usage.as_ref().and_then(|usage| usage.disk_bytes);
        let is_run = request.run.is_some();
        let outcome = self.handle.gc(request).await?;
        Ok(GcAnswer {
            disk_bytes,
            revision: is_run.then(|| outcome.revision.to_string()),
            ..convert::gc(&outcome)
        })
    }
}

fn scope(
    app: Option<AppName>,
    env: Option<EnvName>,
    code: &'static str,
) -> Result<Option<EnvKey>, ApiError> {
    match (app, env) {
        (Some(app), Some(env)) => Ok(Some(EnvKey { app, env })),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => {
            Err(ApiError::bad_request(code, "app, env: give both or none"))
        }
    }
}

/// Numbers are those of one repository, so they count for one env.
fn asked(
    scope: Option<EnvKey>,
    open: Option<BTreeSet<u64>>,
    code: &'static str,
) -> Result<GcRequest, ApiError> {
    if open.is_some() && scope.is_none() {
        let detail = "open_pull_requests: their numbers are those of one repository, so name app and env, too";
        return Err(ApiError::bad_request(code, detail));
    }
    Ok(GcRequest {
        scope,
        open,
        ..GcRequest::default()
    })
}

/// `17,18`; nothing at all means that none is open.
fn numbers(text: &str) -> Result<BTreeSet<u64>, ApiError> {
    let texts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
    let numbers = texts.map(|text| {
        text.parse().map_err(|_error| {
            invalid_query(format!(
                "open_pull_requests: {text:?} is no number: write it as 17,18"
            ))
        })
    });
    numbers.collect()
}

fn invalid_query(detail: String) -> ApiError {
    ApiError::bad_request("invalid_query", detail)
}
