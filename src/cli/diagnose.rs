//! `diagnose`: what is wrong with labels, names and networks, and what would be right.
//!
//! One line for each finding, as the daemon words it. Exit code 6 when there are any, so that a script can stop;
//! nothing is judged here.

use crate::api::DiagnosticEntry;

use super::failure::Outcome;
use super::session::Session;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman diagnose || echo 'exit code 6: there are findings'
  pointsman diagnose --json | jq -r '.[].subject'";

/// Runs the verb.
pub(super) fn run(session: &Session) -> Outcome {
    let answer = session.get("/v1/diagnostics")?;
    let findings: Vec<DiagnosticEntry> = answer.decode()?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
    } else if findings.is_empty() {
        output::print("no findings")?;
    } else {
        let lines: Vec<String> = findings.iter().map(line).collect();
        output::print(&lines.join("\n"))?;
    }
    Ok(if findings.is_empty() {
        exit::DONE
    } else {
        exit::FINDINGS
    })
}

/// One finding on one line, its value in quotes.
pub(super) fn line(finding: &DiagnosticEntry) -> String {
    let place = match (&finding.key, &finding.value) {
        (Some(key), Some(value)) => format!(" {key}={value:?}:"),
        (Some(key), None) => format!(" {key}:"),
        (None, Some(value)) => format!(" {value:?}:"),
        (None, None) => String::new(),
    };
    format!(
        "{}:{place} {} ({})",
        finding.subject, finding.message, finding.code
    )
}
