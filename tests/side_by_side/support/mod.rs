//! What the measurements share: a fake Engine with a host of any size, Traefiks, and the daemon.

pub(crate) mod bare;
#[path = "../../integration/support/fake_engine/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the integration tests use more of it"
)]
pub(crate) mod fake_engine;
#[path = "../../../benches/support/figures.rs"]
#[expect(dead_code, reason = "the other benchmarks use more of it")]
pub(crate) mod figures;
pub(crate) mod host;
pub(crate) mod pointsman;
#[path = "../../../benches/support/table.rs"]
pub(crate) mod table;
pub(crate) mod traefik;
#[path = "../../../benches/support/world.rs"]
pub(crate) mod world;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::e2e::http::{Answer, Ask, Client};
use crate::e2e::runtime;

/// Nothing that is awaited takes as long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Awaits, but not for ever.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("nothing came within {PATIENCE:?}: {what}"))
}

/// One of two sizes: of the small round, or with `POINTSMAN_BENCH=full` of what is published.
pub(crate) fn sized<T>(small: T, full: T) -> T {
    match std::env::var_os("POINTSMAN_BENCH") {
        Some(word) if word == "full" => full,
        _ => small,
    }
}

/// A number from the environment.
pub(crate) fn given(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} is a whole number")))
}

/// A connection that is kept, for those who ask often; a server may close it while nobody asks.
pub(crate) struct Asker {
    address: SocketAddr,
    client: Client,
}

impl Asker {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self, String> {
        let client = runtime().block_on(Client::connect(address))?;
        Ok(Self { address, client })
    }

    pub(crate) fn get(&mut self, target: &str) -> Result<Answer, String> {
        if !runtime().block_on(self.client.is_usable()) {
            *self = Self::connect(self.address)?;
        }
        runtime().block_on(self.client.ask(&Ask::get("localhost", target)))
    }
}

/// A line of a process's `/proc/PID/status`, in kilobytes.
pub(crate) fn memory_kb(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

/// How long a process has kept a core busy so far.
pub(crate) fn busy(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    let stat = stat.unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // user and system time, in hundredths of a second
    let ticks: u64 = [11, 12]
        .map(|at| fields[at].parse::<u64>().unwrap())
        .iter()
        .sum();
    Duration::from_millis(ticks * 10)
}
