//! What a request says outside its body: the env in the path, preconditions, patience, who asks.

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use hyper::header::{HeaderName, IF_MATCH};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Uri};
use serde::Deserialize;

use super::commands;
use super::payload::Payload;
use crate::go_duration;
use crate::reconciler::CommandRequest;
use crate::routing::ids::EnvKey;
use crate::web::error::ApiError;

/// How long a request waits when it does not say.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait; beyond it a client should ask again.
const LONGEST: Duration = Duration::from_mins(10);
/// Longest name of an actor and longest idempotency key, in characters.
const ACTOR: usize = 80;
const KEY: usize = 128;

/// `{app}/{env}` of the path.
#[derive(Debug)]
pub(super) struct EnvPath(pub(super) EnvKey);

#[derive(Debug, Deserialize)]
struct EnvSegments {
    app: String,
    env: String,
}

#[derive(Debug, Deserialize)]
struct VerbSegment {
    verb: String,
}

impl<S: Send + Sync> FromRequestParts<S> for EnvPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let EnvSegments { app, env } = segments(parts, state).await?;
        let key = EnvKey::parse(&app, &env);
        key.map(Self).map_err(|error| invalid_name(&error))
    }
}

async fn segments<T, S>(parts: &mut Parts, state: &S) -> Result<T, ApiError>
where
    T: serde::de::DeserializeOwned + Send,
    S: Send + Sync,
{
    let path = Path::<T>::from_request_parts(parts, state).await;
    let path = path.map_err(|error| ApiError::bad_request("invalid_path", error.body_text()))?;
    Ok(path.0)
}

fn invalid_name(error: &dyn std::error::Error) -> ApiError {
    ApiError::bad_request("invalid_name", error.to_string())
}

/// What the caller wants to have happened before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Wait {
    /// Guards that are "not yet" have passed.
    Ready,
    /// Also, every proxy has it.
    Applied,
}

/// `?dry_run=true&wait=ready&timeout=10s`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuery {
    #[serde(default)]
    dry_run: bool,
    wait: Option<Wait>,
    timeout: Option<String>,
}

/// What every POST may say outside its body.
#[derive(Debug)]
pub(super) struct PostQuery {
    pub(super) dry_run: bool,
    /// A dry run waits for nothing.
    pub(super) wait: Option<Wait>,
    pub(super) timeout: Duration,
    pub(super) if_match: Option<u64>,
    pub(super) idempotency_key: Option<String>,
    pub(super) actor: String,
}

impl PostQuery {
    pub(super) fn parse(parts: &Parts) -> Result<Self, ApiError> {
        let query = Query::<RawQuery>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::bad_request("invalid_query", error.body_text()))?;
        let Query(query) = query;
        Ok(Self {
            if_match: if_match(&parts.headers)?,
            idempotency_key: idempotency_key(&parts.headers)?,
            actor: actor(&parts.headers)?,
            dry_run: query.dry_run,
            wait: query.wait.filter(|_| !query.dry_run),
            timeout: timeout(query.timeout.as_deref())?,
        })
    }

    /// When the wait is over; counted from now.
    pub(super) fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.timeout
    }

    /// The header means one record.
    pub(super) fn refuse_if_match(&self, instead: &str) -> Result<(), ApiError> {
        match self.if_match {
            Some(_) => Err(invalid_header(&IF_MATCH, instead)),
            None => Ok(()),
        }
    }
}

/// Records are written at once and as they are: who asks for a rehearsal or names a generation must not believe that he
/// was heard.
pub(super) fn refuse_conditions(uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    if let Some(query) = uri.query().filter(|query| !query.is_empty()) {
        let detail = format!("{query:?}: PUT and DELETE of a record take no query");
        return Err(ApiError::bad_request("invalid_query", detail));
    }
    match headers.get(IF_MATCH) {
        Some(_) => Err(invalid_header(
            &IF_MATCH,
            "it is the generation of the rollout, which a record has not",
        )),
        None => Ok(()),
    }
}

/// `POST /v1/envs/{app}/{env}/{verb}` as a whole.
#[derive(Debug)]
pub(super) struct VerbRequest {
    pub(super) command: CommandRequest,
    pub(super) post: PostQuery,
}

impl<S: Send + Sync> FromRequest<S> for VerbRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let VerbSegment { verb } = segments(&mut parts, state).await?;
        let parse = commands::parser(&verb)?;
        let EnvPath(key) = EnvPath::from_request_parts(&mut parts, state).await?;
        let post = PostQuery::parse(&parts)?;
        let payload = Payload::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self {
            command: CommandRequest {
                key,
                command: parse(&payload)?,
                if_match: post.if_match,
                idempotency_key: post.idempotency_key.clone(),
                dry_run: post.dry_run,
                actor: post.actor.clone(),
            },
            post,
        })
    }
}

fn timeout(text: Option<&str>) -> Result<Duration, ApiError> {
    let timeout = text.map(go_duration::parse).transpose();
    let timeout = timeout
        .map_err(|error| ApiError::bad_request("invalid_query", format!("timeout: {error}")))?;
    Ok(timeout.unwrap_or(TIMEOUT).min(LONGEST))
}

/// The one value of a header; `None` when it is absent.
pub(super) fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let Some(first) = first else { return Ok(None) };
    let text = std::str::from_utf8(first.as_bytes());
    match (text, second) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        (Ok(_), Some(_)) => Err(invalid_header(name, "it is given twice")),
        (Err(_), _) => Err(invalid_header(name, "it is not UTF-8")),
    }
}

pub(super) fn invalid_header(name: &HeaderName, why: &str) -> ApiError {
    ApiError::bad_request("invalid_header", format!("{name}: {why}"))
}

/// `"5"` or `5`.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(text) = single(headers, &IF_MATCH)? else {
        return Ok(None);
    };
    let quoted = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    let digits = quoted.unwrap_or(&text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let generation = digits.parse().ok().filter(|_| plain);
    generation.map(Some).ok_or_else(|| {
        let why =
            format!("{text:?} is not a generation: write it as \"5\", from the gen of a status");
        invalid_header(&IF_MATCH, &why)
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let name = HeaderName::from_static("idempotency-key");
    let Some(key) = single(headers, &name)? else {
        return Ok(None);
    };
    let printable = key.bytes().all(|byte| byte.is_ascii_graphic());
    if printable && !key.is_empty() && key.len() <= KEY {
        return Ok(Some(key));
    }
    let why = format!("a key has 1 to {KEY} printable ASCII characters without blanks");
    Err(invalid_header(&name, &why))
}

/// Who asks, for the audit log: `X-Pointsman-Actor`, else `api`.
pub(super) fn actor(headers: &HeaderMap) -> Result<String, ApiError> {
    let name = HeaderName::from_static("x-pointsman-actor");
    let Some(actor) = single(headers, &name)? else {
        return Ok("api".to_owned());
    };
    let printable = !actor.chars().any(char::is_control);
    if printable && !actor.trim().is_empty() && actor.chars().count() <= ACTOR {
        return Ok(actor);
    }
    let why = format!("an actor has 1 to {ACTOR} printable characters");
    Err(invalid_header(&name, &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.try_into().unwrap());
        headers
    }

    #[test]
    fn a_generation_is_digits_with_or_without_quotes() {
        for (text, expected) in [
            ("\"5\"", Some(5)),
            ("5", Some(5)),
            ("\"0\"", Some(0)),
            ("", None),
            ("\"\"", None),
            ("\"5", None),
            ("W/\"5\"", None),
            ("*", None),
            ("+5", None),
            ("\"5\", \"6\"", None),
            ("99999999999999999999", None),
        ] {
            let parsed = if_match(&headers("if-match", text.as_bytes()));
            assert_eq!(parsed.ok().flatten(), expected, "{text:?}");
        }
        assert!(
            matches!(if_match(&HeaderMap::new()), Ok(None)),
            "absent is no condition"
        );
    }

    #[test]
    fn an_actor_is_printable_and_short() {
        let actor_of = |value: &[u8]| actor(&headers("x-pointsman-actor", value)).ok();
        assert_eq!(
            actor_of("jos\u{e9}@ci".as_bytes()).as_deref(),
            Some("jos\u{e9}@ci"),
            "UTF-8"
        );
        assert_eq!(actor_of(&[b'a'; 80]).map(|a| a.len()), Some(80), "80");
        assert_eq!(actor_of(&[b'a'; 81]), None, "81");
        assert_eq!(actor_of(b" "), None, "blank");
        assert_eq!(actor_of(b"a\tb"), None, "a tab is no printable character");
        assert_eq!(actor_of(b"\xff"), None, "not UTF-8");
        assert_eq!(actor(&HeaderMap::new()).unwrap(), "api", "absent");
    }
}
