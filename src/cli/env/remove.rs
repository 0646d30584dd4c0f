//! `env remove`: forgets the record of an env that nothing uses.
//!
//! The daemon refuses while a slot is filled or a container names the env; nothing is stopped or removed for it
//! here.

use ureq::http::Method;

use crate::cli::client::Request;
use crate::cli::failure::Outcome;
use crate::cli::session::{EnvArgs, Session};
use crate::cli::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env remove whoami dev    refused while a slot is filled or a container names it";

/// Runs the verb.
pub(super) fn run(env: &EnvArgs, session: &Session) -> Outcome {
    let request = Request {
        method: Method::DELETE,
        ..Request::get(env.path())
    };
    let answer = session.send(env, &request)?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
    } else {
        output::print(&format!("{env}: removed"))?;
    }
    Ok(exit::DONE)
}
