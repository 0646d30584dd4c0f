//! Exit codes: stable, for scripts.
//!
//! Every verb ends with one of these, and the help of the binary lists them. `--context` passes on what the verb
//! ended with over there. A new meaning gets a new number; none is ever reused.

/// Done, and what was asked for is so.
pub const DONE: u8 = 0;
/// Something that should not happen: a broken answer, a missing file, no permission.
pub const UNEXPECTED: u8 = 1;
/// The command line, a setting or an env file is wrong; nothing was tried.
pub const USAGE: u8 = 2;
/// The daemon understood and said no (or not in time): the state forbids it. Nothing changed, unless said. Also `state
/// accept` when there is nothing to accept.
pub const REFUSED: u8 = 3;
/// No daemon answers, or it has not read Docker's first complete list yet.
pub const UNREACHABLE: u8 = 4;
/// The daemon's stored state cannot be read without guessing, or `state verify` found it not whole.
pub const STATE_UNREADABLE: u8 = 5;
/// `diagnose`, `check`, `verify` or `doctor` found something.
pub const FINDINGS: u8 = 6;
