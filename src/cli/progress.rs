//! How long a verb has waited and may go on waiting, and the line on standard error whenever the reason changes.
//!
//! The wait is cut into rounds, so that the server's reason is heard every few seconds. One line for each new
//! reason, on a terminal or not: what CI keeps reads the same.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::output;
use super::session::EnvArgs;

/// The first round is short: it is the one that most often shows a reason.
const FIRST_ROUND: Duration = Duration::from_secs(1);
const ROUND: Duration = Duration::from_secs(5);
/// Longer than anybody waits, and short enough for any clock.
const MAX_TIMEOUT: Duration = Duration::from_hours(24);

/// The wait of one verb.
pub(super) struct Progress<'a> {
    env: &'a EnvArgs,
    deadline: Instant,
    rounds: u32,
    told: String,
}

impl<'a> Progress<'a> {
    /// Starts the clock.
    pub(super) fn start(env: &'a EnvArgs, timeout: Duration) -> Self {
        Self {
            env,
            deadline: now() + timeout.min(MAX_TIMEOUT),
            rounds: 0,
            told: String::new(),
        }
    }

    /// The time is over.
    pub(super) fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    /// How long the server may hold this round's answer.
    pub(super) fn round(&self) -> Duration {
        let longest = if self.had_contact() {
            ROUND
        } else {
            FIRST_ROUND
        };
        self.left().min(longest)
    }

    /// A round has been answered.
    pub(super) const fn next_round(&mut self) {
        self.rounds = self.rounds.saturating_add(1);
    }

    /// There was a daemon in an earlier round.
    pub(super) const fn had_contact(&self) -> bool {
        self.rounds > 0
    }

    /// Tells why it takes so long, unless that was just told.
    pub(super) fn tell(&mut self, reason: &str) -> Result<(), Failure> {
        if self.told == reason {
            return Ok(());
        }
        reason.clone_into(&mut self.told);
        output::note(&format!("{}: waiting: {reason}", self.env))
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(now())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the rim measures how long it waits"
)]
fn now() -> Instant {
    Instant::now()
}
