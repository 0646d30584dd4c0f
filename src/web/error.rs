//! The one error of both listeners: a status from 4xx or 5xx, a stable code, a public message, and a private
//! source that is logged once, here, where it becomes a response.

use std::error::Error;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::http::header::WWW_AUTHENTICATE;

use crate::api::Problem;

/// A status that can only be an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorStatus(StatusCode);

macro_rules! statuses {
    ($($name:ident),+ $(,)?) => {
        impl ErrorStatus {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub const $name: Self = Self(StatusCode::$name);
            )+
        }
    };
}

statuses!(
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    CONFLICT,
    PRECONDITION_FAILED,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    MISDIRECTED_REQUEST,
    UNPROCESSABLE_ENTITY,
    INTERNAL_SERVER_ERROR,
    SERVICE_UNAVAILABLE,
    HTTP_VERSION_NOT_SUPPORTED,
    INSUFFICIENT_STORAGE,
);

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    status: ErrorStatus,
    headers: HeaderMap,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// With a stable code and what is wrong and would be right.
    pub fn new(status: ErrorStatus, code: &str, detail: impl Into<String>) -> Self {
        let title = status.0.canonical_reason().unwrap_or("Error");
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.0.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            state: None,
            generation: None,
            index: None,
        };
        Self(Box::new(Inner {
            problem,
            status,
            headers: HeaderMap::new(),
            source: None,
        }))
    }

    /// A request that makes no sense as it stands.
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatus::BAD_REQUEST, code, detail)
    }

    /// No such thing.
    pub fn not_found(code: &str, detail: impl Into<String>) -> Self {
        Self::new(ErrorStatus::NOT_FOUND, code, detail)
    }

    /// The token is missing or wrong; says nothing about which.
    pub fn unauthorized() -> Self {
        let error = Self::new(
            ErrorStatus::UNAUTHORIZED,
            "unauthorized",
            "the admin token is missing or wrong: send it as \"Authorization: Bearer TOKEN\"",
        );
        error
            .header(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"pointsman\""),
            )
            .closing()
    }

    /// Another method was meant.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self::new(
            ErrorStatus::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("this path takes {allow}"),
        )
        .header(ALLOW, HeaderValue::from_static(allow))
    }

    /// The state that forbids the verb.
    #[must_use]
    pub fn state(mut self, state: &str) -> Self {
        self.0.problem.state = Some(state.to_owned());
        self
    }

    /// The current generation.
    #[must_use]
    pub fn generation(mut self, generation: u64) -> Self {
        self.0.problem.generation = Some(generation);
        self
    }

    /// Which item of several was refused.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        let problem = &mut self.0.problem;
        problem.index = Some(index);
        problem.detail = format!("item {index}: {}", problem.detail);
        self
    }

    /// When to try again, in whole seconds and never 0, as the header wants it.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_millis().div_ceil(1000).max(1);
        match HeaderValue::try_from(seconds.to_string()) {
            Ok(value) => self.header(RETRY_AFTER, value),
            Err(_not_digits) => self,
        }
    }

    /// What went wrong inside; logged, never sent.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Closes the connection after the answer: the rest of the request is not worth reading.
    #[must_use]
    pub fn closing(self) -> Self {
        self.header(CONNECTION, HeaderValue::from_static("close"))
    }

    #[must_use]
    fn header(mut self, name: hyper::header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.problem.code
    }

    /// Status, headers and body; logs the source.
    pub(super) fn into_parts(self) -> (StatusCode, HeaderMap, Vec<u8>) {
        let Inner {
            problem,
            status: ErrorStatus(status),
            mut headers,
            source,
        } = *self.0;
        let (code, detail) = (&problem.code, &problem.detail);
        match (source, status.is_server_error()) {
            (Some(source), _) => tracing::error!(code, detail, source, "request failed"),
            (None, true) => tracing::warn!(code, detail, "request failed"),
            (None, false) => tracing::debug!(code, detail, "request refused"),
        }
        let body = serde_json::to_vec(&problem).expect("a problem is always valid JSON");
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        (status, headers, body)
    }
}
