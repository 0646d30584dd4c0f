//! `env apply`: the record becomes what the file says; the answer tells what that changed.
//!
//! `PUT` is idempotent, so it is always sent; the difference is between the file and the record before. Unknown
//! keys in the file are refused by name before the daemon is asked anything.

use std::time::Duration;

use clap::Args;
use ureq::http::Method;

use crate::api::{EnvBody, EnvList};
use crate::cli::client::Request;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::{EnvArgs, Session};
use crate::cli::{exit, input, output};

use super::file::{self, EnvFile};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env apply whoami-dev.toml
  pointsman env show whoami dev | sed s/dev.example/test.example/ | pointsman env apply -";

/// Arguments of `env apply`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct ApplyArgs {
    /// The env file; `-` reads standard input
    file: String,
}

impl ApplyArgs {
    /// The file; `-` is standard input.
    pub(super) fn input(&self) -> &str {
        &self.file
    }
}

/// Runs the verb. The file is read first: a mistake in it needs no daemon to be found.
pub(super) fn run(args: &ApplyArgs, session: impl FnOnce() -> Result<Session, Failure>) -> Outcome {
    let wanted = read(args)?;
    let session = session()?;
    let old = current(&session, &wanted.env)?;
    let changes = file::diff(old.as_ref(), &wanted.body)?;
    let answer = session.send(&wanted.env, &request(&wanted)?)?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
        return Ok(exit::DONE);
    }
    let what = match (&old, changes.is_empty()) {
        (None, _) => "created",
        (Some(_), true) => "unchanged",
        (Some(_), false) => "updated",
    };
    let mut lines = vec![format!("{}: {what}", wanted.env)];
    lines.extend(changes);
    output::print(&lines.join("\n"))?;
    Ok(exit::DONE)
}

fn read(args: &ApplyArgs) -> Result<EnvFile, Failure> {
    let (name, text) = input::read(&args.file).map_err(|failure| {
        failure.next("`pointsman env init APP ENV DOMAIN` writes a file to start from")
    })?;
    file::parse(name, &text)
}

fn current(session: &Session, env: &EnvArgs) -> Result<Option<EnvBody>, Failure> {
    let list: EnvList = session.get("/v1/envs")?.decode()?;
    let mut envs = list.envs.into_iter();
    let found = envs.find(|found| found.app == env.app && found.env == env.env);
    Ok(found.map(|found| found.body))
}

fn request(wanted: &EnvFile) -> Result<Request, Failure> {
    let body = serde_json::to_string(&wanted.body);
    let body = body.map_err(|error| Failure::unexpected(error.to_string()))?;
    Ok(Request {
        method: Method::PUT,
        path: wanted.env.path(),
        headers: Vec::new(),
        body: Some(body),
        hold: Duration::ZERO,
    })
}
