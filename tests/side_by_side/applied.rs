//! P4: from a Docker event to the configuration that is in force, against Traefik's own Docker provider.
//!
//! One side at a time, so that neither takes the other's processor; both with the same throttle.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::e2e::within;
use crate::support::figures::{Report, Times, ratio};
use crate::support::host::{Host, Kind, described, service, text};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;
use crate::support::{Asker, PATIENCE, sized};

/// After an event, until nothing follows from it any more: the throttle, the settled reads, the next poll.
const PAUSE: Duration = Duration::from_millis(1_300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Pointsman,
    Docker,
}

/// Whether a service has a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    There,
    Gone,
}

/// What one side did.
#[derive(Debug, Default)]
struct Seen {
    stops: Vec<Duration>,
    starts: Vec<Duration>,
    calls: Vec<usize>,
}

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn event_to_applied() {
    let columns = [
        "containers",
        "",
        "a stop is applied after",
        "a start is applied after",
        "Engine calls per event",
        "start: share of Traefik's own",
    ];
    let mut report = Report::new("event-to-applied", &columns);
    for size in sized(vec![10], vec![10, 100, 1_000]) {
        let [mut ours, mut theirs] = [Seen::default(), Seen::default()];
        for _ in 0..sized(1, 3) {
            measure(size, Side::Pointsman, &mut ours);
            measure(size, Side::Docker, &mut theirs);
        }
        let base = Times::new(theirs.starts.clone()).median();
        show(&mut report, size, ("Pointsman", &ours), base);
        show(&mut report, size, ("providers.docker", &theirs), base);
    }
    report.write();
}

fn show(report: &mut Report, size: usize, (name, seen): (&str, &Seen), base: Duration) {
    let (stops, starts) = (
        Times::new(seen.stops.clone()),
        Times::new(seen.starts.clone()),
    );
    let sum: usize = seen.calls.iter().sum();
    let calls = format!(
        "{}.{:02}",
        sum / seen.calls.len(),
        sum * 100 / seen.calls.len() % 100
    );
    let row = [
        size.to_string(),
        name.to_owned(),
        stops.spread(),
        starts.spread(),
        calls,
        format!("{:.2}", ratio(starts.median(), base)),
    ];
    let raw = json!({ "containers": size, "side": name, "calls": seen.calls,
        "stops_us": stops.micros(), "starts_us": starts.micros() });
    report.row(&row, raw);
}

fn measure(size: usize, by: Side, seen: &mut Seen) {
    let host = Host::of(size, Kind::Plain);
    let (traefik, _daemon) = start(&host, by);
    let target = described(0, Kind::Plain);
    let path = traefik.path("services", service(&target));
    let mut asker = traefik.asker();
    let mut address = text(target.address);
    await_address(&mut asker, &path, &address, Server::There);
    for round in 0..sized(2, 10) {
        std::thread::sleep(PAUSE);
        let before = host.calls();
        let begun = Instant::now();
        host.engine.die(&target.name);
        await_address(&mut asker, &path, &address, Server::Gone);
        seen.stops.push(begun.elapsed());
        std::thread::sleep(PAUSE);
        seen.calls.push(host.calls() - before);
        address = format!("10.8.0.{}", round + 1);
        let before = host.calls();
        let begun = Instant::now();
        host.start_again(&target.name, &address);
        await_address(&mut asker, &path, &address, Server::There);
        seen.starts.push(begun.elapsed());
        std::thread::sleep(PAUSE);
        seen.calls.push(host.calls() - before);
    }
}

fn start(host: &Host, by: Side) -> (Traefik, Option<Pointsman>) {
    match by {
        Side::Docker => (Traefik::docker(&host.socket()), None),
        Side::Pointsman => {
            let daemon = Pointsman::start(&host.socket());
            (Traefik::http(daemon.provider), Some(daemon))
        }
    }
}

/// Waits until the service has a server at this address, or has none.
fn await_address(asker: &mut Asker, path: &str, address: &str, wanted: Server) {
    let url = format!("http://{address}:80\"");
    within(PATIENCE, path, || {
        let answer = asker.get(path)?;
        let has = if answer.body.contains(&url) {
            Server::There
        } else {
            Server::Gone
        };
        (has == wanted)
            .then_some(())
            .ok_or_else(|| format!("{answer:?}"))
    });
}
