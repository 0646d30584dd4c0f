//! `doctor`: is everything around the daemon as it should be: DNS, certificates, Traefik, the Engine, state, clocks.
//!
//! `gather` looks and gives facts, `judge` makes findings of them and is pure, `code` names them. A finding says what is
//! wrong, what follows, and the line to change. What could not be looked at is told, too: silence means health. With
//! `--context` it looks from within the daemon's container, where the names and addresses are those that count.

mod code;
mod facts;
mod gather;
mod judge;
mod options;
mod report;

use std::ffi::OsString;

use clap::Args;

use super::connect::ConnectArgs;
use super::failure::{Failure, Outcome};
use super::stacks::now;
use super::target::Global;
use super::{exit, output};

use report::{Finding, Report};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman doctor
  pointsman doctor --context production         from within the daemon's container there
  pointsman doctor --connect 127.0.0.1:443      whatever DNS says, for certificates
  pointsman doctor --json | jq -r '.findings[].code'

Exit codes: 0 all is well, 6 something is not. docs/doctor.md lists what is looked for.";

/// Arguments of `doctor`.
#[derive(Args, Clone, Debug)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    connect: ConnectArgs,
    /// When the verb was asked for on another machine, in seconds since the epoch
    #[arg(long, value_name = "SECONDS", hide = true)]
    asked_at: Option<i64>,
}

/// Runs the verb.
pub(super) fn run(args: &DoctorArgs, global: &Global) -> Outcome {
    let facts = gather::gather(args, global)?;
    let report = judge::judge(&facts);
    if global.json {
        let json = serde_json::to_string(&report);
        let json = json.map_err(|error| Failure::unexpected(format!("cannot encode: {error}")))?;
        output::print_json(&json)?;
    } else {
        output::print(&text(&report))?;
    }
    Ok(if report.findings.is_empty() {
        exit::DONE
    } else {
        exit::FINDINGS
    })
}

/// The same command line, for another machine, with the time on this one.
pub(super) fn with_time(args: &[OsString]) -> Vec<OsString> {
    let mut args = args.to_vec();
    args.push(format!("--asked-at={}", now().as_secs()).into());
    args
}

fn text(report: &Report) -> String {
    let mut blocks: Vec<String> = report.findings.iter().map(block).collect();
    if blocks.is_empty() {
        blocks.push("all is well".to_owned());
    }
    let skipped: Vec<String> = report
        .unchecked
        .iter()
        .map(|it| format!("not looked at: {}: {}", it.what, it.why))
        .collect();
    if !skipped.is_empty() {
        blocks.push(skipped.join("\n"));
    }
    blocks.join("\n\n")
}

fn block(finding: &Finding) -> String {
    format!(
        "{}: {} ({})\n  so:     {}\n  change: {}",
        finding.subject,
        finding.message,
        finding.code.name(),
        finding.meaning,
        finding.remedy
    )
}
