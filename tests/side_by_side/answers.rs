//! P6: answers of `/config` per second, against a bare server with the same bytes.

use std::net::SocketAddr;
use std::process::Command;

use bytes::Bytes;
use serde_json::json;

use crate::support::bare::Bare;
use crate::support::figures::Report;
use crate::support::host::{Host, Kind};
use crate::support::pointsman::Pointsman;
use crate::support::sized;

/// Gives a document of about 20 KB.
const CONTAINERS: usize = 80;

#[test]
#[ignore = "needs wrk: make bench"]
fn answers_per_second() {
    let host = Host::of(CONTAINERS, Kind::Plain);
    let daemon = Pointsman::start(&host.socket());
    let (body, _) = daemon.document();
    let bare = Bare::start(Bytes::from(body.clone()));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..sized(1, 7) {
        theirs.push(wrk(bare.address));
        ours.push(wrk(daemon.provider));
    }
    let mut report = Report::new(
        "answers",
        &["bytes", "Pointsman", "bare hyper server", "share"],
    );
    let (us, them) = (median(&ours), median(&theirs));
    let cells = [
        body.len().to_string(),
        format!("{us:.0}/s"),
        format!("{them:.0}/s"),
        format!("{:.2}", us / them),
    ];
    report.row(
        &cells,
        json!({ "bytes": body.len(), "pointsman": ours, "bare": theirs }),
    );
    report.write();
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Requests per second over eight connections.
fn wrk(address: SocketAddr) -> f64 {
    let seconds = sized("1s", "5s");
    let url = format!("http://{address}/config");
    let output = Command::new("wrk")
        .args(["-t1", "-c8", "-d", seconds, &url])
        .output();
    let output =
        output.unwrap_or_else(|error| panic!("wrk: {error}: scripts/setup.sh wrk installs it"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "every answer is 200: {text}");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    line.unwrap_or_else(|| panic!("no figure in {text}"))
        .trim()
        .parse()
        .unwrap()
}
