//! The five files as they were read, and what can be made of them together.

use crate::store::checkpoint::{self, Checkpoint, Unreadable};
use crate::store::disk::Source;
use crate::store::history::{History, HistoryEntry};
use crate::store::image::Image;
use crate::store::journal::{self, End, Point, Scan, Verified};
use crate::store::{Error, Mode, name};

use super::{Cut, Recovered, Repair};

/// The way out when files are missing or damaged beyond proof.
const RESTORE: &str =
    "restore the state directory from a backup, or move it away to start with no slots known";

/// One file.
#[derive(Debug)]
pub(in crate::store) enum Stored<T, E> {
    Missing,
    Good(T),
    Bad(E),
}

impl<T, E> Stored<T, E> {
    pub(in crate::store) const fn good(&self) -> Option<&T> {
        match self {
            Self::Good(content) => Some(content),
            Self::Missing | Self::Bad(_) => None,
        }
    }
}

#[derive(Debug)]
pub(in crate::store) struct Files<'a> {
    disk: &'a dyn Source,
    pub(in crate::store) snapshot: Stored<Checkpoint, String>,
    pub(in crate::store) previous: Stored<Checkpoint, String>,
    pub(in crate::store) journal: Stored<Scan, String>,
    pub(in crate::store) older: Stored<Scan, String>,
    /// A new journal that was not yet given its name.
    unnamed: Stored<Scan, String>,
}

fn read_file(disk: &dyn Source, name: &str) -> Result<Option<Vec<u8>>, Error> {
    disk.read(name).map_err(|source| Error::Io {
        action: "read",
        path: disk.path(name),
        source,
    })
}

fn read_journal(disk: &dyn Source, name: &str) -> Result<Stored<Scan, String>, Error> {
    Ok(match read_file(disk, name)? {
        None => Stored::Missing,
        Some(bytes) => journal::scan(&bytes).map_or_else(Stored::Bad, Stored::Good),
    })
}

fn read_snapshot(disk: &dyn Source, name: &str) -> Result<Stored<Checkpoint, String>, Error> {
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

impl<'a> Files<'a> {
    /// Reads all of them.
    pub(in crate::store) fn read(disk: &'a dyn Source) -> Result<Self, Error> {
        Ok(Self {
            disk,
            snapshot: read_snapshot(disk, name::SNAPSHOT)?,
            previous: read_snapshot(disk, name::SNAPSHOT_PREV)?,
            journal: read_journal(disk, name::JOURNAL)?,
            older: read_journal(disk, name::JOURNAL_OLD)?,
            unnamed: read_journal(disk, name::JOURNAL_TMP)?,
        })
    }

    /// One state, or a refusal to guess.
    pub(super) fn recover(&self) -> Result<Recovered, Error> {
        let mut recovered = match &self.snapshot {
            Stored::Good(snapshot) => self.with_snapshot(snapshot),
            Stored::Missing => self.without_snapshot(None)?,
            Stored::Bad(what) => self.without_snapshot(Some(what))?,
        };
        recovered.history = self.history(recovered.head.seq);
        recovered.warn_of_breaches();
        Ok(recovered)
    }

    /// The snapshot is good: the journal must go through its place.
    fn with_snapshot(&self, snapshot: &Checkpoint) -> Recovered {
        let mut recovered = Recovered::new(&snapshot.head, snapshot.image.clone());
        recovered.snapshot_seq = Some(snapshot.head.seq);
        recovered.check_schema(&self.path(name::SNAPSHOT), snapshot.schema);
        let journal = self.path(name::JOURNAL);
        match &self.journal {
            Stored::Good(scan) => match scan.lines_until(&snapshot.head) {
                Some(skip) => recovered.follow(scan, skip, &journal),
                None => recovered.go_no_further(
                    Cut::Begin,
                    &format!(
                        "{journal} {}",
                        damage(&scan.end)
                            .unwrap_or_else(|| "does not continue snapshot.json".to_owned())
                    ),
                ),
            },
            Stored::Bad(what) => recovered.go_no_further(
                Cut::Begin,
                &format!("{journal} is damaged at byte 0 ({what})"),
            ),
            Stored::Missing if self.rotation_was_cut(&snapshot.head) => {
                recovered.repair = Repair::Rename;
            }
            Stored::Missing if self.is_snapshot_alone() => recovered.warnings.push(format!(
                "{journal} is missing and so are all older files: going on from snapshot.json alone"
            )),
            Stored::Missing => {
                recovered.go_no_further(Cut::Begin, &format!("{journal} is missing"));
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

    /// What the entries up to a place add up to, when an earlier snapshot or the beginning is there to start from.
    pub(in crate::store) fn sum_until(&self, place: &Point) -> Option<Image> {
        let (older, journal) = (self.older.good(), self.journal.good());
        let joined = match (older, journal) {
            (Some(older), Some(journal)) => *older.head() == journal.base,
            (Some(_) | None, None) | (None, Some(_)) => true,
        };
        let older = older.filter(|_| joined);
        let first = older.or(journal)?;
        let scans = older.into_iter().chain(journal);
        let lines: Vec<&Verified> = scans.flat_map(|scan| &scan.lines).collect();
        let until = |place: &Point| {
            if *place == first.base {
                return Some(0);
            }
            let last = lines.iter().position(|line| line.at == *place)?;
            Some(last + 1)
        };
        let (end, mut bases) = (until(place)?, self.bases());
        bases.find_map(|(head, mut image)| {
            for line in lines.get(until(&head)?..end)? {
                let entry = line.entry.clone();
                image.apply(entry.puts, entry.idempotency);
            }
            Some(image)
        })
    }

    /// The entries up to `seq`, as far back as the journals go without a gap.
    fn history(&self, seq: u64) -> History {
        let mut history = History::default();
        let journal = self.journal.good();
        let leads_here = |older: &&Scan| journal.is_none_or(|scan| *older.head() == scan.base);
        let scans = self
            .older
            .good()
            .filter(leads_here)
            .into_iter()
            .chain(journal);
        for line in scans.flat_map(|scan| &scan.lines) {
            if line.at.seq <= seq {
                history.push(HistoryEntry::new(line.at.seq, &line.entry));
            }
        }
        history
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
