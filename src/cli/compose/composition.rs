//! How `docker compose` is called for one project: its files, its name, its variables.
//!
//! Values of variables go by the environment, never by the command line, where everybody could read them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::super::docker::{docker, missing};
use super::super::failure::Failure;
use super::project::Project;

/// Standard input, as compose names it.
const STDIN: &str = "-";

/// A project to be read or started.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Composition {
    /// The docker context.
    pub(in crate::cli) context: Option<String>,
    /// Its files, merged in this order.
    pub(in crate::cli) files: Vec<String>,
    /// Its name, if it is not for compose to find.
    pub(in crate::cli) project: Option<String>,
    /// Files of variables; none means compose's own `.env`.
    pub(in crate::cli) env_files: Vec<String>,
    /// Variables; may be secret.
    pub(in crate::cli) variables: BTreeMap<String, String>,
    /// What must not be in a message.
    pub(in crate::cli) secrets: Vec<String>,
    /// What one can do without compose.
    pub(in crate::cli) instead: &'static str,
}

/// What compose made of the files.
#[derive(Debug)]
pub(in crate::cli) struct Read {
    /// The project.
    pub(in crate::cli) project: Project,
    /// What it said besides.
    pub(in crate::cli) warnings: Vec<String>,
}

impl Composition {
    /// The whole project. `input` is the text of a file that is called `-`.
    pub(in crate::cli) fn read(&self, input: &str) -> Result<Read, Failure> {
        let output = self.output(&["config", "--format", "json"], input)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let project = serde_json::from_slice(&output.stdout).map_err(|error| {
            Failure::unexpected(format!("docker compose config gave no JSON: {error}"))
                .next("Docker Compose 2.0 or later is needed: docker compose version")
        })?;
        Ok(Read {
            project,
            warnings: masked(&said, &self.secrets)
                .lines()
                .map(str::to_owned)
                .collect(),
        })
    }

    /// What `up` would compare with the containers that are there, by compose service.
    pub(in crate::cli) fn hashes(
        &self,
        overlay: &str,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let output = self.over().output(&["config", "--hash", "*"], overlay)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        let pairs = pairs.map(|(service, hash)| (service.to_owned(), hash.trim().to_owned()));
        Ok(pairs.collect())
    }

    /// Runs a verb with the overlay; what compose says goes to standard error, as it comes.
    pub(in crate::cli) fn run(&self, args: &[&str], overlay: &str) -> Result<ExitStatus, Failure> {
        let mut command = self.over().command(args);
        command.stdout(std::io::stderr()).stderr(Stdio::inherit());
        let mut child = self.spawn(&mut command, overlay)?;
        child.wait().map_err(|error| failed(&error))
    }

    /// With a further file by standard input.
    fn over(&self) -> Self {
        let mut over = self.clone();
        over.files.push(STDIN.to_owned());
        over
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = docker(self.context.as_deref());
        command.arg("compose");
        for file in &self.env_files {
            command.args(["--env-file", file]);
        }
        for file in &self.files {
            command.args(["-f", file]);
        }
        if let Some(project) = &self.project {
            command.args(["-p", project]);
        }
        command.args(args).envs(&self.variables);
        command
    }

    fn output(&self, args: &[&str], input: &str) -> Result<Output, Failure> {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.spawn(&mut command, input)?;
        let output = child.wait_with_output().map_err(|error| failed(&error))?;
        if output.status.success() {
            return Ok(output);
        }
        let said = masked(&String::from_utf8_lossy(&output.stderr), &self.secrets);
        Err(self.refused(said.trim()))
    }

    fn spawn(&self, command: &mut Command, input: &str) -> Result<Child, Failure> {
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| missing(&error, "a compose file", self.instead))?;
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input.as_bytes()) {
                // it has ended already, and says why
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                written => written.map_err(|error| failed(&error))?,
            }
        }
        Ok(child)
    }

    fn refused(&self, said: &str) -> Failure {
        let absent = [
            "is not a docker command",
            "unknown docker command",
            "unknown command: docker compose",
            "unknown shorthand flag: 'f'",
            "unknown flag: --env-file",
        ];
        if absent.iter().any(|words| said.contains(words)) {
            return Failure::unexpected(
                "a compose file needs Docker Compose, and docker does not know it",
            )
            .next(format!(
                "install the compose plugin (docker-compose-plugin), or {}",
                self.instead
            ));
        }
        let names: Vec<&str> = self.files.iter().map(|file| shown(file)).collect();
        Failure::usage(format!(
            "docker compose refuses {}: {said}",
            names.join(", ")
        ))
        .next("the same words come from `docker compose config`")
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::unexpected(format!("docker compose: {error}"))
}

/// A text without secrets. Very short ones are left alone: they would be found everywhere.
pub(in crate::cli) fn masked(text: &str, secrets: &[String]) -> String {
    let long = secrets.iter().filter(|secret| secret.len() >= 4);
    long.fold(text.to_owned(), |text, secret| {
        text.replace(secret.as_str(), "***")
    })
}

/// A file as it is called in messages.
pub(in crate::cli) fn shown(file: &str) -> &str {
    if file == STDIN {
        "standard input"
    } else {
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_what_is_shown() {
        let secrets = ["hunter22".to_owned(), "a".to_owned()];
        assert_eq!(masked("a hunter22 b", &secrets), "a *** b", "long ones");
    }
}
