//! A thousand events a second: the reader keeps up, Traefik gets what its throttle lets through, and the end is right.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::e2e::random::Random;
use crate::e2e::within;
use crate::support::figures::{Report, Times};
use crate::support::host::{Host, Kind, described, text};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;
use crate::support::world::Described;
use crate::support::{PATIENCE, busy, given, sized};

/// Events a second.
const RATE: u32 = 1_000;
/// Of Traefik.
const THROTTLE: Duration = Duration::from_millis(100);

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn event_storm() {
    let size = sized(400, 10_000);
    let length =
        Duration::from_secs(given("POINTSMAN_BENCH_STORM").unwrap_or_else(|| sized(3, 60)));
    let host = Host::of(size, Kind::Mixed);
    let daemon = Pointsman::start(&host.socket());
    daemon.document();
    let traefik = Traefik::http(daemon.provider);
    let mut asker = traefik.asker();
    Traefik::await_document(&mut asker);
    let mut random = Random::seeded();
    let (reloads, lists, calls) = (
        Traefik::reloads(&mut asker),
        host.engine.count("/containers/json"),
        host.calls(),
    );
    let (used, begun) = (busy(daemon.pid), Instant::now());
    let world: Vec<Described> = (0..size)
        .map(|place| described(place, Kind::Mixed))
        .collect();
    let mut sent: u32 = 0;
    while begun.elapsed() < length {
        happen(&host, &world, &mut random);
        sent += 1;
        std::thread::sleep((Duration::from_secs(1) / RATE * sent).saturating_sub(begun.elapsed()));
    }
    let took = begun.elapsed();
    let (reloads, lists, calls) = (
        Traefik::reloads(&mut asker) - reloads,
        host.engine.count("/containers/json") - lists,
        host.calls() - calls,
    );
    let percent = busy(daemon.pid).saturating_sub(used).as_secs_f64() / took.as_secs_f64() * 100.0;
    let settled = settle(&host, &daemon);
    let mut report = Report::new(
        "event-storm",
        &[
            "containers",
            "events",
            "lost by the reader",
            "lists",
            "inspections",
            "reloads of Traefik",
            "processor",
            "right after",
        ],
    );
    let row = [
        size.to_string(),
        format!("{sent} in {} s", took.as_secs()),
        host.engine.lost().to_string(),
        lists.to_string(),
        (calls - lists).to_string(),
        reloads.to_string(),
        format!("{percent:.0} %"),
        Times::new(vec![settled]).spread(),
    ];
    report.row(&row, json!({ "events": sent, "lost": host.engine.lost(), "lists": lists, "calls": calls, "reloads": reloads }));
    report.write();
    assert_eq!(host.engine.lost(), 0, "the reader was never behind");
    let most = u64::try_from(took.as_millis() / THROTTLE.as_millis()).unwrap() + 2;
    assert!(
        reloads <= most,
        "{reloads} reloads, the throttle lets {most} through"
    );
}

/// One event, anywhere.
fn happen(host: &Host, world: &[Described], random: &mut Random) {
    let place = usize::try_from(random.below(world.len() as u64)).unwrap();
    let it = &world[place];
    match random.below(8) {
        0 => host.engine.health(&it.name, "unhealthy"),
        1 => host.engine.health(&it.name, "healthy"),
        2 => {
            host.engine.die(&it.name);
            host.start_again(&it.name, &text(it.address));
        }
        3 => host.engine.event(&it.name, "exec_create: sh"),
        _ => host.engine.event(&it.name, "exec_die"),
    }
}

/// Waits until the document is that of a daemon which has seen nothing but the end.
fn settle(host: &Host, daemon: &Pointsman) -> Duration {
    let over = Instant::now();
    let fresh = Pointsman::start(&host.socket());
    let wanted = revision(&fresh.document().0);
    within(PATIENCE, "the document of the end", || {
        let now = revision(&daemon.document().0);
        (now == wanted).then_some(()).ok_or(now)
    });
    over.elapsed()
}

/// Equal facts give equal bytes, and so an equal marker.
fn revision(body: &str) -> String {
    let (_, rest) = body
        .split_once("pointsman-rev-")
        .expect("every document has its marker");
    rest.chars().take(16).collect()
}
