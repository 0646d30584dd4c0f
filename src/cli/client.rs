//! HTTP to the daemon: one request, its answer, and what to say when there is none.
//!
//! A connection that breaks is tried again: reads and `PUT` may be repeated, and every verb carries an
//! `Idempotency-Key`, so that its second arrival changes nothing. Redirects are not followed and proxies are not
//! used: the token goes to the daemon and nowhere else.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::http::{self, Method};

use crate::config::{Secret, environment};

use super::exit;
use super::failure::Failure;

/// How often a broken connection is tried again.
const RETRIES: u32 = 2;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What an answer may take beyond the time that the server was asked to hold it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_ANSWER_BYTES: u64 = 64 << 20;

/// A daemon.
#[derive(Debug)]
pub(super) struct Client {
    agent: ureq::Agent,
    base: String,
    token: Option<Secret>,
    actor: String,
}

/// What to ask for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// HTTP method.
    pub(super) method: Method,
    /// Path and query.
    pub(super) path: String,
    /// Further headers.
    pub(super) headers: Vec<(&'static str, String)>,
    /// A JSON body.
    pub(super) body: Option<String>,
    /// How long the server may hold the answer.
    pub(super) hold: Duration,
}

/// A stream, or why there is none.
pub(super) enum Opened {
    /// A body to be read for as long as the request may be held.
    Stream(ureq::BodyReader<'static>),
    /// Not a success.
    Refused(Answer),
}

/// What the daemon said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// Its clock when it answered, in seconds since the epoch.
    pub(super) date: Option<i64>,
    /// The body, verbatim.
    pub(super) body: String,
}

impl Request {
    /// A `GET`.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            headers: Vec::new(),
            body: None,
            hold: Duration::ZERO,
        }
    }
}

impl Answer {
    /// 2xx.
    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body as a value.
    pub(super) fn decode<T: serde::de::DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.body).map_err(|error| {
            Failure::unexpected(format!(
                "the answer (status {}) is not what this version understands: {error}",
                self.status
            ))
            .next("compare `pointsman version` here and in the daemon's container")
        })
    }
}

impl Client {
    /// A client for `http://host:port`. Opens nothing yet.
    pub(super) fn new(base: String, token: Option<Secret>) -> Result<Self, Failure> {
        let header_fits = |token: &Secret| token.expose().bytes().all(|b| b.is_ascii_graphic());
        if !token.as_ref().is_none_or(header_fits) {
            return Err(Failure::usage(
                "POINTSMAN_TOKEN must be one line of visible ASCII characters without spaces",
            ));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("pointsman/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            base,
            token,
            actor: actor(environment("USER").as_deref()),
        })
    }

    /// Its address.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request, again when the connection breaks. Any status is an answer.
    pub(super) fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            match self.send_once(request) {
                Ok(answer) => return Ok(answer),
                Err(error) if is_broken(&error) && tries < RETRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    let may_be_done = request.method != Method::GET
                        && (tries > 0 || is_broken(&error) || is_late(&error));
                    let failure = self.unreachable(&error);
                    return Err(if may_be_done {
                        failure.next("it may have been carried out all the same: look with `pointsman status` before you repeat it")
                    } else {
                        failure
                    });
                }
            }
        }
    }

    /// Opens a stream of events. It ends after the time that it may be held.
    pub(super) fn open(&self, request: &Request) -> Result<Opened, Failure> {
        let response = self.respond(request);
        let response = response.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            return Ok(Opened::Stream(response.into_body().into_reader()));
        }
        let answer = read(response).map_err(|error| self.unreachable(&error))?;
        Ok(Opened::Refused(answer))
    }

    fn send_once(&self, request: &Request) -> Result<Answer, ureq::Error> {
        read(self.respond(request)?)
    }

    fn respond(&self, request: &Request) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let mut builder = http::Request::builder()
            .method(request.method.clone())
            .uri(format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if request.method != Method::GET {
            builder = builder.header("x-pointsman-actor", &self.actor);
        }
        if let Some(token) = &self.token {
            builder = builder.header("authorization", format!("Bearer {}", token.expose()));
        }
        match &request.body {
            Some(body) => {
                let builder = builder.header("content-type", "application/json");
                self.run(builder.body(body.as_str())?, request.hold)
            }
            // An empty text has a length; no body at all would be sent in chunks.
            None if request.method == Method::POST => self.run(builder.body("")?, request.hold),
            None => self.run(builder.body(())?, request.hold),
        }
    }

    fn run(
        &self,
        request: http::Request<impl ureq::AsSendBody>,
        hold: Duration,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(hold + ANSWER_TIMEOUT))
            .build();
        self.agent.run(request)
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let message = format!("no daemon answers at {}: {}", self.base, reason(error));
        Failure::new(exit::UNREACHABLE, message).next(
            "start one with `pointsman serve`, or point elsewhere with --url URL, POINTSMAN_URL or --context NAME",
        )
    }
}

/// Who asks, for the audit log: `cli`, with the user's name where there is a plain one.
pub(super) fn actor(user: Option<&str>) -> String {
    let is_plain = |user: &&str| user.len() <= 64 && user.bytes().all(|b| b.is_ascii_graphic());
    match user.filter(is_plain) {
        Some(user) => format!("cli:{user}"),
        None => "cli".to_owned(),
    }
}

/// The `Date` of an answer, in seconds since the epoch.
pub(super) fn date(headers: &http::HeaderMap) -> Option<i64> {
    let text = headers.get("date")?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(date.timestamp().as_second())
}

fn read(mut response: http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let date = date(response.headers());
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES);
    Ok(Answer {
        status,
        retry_after,
        date,
        body: body.read_to_string()?,
    })
}

/// The connection was there and ended early, so that a second try is worth it.
fn is_broken(error: &ureq::Error) -> bool {
    if let ureq::Error::Io(error) = error {
        return !matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::TimedOut | ErrorKind::PermissionDenied
        );
    }
    matches!(error, ureq::Error::Protocol(_))
}

/// The request was sent, and no answer came in time.
fn is_late(error: &ureq::Error) -> bool {
    let ureq::Error::Timeout(timeout) = error else {
        return false;
    };
    !matches!(timeout, ureq::Timeout::Resolve | ureq::Timeout::Connect)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign, growing enum: what has no words of ours has its own"
)]
fn reason(error: &ureq::Error) -> String {
    let words = match error {
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "connection refused"
        }
        ureq::Error::Io(error) => return error.to_string(),
        ureq::Error::Protocol(_) => "the connection ended, or what came back is not HTTP",
        ureq::Error::HostNotFound => "the host name does not resolve",
        ureq::Error::Timeout(_) => "no answer in time",
        _ => return error.to_string(),
    };
    words.to_owned()
}
