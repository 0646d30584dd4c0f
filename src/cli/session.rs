//! What a verb works with: the daemon, and how results are wanted. Turns an answer that is an error into a [`Failure`].
//!
//! The exit code follows from the HTTP status, the next step from the problem's code; an unknown env is looked
//! for among the known ones, because its two names are easily swapped.

use clap::Args;

use crate::api::{EnvList, Problem};
use crate::routing::ids::{AppName, EnvName};

use super::client::{Answer, Client, Request};
use super::exit;
use super::failure::Failure;
use super::output::Format;

/// Somebody else answers.
const OTHER: &str = "check that --url names the admin address (default port 9001) without a path, not Traefik's or the provider's";

/// The daemon, and how results are wanted.
#[derive(Debug)]
pub(super) struct Session {
    /// The daemon.
    pub(super) client: Client,
    /// How results are wanted.
    pub(super) format: Format,
}

/// The two arguments that name an env.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(super) struct EnvArgs {
    /// The application, e.g. whoami
    pub(super) app: AppName,
    /// Its environment, e.g. dev
    pub(super) env: EnvName,
}

impl EnvArgs {
    /// Its path in the API.
    pub(super) fn path(&self) -> String {
        format!("/v1/envs/{}/{}", self.app, self.env)
    }
}

impl std::fmt::Display for EnvArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.app, self.env)
    }
}

impl Session {
    /// A `GET` that must succeed.
    pub(super) fn get(&self, path: &str) -> Result<Answer, Failure> {
        let answer = self.client.send(&Request::get(path))?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.failure(&answer))
        }
    }

    /// A request about one env that must succeed. An unknown env is looked for among the known ones.
    pub(super) fn send(&self, env: &EnvArgs, request: &Request) -> Result<Answer, Failure> {
        let answer = self.client.send(request)?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.failure_about(env, &answer))
        }
    }

    /// The failure that an answer tells about an env.
    pub(super) fn failure_about(&self, env: &EnvArgs, answer: &Answer) -> Failure {
        let mut failure = self.failure(answer);
        failure.message = format!("{env}: {}", failure.message);
        let problem = answer.decode::<Problem>();
        if problem.is_ok_and(|problem| problem.code == "unknown_env") {
            failure.next = Some(self.known_envs(env));
        }
        failure
    }

    /// The failure that there is no such env.
    pub(super) fn unknown_env(&self, env: &EnvArgs) -> Failure {
        Failure::new(exit::REFUSED, format!("{env}: there is no such env"))
            .next(self.known_envs(env))
    }

    fn known_envs(&self, env: &EnvArgs) -> String {
        self.other_env(env).unwrap_or_else(|| {
            format!(
                "create it with `pointsman env init {} {} DOMAIN` and `pointsman env apply FILE`",
                env.app, env.env
            )
        })
    }

    /// What was probably meant: the two names swapped, or another env of the app.
    fn other_env(&self, env: &EnvArgs) -> Option<String> {
        let answer = self.client.send(&Request::get("/v1/envs")).ok()?;
        let list: EnvList = answer.decode().ok()?;
        let is_swapped = |app: &AppName, name: &EnvName| {
            app.as_str() == env.env.as_str() && name.as_str() == env.app.as_str()
        };
        if list.envs.iter().any(|e| is_swapped(&e.app, &e.env)) {
            return Some(format!(
                "the app comes first: did you mean `{} {}`?",
                env.env, env.app
            ));
        }
        let of_app = list.envs.iter().filter(|e| e.app == env.app);
        let names: Vec<&str> = of_app.map(|e| e.env.as_str()).collect();
        (!names.is_empty()).then(|| format!("{} has these envs: {}", env.app, names.join(", ")))
    }

    /// The failure that an answer tells.
    pub(super) fn failure(&self, answer: &Answer) -> Failure {
        let Ok(problem) = answer.decode::<Problem>() else {
            return Failure::unexpected(format!(
                "{} answered with status {}, and not as Pointsman does",
                self.client.base(),
                answer.status
            ))
            .next(OTHER);
        };
        let state = problem.state.as_ref();
        let state = state.map_or_else(String::new, |state| format!(", state {state}"));
        let message = format!("{} ({}{state})", problem.detail, problem.code);
        let mut failure = Failure::new(code_of(answer.status), message);
        failure.next = next_step(&problem, answer.retry_after);
        if problem.code == "not_found" {
            // no verb asks for a path that the admin listener does not have
            failure.code = exit::UNEXPECTED;
            failure.next = Some(OTHER.to_owned());
        }
        failure.json = Some(answer.body.clone());
        failure
    }
}

fn code_of(status: u16) -> u8 {
    match status {
        400 | 413 | 415 | 422 => exit::USAGE,
        404 | 409 | 412 => exit::REFUSED,
        503 => exit::UNREACHABLE,
        _ => exit::UNEXPECTED,
    }
}

fn next_step(problem: &Problem, retry_after: Option<u64>) -> Option<String> {
    match (problem.status, retry_after) {
        (401 | 403, _) => Some(
            "name the file with the daemon's admin token with --token-file FILE, or set POINTSMAN_TOKEN; one that was sent is not the daemon's"
                .to_owned(),
        ),
        (412, _) => problem.generation.map(|generation| {
            format!("look at it with `pointsman status`, then repeat with --if-match {generation}")
        }),
        (_, Some(seconds)) => Some(format!(
            "try again in {seconds} s"
        )),
        _ => None,
    }
}
