//! What was told to stop before the event stream begins: asked of the events that the Engine keeps.
//!
//! No list shows that a container got its stop signal. So before a session's first list the kept events are read, from the last one
//! that was taken in, or from some minutes ago at the start, until the connect; younger signals come with the stream. A signal
//! counts when the container did not end or start since, and when its stop time-out is not over. It is best effort: the
//! Engine keeps 256 events, and none over its own restart.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::docker::client::Engine;
use crate::docker::convert::{self, DEFAULT_GRACE_MS, Stopping};
use crate::docker::error::chain;
use crate::docker::signal::Signal;
use crate::docker::wire::{Event, Kind};
use crate::routing::ids::ContainerId;

/// What says whether a container is leaving.
const ACTIONS: [&str; 4] = ["kill", "start", "die", "destroy"];
/// How far back is asked; longer than almost every stop time-out.
const LOOK_BACK_NS: i64 = 600 * SECOND_NS;
/// The end is seen a little after the stop time-out.
const MARGIN_MS: u64 = 2_000;
/// How long the first list waits for answers.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many are asked at once.
const AT_ONCE: usize = 4;
/// An event that the daemon's own clock puts so far ahead was not on this clock.
const AHEAD_NS: i64 = 2 * SECOND_NS;
const SECOND_NS: i64 = 1_000_000_000;

/// A part of the past, in nanoseconds of the daemon's clock; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub since_ns: i64,
    pub until_ns: i64,
}

impl Span {
    /// What is to be asked of an Engine whose clock shows this, when this event was the last one that was taken in.
    /// Without a duration nothing is to be asked.
    pub(super) fn before(date: i64, last_ns: Option<i64>) -> Self {
        let now_ns = date.saturating_mul(SECOND_NS);
        let earliest_ns = now_ns.saturating_sub(LOOK_BACK_NS);
        // a clock that was put back says nothing about what was taken in
        let last_ns = last_ns.filter(|last| *last <= now_ns.saturating_add(AHEAD_NS));
        let next_ns = last_ns.map_or(earliest_ns, |last| last.saturating_add(1));
        Self {
            since_ns: next_ns.max(earliest_ns),
            until_ns: now_ns.saturating_sub(1),
        }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.since_ns > self.until_ns
    }

    /// From here on signals come with the stream.
    pub(super) fn end_ns(self) -> i64 {
        self.since_ns.max(self.until_ns.saturating_add(1))
    }
}

/// A container that was told to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recalled {
    pub id: ContainerId,
    /// Those that may be its stop signal, and when each came last.
    pub signals: BTreeMap<Signal, i64>,
    /// How it is stopped, when the Engine said it.
    pub stopping: Option<Stopping>,
}

impl Recalled {
    /// How long ago it got the last signal that stops it; `None` when it had its time since, or got none.
    pub(super) fn elapsed_ms(&self, now_ns: i64) -> Option<u64> {
        let own = self.stopping.as_ref().map(|stopping| stopping.signal);
        let stops = |signal: &Signal| {
            [Some(Signal::TERM), Some(Signal::KILL), own].contains(&Some(*signal))
        };
        let stopping = self.signals.iter().filter(|(signal, _)| stops(signal));
        let last_ns = stopping.map(|(_, at_ns)| *at_ns).max()?;
        let elapsed_ms = u64::try_from(now_ns.saturating_sub(last_ns) / 1_000_000).unwrap_or(0);
        let grace_ms = self
            .stopping
            .as_ref()
            .map_or(DEFAULT_GRACE_MS, |it| it.grace_ms);
        (elapsed_ms < grace_ms.saturating_add(MARGIN_MS)).then_some(elapsed_ms)
    }
}

/// What the kept events say of each container.
#[derive(Debug, Default)]
pub(super) struct Past(BTreeMap<ContainerId, Turns>);

#[derive(Debug, Default)]
struct Turns {
    /// It started or ended.
    turned: bool,
    /// What it got since.
    signals: BTreeMap<Signal, i64>,
}

impl Past {
    /// Folds in one event.
    pub(super) fn add(&mut self, event: Event) {
        let at_ns = event.at_ns();
        let Some((id, kind)) = event.into_kind() else {
            return;
        };
        let (Some(id), Some(at_ns)) = (convert::container_id(&id), at_ns) else {
            return;
        };
        match kind {
            Kind::Signalled(signal) => {
                let turns = self.0.entry(id).or_default();
                turns.signals.insert(signal, at_ns);
            }
            Kind::Started | Kind::Died | Kind::Destroyed => {
                let turned = Turns {
                    turned: true,
                    ..Turns::default()
                };
                self.0.insert(id, turned);
            }
            Kind::Paused
            | Kind::Unpaused
            | Kind::Health(_)
            | Kind::Joined(_)
            | Kind::Left(_)
            | Kind::Other => {}
        }
    }

    /// Who started or ended.
    pub(super) fn turned(&self) -> impl Iterator<Item = &ContainerId> {
        self.0
            .iter()
            .filter(|(_, turns)| turns.turned)
            .map(|(id, _)| id)
    }

    /// Who got a signal since its start.
    pub(super) fn signalled(self) -> Vec<Recalled> {
        let signalled = self
            .0
            .into_iter()
            .filter(|(_, turns)| !turns.signals.is_empty());
        let recalled = |(id, turns): (ContainerId, Turns)| Recalled {
            id,
            signals: turns.signals,
            stopping: None,
        };
        signalled.map(recalled).collect()
    }
}

/// Reads the kept events; without an answer there are none.
pub(super) async fn past(engine: &Engine, span: Span) -> Past {
    let mut past = Past::default();
    let mut take = |event| past.add(event);
    let asked = engine.past_events((span.since_ns, span.until_ns), &ACTIONS, &mut take);
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(
                error = chain(&error),
                "cannot read the events before the stream"
            );
        }
        Err(_elapsed) => tracing::debug!("the events before the stream do not end"),
    }
    past
}

/// Asks how each is stopped; who does not answer in time is taken to be as Docker's default is.
pub(super) async fn inspect(engine: &Engine, recalled: Vec<Recalled>) -> Vec<Recalled> {
    let mut by_id: BTreeMap<_, _> = recalled.into_iter().map(|it| (it.id.clone(), it)).collect();
    let ids: Vec<ContainerId> = by_id.keys().cloned().collect();
    let answers = async {
        let (mut waiting, mut questions) = (ids.into_iter(), JoinSet::new());
        loop {
            for id in waiting.by_ref().take(AT_ONCE - questions.len()) {
                let engine = engine.clone();
                questions.spawn(async move { (id.clone(), engine.inspect(&id).await) });
            }
            let Some(answer) = questions.join_next().await else {
                return;
            };
            if let Ok((id, Ok(inspected))) = answer
                && let Some(recalled) = by_id.get_mut(&id)
            {
                recalled.stopping = Some(convert::stopping(inspected));
            }
        }
    };
    if tokio::time::timeout(PATIENCE, answers).await.is_err() {
        tracing::debug!("not every container that got a signal says how it is stopped");
    }
    by_id.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = SECOND_NS;

    fn past(events: &[(&str, i64)]) -> Past {
        let mut past = Past::default();
        for (what, at_ns) in events {
            let (action, signal) = what.split_once(' ').unwrap_or((what, ""));
            let text = format!(
                r#"{{"Type":"container","Action":"{action}","timeNano":{at_ns},
                "Actor":{{"ID":"a","Attributes":{{"signal":"{signal}"}}}}}}"#
            );
            past.add(serde_json::from_str(&text).unwrap());
        }
        past
    }

    fn elapsed(events: &[(&str, i64)], stopping: Option<(&str, u64)>, now_s: i64) -> Option<u64> {
        let mut recalled = past(events).signalled().pop()?;
        recalled.stopping = stopping.map(|(signal, grace_ms)| Stopping {
            signal: Signal::parse(signal).unwrap(),
            grace_ms,
            started_at: String::new(),
        });
        recalled.elapsed_ms(now_s * S)
    }

    #[test]
    fn a_signal_counts_until_the_time_out_is_over_or_the_container_turned() {
        let term = [("start", S), ("kill 15", 100 * S)];
        let slow = Some(("TERM", 25_000));
        assert_eq!(elapsed(&term, slow, 105), Some(5_000), "it has 20 s left");
        assert_eq!(elapsed(&term, slow, 127), None, "it had its time");
        assert_eq!(elapsed(&term, None, 111), Some(11_000), "Docker's default");
        assert_eq!(elapsed(&term, None, 112), None, "and no longer");
        assert_eq!(
            elapsed(&[("kill 15", 200 * S)], slow, 100),
            Some(0),
            "another clock"
        );
        for turn in ["die", "start", "destroy"] {
            let turned = [("kill 15", 100 * S), (turn, 101 * S)];
            assert_eq!(elapsed(&turned, slow, 105), None, "{turn}");
            assert_eq!(past(&turned).turned().count(), 1, "{turn} is known");
        }
        let paused = [("kill 15", 100 * S), ("pause", 101 * S)];
        assert_eq!(elapsed(&paused, slow, 105), Some(5_000), "it goes on");
    }

    #[test]
    fn only_what_stops_it_counts() {
        let several = [
            ("kill 1", 104 * S),
            ("kill 3", 100 * S),
            ("kill 10", 105 * S),
        ];
        let quit = Some(("QUIT", 25_000));
        assert_eq!(elapsed(&several, quit, 106), Some(6_000), "its own");
        assert_eq!(elapsed(&several, None, 106), None, "who knows");
    }

    #[test]
    fn the_past_is_asked_for_from_the_last_event_on() {
        let span = |last_ns| Span::before(1_000, last_ns);
        let all = span(None);
        assert_eq!(
            (all.since_ns, all.until_ns),
            (400 * S, 1_000 * S - 1),
            "at the start"
        );
        assert_eq!(all.end_ns(), 1_000 * S, "then the stream");
        let some = span(Some(990 * S + 5));
        assert_eq!(some.since_ns, 990 * S + 6, "none is read twice");
        assert!(!some.is_empty(), "{some:?}");
        assert_eq!(span(Some(100 * S)).since_ns, 400 * S, "bounded");
        let none = span(Some(1_000 * S + 7));
        assert!(none.is_empty(), "the stream has it all");
        assert_eq!(none.end_ns(), 1_000 * S + 8, "but what was taken in");
        assert_eq!(span(Some(1_003 * S)), all, "the clock was put back");
    }
}
