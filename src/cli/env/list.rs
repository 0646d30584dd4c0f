//! `env list`: all records.
//!
//! A line for each, sorted as the daemon sorts them, with where it came from: `label` records were made by a
//! container, and the first `env apply` takes them over.

use crate::api::EnvList;
use crate::cli::failure::Outcome;
use crate::cli::session::Session;
use crate::cli::table::table;
use crate::cli::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env list
  pointsman env list --json | jq -r '.envs[].domain'";

/// Runs the verb.
pub(super) fn run(session: &Session) -> Outcome {
    let answer = session.get("/v1/envs")?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
        return Ok(exit::DONE);
    }
    let list: EnvList = answer.decode()?;
    let rows: Vec<[String; 4]> = list
        .envs
        .into_iter()
        .map(|env| {
            [
                env.app.to_string(),
                env.env.to_string(),
                env.body.domain,
                env.origin,
            ]
        })
        .collect();
    if rows.is_empty() {
        let hint = "no envs yet: `pointsman env init APP ENV DOMAIN` starts one";
        output::note(hint)?;
    } else {
        let head = ["APP", "ENV", "DOMAIN", "ORIGIN"];
        output::print(&table(head, &rows))?;
    }
    Ok(exit::DONE)
}
