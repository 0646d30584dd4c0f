//! The binary: hands the command line to [`pointsman::cli`] and its verdict to the operating system.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(pointsman::cli::run(std::env::args_os()))
}
