//! `env show`: one record as an env file, ready for `env apply`.
//!
//! Round trip: what it prints is what `env apply` would send. Keys that this version does not know are left out
//! of the TOML and kept in the JSON.

use serde_json::Value;

use crate::api::Env;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::{EnvArgs, Session};
use crate::cli::{exit, output};

use super::file;

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env show whoami dev > whoami-dev.toml";

/// Runs the verb. The API has all records in one list; the JSON is its element, keys sorted.
pub(super) fn run(env: &EnvArgs, session: &Session) -> Outcome {
    let list: Value = session.get("/v1/envs")?.decode()?;
    let envs = list.get("envs").and_then(Value::as_array);
    let is_it = |found: &&Value| {
        found.get("app").and_then(Value::as_str) == Some(env.app.as_str())
            && found.get("env").and_then(Value::as_str) == Some(env.env.as_str())
    };
    let Some(found) = envs.and_then(|envs| envs.iter().find(is_it)) else {
        return Err(session.unknown_env(env));
    };
    if session.format.is_json() {
        output::print_json(&found.to_string())?;
        return Ok(exit::DONE);
    }
    let record: Env = serde_json::from_value(found.clone()).map_err(|error| {
        Failure::unexpected(format!(
            "the record of {env} is not what this version understands: {error}"
        ))
    })?;
    let text = file::render(&record)?;
    output::print(&format!("# origin: {}\n{text}", record.origin))?;
    Ok(exit::DONE)
}
