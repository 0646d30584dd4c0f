//! `stacks`: every version that has containers, with its slot, age, health, URLs, and why it may go or stays.
//!
//! A table, then the URLs on lines of their own, because they are copied and must not be cut. Ages are told by
//! this machine's clock.

use std::time::{Duration, SystemTime};

use clap::Args;

use crate::api::StackEntry;
use crate::byte_size;

use super::failure::Outcome;
use super::sentence;
use super::session::Session;
use super::table::table;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman stacks
  pointsman stacks --usage                  with memory, and what would be free on the disk without each
  pointsman stacks --json | jq -r '.[] | select(.slot == null) | .version'";

/// Arguments of `stacks`.
#[derive(Args, Clone, Debug)]
pub(super) struct StacksArgs {
    /// Ask Docker for memory and disk, too (may take seconds)
    #[arg(long)]
    usage: bool,
}

/// Runs the verb.
pub(super) fn run(args: &StacksArgs, session: &Session) -> Outcome {
    let query = if args.usage { "?usage=true" } else { "" };
    let answer = session.get(&format!("/v1/stacks{query}"))?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
        return Ok(exit::DONE);
    }
    let stacks: Vec<StackEntry> = answer.decode()?;
    if stacks.is_empty() {
        output::note(
            "no stacks: no container carries pointsman.app, pointsman.env and pointsman.version",
        )?;
        return Ok(exit::DONE);
    }
    let now = now();
    let mut text = vec![rows(args, &stacks, now)];
    for stack in &stacks {
        let urls = stack.urls.iter();
        let name = format!("{}/{} {}", stack.app, stack.env, stack.version);
        text.extend(urls.map(|url| format!("{name}: {url}")));
        text.extend(stack.retention.iter().map(|fate| {
            let may = if fate.goes { "may go" } else { "stays" };
            format!("{name}: {may}: {}", fate.detail)
        }));
    }
    output::print(&text.join("\n"))?;
    Ok(exit::DONE)
}

fn rows(args: &StacksArgs, stacks: &[StackEntry], now: Duration) -> String {
    if !args.usage {
        let rows: Vec<[String; 5]> = stacks.iter().map(|stack| row(stack, now)).collect();
        return table(["ENV", "VERSION", "SLOT", "AGE", "HEALTH"], &rows);
    }
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), byte_size::round);
    let row = |stack: &StackEntry| {
        let [env, version, slot, age, health] = row(stack, now);
        let (memory, disk) = (size(stack.memory_bytes), size(stack.disk_bytes));
        [env, version, slot, age, memory, disk, health]
    };
    let rows: Vec<[String; 7]> = stacks.iter().map(row).collect();
    let head = ["ENV", "VERSION", "SLOT", "AGE", "MEMORY", "DISK", "HEALTH"];
    table(head, &rows)
}

fn row(stack: &StackEntry, now: Duration) -> [String; 5] {
    let slot = stack.slot.map_or("-", |slot| slot.as_str());
    [
        format!("{}/{}", stack.app, stack.env),
        stack.version.to_string(),
        format!("{slot}{}", if stack.active { " (live)" } else { "" }),
        age(now.as_secs().saturating_sub(stack.created)),
        sentence::health(&stack.health),
    ]
}

pub(super) fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the rim tells how old things are"
)]
pub(super) fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_one_unit() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (7200, "2h"),
            (172_799, "47h"),
            (172_800, "2d"),
        ] {
            assert_eq!(age(seconds), text, "{seconds} s");
        }
    }
}
