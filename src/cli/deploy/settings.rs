//! What an env says to a deployment: by its env file, else by what the daemon has of it.
//!
//! Secrets, files and commands count only from an env file of this machine: what a daemon says is never a reason to run
//! something or to read something here.

use std::path::{Path, PathBuf};

use crate::api::{DeployBody, DeployHooksBody, VariableBody};
use crate::cli::env::file::{self, EnvFile};
use crate::cli::failure::Failure;
use crate::cli::input;

use super::Wanted;
use super::daemon::Known;
use super::secret::{self, Variables};

/// All that counts.
#[derive(Clone)]
pub(super) struct Settings {
    /// As written.
    pub(super) deploy: DeployBody,
    /// With values.
    pub(super) variables: Variables,
    /// Where paths count from.
    pub(super) folder: PathBuf,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

impl Settings {
    /// Finds and reads them, secrets too.
    pub(super) fn load(wanted: &Wanted<'_>, known: &Known) -> Result<Self, Failure> {
        let Some(path) = find(wanted) else {
            return Self::of_record(wanted, known);
        };
        let (name, text) = input::read(&path)?;
        let file = file::parse(name, &text)?;
        if file.env != *wanted.env {
            return Err(Failure::usage(format!(
                "{path} is the env file of {}, not of {}",
                file.env, wanted.env
            ))
            .next("the app comes first, then the env; --env-file names another file"));
        }
        let folder = parent(&path);
        let deploy = file.body.deploy();
        Ok(Self {
            variables: secret::resolve(&deploy.variables, &folder)?,
            deploy,
            folder,
            notes: difference(&path, &file, known)?.into_iter().collect(),
        })
    }

    fn of_record(wanted: &Wanted<'_>, known: &Known) -> Result<Self, Failure> {
        let deploy = known.env.body.deploy();
        let is_secret = |value: &VariableBody| matches!(value, VariableBody::Secret(_));
        let hooks = &deploy.deploy_hooks;
        let needs = [
            ("secrets", deploy.variables.values().any(is_secret)),
            ("env_file", !deploy.env_file.is_empty()),
            ("compose_files", !deploy.compose_files.is_empty()),
            ("deploy_hooks", *hooks != DeployHooksBody::default()),
        ];
        if let Some((what, _)) = needs.iter().find(|(_, is_there)| *is_there) {
            let env = wanted.env;
            return Err(Failure::usage(format!(
                "{env}: its record has {what}, which count only from an env file of this machine"
            ))
            .next(format!(
                "name the env file with --env-file, or put it here as {}-{}.toml",
                env.app, env.env
            )));
        }
        Ok(Self {
            variables: secret::resolve(&deploy.variables, Path::new("."))?,
            deploy,
            folder: PathBuf::from("."),
            notes: Vec::new(),
        })
    }

    /// A path of the env file, from here.
    pub(super) fn path(&self, path: &str) -> String {
        self.folder.join(path).to_string_lossy().into_owned()
    }
}

/// The file that was named, else the one with the env's name.
fn find(wanted: &Wanted<'_>) -> Option<String> {
    if let Some(path) = &wanted.source.env_file {
        return Some(path.clone());
    }
    let name = format!("{}-{}.toml", wanted.env.app, wanted.env.env);
    let beside = parent(wanted.compose_file).join(&name);
    let places = [PathBuf::from(&name), beside];
    let found = places.into_iter().find(|path| path.is_file());
    found.map(|path| path.to_string_lossy().into_owned())
}

/// The folder of a file; `.` for one that is here.
pub(super) fn parent(path: &str) -> PathBuf {
    let parent = Path::new(path).parent().unwrap_or(Path::new(""));
    if parent.as_os_str().is_empty() {
        return PathBuf::from(".");
    }
    parent.to_owned()
}

/// The daemon routes by what it has, not by what the file says.
fn difference(path: &str, file: &EnvFile, known: &Known) -> Result<Option<String>, Failure> {
    let changes = file::diff(Some(&known.env.body), &file.body)?;
    Ok((!changes.is_empty()).then(|| {
        format!(
            "{path} says other things than the daemon knows; `pointsman env apply {path}` sends it"
        )
    }))
}
