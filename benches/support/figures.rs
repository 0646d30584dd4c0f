//! Figures as they are published: a table in Markdown, and everything behind it as JSON.
//!
//! `scripts/bench.sh` puts the tables into `docs/benchmarks.md`. They are written to `bench` beside cargo's artefacts.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

/// Times of the same thing, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// So many of a thousand took no longer.
    pub(crate) fn per_mille(&self, share: usize) -> Duration {
        let index = (self.0.len() * share / 1000).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.per_mille(500)
    }

    pub(crate) fn p99(&self) -> Duration {
        self.per_mille(990)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Median, and from the fastest to the slowest.
    pub(crate) fn spread(&self) -> String {
        let (first, last) = (self.per_mille(0), self.per_mille(1000));
        format!(
            "{} ({} to {})",
            short(self.median()),
            short(first),
            short(last)
        )
    }

    pub(crate) fn micros(&self) -> Value {
        let all = self.0.iter().map(|time| time.as_secs_f64() * 1e6);
        json!(all.collect::<Vec<f64>>())
    }
}

/// A time with three digits and its unit.
pub(crate) fn short(time: Duration) -> String {
    let nanos = time.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        it if it < 1e3 => (it, "ns"),
        it if it < 1e6 => (it / 1e3, "us"),
        it if it < 1e9 => (it / 1e6, "ms"),
        it => (it / 1e9, "s"),
    };
    let digits = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.digits$} {unit}")
}

/// How many times the other.
pub(crate) fn ratio(this: Duration, other: Duration) -> f64 {
    this.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// A table with the raw figures behind it.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    rows: Vec<String>,
    raw: Vec<Value>,
}

impl Report {
    /// An empty one with these columns.
    pub(crate) fn new(name: &'static str, columns: &[&str]) -> Self {
        let head = format!("| {} |", columns.join(" | "));
        let line = "|---".repeat(columns.len()) + "|";
        Self {
            name,
            rows: vec![head, line],
            raw: Vec::new(),
        }
    }

    /// One more row, with what is behind it.
    pub(crate) fn row(&mut self, cells: &[String], raw: Value) {
        let row = format!("| {} |", cells.join(" | "));
        say(&row);
        self.rows.push(row);
        self.raw.push(raw);
    }

    /// Writes both files.
    pub(crate) fn write(&self) {
        let folder = folder();
        let create = |ending: &str| {
            let file = File::create(folder.join(format!("{}.{ending}", self.name)));
            file.expect("cargo's folder can be written to")
        };
        let written = writeln!(create("md"), "{}", self.rows.join("\n"))
            .and_then(|()| writeln!(create("json"), "{:#}", json!(self.raw)));
        written.expect("cargo's folder can be written to");
    }
}

/// A line for whoever waits.
pub(crate) fn say(line: &str) {
    let told = writeln!(std::io::stdout(), "{line}");
    told.expect("somebody reads what a benchmark says");
}

/// The same place whether or not cargo builds for a named target; a small round leaves the published figures alone.
fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = target.ancestors().find(|folder| {
        let name = folder.file_name();
        name.is_some_and(|name| name == "target")
    });
    let mut folder = target.unwrap_or_else(|| Path::new("target")).join("bench");
    if std::env::var_os("POINTSMAN_BENCH").is_none_or(|word| word != "full") {
        folder.push("small");
    }
    std::fs::create_dir_all(&folder).expect("cargo's folder can be written to");
    folder
}
