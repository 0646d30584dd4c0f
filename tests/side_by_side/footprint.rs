//! P8 and P9: memory, size, and what it costs to do nothing.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::support::figures::{Report, say};
use crate::support::host::{Host, Kind, described};
use crate::support::pointsman::{BINARY, Pointsman};
use crate::support::traefik::Traefik;
use crate::support::{Asker, busy, given, memory_kb, sized};

/// How often a Docker health check runs; each run is three events.
const PROBE: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn memory_and_size() {
    let mut report = Report::new("memory-and-size", &["", "", "most at any time"]);
    for size in sized(vec![0, 100], vec![0, 1_000, 10_000]) {
        let host = Host::of(size, Kind::Mixed);
        let daemon = Pointsman::start(&host.socket());
        let (body, _) = daemon.document();
        // a change, and its answer beside the first one
        if size > 0 {
            host.engine
                .health(&described(0, Kind::Mixed).name, "unhealthy");
            let mut asker = Asker::connect(daemon.provider).unwrap();
            asker.get("/config").unwrap();
            asker.get("/config?wait=2s").unwrap();
        }
        let [now, most] = ["VmRSS", "VmHWM"].map(|name| memory_kb(daemon.pid, name));
        let cells = [
            format!(
                "resident memory, {size} containers, document of {} KB",
                body.len() / 1_000
            ),
            megabytes(now * 1024),
            megabytes(most * 1024),
        ];
        report.row(
            &cells,
            json!({ "containers": size, "rss_kb": now, "peak_kb": most, "document": body.len() }),
        );
    }
    let binary = std::fs::metadata(BINARY).unwrap().len();
    report.row(
        &["binary".to_owned(), megabytes(binary), String::new()],
        json!({ "binary": binary }),
    );
    if let Some(image) = image_size() {
        report.row(
            &["image".to_owned(), megabytes(image), String::new()],
            json!({ "image": image }),
        );
    }
    report.write();
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

/// Of the image in `POINTSMAN_BENCH_IMAGE`.
fn image_size() -> Option<u64> {
    let image = std::env::var_os("POINTSMAN_BENCH_IMAGE")?;
    let output = Command::new("docker")
        .args(["image", "inspect", "-f", "{{.Size}}"])
        .arg(image)
        .output();
    String::from_utf8(output.unwrap().stdout)
        .unwrap()
        .trim()
        .parse()
        .ok()
}

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn idling() {
    let length =
        Duration::from_secs(given("POINTSMAN_BENCH_IDLE").unwrap_or_else(|| sized(2, 600)));
    let size = 100;
    let host = Host::of(size, Kind::Mixed);
    let daemon = Pointsman::start(&host.socket());
    daemon.document();
    let traefik = Traefik::http(daemon.provider);
    drop(traefik.asker());
    std::thread::sleep(Duration::from_secs(1));
    let (before, begun) = (busy(daemon.pid), Instant::now());
    let probe = PROBE / u32::try_from(size).unwrap();
    let mut probes = 0;
    while begun.elapsed() < length {
        let name = described(probes % size, Kind::Mixed).name;
        for action in [
            "exec_create: /bin/check",
            "exec_start: /bin/check",
            "exec_die",
        ] {
            host.engine.event(&name, action);
        }
        probes += 1;
        std::thread::sleep(
            (probe * u32::try_from(probes).unwrap()).saturating_sub(begun.elapsed()),
        );
    }
    let (used, took) = (busy(daemon.pid).saturating_sub(before), begun.elapsed());
    let percent = used.as_secs_f64() / took.as_secs_f64() * 100.0;
    let mut report = Report::new(
        "idling",
        &[
            "containers",
            "health checks",
            "time",
            "processor time",
            "of one core",
        ],
    );
    let cells = [
        size.to_string(),
        probes.to_string(),
        format!("{} s", took.as_secs()),
        format!("{:.2} s", used.as_secs_f64()),
        format!("{percent:.2} %"),
    ];
    report.row(
        &cells,
        json!({ "probes": probes, "seconds": took.as_secs_f64(), "used_s": used.as_secs_f64() }),
    );
    report.write();
    say("");
}
