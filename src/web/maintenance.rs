//! The page that visitors of a closed live host read: 503, for everybody who asks for its path on the provider listener.
//!
//! Traefik sends the visitors' requests here while an env is in maintenance, whatever they are: any method, with bodies
//! and headers of theirs. Nothing in them is looked at but the path. Each takes a connection only as long as it must,
//! so that Traefik's own poll always finds one.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use tokio::sync::watch;

use super::respond;
use crate::reconciler::Closed;
use crate::routing::model::maintenance_env;

/// How much of a body is read, so that its sender reads the answer.
const MAX_BODY: usize = 1 << 20;
/// And for how long.
const MAX_READ: Duration = Duration::from_secs(1);
/// When to come again if nobody says more: the env has just been opened.
const RETRY_AFTER_S: u32 = 5;
const MESSAGE: &str = "This service is being worked on. Please come again a little later.";
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");

/// Answers a visitor.
pub(super) async fn page(
    request: Request<Incoming>,
    closed: &watch::Receiver<Closed>,
) -> Response<Full<Bytes>> {
    let env = maintenance_env(request.uri().path());
    let (message, retry_after_s) = env
        .and_then(|env| {
            let closed = closed.borrow();
            let maintenance = closed.get(&env)?;
            Some((maintenance.message.clone(), maintenance.retry_after_s))
        })
        .unwrap_or((String::new(), RETRY_AFTER_S));
    // either way the answer follows
    let _read = tokio::time::timeout(MAX_READ, read(request.into_body())).await;
    let mut response = Response::new(Full::from(html(&message)));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    respond::secure(headers);
    response
}

/// Takes a body in and forgets it.
async fn read(mut body: Incoming) {
    let mut left = MAX_BODY;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

fn html(message: &str) -> String {
    let message = if message.trim().is_empty() {
        MESSAGE
    } else {
        message
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Under maintenance</title>
<style>
:root {{ color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }}
main {{ max-width: 36rem; margin: 15vh auto; padding: 0 1rem }}
p {{ white-space: pre-line; overflow-wrap: anywhere }}
</style>
</head>
<body>
<main>
<h1>Under maintenance</h1>
<p dir="auto">{}</p>
</main>
</body>
</html>
"#,
        escaped(message)
    )
}

/// Text as it stands between tags.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_text_and_nothing_else() {
        let page = html("<script>alert('x')</script> & \"more\"");
        let text = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;</p>";
        assert!(page.contains(text), "{page}");
        assert_eq!(page.matches("<script").count(), 0, "{page}");
    }

    #[test]
    fn without_a_message_there_is_one() {
        assert!(html("").contains(MESSAGE) && html(" \n").contains(MESSAGE));
    }
}
