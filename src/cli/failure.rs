//! Why a verb ends with another code than 0: what happened, why, and what to do next.
//!
//! Verbs return it, `output` prints it: `error: ...`, then `next: ...`. Nothing panics and nothing exits on the
//! way, so that every end has a code and a sentence.

use crate::api::Problem;
use crate::config;

use super::exit;

/// The end of a verb: an exit code, or a failure that carries one.
pub(super) type Outcome = Result<u8, Failure>;

/// A failed verb.
#[derive(Debug)]
pub(super) struct Failure {
    /// One of [`exit`].
    pub(super) code: u8,
    /// What and why.
    pub(super) message: String,
    /// What to do next.
    pub(super) next: Option<String>,
    /// The API's own words, for `--json`.
    pub(super) json: Option<String>,
}

impl Failure {
    /// With a code and what happened.
    pub(super) fn new(code: u8, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            next: None,
            json: None,
        }
    }

    /// Is it what the API calls by this code.
    pub(super) fn is(&self, code: &str) -> bool {
        let problem = self.json.as_ref();
        let problem = problem.and_then(|json| serde_json::from_str::<Problem>(json).ok());
        problem.is_some_and(|problem| problem.code == code)
    }

    /// Wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// What should not happen.
    pub(super) fn unexpected(message: impl Into<String>) -> Self {
        Self::new(exit::UNEXPECTED, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub(super) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        Self::usage(chain(&error))
    }
}

/// An error and its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(error.to_string().trim_end());
        cause = error.source();
    }
    text
}
