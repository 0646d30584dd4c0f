//! The releases that are there, and one of them running.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) use pointsman::routing::ids::TraefikVersion as Version;
use tempfile::TempDir;
use tokio::time::Instant;

use super::ports;

/// Longest time until Traefik has either taken a document or refused it.
const LIMIT: Duration = Duration::from_secs(30);

/// A release on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Release {
    pub(crate) version: Version,
    binary: PathBuf,
}

/// What is in the folder, oldest first; at least one.
pub(crate) fn releases() -> Vec<Release> {
    let folder = std::env::var_os("POINTSMAN_TRAEFIKS")
        .expect("POINTSMAN_TRAEFIKS, a folder that holds VERSION/traefik: use `make matrix`");
    let mut found: Vec<Release> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{folder:?}: {error}"))
        .filter_map(|entry| {
            let entry = entry.unwrap();
            let version = Version::parse(entry.file_name().to_str()?).ok()?;
            let binary = entry.path().join("traefik");
            binary.is_file().then_some(Release { version, binary })
        })
        .collect();
    found.sort_by_key(|release| release.version);
    assert!(!found.is_empty(), "{folder:?} holds no VERSION/traefik");
    found
}

/// A running Traefik.
pub(crate) struct Traefik {
    child: Child,
    log: PathBuf,
    pub(crate) web: SocketAddr,
    api: SocketAddr,
    _folder: TempDir,
}

impl Release {
    /// Starts it, polling this provider.
    pub(crate) fn start(&self, provider: SocketAddr) -> Traefik {
        let [web, api] = [ports::free(), ports::free()];
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log");
        let child = Command::new(&self.binary)
            .arg(format!("--entrypoints.web.address={web}"))
            .arg(format!("--entrypoints.traefik.address={api}"))
            .arg("--api.insecure=true")
            .arg(format!(
                "--providers.http.endpoint=http://{provider}/config"
            ))
            .arg("--providers.http.pollInterval=100ms")
            .arg("--log.level=ERROR")
            .arg(format!("--log.filePath={}", log.display()))
            .arg("--global.checkNewVersion=false")
            .arg("--global.sendAnonymousUsage=false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.binary.display()));
        Traefik {
            child,
            log,
            web,
            api,
            _folder: folder,
        }
    }
}

impl Traefik {
    /// Waits until the document with this marker is in force, or gives why it was refused.
    pub(crate) fn verdict(&self, marker: &str) -> Result<(), String> {
        let target = format!("http://{}/api/http/middlewares/{marker}@http", self.api);
        let begun = Instant::now();
        loop {
            if status(&target, "localhost") == Some(200) {
                return Ok(());
            }
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let refusal = |line: &&str| line.contains("cannot decode configuration data");
            if let Some(line) = log.lines().find(refusal) {
                return Err(line.to_owned());
            }
            assert!(begun.elapsed() < LIMIT, "neither taken nor refused: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What a client of its entry point gets.
    pub(crate) fn answers(&self, host: &str) -> Option<u16> {
        status(&format!("http://{}/", self.web), host)
    }
}

impl Drop for Traefik {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The status of an answer; `None` while nobody answers.
fn status(url: &str, host: &str) -> Option<u16> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(5)));
    let agent = ureq::Agent::new_with_config(config.build());
    let answer = agent.get(url).header("Host", host).call();
    answer.ok().map(|answer| answer.status().as_u16())
}
