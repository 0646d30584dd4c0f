//! Containers of a compose project, as `docker inspect` has them: whose they are, what of, and how they are.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::cli::docker::{docker, missing};
use crate::cli::exit;
use crate::cli::failure::Failure;

const LABEL: &str = "com.docker.compose";
/// Who needs docker, and what one can do without.
const WHO: &str = "deploy";
const INSTEAD: &str = "deploy from a machine that has it";

/// A container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::cli) struct Container {
    id: String,
    name: String,
    /// The id of its image.
    pub(in crate::cli) image: String,
    restart_count: u32,
    config: Config,
    state: State,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    labels: Option<BTreeMap<String, String>>,
    /// As it was named.
    image: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct State {
    status: String,
    exit_code: i64,
    error: String,
    health: Option<Health>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Health {
    status: String,
    log: Option<Vec<Check>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    exit_code: i64,
    output: String,
}

/// How a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It runs, and its health check (if it has one) says that it is well.
    Up,
    /// It has done what it was for.
    Ended,
    /// More time may help.
    Waiting(String),
    /// More time does not help.
    Failed(String),
}

/// A container that restarts that often will not run.
const MAX_RESTARTS: u32 = 3;

impl Container {
    /// Its compose service.
    pub(in crate::cli) fn service(&self) -> &str {
        self.compose("service").unwrap_or_default()
    }

    /// What compose has made it from.
    pub(super) fn hash(&self) -> Option<&str> {
        self.compose("config-hash")
    }

    /// The image as it was named.
    pub(in crate::cli) fn image_name(&self) -> &str {
        &self.config.image
    }

    /// Its name.
    pub(in crate::cli) fn name(&self) -> &str {
        self.name.trim_start_matches('/')
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A label.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.config.labels.as_ref()?.get(key).map(String::as_str)
    }

    fn compose(&self, key: &str) -> Option<&str> {
        self.label(&format!("{LABEL}.{key}"))
    }

    fn is_one_off(&self) -> bool {
        self.compose("oneoff") == Some("True")
    }

    /// How it is.
    pub(super) fn condition(&self) -> Condition {
        let state = &self.state;
        let health = state.health.as_ref().map(|health| health.status.as_str());
        match (state.status.as_str(), health) {
            ("running", Some("starting")) => Condition::Waiting("starting".to_owned()),
            ("running", Some("unhealthy")) => Condition::Failed("is unhealthy".to_owned()),
            ("running", _) if self.restart_count > 0 && health != Some("healthy") => {
                self.restarting()
            }
            ("running", _) => Condition::Up,
            ("exited", _) if state.exit_code == 0 => Condition::Ended,
            ("exited" | "dead", _) => {
                Condition::Failed(format!("ended with exit code {}", state.exit_code))
            }
            ("restarting", _) => self.restarting(),
            ("created", _) if !state.error.is_empty() => {
                Condition::Failed(format!("was not started: {}", state.error))
            }
            (other, _) => Condition::Waiting(other.to_owned()),
        }
    }

    /// What more time does not mend.
    pub(in crate::cli) fn trouble(&self) -> Option<String> {
        match self.condition() {
            Condition::Failed(why) => Some(why),
            Condition::Up | Condition::Ended | Condition::Waiting(_) => None,
        }
    }

    fn restarting(&self) -> Condition {
        let (count, code) = (self.restart_count, self.state.exit_code);
        if count >= MAX_RESTARTS {
            return Condition::Failed(format!("restarted {count} times, last exit code {code}"));
        }
        Condition::Waiting(format!("restarted {count} times"))
    }

    /// What its last health check said.
    pub(super) fn last_check(&self) -> Option<String> {
        let log = self.state.health.as_ref()?.log.as_ref()?;
        let last = log.last()?;
        let said = last.output.trim();
        Some(format!("exit code {}: {said}", last.exit_code))
    }
}

/// All containers of a project, without one-offs.
pub(in crate::cli) fn of_project(
    context: Option<&str>,
    project: &str,
) -> Result<Vec<Container>, Failure> {
    labelled(context, &[format!("label={LABEL}.project={project}")])
}

/// All containers with certain labels, without one-offs.
pub(in crate::cli) fn labelled(
    context: Option<&str>,
    filters: &[String],
) -> Result<Vec<Container>, Failure> {
    let mut command = docker(context);
    command.args(["ps", "-aq", "--no-trunc"]);
    for filter in filters {
        command.args(["--filter", filter]);
    }
    let listed = ask(&mut command)?;
    let ids: Vec<&str> = listed.split_whitespace().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // those that are gone meanwhile are left out
    let mut all: Vec<Container> = inspect(context, &["inspect", "--type", "container"], &ids)?;
    all.retain(|container| !container.is_one_off());
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// The last lines that a container wrote.
pub(super) fn last_lines(context: Option<&str>, id: &str) -> Vec<String> {
    let output = docker(context)
        .args(["logs", "--tail", "10", id])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        return Vec::new();
    };
    let both = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&both);
    text.lines().map(str::to_owned).collect()
}

/// An image.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::cli) struct Image {
    /// Its id.
    pub(in crate::cli) id: String,
    repo_tags: Option<Vec<String>>,
    /// What registries call it.
    pub(in crate::cli) repo_digests: Option<Vec<String>>,
}

impl Image {
    /// Is it what this name means.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let tagged = |tag: &String| tag == name || tag.strip_suffix(":latest") == Some(name);
        self.id == name || self.repo_tags.iter().flatten().any(tagged)
    }
}

/// Those of some images that are there.
pub(in crate::cli) fn images(context: Option<&str>, names: &[&str]) -> Result<Vec<Image>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    inspect(context, &["image", "inspect"], names)
}

/// What is there of the named; what is not is left out.
fn inspect<T: serde::de::DeserializeOwned>(
    context: Option<&str>,
    verb: &[&str],
    names: &[&str],
) -> Result<Vec<T>, Failure> {
    let output = docker(context)
        .args(verb)
        .args(names)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(&error, WHO, INSTEAD))?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::unexpected(format!("docker inspect gave no JSON: {error}")))
}

fn ask(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| missing(&error, WHO, INSTEAD))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(
        Failure::new(exit::UNREACHABLE, format!("docker: {}", said.trim()))
            .next("set DOCKER_HOST or --context to the Engine that is meant"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_well_over_not_yet_or_never() {
        for (json, expected) in [
            (r#"{"State":{"Status":"running"}}"#, Condition::Up),
            (
                r#"{"State":{"Status":"running","Health":{"Status":"healthy"}},"RestartCount":2}"#,
                Condition::Up,
            ),
            (
                r#"{"State":{"Status":"running","Health":{"Status":"starting"}}}"#,
                Condition::Waiting("starting".to_owned()),
            ),
            (
                r#"{"State":{"Status":"running","Health":{"Status":"unhealthy"}}}"#,
                Condition::Failed("is unhealthy".to_owned()),
            ),
            (r#"{"State":{"Status":"exited"}}"#, Condition::Ended),
            (
                r#"{"State":{"Status":"exited","ExitCode":3}}"#,
                Condition::Failed("ended with exit code 3".to_owned()),
            ),
            (
                r#"{"State":{"Status":"restarting","ExitCode":1},"RestartCount":1}"#,
                Condition::Waiting("restarted 1 times".to_owned()),
            ),
            (
                r#"{"State":{"Status":"running","ExitCode":0},"RestartCount":3}"#,
                Condition::Failed("restarted 3 times, last exit code 0".to_owned()),
            ),
        ] {
            let container: Container = serde_json::from_str(json).unwrap();
            assert_eq!(container.condition(), expected, "{json}");
        }
    }
}
