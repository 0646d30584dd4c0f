//! The binary: hands the command line to [`pointsman::cli`] and its verdict to the operating system.
//!
//! All behaviour is in the library; this file only turns its exit code into the process's.
//! Nothing here can fail on its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pointsman::cli::run(std::env::args_os()))
}
