//! `history`: who did what in an env, the newest first.
//!
//! The daemon remembers the latest commands of all envs together; its journal files hold more.

use clap::Args;

use crate::api::{History, HistoryItem};

use super::client::Request;
use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::table::table;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman history whoami dev
  pointsman history whoami dev --limit 1000 --json | jq -r '.history[] | select(.command == \"switch\") | .actor'

It shows what the daemon remembers of the latest 2,000 commands of all envs. The journal in the state directory
goes further back.";

/// Arguments of `history`.
#[derive(Args, Clone, Debug)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// How many commands at most, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

/// Runs the verb.
pub(super) fn run(args: &HistoryArgs, session: &Session) -> Outcome {
    let path = format!("{}/history?limit={}", args.env.path(), args.limit);
    let answer = session.send(&args.env, &Request::get(path))?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
        return Ok(exit::DONE);
    }
    let History { history } = answer.decode()?;
    if history.is_empty() {
        output::note("nothing yet")?;
        return Ok(exit::DONE);
    }
    let rows: Vec<[String; 5]> = history.iter().map(row).collect();
    let head = ["TIME", "GEN", "ACTOR", "COMMAND", "RESULT"];
    output::print(&table(head, &rows))?;
    Ok(exit::DONE)
}

fn row(item: &HistoryItem) -> [String; 5] {
    let generation = item.generation;
    [
        to_the_second(&item.time),
        generation.map_or_else(|| "-".to_owned(), |generation| generation.to_string()),
        item.actor.clone(),
        item.command.clone(),
        item.result.clone(),
    ]
}

/// `2026-01-02T03:04:05.678Z` without its fraction.
fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, _fraction)) => format!("{whole}Z"),
        None => time.to_owned(),
    }
}
