//! DISK, for the worst day: the last document that every Traefik confirmed, so that routing survives without Pointsman.
//!
//! `last-good.json` in the state directory is that document as it was served; `pointsman export` makes a file of it.
//! With `--fallback-file` the same is also kept, as a file for Traefik's file provider (`convert`), whose routers stand
//! below all others: while Pointsman answers it changes nothing. Nothing is read back here, and no route depends on it.

mod choose;
mod convert;
mod file;

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::routing::ids::Revision;
use crate::snapshot::{Reader, Snapshot};

pub use choose::{Choice, ChoiceError, choose};
pub use convert::{ConvertError, for_file_provider};

/// The document in the state directory.
pub const LAST_GOOD: &str = "last-good.json";

/// How often it is looked whether a new document is confirmed. Also the least time between two versions of the file:
/// each makes Traefik read its configuration anew.
const LOOK: Duration = Duration::from_secs(1);

/// Where the files are kept.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// The state directory.
    pub state_dir: PathBuf,
    /// The file for Traefik's file provider.
    pub fallback_file: Option<PathBuf>,
}

/// Keeps the files until stopped. `applied` is the newest publication that every Traefik has.
pub async fn run(
    keeping: Keeping,
    mut reader: Reader,
    applied: impl Fn() -> Option<u64>,
    stop: CancellationToken,
) {
    let mut kept: Option<Revision> = None;
    let mut troubled = false;
    loop {
        let look = async {
            reader.newer_than(kept).await;
            tokio::time::sleep(LOOK).await;
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = look => {}
        }
        let newest = reader.load();
        let confirmed =
            |snapshot: &Snapshot| applied().is_some_and(|until| until >= snapshot.sequence());
        let Some(snapshot) = newest.filter(|newest| confirmed(newest)) else {
            continue;
        };
        match tokio::task::block_in_place(|| keep(&keeping, &snapshot)) {
            Ok(()) => {
                troubled = false;
                kept = Some(snapshot.revision());
            }
            Err(error) if !troubled => {
                troubled = true;
                tracing::warn!(%error, "the last confirmed document cannot be kept, trying again");
            }
            Err(_same) => {}
        }
    }
}

fn keep(keeping: &Keeping, snapshot: &Snapshot) -> Result<(), String> {
    let body = snapshot.body().chunks.concat();
    let path = keeping.state_dir.join(LAST_GOOD);
    file::replace(&path, &body)?;
    if let Some(path) = &keeping.fallback_file {
        let text = for_file_provider(&body).map_err(|error| error.to_string())?;
        file::replace(path, &text)?;
    }
    Ok(())
}
