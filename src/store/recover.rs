//! Reading: from whatever files a crash left to one state that is provably complete, or a refusal to guess.
//!
//! A snapshot says at which place of the hash chain it was taken, and a journal says which place it continues, so
//! completeness is a comparison and not a matter of trust in the order of renames. Nothing is written here; what
//! the writer has to repair before its first append is in [`Repair`].

use super::checkpoint::{self, Checkpoint, Unreadable};
use super::disk::Disk;
use super::image::Image;
use super::journal::{self, End, Point, Scan, Verified};
use super::{Error, Mode, SCHEMA, name};

/// The way out when files are missing or damaged beyond proof.
const RESTORE: &str =
    "restore the state directory from a backup, or move it away to start with no slots known";
/// The way out when the snapshot is good but its journal is gone.
const SNAPSHOT_ALONE: &str = "restore the journal from a backup, or, to go on from snapshot.json without what came after it, move every other file out of the directory";

/// What was read.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) image: Image,
    pub(super) head: Point,
    /// Entries in the current journal.
    pub(super) journal_lines: usize,
    /// The entry up to which `snapshot.json` is complete, if it is there and good.
    pub(super) snapshot_seq: Option<u64>,
    pub(super) mode: Mode,
    pub(super) repair: Repair,
    pub(super) warnings: Vec<String>,
}

/// What must be put right before the first append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// There is no journal that continues the snapshot: begin one.
    Begin,
    /// The new journal exists, under its temporary name.
    Rename,
    /// Cut off the unfinished append.
    Truncate(u64),
    /// Write the last line again: it may be in the kernel's cache only.
    Rewrite(std::ops::Range<usize>),
    /// As [`Repair::Rewrite`] or [`Repair::Truncate`], then write a new snapshot, because the old one is
    /// damaged (`true`) or missing.
    Snapshot(bool, Box<Self>),
}

/// One file.
#[derive(Debug)]
enum Stored<T, E> {
    Missing,
    Good(T),
    Bad(E),
}

#[derive(Debug)]
struct Files<'a> {
    disk: &'a dyn Disk,
    snapshot: Stored<Checkpoint, String>,
    previous: Stored<Checkpoint, String>,
    journal: Stored<Scan, String>,
    older: Stored<Scan, String>,
    /// A new journal that was not yet given its name.
    unnamed: Stored<Scan, String>,
}

/// Reads the directory.
pub(super) fn recover(disk: &dyn Disk) -> Result<Recovered, Error> {
    let files = Files {
        disk,
        snapshot: read_snapshot(disk, name::SNAPSHOT)?,
        previous: read_snapshot(disk, name::SNAPSHOT_PREV)?,
        journal: read_journal(disk, name::JOURNAL)?,
        older: read_journal(disk, name::JOURNAL_OLD)?,
        unnamed: read_journal(disk, name::JOURNAL_TMP)?,
    };
    let mut recovered = match &files.snapshot {
        Stored::Good(snapshot) => files.with_snapshot(snapshot),
        Stored::Missing => files.without_snapshot(None)?,
        Stored::Bad(what) => files.without_snapshot(Some(what))?,
    };
    recovered.warn_of_breaches();
    Ok(recovered)
}

fn read_file(disk: &dyn Disk, name: &str) -> Result<Option<Vec<u8>>, Error> {
    disk.read(name).map_err(|source| Error::Io {
        action: "read",
        path: disk.path(name),
        source,
    })
}

fn read_journal(disk: &dyn Disk, name: &str) -> Result<Stored<Scan, String>, Error> {
    Ok(match read_file(disk, name)? {
        None => Stored::Missing,
        Some(bytes) => journal::scan(&bytes).map_or_else(Stored::Bad, Stored::Good),
    })
}

fn read_snapshot(disk: &dyn Disk, name: &str) -> Result<Stored<Checkpoint, String>, Error> {
    let Some(bytes) = read_file(disk, name)? else {
        return Ok(Stored::Missing);
    };
    match checkpoint::decode(&bytes) {
        Ok(snapshot) => Ok(Stored::Good(snapshot)),
        Err(Unreadable::Damaged(what)) => Ok(Stored::Bad(what)),
        Err(Unreadable::Newer(schema)) => Err(Error::Newer {
            path: disk.path(name),
            schema,
        }),
    }
}

impl Files<'_> {
    /// The snapshot is good: the journal must go through its place.
    fn with_snapshot(&self, snapshot: &Checkpoint) -> Recovered {
        let mut recovered = Recovered::new(&snapshot.head, snapshot.image.clone());
        recovered.snapshot_seq = Some(snapshot.head.seq);
        recovered.check_schema(&self.path(name::SNAPSHOT), snapshot.schema);
        let journal = self.path(name::JOURNAL);
        match &self.journal {
            Stored::Good(scan) => match scan.lines_until(&snapshot.head) {
                Some(skip) => recovered.follow(scan, skip, &journal),
                None => recovered.read_only(format!(
                    "{journal} {}: {SNAPSHOT_ALONE}",
                    damage(&scan.end)
                        .unwrap_or_else(|| "does not continue snapshot.json".to_owned())
                )),
            },
            Stored::Bad(what) => recovered.read_only(format!(
                "{journal} is damaged at byte 0 ({what}): {SNAPSHOT_ALONE}"
            )),
            Stored::Missing if self.rotation_was_cut(&snapshot.head) => {
                recovered.repair = Repair::Rename;
            }
            Stored::Missing if self.is_snapshot_alone() => recovered.warnings.push(format!(
                "{journal} is missing and so are all older files: going on from snapshot.json alone"
            )),
            Stored::Missing => {
                recovered.read_only(format!("{journal} is missing: {SNAPSHOT_ALONE}"));
            }
        }
        recovered
    }

    /// A crash between the two renames of a rotation: the old journal has gone, and the new one, which is
    /// empty, waits under its temporary name.
    fn rotation_was_cut(&self, head: &Point) -> bool {
        matches!(&self.unnamed, Stored::Good(scan) if scan.base == *head && scan.lines.is_empty())
    }

    /// Somebody restored `snapshot.json` into an empty directory; no crash leaves that.
    const fn is_snapshot_alone(&self) -> bool {
        matches!(
            (&self.previous, &self.older),
            (Stored::Missing, Stored::Missing)
        )
    }

    /// There is no good `snapshot.json`: an older one, or the very beginning, with every line since.
    fn without_snapshot(&self, damage: Option<&str>) -> Result<Recovered, Error> {
        let journal = self.path(name::JOURNAL);
        let scan = match &self.journal {
            Stored::Good(scan) => scan,
            Stored::Missing if damage.is_none() && self.is_snapshot_alone() => {
                return Ok(Recovered::new(&Point::genesis(), Image::default()));
            }
            Stored::Missing => return Err(self.lost(damage, "is missing")),
            Stored::Bad(what) => {
                return Err(self.lost(damage, &format!("is damaged at byte 0 ({what})")));
            }
        };
        if let (Some(_), End::Damaged { .. }) = (damage, &scan.end) {
            return Err(self.lost(damage, "is damaged too"));
        }
        let mut recovered = self
            .bases()
            .find_map(|(head, image)| self.replay(&head, image, scan))
            .ok_or_else(|| self.lost(damage, "does not reach back far enough"))?;
        recovered.follow(scan, recovered.skip(scan), &journal);
        let expected = damage.is_none() && scan.lines_until(&Point::genesis()).is_some();
        if !expected && recovered.mode == Mode::ReadWrite {
            recovered.repair = Repair::Snapshot(damage.is_some(), Box::new(recovered.repair));
        }
        if let Some(what) = damage {
            recovered.warnings.push(format!(
                "{} {what}: rebuilt completely from its predecessor and the journal",
                self.path(name::SNAPSHOT)
            ));
        }
        Ok(recovered)
    }

    /// Where a replay can begin, the latest first.
    fn bases(&self) -> impl Iterator<Item = (Point, Image)> {
        let previous = match &self.previous {
            Stored::Good(previous) => Some((previous.head.clone(), previous.image.clone())),
            Stored::Missing | Stored::Bad(_) => None,
        };
        previous
            .into_iter()
            .chain(std::iter::once((Point::genesis(), Image::default())))
    }

    /// From `head` up to a place that the current journal goes through, with the older journal if need be.
    fn replay(&self, head: &Point, image: Image, scan: &Scan) -> Option<Recovered> {
        let mut recovered = Recovered::new(head, image);
        if scan.lines_until(head).is_some() {
            return Some(recovered);
        }
        let Stored::Good(older) = &self.older else {
            return None;
        };
        let whole = matches!(older.end, End::Clean { .. }) && *older.head() == scan.base;
        let skip = older.lines_until(head).filter(|_| whole)?;
        recovered.apply(&older.lines, skip);
        Some(recovered)
    }

    fn path(&self, name: &str) -> String {
        self.disk.path(name).display().to_string()
    }

    fn lost(&self, snapshot: Option<&str>, journal: &str) -> Error {
        let what = match snapshot {
            Some(what) => format!("{what}, and {} {journal}", name::JOURNAL),
            None => format!("is missing, and {} {journal}", name::JOURNAL),
        };
        Error::Damaged {
            path: self.disk.path(name::SNAPSHOT),
            what,
            way_out: RESTORE,
        }
    }
}

fn damage(end: &End) -> Option<String> {
    match end {
        End::Damaged { offset, what } => Some(format!("is damaged at byte {offset} ({what})")),
        End::Clean { .. } | End::Torn { .. } => None,
    }
}

impl Recovered {
    fn new(head: &Point, image: Image) -> Self {
        Self {
            image,
            head: head.clone(),
            journal_lines: 0,
            snapshot_seq: None,
            mode: Mode::ReadWrite,
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
        self.check_schema(journal, scan.schema);
        match &scan.end {
            End::Clean { last_line } => self.repair = Repair::Rewrite(last_line.clone()),
            End::Torn { offset, bytes } => {
                self.warnings.push(format!(
                    "{journal}: dropped an unfinished, never acknowledged line of {bytes} bytes at byte {offset}"
                ));
                self.repair = Repair::Truncate(*offset as u64);
            }
            End::Damaged { offset, what } => self.read_only(format!(
                "{journal} is damaged at byte {offset} ({what}): restore it from a backup, or give up what follows with `truncate -s {offset} {journal}` and start again"
            )),
        }
    }

    fn check_schema(&mut self, path: &str, schema: u32) {
        if schema > SCHEMA {
            self.read_only(format!(
                "{path} has schema {schema}, and this pointsman writes schema {SCHEMA}: run the version that wrote it"
            ));
        }
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
