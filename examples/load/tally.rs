//! What the clients saw: counts, latencies, and the order of the answers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many failures are reported with their text.
const ERRORS_KEPT: usize = 10;
/// How many changes of the answer are remembered for one client.
const RUNS_KEPT: usize = 10_000;

/// Equal answers in a row, seen by one client. Times are microseconds since the start.
pub(crate) struct Run {
    body: String,
    count: u64,
    first_done_us: u64,
    last_sent_us: u64,
}

#[derive(Default)]
pub(crate) struct Tally {
    /// Set at the end: no client sends another request.
    pub(crate) is_closed: bool,
    pub(crate) sent: usize,
    pub(crate) failed: u64,
    pub(crate) connections: u64,
    errors: Vec<Value>,
    bodies: BTreeMap<String, u64>,
    latencies_us: Vec<u32>,
    pub(crate) clients: Vec<Vec<Run>>,
    mark: Mark,
}

/// What happened since the last line on standard input.
#[derive(Default)]
struct Mark {
    since_us: u64,
    requests: u64,
    failed: u64,
    bodies: BTreeMap<String, u64>,
    /// When each body was first seen after the mark.
    first_seen_us: BTreeMap<String, u64>,
    slowest_us: u64,
}

impl Tally {
    pub(crate) fn record(
        &mut self,
        client: usize,
        times_us: (u64, u64),
        result: anyhow::Result<String>,
    ) {
        let (sent_us, done_us) = times_us;
        let latency_us = done_us - sent_us;
        self.mark.requests += 1;
        self.mark.slowest_us = self.mark.slowest_us.max(latency_us);
        self.latencies_us
            .push(u32::try_from(latency_us).unwrap_or(u32::MAX));
        let body = match result {
            Ok(body) => body,
            Err(error) => {
                self.failed += 1;
                self.mark.failed += 1;
                if self.errors.len() < ERRORS_KEPT {
                    let error = format!("{error:#}");
                    self.errors
                        .push(json!({"at_ms": sent_us / 1000, "client": client, "error": error}));
                }
                return;
            }
        };
        *self.bodies.entry(body.clone()).or_default() += 1;
        *self.mark.bodies.entry(body.clone()).or_default() += 1;
        self.mark
            .first_seen_us
            .entry(body.clone())
            .or_insert(done_us);
        let Some(runs) = self.clients.get_mut(client) else {
            return;
        };
        let has_room = runs.len() < RUNS_KEPT;
        if let Some(run) = runs.last_mut().filter(|run| run.body == body) {
            run.count += 1;
            run.last_sent_us = sent_us;
        } else if has_room {
            runs.push(Run {
                body,
                count: 1,
                first_done_us: done_us,
                last_sent_us: sent_us,
            });
        }
    }

    /// Reports the time since the last mark, and starts the next.
    pub(crate) fn mark(&mut self, name: &str, now_us: u64) -> Value {
        let next = Mark {
            since_us: now_us,
            ..Mark::default()
        };
        let mark = std::mem::replace(&mut self.mark, next);
        let first_seen_ms: BTreeMap<_, _> = mark
            .first_seen_us
            .iter()
            .map(|(body, at_us)| (body, milliseconds(at_us.saturating_sub(mark.since_us))))
            .collect();
        json!({
            "mark": name, "ms": (now_us - mark.since_us) / 1000,
            "requests": mark.requests, "failed": mark.failed,
            "bodies": mark.bodies, "first_seen_ms": first_seen_ms,
            "slowest_ms": milliseconds(mark.slowest_us),
        })
    }

    pub(crate) fn summary(mut self, elapsed_us: u64) -> Value {
        self.latencies_us.sort_unstable();
        let quantile = |percent: usize| {
            let index = (self.latencies_us.len() * percent / 100)
                .min(self.latencies_us.len().saturating_sub(1));
            milliseconds(self.latencies_us.get(index).copied().unwrap_or(0).into())
        };
        let sequences: Vec<Vec<_>> = self
            .clients
            .iter()
            .map(|runs| {
                runs.iter()
                    .map(|run| json!([run.body, run.count]))
                    .collect()
            })
            .collect();
        json!({
            "seconds": milliseconds(elapsed_us / 1000), "clients": self.clients.len(),
            "connections": self.connections, "requests": self.latencies_us.len(),
            "failed": self.failed, "errors": self.errors, "bodies": self.bodies,
            "p50_ms": quantile(50), "p99_ms": quantile(99), "max_ms": quantile(100),
            "switches": switches(&self.clients), "sequences": sequences,
        })
    }
}

/// The changes of the answer with their overlap, if all clients saw the same ones in the same
/// order; else nothing.
fn switches(clients: &[Vec<Run>]) -> Option<Value> {
    let order = |runs: &[Run]| runs.iter().map(|run| run.body.clone()).collect::<Vec<_>>();
    let bodies = order(clients.first()?);
    if clients
        .iter()
        .any(|runs| order(runs) != bodies || runs.len() >= RUNS_KEPT)
    {
        return None;
    }
    let switch = |(step, pair): (usize, &[String])| {
        let last_old_us = clients
            .iter()
            .filter_map(|runs| Some(runs.get(step)?.last_sent_us))
            .max()?;
        let first_new_us = clients
            .iter()
            .filter_map(|runs| Some(runs.get(step + 1)?.first_done_us))
            .min()?;
        let overlap_ms = milliseconds(last_old_us.saturating_sub(first_new_us));
        Some(json!({"bodies": pair, "at_ms": first_new_us / 1000, "overlap_ms": overlap_ms}))
    };
    bodies.windows(2).enumerate().map(switch).collect()
}

/// Three digits after the point are all that the clock is good for.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run is far shorter than 2^52 microseconds"
)]
fn milliseconds(us: u64) -> f64 {
    us as f64 / 1000.0
}
