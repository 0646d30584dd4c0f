//! `stacks`: every version that has containers, with its slot, age, health and URLs.
//!
//! A table, then the URLs on lines of their own, because they are copied and must not be cut. Ages are told by
//! this machine's clock.

use std::time::{Duration, SystemTime};

use crate::api::StackEntry;

use super::failure::Outcome;
use super::sentence;
use super::session::Session;
use super::table::table;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman stacks
  pointsman stacks --json | jq -r '.[] | select(.slot == null) | .version'";

/// Runs the verb.
pub(super) fn run(session: &Session) -> Outcome {
    let answer = session.get("/v1/stacks")?;
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
    let rows: Vec<[String; 5]> = stacks.iter().map(|stack| row(stack, now)).collect();
    let head = ["ENV", "VERSION", "SLOT", "AGE", "HEALTH"];
    let mut text = vec![table(head, &rows)];
    for stack in &stacks {
        let urls = stack.urls.iter();
        let name = format!("{}/{} {}", stack.app, stack.env, stack.version);
        text.extend(urls.map(|url| format!("{name}: {url}")));
    }
    output::print(&text.join("\n"))?;
    Ok(exit::DONE)
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

fn age(seconds: u64) -> String {
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
