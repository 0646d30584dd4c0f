//! Sends a verb that moves an env, and waits while the answer is "not yet".
//!
//! The server is asked to hold each answer for a few seconds at most, so that a changed reason shows up soon.
//! A refusal as `not_ready` changed nothing, so the next round gets a new `Idempotency-Key`. In every other case
//! the command may have been carried out (202, a broken connection, a restart), so the same key is sent again:
//! it asks for the outcome of the same command, not for a second one.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use ureq::http::Method;

use crate::api::{CommandAnswer, Problem};
use crate::go_duration::{self, DurationError};
use crate::routing::ids::Version;

use super::client::{Answer, Request};
use super::failure::{Failure, Outcome};
use super::outcome::{gave_up, has_lost, incomplete, is_worth_waiting, switching, why_incomplete};
use super::progress::Progress;
use super::sentence::{self, Asked};
use super::session::{EnvArgs, Session};
use super::{exit, output};

/// Between two rounds that the server did not hold.
const PAUSE: Duration = Duration::from_millis(500);

/// Options of every verb that moves an env.
#[derive(Args, Clone, Debug)]
pub(super) struct TransitionArgs {
    /// How long to wait while the answer is "not yet"
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = parse_duration)]
    timeout: Duration,
    /// What to wait for: the version being ready, or every proxy having the result
    #[arg(long, default_value = "ready", value_name = "WHAT")]
    wait: WaitFor,
    /// Take "not yet" for an answer (exit code 3)
    #[arg(long, conflicts_with_all = ["timeout", "wait"])]
    no_wait: bool,
    /// Only if the env still has this generation (see `status`)
    #[arg(long, value_name = "GEN")]
    if_match: Option<u64>,
    /// Only say what would happen
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WaitFor {
    Ready,
    Applied,
}

/// A verb on its way.
pub(super) struct Transition<'a> {
    session: &'a Session,
    env: &'a EnvArgs,
    asked: Asked<'a>,
    body: Option<String>,
    /// What somebody looked at before.
    generation: Option<u64>,
    args: &'a TransitionArgs,
}

/// The end of the rounds.
struct Accepted {
    answer: Answer,
    /// All that was waited for has happened.
    is_complete: bool,
    /// Who was about to go live in an earlier round.
    candidate: Option<Version>,
}

impl<'a> Transition<'a> {
    /// A verb that says nothing but its name.
    pub(super) const fn new(
        session: &'a Session,
        env: &'a EnvArgs,
        verb: &'static str,
        args: &'a TransitionArgs,
    ) -> Self {
        Self {
            session,
            env,
            asked: Asked {
                verb,
                version: None,
            },
            body: None,
            generation: None,
            args,
        }
    }

    /// The version that it names.
    #[must_use]
    pub(super) const fn version(mut self, version: &'a Version) -> Self {
        self.asked.version = Some(version);
        self
    }

    /// Only if the env still has this generation.
    #[must_use]
    pub(super) const fn at(mut self, generation: u64) -> Self {
        self.generation = Some(generation);
        self
    }

    /// What else it says.
    pub(super) fn body(mut self, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(body);
        self.body = Some(body.map_err(|error| Failure::unexpected(error.to_string()))?);
        Ok(self)
    }
}

impl Transition<'_> {
    /// Sends it, waits, and prints what happened.
    pub(super) fn run(&self) -> Outcome {
        let Accepted {
            answer,
            is_complete,
            candidate,
        } = self.send()?;
        let told: CommandAnswer = answer.decode()?;
        if self.session.format.is_json() {
            output::print_json(&answer.body)?;
        } else if self.args.dry_run {
            let told = sentence::rehearsed(self.asked, &told);
            output::print(&format!("{}: dry run, would be: {told}", self.env))?;
        } else {
            output::print(&sentence::answer(self.asked, &told))?;
        }
        if let Some(version) = candidate.filter(|it| has_lost(it, &told)) {
            return Err(gave_up(self.env, &version, &told));
        }
        if is_complete {
            Ok(exit::DONE)
        } else {
            Err(incomplete(self.env, &told))
        }
    }

    /// Rounds until the command is accepted and complete, refused, or the time is over.
    fn send(&self) -> Result<Accepted, Failure> {
        let mut progress = Progress::start(self.env, self.args.timeout);
        let mut key = random_key();
        let mut is_accepted = false;
        let mut candidate = None;
        loop {
            let hold = progress.round();
            let sent = self.session.client.send(&self.request(&key, hold));
            let may_repeat = self.waits() && !progress.is_over();
            match sent {
                Ok(answer) if answer.is_success() => {
                    let is_complete = answer.status == 200;
                    let pending = answer.decode::<CommandAnswer>()?;
                    if is_complete || !may_repeat || !is_worth_waiting(&pending) {
                        return Ok(Accepted {
                            answer,
                            is_complete,
                            candidate,
                        });
                    }
                    is_accepted = true;
                    let shift = switching(&pending);
                    candidate = candidate.or_else(|| shift.map(|shift| shift.version.clone()));
                    progress.tell(&why_incomplete(&pending))?;
                }
                // It was accepted a moment ago, so this is the end of it, and no "not yet".
                Ok(answer) if may_repeat && !is_accepted && is_not_ready(&answer) => {
                    progress.tell(&detail(&answer))?;
                    key = random_key();
                }
                Ok(answer) if may_repeat && answer.status == 503 => {
                    progress.tell(&detail(&answer))?;
                    std::thread::sleep(PAUSE);
                }
                Ok(answer) => return Err(self.session.failure_about(self.env, &answer)),
                // It was there a moment ago: a restart, most likely.
                Err(failure) if may_repeat && progress.had_contact() => {
                    progress.tell(&failure.message)?;
                    std::thread::sleep(PAUSE);
                }
                Err(failure) => return Err(failure),
            }
            progress.next_round();
        }
    }

    const fn waits(&self) -> bool {
        !self.args.no_wait && !self.args.dry_run
    }

    fn request(&self, key: &str, hold: Duration) -> Request {
        let path = format!("{}/{}", self.env.path(), self.asked.verb);
        let millis = hold.as_millis();
        let query = match (self.args.dry_run, self.waits(), self.args.wait) {
            (true, _, _) => "?dry_run=true".to_owned(),
            (false, false, _) => String::new(),
            (false, true, WaitFor::Ready) => format!("?wait=ready&timeout={millis}ms"),
            (false, true, WaitFor::Applied) => format!("?wait=applied&timeout={millis}ms"),
        };
        let mut headers = vec![("idempotency-key", key.to_owned())];
        if let Some(generation) = self.args.if_match.or(self.generation) {
            headers.push(("if-match", format!("\"{generation}\"")));
        }
        Request {
            method: Method::POST,
            path: path + &query,
            headers,
            body: self.body.clone(),
            hold,
        }
    }
}

fn is_not_ready(answer: &Answer) -> bool {
    let code = answer.decode::<Problem>().map(|problem| problem.code);
    answer.status == 409 && code.is_ok_and(|code| code == "not_ready")
}

fn detail(answer: &Answer) -> String {
    let problem = answer.decode::<Problem>();
    problem.map_or_else(|_| "the daemon is not ready".to_owned(), |p| p.detail)
}

/// As Go writes them.
pub(super) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    go_duration::parse(text)
}

/// 128 bits that nobody else has: the standard library's hash keys are random per process.
fn random_key() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_never_repeat() {
        let keys: std::collections::BTreeSet<String> = (0..1000).map(|_| random_key()).collect();
        assert_eq!(keys.len(), 1000, "distinct");
    }
}
