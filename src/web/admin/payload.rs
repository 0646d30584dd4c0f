//! Request bodies: bounded in size and time, JSON by declaration, and unknown fields refused by name.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::HeaderMap;
use hyper::body::Body as _;
use hyper::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::web::error::{ApiError, ErrorStatus};

/// No command is longer.
const LIMIT: usize = 64 * 1024;
/// No body takes longer.
const DEADLINE: Duration = Duration::from_secs(10);

/// A body in one piece; empty when there was none.
#[derive(Debug)]
pub(super) struct Payload(Bytes);

impl<S: Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if body.size_hint().lower() > LIMIT as u64 {
            return Err(too_large());
        }
        let collected = tokio::time::timeout(DEADLINE, Limited::new(body, LIMIT).collect());
        let bytes = match collected.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large()),
            Ok(Err(error)) => {
                let detail = "the body could not be read";
                return Err(ApiError::bad_request("broken_body", detail).caused_by(error));
            }
            Err(_elapsed) => return Err(too_slow()),
        };
        if !bytes.is_empty() && !is_json(&parts.headers) {
            return Err(ApiError::new(
                ErrorStatus::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "a body must be JSON and say so: Content-Type: application/json",
            ));
        }
        Ok(Self(bytes))
    }
}

impl Payload {
    /// A body that came inside another one.
    pub(super) fn of(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// The body as what it must be; the error names the field.
    pub(super) fn parse<T: DeserializeOwned + Serialize>(&self) -> Result<T, ApiError> {
        if self.0.is_empty() {
            let detail = "a JSON object is expected as the body";
            return Err(ApiError::bad_request("invalid_body", detail));
        }
        let mut json = serde_json::Deserializer::from_slice(&self.0);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            let detail = match path.as_str() {
                "." => inner.to_string(),
                path => format!("{path}: {inner}"),
            };
            ApiError::bad_request("invalid_body", detail)
        })?;
        json.end()
            .map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))?;
        self.refuse_lists(&value)?;
        Ok(value)
    }

    /// Serde takes a list for an object, field by field in the order of our source.
    fn refuse_lists<T: Serialize>(&self, value: &T) -> Result<(), ApiError> {
        let invalid = |detail| ApiError::bad_request("invalid_body", detail);
        let given = serde_json::from_slice(&self.0).map_err(|error| invalid(error.to_string()))?;
        let meant = serde_json::to_value(value).map_err(|error| invalid(error.to_string()))?;
        match list_for_object(&given, &meant) {
            Some(path) => Err(invalid(format!(
                "{path}: an object with named fields is expected, not a list"
            ))),
            None => Ok(()),
        }
    }

    /// The same, for bodies that may be missing.
    pub(super) fn parse_or_default<T: DeserializeOwned + Serialize + Default>(
        &self,
    ) -> Result<T, ApiError> {
        if self.0.is_empty() {
            return Ok(T::default());
        }
        self.parse()
    }
}

/// Where a list is given and an object meant: `.`, `.retention`, `.[0]`.
fn list_for_object(given: &Value, meant: &Value) -> Option<String> {
    let below = |name: &str, path: String| match path.as_str() {
        "." => format!(".{name}"),
        path => format!(".{name}{path}"),
    };
    match (given, meant) {
        (Value::Array(_), Value::Object(_)) => Some(".".to_owned()),
        (Value::Object(given), Value::Object(meant)) => given.iter().find_map(|(name, given)| {
            let path = list_for_object(given, meant.get(name)?)?;
            Some(below(name, path))
        }),
        (Value::Array(given), Value::Array(meant)) => {
            let pairs = given.iter().zip(meant).enumerate();
            let mut paths = pairs.filter_map(|(number, (given, meant))| {
                let path = list_for_object(given, meant)?;
                Some(below(&format!("[{number}]"), path))
            });
            paths.next()
        }
        _ => None,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next());
    media_type.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn too_large() -> ApiError {
    let detail = format!("a body may have {LIMIT} bytes at most");
    ApiError::new(ErrorStatus::PAYLOAD_TOO_LARGE, "body_too_large", detail).closing()
}

fn too_slow() -> ApiError {
    let detail = format!("the body was not complete within {} s", DEADLINE.as_secs());
    ApiError::new(ErrorStatus::REQUEST_TIMEOUT, "body_too_slow", detail).closing()
}
