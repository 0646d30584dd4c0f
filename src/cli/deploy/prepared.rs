//! A deployment before anything is touched: what compose made of the files, what is there, what would happen.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cli::compose::project::Project;
use crate::cli::compose::twice::{self, Finding};
use crate::cli::compose::{Composition, Read};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::session::EnvArgs;
use crate::routing::ids::{EnvKey, Version};

use super::containers::{self, Container};
use super::daemon::Known;
use super::settings::{Settings, parent};
use super::{StartArgs, Wanted, hosts, overlay};

/// What happens to a compose service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It has no container yet.
    Create,
    /// Its containers are of something else.
    Recreate,
    /// They are what they should be.
    Keep,
}

impl Action {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Recreate => "recreate",
            Self::Keep => "keep",
        }
    }
}

/// All that is known.
pub(super) struct Prepared {
    pub(super) env: EnvArgs,
    pub(super) version: Version,
    pub(super) start: StartArgs,
    pub(super) timeout: Duration,
    pub(super) known: Known,
    pub(super) settings: Settings,
    /// As compose reads the files, without the overlay.
    pub(super) project: Project,
    pub(super) findings: Vec<Finding>,
    pub(super) warnings: Vec<String>,
    /// By compose service.
    pub(super) actions: BTreeMap<String, Action>,
    /// Containers of the project that are there.
    pub(super) present: Vec<Container>,
    composition: Composition,
    overlay: String,
}

impl Prepared {
    /// Asks compose and the Engine.
    pub(super) fn read(
        context: Option<&str>,
        wanted: &Wanted<'_>,
        known: Known,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let composition = composition(context, wanted, &known, &settings)?;
        let Read { project, warnings } = composition.read("")?;
        check_services(wanted, &settings, &project)?;
        let overlay = overlay(wanted, &known.env.body.domain, &settings).render(&project);
        let hashes = composition.hashes(&overlay)?;
        let present = containers::of_project(context, &project.name)?;
        let mut actions = actions(context, wanted, &project, &hashes, &present)?;
        if known.retired.contains(wanted.version) {
            let kept = actions.values_mut().filter(|it| **it == Action::Keep);
            kept.for_each(|action| *action = Action::Recreate);
        }
        Ok(Self {
            env: wanted.env.clone(),
            version: wanted.version.clone(),
            start: wanted.start.clone(),
            timeout: wanted.timeout,
            actions,
            findings: twice::findings(&project),
            known,
            settings,
            project,
            warnings,
            present,
            composition,
            overlay,
        })
    }

    /// Starts it.
    pub(super) fn up(&self) -> Result<(), Failure> {
        let start = &self.start;
        let mut args = vec!["up", "--detach", "--remove-orphans"];
        if start.build {
            args.push("--build");
        }
        if let Some(policy) = &start.pull {
            args.extend(["--pull", policy]);
        }
        if self.known.retired.contains(&self.version) {
            args.push("--force-recreate");
        }
        let status = self.composition.run(&args, &self.overlay)?;
        if status.success() {
            return Ok(());
        }
        let failure = super::report::failed(self, "docker compose could not start it")?;
        Err(failure)
    }

    /// Runs the env's commands one after the other. What they print goes to standard error.
    pub(super) fn run_hooks(&self, commands: &[Vec<String>], when: &str) -> Result<(), Failure> {
        for command in commands {
            let Some((program, args)) = command.split_first() else {
                continue;
            };
            output::note(&format!("{}: {when}: {}", self.env, command.join(" ")))?;
            let wrong = |what: String| {
                Failure::unexpected(format!("deploy_hooks.{when}: {program} {what}"))
            };
            let status = Command::new(program)
                .args(args)
                .current_dir(&self.settings.folder)
                .envs(&self.composition.variables)
                .stdin(Stdio::null())
                .stdout(std::io::stderr())
                .status()
                .map_err(|error| wrong(format!("cannot be started: {error}")))?;
            if !status.success() {
                return Err(wrong(format!("ended with {status}")));
            }
        }
        Ok(())
    }

    /// The docker context.
    pub(super) fn context(&self) -> Option<&str> {
        self.composition.context.as_deref()
    }

    /// What must not be shown.
    pub(super) fn secrets(&self) -> &[String] {
        &self.composition.secrets
    }
}

fn composition(
    context: Option<&str>,
    wanted: &Wanted<'_>,
    known: &Known,
    settings: &Settings,
) -> Result<Composition, Failure> {
    if wanted.compose_file == "-" {
        return Err(Failure::usage(
            "deploy needs the compose file as a file: paths in it count from its folder",
        ));
    }
    let paths = |paths: &[String]| -> Vec<String> {
        paths.iter().map(|path| settings.path(path)).collect()
    };
    let mut files = vec![wanted.compose_file.to_owned()];
    files.extend(paths(&settings.deploy.compose_files));
    let mut env_files = paths(&settings.deploy.env_file);
    // compose leaves out its own as soon as one is named
    let own = parent(wanted.compose_file).join(".env");
    if !env_files.is_empty() && own.is_file() {
        env_files.insert(0, own.to_string_lossy().into_owned());
    }
    let mut variables = settings.variables.values.clone();
    variables.extend(own_variables(wanted, known));
    Ok(Composition {
        context: context.map(str::to_owned),
        files,
        project: Some(stack_name(wanted)),
        env_files,
        variables,
        secrets: settings.variables.secrets.clone(),
        instead: "start the version by hand, with the four labels of docs/labels.md",
    })
}

fn stack_name(wanted: &Wanted<'_>) -> String {
    let key = EnvKey {
        app: wanted.env.app.clone(),
        env: wanted.env.env.clone(),
    };
    key.stack_name(wanted.version)
}

fn own_variables(wanted: &Wanted<'_>, known: &Known) -> Vec<(String, String)> {
    let all = [
        ("APP", wanted.env.app.to_string()),
        ("ENV", wanted.env.env.to_string()),
        ("VERSION", wanted.version.to_string()),
        ("DOMAIN", known.env.body.domain.clone()),
        ("STACK_NAME", stack_name(wanted)),
        (
            "STACK_HOSTNAME",
            hosts::hostname(&known.env, wanted.version).unwrap_or_default(),
        ),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Limits of a service that is not there would be forgotten silently.
fn check_services(
    wanted: &Wanted<'_>,
    settings: &Settings,
    project: &Project,
) -> Result<(), Failure> {
    let mut named = settings.deploy.resources.keys();
    if let Some(name) = named.find(|name| !project.services.contains_key(*name)) {
        let there: Vec<&str> = project.services.keys().map(String::as_str).collect();
        return Err(Failure::usage(format!(
            "{}: resources.{name}: {} has no such compose service, it has {}",
            wanted.env,
            wanted.compose_file,
            there.join(", ")
        )));
    }
    if project.services.is_empty() {
        return Err(Failure::usage(format!(
            "{} has no compose service to start",
            wanted.compose_file
        ))
        .next("services with profiles are started only when COMPOSE_PROFILES names one"));
    }
    Ok(())
}

fn actions(
    context: Option<&str>,
    wanted: &Wanted<'_>,
    project: &Project,
    hashes: &BTreeMap<String, String>,
    present: &[Container],
) -> Result<BTreeMap<String, Action>, Failure> {
    let named: BTreeSet<&str> = present.iter().map(Container::image_name).collect();
    let named: Vec<&str> = named.into_iter().collect();
    let images = containers::images(context, &named)?;
    let may_change = wanted.start.build || wanted.start.pull.as_deref() == Some("always");
    let is_same = |container: &Container| {
        let hash = hashes.get(container.service());
        let mut called = images
            .iter()
            .filter(|image| image.is_called(container.image_name()));
        !may_change
            && container.hash() == hash.map(String::as_str)
            && called.all(|image| image.id == container.image)
    };
    let action = |service: &String| {
        let mut own = present
            .iter()
            .filter(|one| one.service() == service)
            .peekable();
        match (own.peek().is_none(), own.all(is_same)) {
            (true, _) => Action::Create,
            (false, true) => Action::Keep,
            (false, false) => Action::Recreate,
        }
    };
    let services = project.services.keys();
    Ok(services
        .map(|service| (service.clone(), action(service)))
        .collect())
}
