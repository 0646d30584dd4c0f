//! What the clients saw.

use std::collections::BTreeMap;
use std::time::Duration;

use super::http::Answer;
use super::millis;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Shot {
    pub(crate) client: u32,
    pub(crate) sent: Duration,
    pub(crate) received: Duration,
    pub(crate) outcome: Result<Answer, String>,
}

impl Shot {
    fn is(&self, body: &str) -> bool {
        self.outcome
            .as_ref()
            .is_ok_and(|a| a.status == 200 && a.body == body)
    }

    fn word(&self) -> String {
        match &self.outcome {
            Ok(Answer { status: 200, body }) => body.clone(),
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.clone(),
        }
    }
}

/// All requests, in the order of the answers.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) shots: Vec<Shot>,
}

impl Tally {
    pub(crate) fn new(mut shots: Vec<Shot>) -> Self {
        shots.sort_by_key(|shot| shot.received);
        Self { shots }
    }

    /// Only what was sent in this time.
    pub(crate) fn sent_in(&self, from: Duration, to: Duration) -> Self {
        let inside = |shot: &&Shot| shot.sent >= from && shot.sent < to;
        Self::new(self.shots.iter().filter(inside).cloned().collect())
    }

    /// Only what was sent from then on.
    pub(crate) fn sent_after(&self, from: Duration) -> Self {
        self.sent_in(from, Duration::MAX)
    }

    /// How often each answer came: bodies of 200, else the status, else the error.
    pub(crate) fn words(&self) -> BTreeMap<String, usize> {
        let mut words = BTreeMap::new();
        for shot in &self.shots {
            *words.entry(shot.word()).or_default() += 1;
        }
        words
    }

    pub(crate) fn count(&self, word: &str) -> usize {
        self.words().get(word).copied().unwrap_or_default()
    }

    /// Every request was answered with 200.
    pub(crate) fn assert_none_failed(&self, when: &str) {
        let failed = |shot: &&Shot| shot.outcome.as_ref().map_or(0, |a| a.status) != 200;
        let failed: Vec<&Shot> = self.shots.iter().filter(failed).collect();
        let total = self.shots.len();
        assert!(total > 0, "no request was sent {when}");
        let first: Vec<_> = failed.iter().take(5).collect();
        assert!(
            failed.is_empty(),
            "{} of {total} requests failed {when}: {first:#?}",
            failed.len()
        );
    }

    /// When `new` took over after a command at `from`: time from the command to its first answer. Nobody got another
    /// answer to a request that was sent after that; otherwise there was a window with mixed answers.
    pub(crate) fn takeover(&self, from: Duration, to: Duration, new: &str) -> Duration {
        let window = self.sent_in(from, to);
        // asked for a moment before the command, perhaps
        let after = |shot: &&Shot| shot.received >= from && shot.sent < to && shot.is(new);
        let first = self.shots.iter().find(after);
        let first = first.unwrap_or_else(|| {
            let words = window.words();
            panic!("{new} never answered after the command: {words:?}")
        });
        let mixed = |shot: &&Shot| shot.sent > first.received && !shot.is(new);
        let late: Vec<&Shot> = window.shots.iter().filter(mixed).collect();
        let shown: Vec<_> = late.iter().take(5).collect();
        assert!(
            late.is_empty(),
            "{} answers were not {new}, after its first one {} ms after the command: {shown:#?}",
            late.len(),
            millis(first.received.saturating_sub(from))
        );
        first.received.saturating_sub(from)
    }

    /// The slowest answer.
    pub(crate) fn slowest(&self) -> Duration {
        let times = self
            .shots
            .iter()
            .map(|shot| shot.received.saturating_sub(shot.sent));
        times.max().unwrap_or_default()
    }

    /// One line for people.
    pub(crate) fn summary(&self) -> String {
        let connections: std::collections::BTreeSet<u32> =
            self.shots.iter().map(|shot| shot.client).collect();
        format!(
            "{} requests by {} clients, slowest {} ms, answers {:?}",
            self.shots.len(),
            connections.len(),
            millis(self.slowest()),
            self.words()
        )
    }
}
