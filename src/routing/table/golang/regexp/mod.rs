//! Regular expressions as Go writes them, for the `regex` crate: same family, small differences.
//!
//! In Go `\d`, `\w`, `\s` and `\b` are ASCII, `[` is an ordinary letter within a class, a brace that is no count is
//! itself, `\Q...\E` quotes, and a repetition cannot be repeated. Everything is rewritten, nothing is passed on
//! unread. What a match may cost is bounded: the length, the nesting, and the compiled size.

use regex::{Regex, RegexBuilder};
use thiserror::Error;

mod class;
mod translate;

/// Longest expression in bytes.
const MAX_LEN: usize = 4096;
/// Largest compiled program in bytes.
const MAX_SIZE: usize = 1 << 20;
/// Deepest nesting.
const MAX_DEPTH: u32 = 50;

/// Why a text is no regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(in crate::routing::table) enum RegexpError {
    /// Not in Go's syntax.
    #[error("{0}")]
    Syntax(&'static str),
    /// Not for the engine, in its words.
    #[error("{0}")]
    Engine(String),
    /// Too long or too costly.
    #[error("it is longer than 4 KiB or its program larger than 1 MiB")]
    TooLarge,
}

/// Compiles an expression in Go's syntax.
pub(in crate::routing::table) fn compile(expression: &str) -> Result<Regex, RegexpError> {
    if expression.len() > MAX_LEN {
        return Err(RegexpError::TooLarge);
    }
    let translated = translate::translate(expression).map_err(RegexpError::Syntax)?;
    let compiled = RegexBuilder::new(&translated)
        .size_limit(MAX_SIZE)
        .nest_limit(MAX_DEPTH)
        .build();
    compiled.map_err(|error| {
        if matches!(error, regex::Error::CompiledTooBig(_)) {
            return RegexpError::TooLarge;
        }
        RegexpError::Engine(cause(&error.to_string()))
    })
}

/// The last line of the engine's report; the others draw the translated expression, which nobody wrote.
fn cause(report: &str) -> String {
    let line = report.lines().last().unwrap_or_default().trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests;
