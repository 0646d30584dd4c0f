//! The real daemon, as a process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use super::{Asker, PATIENCE};
use crate::e2e::http::{Answer, Ask, ask};
use crate::e2e::process::Process;
use crate::e2e::within;

/// The binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pointsman");

/// The daemon; it ends with this value.
pub(crate) struct Pointsman {
    _process: Process,
    _state: TempDir,
    pub(crate) pid: u32,
    pub(crate) provider: SocketAddr,
    pub(crate) admin: SocketAddr,
    /// When it was started.
    pub(crate) begun: Instant,
}

impl Pointsman {
    /// Starts it at this Engine; the document is not there yet.
    pub(crate) fn start(engine: &Path) -> Self {
        let (mut process, state) = (
            Process::named("pointsman-measured"),
            TempDir::new().unwrap(),
        );
        let mut command = Command::new(BINARY);
        command
            .args([
                "serve",
                "--provider-listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
            ])
            .arg(format!("--docker-endpoint=unix://{}", engine.display()))
            .arg(format!("--state-dir={}", state.path().display()))
            .env_remove("DOCKER_HOST")
            .stdout(Stdio::piped());
        let begun = Instant::now();
        let child = process.spawn(&mut command);
        let pid = child.id();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = |name: &str| -> SocketAddr {
            let found = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name));
            found
                .unwrap_or_else(|| panic!("no {name} in {line:?}"))
                .parse()
                .unwrap()
        };
        Self {
            provider: address("provider="),
            admin: address("admin="),
            _process: process,
            _state: state,
            pid,
            begun,
        }
    }

    /// The document, once there is one; and how long after the start that was.
    pub(crate) fn document(&self) -> (String, Duration) {
        let mut asker = Asker::connect(self.provider).unwrap();
        let (body, _) = within(PATIENCE, "the first document", || {
            match asker.get("/config")? {
                Answer { status: 200, body } => Ok(body),
                answer => Err(format!("{answer:?}")),
            }
        });
        (body, self.begun.elapsed())
    }

    /// One command over the API, which must be accepted.
    pub(crate) fn post(&self, target: &str, body: &str) {
        let answer = ask(self.admin, &Ask::post("localhost", target, body)).unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
    }
}
