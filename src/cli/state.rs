//! `state ...`: looks at the state directory itself, without a daemon.
//!
//! `verify` locks and changes nothing and may run at any time; `accept` gives up, on purpose, what comes after damage,
//! and is refused while a daemon runs.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::config::{self, Flags, environment};
use crate::routing::time::Timestamp;
use crate::store::{self, Acceptance, Condition, FileVerdict, GivenUp, Trouble, Verdict};

use super::client::actor;
use super::failure::{Failure, Outcome};
use super::output::Format;
use super::stacks::now;
use super::table::table;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman state verify
  docker exec pointsman pointsman state verify --json | jq .problems
  pointsman state accept --until 41             after verify said that entry 41 is the last good one

Exit codes: 0 whole, 5 damaged, 3 nothing to accept, 1 locked by a daemon or not readable for another reason.";

/// Verbs of `state`.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum StateVerb {
    /// Check every checksum, the chain of both journals, and that all adds up; also while a daemon runs
    Verify(Directory),
    /// Give up what comes after damage, and keep the damaged journal beside
    Accept(AcceptArgs),
}

/// Where.
#[derive(Args, Clone, Debug)]
pub(super) struct Directory {
    #[arg(
        long,
        value_name = "DIR",
        help = "The state directory [env: POINTSMAN_STATE_DIR] [default: /var/lib/pointsman]"
    )]
    state_dir: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "The daemon's settings [env: POINTSMAN_CONFIG]"
    )]
    config: Option<String>,
}

/// Arguments of `accept`.
#[derive(Args, Clone, Debug)]
pub(super) struct AcceptArgs {
    /// The last entry that stays, as `state verify` names it
    #[arg(long, value_name = "SEQ")]
    until: u64,
    #[command(flatten)]
    directory: Directory,
}

impl Directory {
    /// Its path: as given, else what the daemon's settings say.
    pub(super) fn path(&self) -> Result<PathBuf, Failure> {
        let given = [("state-dir", &self.state_dir), ("config", &self.config)];
        Ok(config::local_state_dir(&Flags::given(given))?)
    }
}

/// Runs the verb.
pub(super) fn run(verb: &StateVerb, format: Format) -> Outcome {
    match verb {
        StateVerb::Verify(directory) => verify(&directory.path()?, format),
        StateVerb::Accept(args) => accept(&args.directory.path()?, args.until, format),
    }
}

fn verify(dir: &Path, format: Format) -> Outcome {
    let verdict = store::verify(dir).map_err(|error| failure(&error))?;
    if format.is_json() {
        output::print_json(&json(&verdict)?)?;
    } else {
        output::print(&describe(dir, &verdict))?;
    }
    Ok(if verdict.whole {
        exit::DONE
    } else {
        exit::STATE_UNREADABLE
    })
}

fn json(verdict: &Verdict) -> Result<String, Failure> {
    serde_json::to_string(verdict)
        .map_err(|error| Failure::unexpected(format!("cannot write JSON: {error}")))
}

fn describe(dir: &Path, verdict: &Verdict) -> String {
    let mut text = vec![dir.display().to_string()];
    let rows: Vec<[String; 5]> = verdict.files.iter().map(row).collect();
    if !rows.is_empty() {
        let head = ["FILE", "BYTES", "SCHEMA", "ENTRIES", "CONDITION"];
        text.push(table(head, &rows));
    }
    text.extend(verdict.notes.iter().map(|note| format!("note: {note}")));
    let problems = verdict.problems.iter();
    text.extend(problems.map(|problem| format!("problem: {problem}")));
    let (entries, seq) = (verdict.entries, verdict.seq);
    text.push(if verdict.whole {
        format!("whole: {entries} entries in the journals, the last one is {seq}")
    } else {
        format!("not whole: {entries} good entries in the journals")
    });
    text.join("\n")
}

fn row(file: &FileVerdict) -> [String; 5] {
    let dash = || "-".to_owned();
    let entries = match (file.first, file.last) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        (None, Some(last)) => format!("up to {last}"),
        (_, None) => dash(),
    };
    let condition = match &file.condition {
        Condition::Whole => "whole".to_owned(),
        Condition::Unfinished { byte } => format!("unfinished at byte {byte}"),
        Condition::Damaged { byte, .. } => format!("damaged at byte {byte}"),
        Condition::Aside => "not part of the state".to_owned(),
    };
    [
        file.name.clone(),
        file.bytes.to_string(),
        file.schema.map_or_else(dash, |schema| schema.to_string()),
        entries,
        condition,
    ]
}

fn accept(dir: &Path, until: u64, format: Format) -> Outcome {
    let millis = u64::try_from(now().as_millis()).unwrap_or(u64::MAX);
    let acceptance = Acceptance {
        until,
        actor: actor(environment("USER").as_deref()),
        time: Timestamp::from_millis(millis),
    };
    let done = store::accept(dir, &acceptance).map_err(|error| failure(&error))?;
    let GivenUp { until, kept } = done;
    if format.is_json() {
        let json = serde_json::json!({"until": until, "kept": kept});
        output::print_json(&json.to_string())?;
    } else {
        let kept = kept.map_or_else(String::new, |name| {
            format!(
                "; the damaged journal is kept as {}",
                dir.join(name).display()
            )
        });
        output::print(&format!(
            "the state is whole up to entry {until}, and what came after it is given up{kept}"
        ))?;
    }
    Ok(exit::DONE)
}

pub(super) fn failure(error: &store::Error) -> Failure {
    let code = match (error, error.trouble()) {
        (store::Error::NotAccepted(_), _) => exit::REFUSED,
        (_, Trouble::State) => exit::STATE_UNREADABLE,
        _ => exit::UNEXPECTED,
    };
    Failure::new(code, error.chain())
}
