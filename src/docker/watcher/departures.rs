//! Which containers got a signal to stop and neither ended nor started since. Pure.
//!
//! SIGTERM and SIGKILL count at once. Another signal counts when it is the container's own stop signal, which only an
//! inspect tells: it is asked for once, after the first signal, and tells the stop time-out too. Events alone end a
//! departure; after a lost connection, in which they may have been missed, the time of its start is compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::docker::convert::{DEFAULT_GRACE_MS, Stopping};
use crate::docker::signal::Signal;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Leaving};

use super::mark::is_alive;
use super::recall::Recalled;

/// A container with this label speaks for the daemon in its events, so that no signal of it can be believed.
const SPOOFED: &str = "signal";

/// What is known, and what is to be asked.
#[derive(Debug, Default)]
pub(super) struct Departures {
    known: BTreeMap<ContainerId, Departure>,
    to_ask: BTreeSet<ContainerId>,
}

#[derive(Debug, Default)]
struct Departure {
    leaving: Option<Leaving>,
    /// Signals that may be its stop signal.
    unsure: BTreeSet<Signal>,
    stopping: Option<Stopping>,
    /// How much of its time was over when its last signal was heard of.
    elapsed_ms: u64,
    /// An inspect is on its way, or was made.
    asked: bool,
}

impl Departures {
    /// It got a signal.
    pub(super) fn signalled(&mut self, id: &ContainerId, signal: Signal) {
        let departure = self.known.entry(id.clone()).or_default();
        let own = departure.stopping.as_ref().map(|stopping| stopping.signal);
        if [Some(Signal::TERM), Some(Signal::KILL), own].contains(&Some(signal)) {
            departure.leave(signal);
        } else if own.is_none() {
            departure.unsure.insert(signal);
        }
        if !std::mem::replace(&mut departure.asked, true) {
            self.to_ask.insert(id.clone());
        }
    }

    /// It got a signal before events were followed, and has not had its time since.
    pub(super) fn recalled(&mut self, recalled: Recalled, elapsed_ms: u64) {
        let Recalled {
            id,
            signals,
            stopping,
        } = recalled;
        let mut signals: Vec<_> = signals.into_iter().collect();
        signals.sort_by_key(|(_, at_ns)| *at_ns);
        for (signal, _) in signals {
            self.signalled(&id, signal);
        }
        if stopping.is_some() {
            self.to_ask.remove(&id);
            self.answered(&id, stopping);
        }
        if let Some(departure) = self.known.get_mut(&id) {
            departure.elapsed_ms = elapsed_ms;
            departure.adopt_grace();
        }
    }

    /// It started, ended or is gone.
    pub(super) fn forget(&mut self, id: &ContainerId) {
        self.known.remove(id);
        self.to_ask.remove(id);
    }

    /// Events may have been missed: what was never inspected is let go, and the rest is inspected again.
    pub(super) fn doubt(&mut self) {
        self.known
            .retain(|_, departure| departure.leaving.is_some() && departure.stopping.is_some());
        self.to_ask = self.known.keys().cloned().collect();
    }

    /// Whom to inspect next.
    pub(super) fn take_to_ask(&mut self) -> Option<ContainerId> {
        self.to_ask.pop_first()
    }

    /// What an inspect said; `None` when there was no answer.
    pub(super) fn answered(&mut self, id: &ContainerId, stopping: Option<Stopping>) {
        let Some(departure) = self.known.get_mut(id) else {
            return;
        };
        let unsure = std::mem::take(&mut departure.unsure);
        let Some(stopping) = stopping else {
            departure.asked = departure.stopping.is_some();
            return;
        };
        let before = departure.stopping.as_ref();
        if before.is_some_and(|before| before.started_at != stopping.started_at) {
            departure.leaving = None;
        }
        let own = stopping.signal;
        departure.stopping = Some(stopping);
        departure.adopt_grace();
        if unsure.contains(&own) {
            departure.leave(own);
        }
    }

    /// The mark that a container as it was read must carry.
    pub(super) fn of(&self, container: &Container) -> Option<Leaving> {
        let believed = is_alive(container.state) && !container.labels.contains_key(SPOOFED);
        let departure = self.known.get(&container.id).filter(|_| believed)?;
        departure.leaving.clone()
    }
}

impl Departure {
    fn leave(&mut self, signal: Signal) {
        let count = self.leaving.as_ref().map_or(0, |leaving| leaving.count);
        self.leaving = Some(Leaving {
            signal: signal.to_string(),
            count: count.saturating_add(1),
            grace_ms: DEFAULT_GRACE_MS,
        });
        self.elapsed_ms = 0;
        self.adopt_grace();
    }

    fn adopt_grace(&mut self) {
        let stopping = self.stopping.as_ref();
        let grace_ms = stopping.map_or(DEFAULT_GRACE_MS, |stopping| stopping.grace_ms);
        if let Some(leaving) = &mut self.leaving {
            leaving.grace_ms = grace_ms.saturating_sub(self.elapsed_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::convert;
    use crate::docker::wire::Listed;

    fn id() -> ContainerId {
        ContainerId::parse("a").unwrap()
    }

    fn web(labels: &str) -> Container {
        let text = format!(r#"{{"Id":"a","State":"running","Labels":{labels}}}"#);
        convert::container(serde_json::from_str::<Listed>(&text).unwrap()).unwrap()
    }

    fn signal(text: &str) -> Signal {
        Signal::parse(text).unwrap()
    }

    fn stopping(signal_text: &str, started_at: &str) -> Stopping {
        Stopping {
            signal: signal(signal_text),
            grace_ms: 3_000,
            started_at: started_at.to_owned(),
        }
    }

    /// The last signal, how many, and how long it has.
    fn mark(departures: &Departures) -> String {
        let words =
            |leaving: Leaving| format!("{} {} {}", leaving.signal, leaving.count, leaving.grace_ms);
        departures.of(&web("{}")).map_or_else(String::new, words)
    }

    #[test]
    fn the_signals_of_every_stop_count_at_once() {
        let mut departures = Departures::default();
        departures.signalled(&id(), Signal::TERM);
        assert_eq!(mark(&departures), "SIGTERM 1 10000", "at once");
        assert_eq!(
            departures.take_to_ask(),
            Some(id()),
            "its time-out is asked for"
        );
        departures.answered(&id(), Some(stopping("TERM", "t1")));
        assert_eq!(mark(&departures), "SIGTERM 1 3000", "its own");
        departures.signalled(&id(), Signal::KILL);
        assert_eq!(mark(&departures), "SIGKILL 2 3000", "the next one");
        assert_eq!(departures.take_to_ask(), None, "asked once");
        departures.forget(&id());
        assert_eq!(mark(&departures), "", "until it ends or starts");
    }

    #[test]
    fn another_signal_counts_when_it_is_its_own() {
        let mut departures = Departures::default();
        for text in ["HUP", "USR1", "QUIT"] {
            departures.signalled(&id(), signal(text));
        }
        assert_eq!(mark(&departures), "", "who knows");
        assert_eq!(departures.take_to_ask(), Some(id()), "an inspect does");
        departures.answered(&id(), Some(stopping("QUIT", "t1")));
        assert_eq!(mark(&departures), "SIGQUIT 1 3000", "its own");
        departures.signalled(&id(), signal("HUP"));
        assert_eq!(mark(&departures), "SIGQUIT 1 3000", "not this");
        departures.signalled(&id(), signal("QUIT"));
        assert_eq!(mark(&departures), "SIGQUIT 2 3000", "now at once");
        assert_eq!(departures.take_to_ask(), None, "without a question");
    }

    #[test]
    fn without_an_answer_only_the_usual_signals_count() {
        let mut departures = Departures::default();
        departures.signalled(&id(), signal("QUIT"));
        departures.answered(&id(), None);
        assert_eq!(mark(&departures), "", "not known to be its own");
        departures.answered(&id(), Some(stopping("QUIT", "t1")));
        assert_eq!(mark(&departures), "", "too late for that one");
    }

    #[test]
    fn a_start_that_was_missed_is_found_by_its_time() {
        let mut departures = Departures::default();
        departures.signalled(&id(), Signal::TERM);
        departures.answered(&id(), Some(stopping("TERM", "t1")));
        departures.doubt();
        assert_eq!(departures.take_to_ask(), Some(id()), "asked again");
        departures.answered(&id(), Some(stopping("TERM", "t1")));
        assert_eq!(mark(&departures), "SIGTERM 1 3000", "the same start");
        departures.doubt();
        departures.answered(&id(), Some(stopping("TERM", "t2")));
        assert_eq!(mark(&departures), "", "another one");
    }

    #[test]
    fn what_was_never_inspected_is_let_go_after_a_lost_connection() {
        let mut departures = Departures::default();
        departures.signalled(&id(), Signal::TERM);
        departures.doubt();
        assert_eq!(mark(&departures), "", "it may have started again");
        assert_eq!(departures.take_to_ask(), None, "nothing to compare with");
    }

    #[test]
    fn a_label_cannot_speak_for_the_daemon() {
        let mut departures = Departures::default();
        departures.signalled(&id(), Signal::TERM);
        let spoofed = web(r#"{"signal":"15"}"#);
        assert_eq!(departures.of(&spoofed), None, "perhaps it was a SIGHUP");
    }
}
