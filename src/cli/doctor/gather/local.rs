//! The state directory, as this user finds it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use crate::cli::doctor::facts::{Known, State};
use crate::store;

pub(super) fn state(dir: &str) -> Known<State> {
    let path = Path::new(dir);
    let meta = path.metadata();
    let meta = meta.map_err(|error| format!("{dir} is not here: {error}"))?;
    let space = statvfs(path).map_err(|error| format!("{dir}: {error}"))?;
    Ok(State {
        dir: dir.to_owned(),
        problems: problems(path),
        refusal: access(path, Access::WRITE_OK | Access::EXEC_OK)
            .err()
            .map(|error| error.to_string()),
        mode: meta.permissions().mode() & 0o7777,
        free_bytes: space.f_bavail.saturating_mul(space.f_frsize),
    })
}

fn problems(dir: &Path) -> Vec<String> {
    match store::verify(dir) {
        Ok(verdict) => verdict.problems,
        Err(error) => vec![error.chain()],
    }
}
