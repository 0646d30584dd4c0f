//! `version`: of this binary.
//!
//! With `--context` it is the version of the binary over there; comparing the two explains an answer that was
//! not understood.

use super::failure::Outcome;
use super::output::Format;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman version
  pointsman version --context production    of the daemon's binary over there";

/// Runs the verb.
pub(super) fn run(format: Format) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if format.is_json() {
        output::print_json(&format!("{{\"version\":\"{version}\"}}"))?;
    } else {
        output::print(&format!("pointsman {version}"))?;
    }
    Ok(exit::DONE)
}
