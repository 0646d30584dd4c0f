//! What an env says to `deploy`: variables, files, limits and commands. The daemon keeps it and reads none of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::EnvBody;

/// Variables that `deploy` sets itself.
pub const OWN_VARIABLES: [&str; 6] = [
    "APP",
    "ENV",
    "VERSION",
    "DOMAIN",
    "STACK_NAME",
    "STACK_HOSTNAME",
];

/// The part of an [`EnvBody`] that only `deploy` reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployBody {
    /// Variables that compose gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, VariableBody>,
    /// Files of variables that compose reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_file: Vec<String>,
    /// Compose files that are merged over the one that is deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compose_files: Vec<String>,
    /// Limits by compose service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, ResourcesBody>,
    /// Commands on the machine that deploys.
    #[serde(default)]
    pub deploy_hooks: DeployHooksBody,
}

/// A variable's value, or where it is read when it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a variable must be a text, or a secret: { from_env = NAME }, { from_file = PATH } or { from_command = [PROGRAM, ARGUMENT...] }"
)]
pub enum VariableBody {
    /// The value.
    Text(String),
    /// A secret: only where it is found is said.
    Secret(SecretBody),
}

/// Where a secret is found by the machine that deploys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretBody {
    /// In an environment variable.
    #[serde(rename = "from_env")]
    Env(String),
    /// In a file; a last line end is left out. The path counts from the env file's folder.
    #[serde(rename = "from_file")]
    File(String),
    /// In what a command prints; a last line end is left out. It runs in the env file's folder, without a shell.
    #[serde(rename = "from_command")]
    Command(Vec<String>),
}

/// Limits of each container of a compose service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourcesBody {
    /// Processors, e.g. 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<f64>,
    /// Memory as compose writes it, e.g. `256M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

impl Eq for ResourcesBody {}

/// Commands that `deploy` runs, each a program and its arguments, in the env file's folder and without a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployHooksBody {
    /// Before a container is started; the first that fails ends the deployment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Vec<String>>,
    /// When the version is healthy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Vec<String>>,
}

impl EnvBody {
    /// What it says to `deploy`.
    pub fn deploy(&self) -> DeployBody {
        DeployBody {
            variables: self.variables.clone(),
            env_file: self.env_file.clone(),
            compose_files: self.compose_files.clone(),
            resources: self.resources.clone(),
            deploy_hooks: self.deploy_hooks.clone(),
        }
    }
}

impl DeployBody {
    /// What is wrong with it, naming the key and what would be right.
    pub fn check(&self) -> Result<(), String> {
        self.variables.iter().try_for_each(check_variable)?;
        self.resources.iter().try_for_each(check_limits)?;
        let hooks = &self.deploy_hooks;
        for (key, commands) in [("before", &hooks.before), ("after", &hooks.after)] {
            if commands.iter().any(|command| is_empty(command)) {
                return Err(format!(
                    "deploy_hooks.{key}: a command must have a program: [\"make\", \"migrate\"]"
                ));
            }
        }
        Ok(())
    }
}

fn is_empty(command: &[String]) -> bool {
    command.first().is_none_or(String::is_empty)
}

fn check_variable((name, value): (&String, &VariableBody)) -> Result<(), String> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!(
            "variables: {name:?} is not right: a name has letters, digits and _, and starts with no digit"
        ));
    }
    if OWN_VARIABLES.contains(&name.as_str()) {
        return Err(format!("variables: {name} is set by deploy itself"));
    }
    match value {
        VariableBody::Text(text) if text.contains('\0') => {
            Err(format!("variables.{name}: no value can hold a null byte"))
        }
        VariableBody::Secret(SecretBody::Command(command)) if is_empty(command) => Err(format!(
            "variables.{name}: from_command must have a program: [\"pass\", \"show\", \"dev/db\"]"
        )),
        VariableBody::Text(_) | VariableBody::Secret(_) => Ok(()),
    }
}

fn check_limits((service, limits): (&String, &ResourcesBody)) -> Result<(), String> {
    if let Some(cpus) = limits.cpus
        && !(cpus.is_finite() && cpus > 0.0)
    {
        return Err(format!(
            "resources.{service}.cpus: {cpus} is not right: it must be more than 0, as 0.5"
        ));
    }
    match &limits.memory {
        Some(memory) if !is_size(memory) => Err(format!(
            "resources.{service}.memory: {memory:?} is not right: it must be a size as 256M or 1G"
        )),
        Some(_) | None => Ok(()),
    }
}

/// `67108864`, `64m`, `64MB`, `1.5g`
fn is_size(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_suffix('b').unwrap_or(&lower);
    let number = number.strip_suffix(['k', 'm', 'g']).unwrap_or(number);
    let is_number = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number && number.parse::<f64>().is_ok_and(|size| size > 0.0)
}

/// A text, or a list of them.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "it must be a path or a list of paths")]
    enum Paths {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::Many(paths) => paths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> EnvBody {
        let text = format!("domain = 'a'\n{text}");
        toml::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_is_right_passes() {
        let body = body(
            "env_file = '.env.dev'\ncompose_files = ['a.yaml', 'b.yaml']\n\
             deploy_hooks = { before = [['make', 'migrate']] }\n\
             [variables]\nA = 'x'\nB = { from_env = 'C' }\nD = { from_file = 'd' }\nE = { from_command = ['e'] }\n\
             [resources]\nweb = { cpus = 0.5, memory = '64M' }\ndb = { cpus = 2, memory = '1.5g' }\n",
        );
        assert_eq!(body.env_file, [".env.dev"], "one path");
        assert_eq!(body.deploy().check(), Ok(()), "{body:?}");
        let json = serde_json::to_string(&body).unwrap();
        let back: EnvBody = serde_json::from_str(&json).unwrap();
        assert_eq!(back, body, "{json}");
    }

    #[test]
    fn mistakes_name_their_key() {
        for (text, problem) in [
            ("variables = { 1A = 'x' }", "variables: \"1A\""),
            ("variables = { VERSION = 'x' }", "VERSION is set by deploy"),
            (
                "variables = { A = { from_command = [] } }",
                "variables.A: from_command must",
            ),
            ("resources = { web = { cpus = 0.0 } }", "resources.web.cpus"),
            (
                "resources = { web = { memory = 'much' } }",
                "resources.web.memory: \"much\"",
            ),
            ("deploy_hooks = { after = [[]] }", "deploy_hooks.after"),
        ] {
            let error = body(text).deploy().check().unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
        let wrong = "domain = 'a'\nvariables = { A = 1 }";
        let error = toml::from_str::<EnvBody>(wrong).unwrap_err().to_string();
        assert!(error.contains("must be a text, or a secret"), "{error}");
    }
}
