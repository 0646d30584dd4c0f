//! `completions`: what a shell needs to complete verbs and options, printed.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::{Failure, Outcome};
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman completions bash > /etc/bash_completion.d/pointsman
  pointsman completions zsh > ~/.zfunc/_pointsman
  pointsman completions fish > ~/.config/fish/completions/pointsman.fish";

/// Arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub(super) struct CompletionsArgs {
    /// For which shell
    shell: Shell,
}

/// Runs the verb for a command line.
pub(super) fn run<C: CommandFactory>(args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "pointsman", &mut script);
    let script = String::from_utf8(script)
        .map_err(|error| Failure::unexpected(format!("cannot write the script: {error}")))?;
    output::print_verbatim(&script)?;
    Ok(exit::DONE)
}
