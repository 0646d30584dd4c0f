//! One container event, or one switch, to the next published snapshot: in process, without the disk.
//!
//! Criterion says what the average is and whether it changed; every single event is timed as well, for the median and
//! the slowest of a hundred. Every event changes the document.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use pointsman::routing::model::Change;
use pointsman::routing::rollout::Command;
use serde_json::json;
use tokio::time::Instant;

#[expect(dead_code, reason = "other measurements use more of it")]
mod support;

use support::figures::{Report, Times, ratio, short};
use support::table::{Host, change};

/// Containers on the host.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// Managed envs with a live and a staged version.
const APPS: [usize; 2] = [1, 1_000];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut report = Report::new(
        "event-to-bytes",
        &["", "host", "median", "p99", "times the smallest"],
    );
    let mut first = None;
    for size in SIZES {
        let times = events(&mut criterion, size);
        let host = format!("{size} containers");
        show(
            &mut report,
            ("event to snapshot", &host),
            &times,
            &mut first,
        );
    }
    let mut first = None;
    for apps in APPS {
        let times = switches(&mut criterion, apps);
        let host = format!("{apps} apps");
        show(
            &mut report,
            ("switch to snapshot", &host),
            &times,
            &mut first,
        );
    }
    report.write();
    criterion.final_summary();
}

fn show(
    report: &mut Report,
    (what, host): (&str, &str),
    times: &Times,
    first: &mut Option<Duration>,
) {
    if times.len() == 0 {
        // left out by a filter
        return;
    }
    let smallest = *first.get_or_insert(times.median());
    let cells = [
        what.to_owned(),
        host.to_owned(),
        short(times.median()),
        short(times.p99()),
        format!("{:.2}", ratio(times.median(), smallest)),
    ];
    let raw = json!({ "what": what, "host": host, "samples": times.len(),
        "p50_us": times.median().as_secs_f64() * 1e6, "p99_us": times.p99().as_secs_f64() * 1e6 });
    report.row(&cells, raw);
}

/// Starts, stops and changes of health, on containers all over the host.
fn events(criterion: &mut Criterion, size: usize) -> Times {
    let mut host = Host::of(size);
    let all = RefCell::new(Vec::new());
    let mut count = 0;
    let mut group = criterion.benchmark_group("event_to_snapshot");
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
        bencher.iter_custom(|rounds| {
            let mut sum = Duration::ZERO;
            for _ in 0..rounds {
                let (number, turn) = next(&mut count, size);
                let took = one_event(&mut host, change(number, turn));
                all.borrow_mut().push(took);
                sum += took;
            }
            sum
        });
    });
    group.finish();
    Times::new(all.into_inner())
}

/// Which container is next, and what happens to it: all four things to one, then on to one far away.
fn next(count: &mut usize, size: usize) -> (usize, usize) {
    let (round, turn) = (*count / 4, *count % 4);
    *count += 1;
    (round * 7_919 % size, turn)
}

fn one_event(host: &mut Host, change: Change) -> Duration {
    let begin = Instant::now();
    let published = black_box(host.take_in(change));
    let took = begin.elapsed();
    assert!(published, "every event changes the document");
    took
}

/// From one version to the other and back, on envs all over the host.
fn switches(criterion: &mut Criterion, apps: usize) -> Times {
    // every other app is managed
    let mut host = Host::of(apps * 8);
    let all = RefCell::new(Vec::new());
    let mut count = 0;
    let mut group = criterion.benchmark_group("switch_to_snapshot");
    group.throughput(Throughput::Elements(1));
    group.bench_function(BenchmarkId::from_parameter(apps), |bencher| {
        bencher.iter_custom(|rounds| {
            let mut sum = Duration::ZERO;
            for _ in 0..rounds {
                let app = count * 7_919 % apps * 2;
                count += 1;
                let took = one_switch(&mut host, app);
                all.borrow_mut().push(took);
                sum += took;
            }
            sum
        });
    });
    group.finish();
    Times::new(all.into_inner())
}

fn one_switch(host: &mut Host, app: usize) -> Duration {
    let begin = Instant::now();
    host.command(app, Command::switch());
    let published = black_box(host.publish());
    let took = begin.elapsed();
    assert!(published, "every switch changes the document");
    took
}
