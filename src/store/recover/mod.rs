//! Reading: from whatever files a crash left to one state that is provably complete, or a refusal to guess.
//!
//! A snapshot says at which place of the hash chain it was taken, and a journal says which place it continues, so
//! completeness is a comparison and not a matter of trust in the order of renames. Nothing is written here; what
//! the writer has to repair before its first append is in [`Repair`].

mod files;

use super::disk::Source;
use super::history::History;
use super::image::Image;
use super::journal::{End, Point, Scan, Verified};
use super::{Error, Mode, SCHEMA};

pub(super) use files::{Files, Stored};

/// What was read.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) image: Image,
    pub(super) head: Point,
    /// Entries in the current journal.
    pub(super) journal_lines: usize,
    /// Schema of the current journal.
    pub(super) journal_schema: u32,
    pub(super) history: History,
    /// The entry up to which `snapshot.json` is complete, if it is there and good.
    pub(super) snapshot_seq: Option<u64>,
    pub(super) mode: Mode,
    /// What giving up the damaged part would be, when damage is why the mode is read-only.
    pub(super) cut: Option<Cut>,
    pub(super) repair: Repair,
    pub(super) warnings: Vec<String>,
}

/// How what cannot be vouched for can be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// The journal is good up to this byte.
    At(usize),
    /// The journal is of no use: begin a new one.
    Begin,
}

/// What must be put right before the first append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// There is no journal that continues the snapshot: begin one.
    Begin,
    /// The new journal exists, under its temporary name.
    Rename,
    /// Cut off the unfinished append.
    Cut(usize),
    /// Write the last line again: it may be in the kernel's cache only.
    Rewrite(std::ops::Range<usize>),
    /// As [`Repair::Rewrite`] or [`Repair::Cut`], then write a new snapshot, because the old one is
    /// damaged (`true`) or missing.
    Snapshot(bool, Box<Self>),
}

/// Reads the directory.
pub(super) fn recover(disk: &dyn Source) -> Result<Recovered, Error> {
    Files::read(disk)?.recover()
}

impl Recovered {
    fn new(head: &Point, image: Image) -> Self {
        Self {
            image,
            head: head.clone(),
            journal_lines: 0,
            journal_schema: SCHEMA,
            history: History::default(),
            snapshot_seq: None,
            mode: Mode::ReadWrite,
            cut: None,
            repair: Repair::Begin,
            warnings: Vec::new(),
        }
    }

    /// How many lines of the current journal are in the image already.
    fn skip(&self, scan: &Scan) -> usize {
        scan.lines_until(&self.head).unwrap_or_default()
    }

    fn apply(&mut self, lines: &[Verified], skip: usize) {
        for line in lines.iter().skip(skip) {
            let entry = line.entry.clone();
            self.image.apply(entry.puts, entry.idempotency);
            self.head = line.at.clone();
        }
    }

    /// Applies the current journal and judges its end.
    fn follow(&mut self, scan: &Scan, skip: usize, journal: &str) {
        self.apply(&scan.lines, skip);
        self.journal_lines = scan.lines.len();
        self.journal_schema = scan.schema;
        self.check_schema(journal, scan.schema);
        match &scan.end {
            End::Clean { last_line } => self.repair = Repair::Rewrite(last_line.clone()),
            End::Torn { offset, bytes } => {
                self.warnings.push(format!(
                    "{journal}: dropped an unfinished, never acknowledged line of {bytes} bytes at byte {offset}"
                ));
                self.repair = Repair::Cut(*offset);
            }
            End::Damaged { offset, what } => self.go_no_further(
                Cut::At(*offset),
                &format!("{journal} is damaged at byte {offset} ({what})"),
            ),
        }
    }

    fn check_schema(&mut self, path: &str, schema: u32) {
        if schema > SCHEMA {
            self.read_only(format!(
                "{path} has schema {schema}, and this pointsman writes schema {SCHEMA}: run the version that wrote it"
            ));
        }
    }

    /// Nothing after the head can be vouched for.
    fn go_no_further(&mut self, cut: Cut, what: &str) {
        if self.mode == Mode::ReadWrite {
            self.cut = Some(cut);
        }
        let seq = self.head.seq;
        self.read_only(format!(
            "{what}: restore it from a backup, or, to give up what came after entry {seq}, stop pointsman and run `pointsman state accept --until {seq}`"
        ));
    }

    /// The first reason stays.
    fn read_only(&mut self, reason: String) {
        if self.mode == Mode::ReadWrite {
            self.mode = Mode::ReadOnly { reason };
        }
    }

    /// Records that are as they were written, but make no sense.
    fn warn_of_breaches(&mut self) {
        for (key, record) in &self.image.rollouts {
            if let Err(breach) = record.check_invariants() {
                self.warnings.push(format!(
                    "the stored rollout record of {key} makes no sense: {breach}"
                ));
            }
        }
    }
}
