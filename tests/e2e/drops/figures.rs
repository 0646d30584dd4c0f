//! What a run leaves behind: raw figures, and the tables of docs/zero-drop.md made of all runs so far.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ledger::{Book, Count, Counts, Failure, Kill, Kind, Step};
use crate::support::http::LIMIT;
use crate::support::{millis, results};

/// One run, or several added up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) cycles: usize,
    pub(crate) seconds: f64,
    pub(crate) counts: Counts,
    pub(crate) times_ms: BTreeMap<Step, Vec<f64>>,
    pub(crate) failures: Vec<Failure>,
    /// What was killed, by cycle of this run.
    #[serde(skip)]
    pub(crate) kills: BTreeMap<usize, Kill>,
}

impl Figures {
    pub(crate) fn of(book: Book, cycles: usize, seconds: f64) -> Self {
        Self {
            cycles,
            seconds,
            counts: book.counts,
            times_ms: book.times,
            failures: book.failures,
            kills: book.kills,
        }
    }

    /// As a file of its own beside those of earlier runs.
    pub(crate) fn keep(&self, setup: &str) {
        let number = std::fs::read_dir(folder(setup)).unwrap().count() + 1;
        let path = folder(setup).join(format!("{number:04}.json"));
        let mut file = File::create(path).unwrap();
        writeln!(file, "{}", serde_json::to_string_pretty(self).unwrap()).unwrap();
    }

    /// All that were kept.
    pub(crate) fn all(setup: &str) -> Self {
        let mut sum = Self::default();
        for entry in std::fs::read_dir(folder(setup)).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            sum.add(serde_json::from_str(&text).unwrap());
        }
        sum
    }

    fn add(&mut self, more: Self) {
        self.cycles += more.cycles;
        self.seconds += more.seconds;
        self.failures.extend(more.failures);
        for (step, times) in more.times_ms {
            self.times_ms.entry(step).or_default().extend(times);
        }
        for (step, kinds) in more.counts {
            for (kind, count) in kinds {
                let sum = self
                    .counts
                    .entry(step)
                    .or_default()
                    .entry(kind)
                    .or_default();
                *sum = plus(*sum, count);
            }
        }
    }

    fn in_step(&self, step: Step) -> Count {
        let kinds = self.counts.get(&step).into_iter().flatten();
        kinds.fold(Count::default(), |sum, (_, count)| plus(sum, *count))
    }

    /// A row for each step, a column for each kind of client.
    pub(crate) fn table(&self) -> String {
        let kinds = [
            (Kind::Short, "short, keep-alive"),
            (Kind::Slow, "slow"),
            (Kind::Upload, "upload"),
            (Kind::Events, "events"),
            (Kind::Socket, "web socket"),
        ];
        let mut table = "| step | median |".to_owned();
        for (_, name) in kinds {
            write!(table, " {name} |").unwrap();
        }
        table.push_str("\n|---|---|---|---|---|---|---|\n");
        for (step, counts) in &self.counts {
            let time = self.times_ms.get(step).map_or(String::new(), |t| median(t));
            write!(table, "| {} | {time} |", word(*step)).unwrap();
            for (kind, _) in kinds {
                let count = counts.get(&kind).copied().unwrap_or_default();
                write!(table, " {} / {} |", count.failed, count.all).unwrap();
            }
            table.push('\n');
        }
        table
    }
}

/// All setups side by side.
pub(crate) fn comparison(setups: &[(&str, &str)]) -> String {
    let all: Vec<Figures> = setups.iter().map(|(name, _)| Figures::all(name)).collect();
    let mut table = "| step |".to_owned();
    for (_, title) in setups {
        write!(table, " {title} |").unwrap();
    }
    write!(table, "\n|---|{}\n| cycles |", "---|".repeat(setups.len())).unwrap();
    for figures in &all {
        write!(table, " {} |", figures.cycles).unwrap();
    }
    let steps: BTreeSet<Step> = all.iter().flat_map(|f| f.counts.keys().copied()).collect();
    for step in steps {
        write!(table, "\n| {} |", word(step)).unwrap();
        for figures in &all {
            let Count { all, failed } = figures.in_step(step);
            let cell = if all == 0 {
                "-".to_owned()
            } else {
                format!("{failed} / {all}")
            };
            write!(table, " {cell} |").unwrap();
        }
    }
    table.push('\n');
    table
}

/// What failed at kills, by when it was sent.
pub(crate) fn kills(setups: &[(&str, &str)]) -> String {
    let mut table =
        "| | kills | sent before | sent after | the last one | no answer in 10 s |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (name, title) in setups {
        let figures = Figures::all(name);
        let failures = figures.failures.iter();
        let known = failures.filter_map(|failure| Some((failure, failure.sent_after_kill_ms?)));
        let known: Vec<(&Failure, f64)> = known.collect();
        let after: Vec<f64> = known
            .iter()
            .map(|(_, at)| *at)
            .filter(|at| *at >= 0.0)
            .collect();
        let hung = known
            .iter()
            .filter(|(failure, _)| failure.lasted_ms >= millis(LIMIT));
        let (before, last) = (
            known.len() - after.len(),
            after.iter().copied().fold(0.0, f64::max),
        );
        let kills = figures.times_ms.get(&Step::Kill).map_or(0, Vec::len);
        let (after, hung) = (after.len(), hung.count());
        writeln!(
            table,
            "| {title} | {kills} | {before} | {after} | {last:.0} ms | {hung} |"
        )
        .unwrap();
    }
    table
}

/// Writes a table for the documentation.
pub(crate) fn publish(name: &str, table: &str) {
    let mut file = File::create(folder("").join(format!("{name}.md"))).unwrap();
    file.write_all(table.as_bytes()).unwrap();
}

fn folder(setup: &str) -> PathBuf {
    let folder = results().parent().unwrap().join("drop").join(setup);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn plus(a: Count, b: Count) -> Count {
    Count {
        all: a.all + b.all,
        failed: a.failed + b.failed,
    }
}

fn median(times: &[f64]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    format!("{:.1} s", sorted[sorted.len() / 2] / 1000.0)
}

fn word(step: Step) -> String {
    let quoted = serde_json::to_string(&step).unwrap();
    quoted.trim_matches('"').replace('-', " ")
}
