//! Who of a stack takes traffic now, and how the stack is.
//!
//! It follows from where its containers are and what they are doing. What they say of themselves, and so what the stack
//! offers, stays the same meanwhile; so this is made anew alone, at almost every event.

use crate::routing::ids::Version;
use crate::routing::model::{Container, Diagnostic, EnvRecord, Health, State};
use crate::routing::rollout::StackHealth;
use crate::routing::time::Timestamp;
use crate::routing::traefik::any::AnyService;

use super::super::super::World;
use super::super::super::facts::Fact;
use super::super::super::probes::{self, Judgement, Standing};
use super::super::super::server;
use super::super::tally::{Counted, Tally};
use super::build::{Group, counted};
use super::offer::offered;
use super::routed::{group_name, routed};
use super::{Local, Serving, Stack};

/// Of a stack whose containers say what they said when it was built; `members` are those of its version.
pub fn serve_again(
    about: (&EnvRecord, &Stack, &Version),
    members: &[&Fact],
    world: &World<'_>,
) -> Serving {
    serve(about, &Group::all(&routed(&counted(members))), world)
}

/// Servers of all replicas, and what they mean for health.
pub(super) fn serve(
    (env, stack, version): (&EnvRecord, &Stack, &Version),
    groups: &[Group<'_>],
    world: &World<'_>,
) -> Serving {
    let mut round = Round {
        env,
        world,
        serving: Serving::default(),
        tally: Tally::default(),
    };
    let stack_name = env.key.stack_name(version);
    for group in groups {
        round.serve(group, &offered(group, stack, &stack_name));
    }
    Serving {
        health: StackHealth {
            created: stack.created,
            incarnation: stack.serving.health.incarnation,
            ..round.tally.health(env)
        },
        ..round.serving
    }
}

struct Round<'a> {
    env: &'a EnvRecord,
    world: &'a World<'a>,
    serving: Serving,
    tally: Tally,
}

impl Round<'_> {
    fn report(&mut self, fact: &Fact, code: &'static str, message: String) {
        let diagnostic = Diagnostic::new(code, fact.subject(), message);
        self.serving.diagnostics.push(diagnostic);
    }

    /// What Docker's own check said last.
    fn report_unhealthy(&mut self, replica: &Fact) {
        let Container { state, health, .. } = &replica.container;
        if (*state, *health) == (State::Running, Health::Unhealthy) && !replica.is_leaving() {
            let words = replica.complaint.as_deref();
            let words = words.map_or_else(String::new, |words| format!(": {words}"));
            let message = format!("its Docker health check fails, so it gets no requests{words}");
            self.report(replica, "unhealthy", message);
        }
    }

    /// The replicas of one compose service.
    fn serve(&mut self, group: &Group<'_>, services: &[(&Local, &AnyService)]) {
        let min_ms = self.env.health.min_healthy_time_ms;
        self.tally.begin_group(group_name(group.leader));
        for replica in &group.replicas {
            self.report_unhealthy(replica);
            let served: Vec<Served> = services
                .iter()
                .map(|(at, service)| self.serve_one(replica, at, service))
                .collect();
            let mut counted = Counted::Settled(replica.settled_at(min_ms));
            for served in served {
                counted = match (counted, served) {
                    (Counted::Settled(at), Served::Yes(since)) => {
                        let again = since.map(|since| since.plus_millis(min_ms));
                        Counted::Settled(again.map_or(at, |again| at.max(again)))
                    }
                    (Counted::Settled(_), Served::No(why)) | (Counted::Out(why), _) => {
                        Counted::Out(why)
                    }
                };
            }
            if services.is_empty() {
                counted = Counted::Out(None);
            }
            self.tally.count(replica, counted);
        }
    }

    /// Adds a replica's server to a service when it can take traffic.
    fn serve_one(&mut self, replica: &Fact, at: &Local, service: &AnyService) -> Served {
        let found = match server::find(replica, service, self.world) {
            Ok(found) => found,
            Err(message) => {
                if replica.is_serving() {
                    self.report(replica, "no-server", message);
                }
                return Served::No(None);
            }
        };
        let reachable = self.world.reach.reaches(found.network.as_deref());
        self.serving.networks.extend(found.reached(replica));
        if !replica.is_serving() {
            return Served::No(None);
        }
        let judgement = self.world.probes.judge(replica, service, &found);
        let since = match self.heed(replica, judgement) {
            Served::Yes(since) if reachable => since,
            Served::Yes(_) => return Served::No(None),
            no @ Served::No(_) => return no,
        };
        let servers = self.serving.servers.entry(at.clone()).or_default();
        servers.push(found.server);
        Served::Yes(since)
    }

    /// What follows from what probes say of a server.
    fn heed(&mut self, replica: &Fact, judgement: Judgement) -> Served {
        let asked = judgement.target.as_deref().map(probes::question);
        self.serving.targets.extend(judgement.target);
        self.serving.probed_networks.extend(judgement.network);
        match judgement.standing {
            Standing::Ready => Served::Yes(None),
            Standing::Recovered(since) => Served::Yes(Some(since)),
            Standing::Unasked(why) => {
                let message = format!(
                    "it is published without having been asked whether it is ready, because Pointsman cannot: {why}"
                );
                self.report(replica, "not-probed", message);
                Served::Yes(None)
            }
            Standing::Waiting(why) => Served::No(Some(why)),
            Standing::Failed(why) => {
                let words = format!("{}: {why}", asked.unwrap_or_default());
                let message = format!("it is not ready and gets no requests: {words}");
                self.report(replica, "probe-failed", message);
                Served::No(Some(words))
            }
        }
    }
}

/// Whether a service has a replica's server.
enum Served {
    /// Yes; since when again, if it failed a probe.
    Yes(Option<Timestamp>),
    /// No; why, if its own state does not say it.
    No(Option<String>),
}
