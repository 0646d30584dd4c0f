//! The servers of a stack, counted: how many there are, how many take traffic, and whom it waits for.

use std::collections::BTreeMap;

use crate::routing::model::EnvRecord;
use crate::routing::rollout::StackHealth;
use crate::routing::time::Timestamp;

use super::super::facts::Fact;

/// One replica.
pub(super) enum Counted {
    /// It takes traffic, and has been up for the minimum time at this point.
    Settled(Timestamp),
    /// It takes none; why, if its own state does not say it.
    Out(Option<String>),
}

/// Counts towards health.
#[derive(Default)]
pub(super) struct Tally {
    expected: u32,
    healthy: u32,
    settled_at: Timestamp,
    group: String,
    groups: BTreeMap<String, u32>,
    waiting: Vec<String>,
}

impl Tally {
    pub(super) fn begin_group(&mut self, name: &str) {
        name.clone_into(&mut self.group);
        self.groups.entry(self.group.clone()).or_default();
    }

    pub(super) fn count(&mut self, replica: &Fact, counted: Counted) {
        self.expected += 1;
        match counted {
            Counted::Settled(settled) => {
                self.healthy += 1;
                self.settled_at = self.settled_at.max(settled);
                *self.groups.entry(self.group.clone()).or_default() += 1;
            }
            Counted::Out(why) => {
                let why = why.unwrap_or_else(|| condition(replica));
                self.waiting
                    .push(format!("{} ({why})", replica.container.name));
            }
        }
    }

    pub(super) fn health(self, env: &EnvRecord) -> StackHealth {
        let wanted = u64::from(self.expected) * u64::from(env.health.min_ratio_permille);
        let enough = u64::from(self.healthy) >= wanted.div_ceil(1000).max(1);
        let sufficient = enough && self.groups.values().all(|healthy| *healthy > 0);
        let reason = if sufficient {
            String::new()
        } else {
            format!(
                "{} of {} servers are healthy, waiting for {}",
                self.healthy,
                self.expected,
                self.waiting.join(", ")
            )
        };
        StackHealth {
            expected: self.expected,
            healthy: self.healthy,
            sufficient,
            settled_at: self.settled_at,
            down_since: None,
            reason,
            ..StackHealth::default()
        }
    }
}

fn condition(fact: &Fact) -> String {
    use crate::routing::model::{Health, State};
    if fact.is_leaving() {
        return "leaving".to_owned();
    }
    let words = match (fact.container.state, fact.container.health) {
        (State::Running, Health::Starting) => "health check starting",
        (State::Running, Health::Unhealthy) => {
            let words = fact.complaint.as_ref().map(|words| format!(": {words}"));
            return format!("unhealthy{}", words.unwrap_or_default());
        }
        (State::Running, Health::None | Health::Healthy) => "not reachable by Traefik yet",
        (State::Created, _) => "created",
        (State::Paused, _) => "paused",
        (State::Restarting, _) => "restarting",
        (State::Exited, _) => "exited",
    };
    words.to_owned()
}
