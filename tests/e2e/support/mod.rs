//! What the tests share: the system under test, stacks to deploy, load, and things that break.

pub(crate) mod app;
pub(crate) mod docker;
pub(crate) mod engine;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod pointsman;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod relay;
pub(crate) mod system;
pub(crate) mod tally;
pub(crate) mod traefik;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::Instant;

/// What runs beside a test's own thread: load, relays, single requests.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Looks again and again until there is something to see, and says how long that took. Fails after `limit`.
pub(crate) fn within<T>(
    limit: Duration,
    what: &str,
    look: impl FnMut() -> Result<T, String>,
) -> (T, Duration) {
    waited(limit, look).unwrap_or_else(|why| panic!("{what}: {why}"))
}

/// The same for those who have more to do after a failure.
pub(crate) fn waited<T>(
    limit: Duration,
    mut look: impl FnMut() -> Result<T, String>,
) -> Result<(T, Duration), String> {
    let started = Instant::now();
    loop {
        let seen = look();
        let took = started.elapsed();
        match seen {
            Ok(seen) if took <= limit => return Ok((seen, took)),
            Ok(_) => return Err(format!("took {} ms, more than {limit:?}", took.as_millis())),
            Err(why) if took > limit => return Err(format!("not within {limit:?}: {why}")),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Milliseconds with one digit behind the point.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A folder for what a run leaves behind: figures, and the logs of the test that ran last.
pub(crate) fn results() -> PathBuf {
    let mut target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    // the same place whether or not cargo builds for a named target
    if target.file_name() == std::env::var_os("CARGO_BUILD_TARGET").as_deref() {
        target = target.parent().unwrap();
    }
    let folder = target.join("e2e");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
