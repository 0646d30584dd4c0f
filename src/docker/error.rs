//! What can go wrong between us and the Engine.

use std::error::Error as StdError;
use std::io;

use thiserror::Error;

/// A call that did not do its work. **Always retryable, with back-off**: a daemon comes back, a newer one is
/// installed, a certificate is renewed. Whoever retries shows the error.
#[derive(Debug, Error)]
pub enum Error {
    /// Nobody answers at the endpoint.
    #[error("cannot connect to {endpoint}")]
    Connect {
        /// The endpoint as the operator wrote it.
        endpoint: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The TLS files are unusable.
    #[error("TLS for {endpoint}: {what}")]
    Tls {
        /// The endpoint as the operator wrote it.
        endpoint: String,
        /// Which file, or which step.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Head and body did not come in time.
    #[error("{call}: no complete answer within {deadline_ms} ms")]
    Deadline {
        /// Method and path.
        call: String,
        /// How long was waited.
        deadline_ms: u128,
    },
    /// The connection broke, or the other side does not speak HTTP.
    #[error("{call}: the connection broke")]
    Http {
        /// Method and path.
        call: String,
        /// Where.
        #[source]
        source: hyper::Error,
    },
    /// The Engine refused.
    #[error("{call}: Docker answered {status}: {message}")]
    Refused {
        /// Method and path.
        call: String,
        /// HTTP status, not 2xx.
        status: u16,
        /// Docker's own words.
        message: String,
    },
    /// The Engine answered something that is not in its API, or too much of it.
    #[error("{call}: unexpected answer: {what}")]
    Decode {
        /// Method and path.
        call: String,
        /// What was found.
        what: String,
    },
    /// No API version that both sides know.
    #[error(
        "the Engine speaks API {daemon_min} to {daemon_max}, Pointsman {ours_min} to {ours_max}: update the older one"
    )]
    Version {
        /// The Engine's oldest.
        daemon_min: String,
        /// The Engine's newest.
        daemon_max: String,
        /// Our oldest.
        ours_min: String,
        /// Our newest.
        ours_max: String,
    },
    /// Lists show what the event stream did not tell.
    #[error("the event stream keeps events back")]
    EventsMissing,
    /// The event stream ended; for a stream that is a failure.
    #[error("the event stream ended")]
    StreamEnded,
}

impl Error {
    /// The HTTP status, when Docker refused.
    pub const fn status(&self) -> Option<u16> {
        if let Self::Refused { status, .. } = self {
            Some(*status)
        } else {
            None
        }
    }

    /// Docker's own words, when it refused.
    pub fn message(&self) -> Option<&str> {
        if let Self::Refused { message, .. } = self {
            Some(message)
        } else {
            None
        }
    }

    /// The endpoint exists and nobody listens there.
    pub(super) fn is_connection_refused(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.kind() == io::ErrorKind::ConnectionRefused)
    }
}

/// An error with its causes on one line, for logs.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
