//! The `docker` command: the only file that starts it.
//!
//! Its own settings (`DOCKER_HOST`, contexts, plugins) decide what it talks to, as for its user.

use std::io::ErrorKind;
use std::process::Command;

use super::failure::Failure;

/// `docker`, with a context if one is named.
pub(super) fn docker(context: Option<&str>) -> Command {
    let mut command = Command::new("docker");
    if let Some(context) = context {
        command.args(["--context", context]);
    }
    command
}

/// It could not be started: `who` needs it, and without it one can do `instead`.
pub(super) fn missing(error: &std::io::Error, who: &str, instead: &str) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return Failure::unexpected(format!(
            "{who} needs the docker command, and it is not installed"
        ))
        .next(format!(
            "install Docker's command line client, or {instead}"
        ));
    }
    Failure::unexpected(format!("docker cannot be started: {error}"))
}
