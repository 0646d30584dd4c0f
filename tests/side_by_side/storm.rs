//! A thousand events a second: the reader keeps up, Traefik gets what its throttle lets through, and the end is right.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::e2e::random::Random;
use crate::e2e::within;
use crate::support::figures::{Report, Times, short};
use crate::support::host::{Host, Kind, described, text};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;
use crate::support::world::Described;
use crate::support::{PATIENCE, busy, given, sized};

/// Events a second.
const RATE: u32 = 1_000;
/// Another client of the Engine asks so often before the storm, with this pause.
const CALM: usize = 100;
const PAUSE: Duration = Duration::from_millis(10);
/// Of Traefik.
const THROTTLE: Duration = Duration::from_millis(100);

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn event_storm() {
    let size = sized(400, 10_000);
    let length = given("POINTSMAN_BENCH_STORM").unwrap_or_else(|| sized(3, 60));
    let host = Host::of(size, Kind::Mixed);
    let daemon = Pointsman::start(&host.socket());
    daemon.document();
    let traefik = Traefik::http(daemon.provider);
    let mut asker = traefik.asker();
    Traefik::await_document(&mut asker);
    let (reloads, lists, calls) = (
        Traefik::reloads(&mut asker),
        host.engine.count("/containers/json"),
        host.calls(),
    );
    let socket = host.socket();
    let name = described(0, Kind::Mixed).name;
    let before = inspections(&socket, &name, &AtomicBool::new(false), CALM);
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let other = std::thread::spawn(move || inspections(&socket, &name, &seen, usize::MAX));
    let (used, begun) = (busy(daemon.pid), Instant::now());
    let sent = rage(&host, size, Duration::from_secs(length));
    let took = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    let meanwhile = other.join().expect("the other client of the Engine");
    let others = before.len() + meanwhile.len();
    let (reloads, lists, calls) = (
        Traefik::reloads(&mut asker) - reloads,
        host.engine.count("/containers/json") - lists,
        host.calls() - calls - others,
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
            "another client of the Engine, before and meanwhile",
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
        format!(
            "{} and {}",
            short(before.median()),
            short(meanwhile.median())
        ),
    ];
    report.row(&row, json!({ "events": sent, "lost": host.engine.lost(), "lists": lists, "calls": calls, "reloads": reloads,
        "other_client_before_us": before.micros(), "other_client_meanwhile_us": meanwhile.micros() }));
    report.write();
    assert_eq!(host.engine.lost(), 0, "the reader was never behind");
    let most = u64::try_from(took.as_millis() / THROTTLE.as_millis()).unwrap() + 2;
    assert!(
        reloads <= most,
        "{reloads} reloads, the throttle lets {most} through"
    );
}

/// Inspects a container as another client of the Engine would, every few milliseconds; how long each took.
fn inspections(socket: &Path, name: &str, over: &AtomicBool, most: usize) -> Times {
    let mut all = Vec::new();
    while all.len() < most && !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let mut stream = UnixStream::connect(socket).expect("the Engine listens");
        let request = format!(
            "GET /v1.41/containers/{name}/json HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "it knows {name}");
        all.push(begun.elapsed());
        std::thread::sleep(PAUSE);
    }
    Times::new(all)
}

/// So many events a second, anywhere; how many there were.
fn rage(host: &Host, size: usize, length: Duration) -> u32 {
    let mut random = Random::seeded();
    let world = (0..size).map(|place| described(place, Kind::Mixed));
    let world: Vec<Described> = world.collect();
    let begun = Instant::now();
    let mut sent: u32 = 0;
    while begun.elapsed() < length {
        happen(host, &world, &mut random);
        sent += 1;
        std::thread::sleep((Duration::from_secs(1) / RATE * sent).saturating_sub(begun.elapsed()));
    }
    sent
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
