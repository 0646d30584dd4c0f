//! What a deployment tells: its plan, where it answers, or what failed and what that said last.

use serde::Serialize;

use crate::api::Health;
use crate::cli::compose::masked;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Format};
use crate::cli::session::EnvArgs;
use crate::cli::wrap::wrapped;
use crate::cli::{exit, sentence};
use crate::routing::ids::Version;

use super::containers::{self, Condition, Container};
use super::hosts;
use super::prepared::{Action, Prepared};
use super::wait::Done;

/// With `--json`.
#[derive(Serialize)]
struct Report<'a> {
    app: &'a str,
    env: &'a str,
    version: &'a Version,
    /// The compose project.
    project: &'a str,
    services: Vec<ServiceReport<'a>>,
    findings: Vec<FindingReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urls: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a Health>,
    /// Of a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    hosts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedReport>,
}

#[derive(Serialize)]
struct ServiceReport<'a> {
    service: &'a str,
    action: &'static str,
}

#[derive(Serialize)]
struct FindingReport<'a> {
    code: &'a str,
    subject: &'a str,
    message: &'a str,
    /// Deploy leaves it out.
    reset: bool,
}

/// A container that is not well.
#[derive(Serialize)]
struct FailedReport {
    container: String,
    service: String,
    condition: String,
    health_check: Option<String>,
    log: Vec<String>,
}

impl Prepared {
    fn report(&self) -> Report<'_> {
        let actions = self.actions.iter();
        let findings = self.findings.iter();
        Report {
            app: self.env.app.as_str(),
            env: self.env.env.as_str(),
            version: &self.version,
            project: &self.project.name,
            services: actions
                .map(|(service, action)| ServiceReport {
                    service,
                    action: action.as_str(),
                })
                .collect(),
            findings: findings
                .map(|finding| FindingReport {
                    code: finding.code,
                    subject: &finding.subject,
                    message: &finding.message,
                    reset: finding.is_reset,
                })
                .collect(),
            urls: None,
            health: None,
            hosts: None,
            refused: None,
            failed: Vec::new(),
        }
    }
}

/// What cannot run twice, on standard error.
pub(super) fn findings(prepared: &Prepared) -> Result<(), Failure> {
    finding_lines(prepared)
        .iter()
        .try_for_each(|line| output::note(line))
}

fn finding_lines(prepared: &Prepared) -> Vec<String> {
    let all = prepared.findings.iter();
    all.map(|finding| {
        let (code, subject, message) = (finding.code, &finding.subject, &finding.message);
        wrapped(&format!("note: {subject}: {message} ({code})"))
    })
    .collect()
}

/// What would happen.
pub(super) fn plan(
    prepared: &Prepared,
    refusals: &[Failure],
    format: Format,
) -> Result<(), Failure> {
    let known = &prepared.known;
    let previews = hosts::previews(&known.env, &prepared.version, &prepared.project);
    if format.is_json() {
        let mut report = prepared.report();
        report.hosts = Some(previews.into_iter().collect());
        report.refused = Some(refusals.iter().map(|why| why.message.as_str()).collect());
        return output::print_json(&json(&report)?);
    }
    let (env, version, project) = (&prepared.env, &prepared.version, &prepared.project.name);
    let mut lines = vec![format!(
        "{env}: would deploy {version} as compose project {project}"
    )];
    let actions = prepared.actions.iter();
    lines.extend(actions.map(|(service, action)| format!("  {} {service}", sign(*action))));
    lines.extend(previews.iter().map(|host| format!("  at {host}")));
    lines.extend(finding_lines(prepared));
    output::print(&lines.join("\n"))
}

const fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+ create",
        Action::Recreate => "~ recreate",
        Action::Keep => "  keep",
    }
}

/// Where it answers.
pub(super) fn done(prepared: &Prepared, done: &Done, format: Format) -> Result<(), Failure> {
    let stack = done.stack.as_ref();
    if format.is_json() {
        let mut report = prepared.report();
        report.urls = stack.map(|stack| stack.urls.as_slice());
        report.health = stack.map(|stack| &stack.health);
        return output::print_json(&json(&report)?);
    }
    let (env, version) = (&prepared.env, &prepared.version);
    let Some(stack) = stack else {
        let count = done.containers.len();
        output::print(&format!("{env}: {version} is started, {count} containers"))?;
        return output::note(&format!(
            "next: `pointsman status {} {}` shows when it is ready",
            env.app, env.env
        ));
    };
    let place = match (stack.slot, stack.active) {
        (Some(_), true) => ", live",
        (Some(_), false) => ", staged",
        (None, _) => "",
    };
    let health = sentence::health(&stack.health);
    let mut lines = vec![format!("{env}: {version} is deployed{place}, {health}")];
    lines.extend(stack.urls.iter().map(|url| format!("  {url}")));
    output::print(&lines.join("\n"))?;
    if stack.urls.is_empty() && stack.slot.is_none() {
        output::note(
            "note: nothing of it is routed: give the compose service that is to be reached the label pointsman.port",
        )?;
    }
    Ok(())
}

/// A failure that tells of every container that is not well what it said last.
pub(super) fn failed(prepared: &Prepared, why: &str) -> Result<Failure, Failure> {
    let all = containers::of_project(prepared.context(), &prepared.project.name)?;
    let bad: Vec<FailedReport> = all.iter().filter_map(|one| of(prepared, one)).collect();
    for one in &bad {
        output::note(&lines(one).join("\n"))?;
    }
    let message = format!("{} {}: {why}", prepared.env, prepared.version);
    let mut failure = Failure::new(exit::UNEXPECTED, message).next(next(prepared, &all));
    let mut report = prepared.report();
    report.failed = bad;
    failure.json = Some(json(&report)?);
    Ok(failure)
}

fn of(prepared: &Prepared, container: &Container) -> Option<FailedReport> {
    let condition = match container.condition() {
        Condition::Up | Condition::Ended => return None,
        Condition::Waiting(why) | Condition::Failed(why) => why,
    };
    let shown = |text: &String| masked(text, prepared.secrets());
    let log = containers::last_lines(prepared.context(), container.id());
    Some(FailedReport {
        container: container.name().to_owned(),
        service: container.service().to_owned(),
        condition,
        health_check: container.last_check().as_ref().map(shown),
        log: log.iter().map(shown).collect(),
    })
}

fn lines(failed: &FailedReport) -> Vec<String> {
    let mut lines = vec![format!("{} {}", failed.container, failed.condition)];
    let check = failed.health_check.as_ref();
    lines
        .extend(check.map(|said| format!("  last health check: {}", said.replace('\n', "\n    "))));
    if !failed.log.is_empty() {
        lines.push("  last lines of its log:".to_owned());
        lines.extend(failed.log.iter().map(|line| format!("    {line}")));
    }
    lines
}

fn next(prepared: &Prepared, all: &[Container]) -> String {
    let touched = "nothing else was touched";
    if all.is_empty() {
        return format!("{touched}; mend it and deploy again");
    }
    let context = prepared.context();
    let context = context.map_or_else(String::new, |name| format!("--context {name} "));
    format!(
        "{touched}; mend it and deploy again, or remove it: docker {context}compose -p {} down",
        prepared.project.name
    )
}

/// The names of an env, for messages.
impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let env: &EnvArgs = &self.env;
        write!(f, "Prepared({env} {})", self.version)
    }
}

fn json(report: &Report<'_>) -> Result<String, Failure> {
    serde_json::to_string(report).map_err(|error| Failure::unexpected(error.to_string()))
}
