//! What every response of ours carries, and errors as responses.

use axum::response::IntoResponse;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::error::ApiError;

/// Nothing here may be stored on the way, or be taken for another type than it is said to be.
const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Adds what every response carries.
pub(super) fn secure(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
}

/// An error as a response in one piece.
pub(super) fn problem(error: ApiError) -> Response<Full<Bytes>> {
    let (status, headers, body) = error.into_parts();
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    secure(response.headers_mut());
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> axum::response::Response {
        problem(self).map(axum::body::Body::new)
    }
}
