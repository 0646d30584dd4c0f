//! The daemon under test, as a process of this host; and its command line.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::http::{self, Answer, Ask};
use super::process::Process;
use super::within;

const BINARY: &str = env!("CARGO_BIN_EXE_pointsman");
/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(10);

/// The daemon.
pub(crate) struct Pointsman {
    process: Process,
    state: TempDir,
    endpoint: Option<String>,
    traefik_api: SocketAddr,
    /// Flags that are not usual.
    flags: Vec<String>,
    /// For Traefik.
    pub(crate) provider: SocketAddr,
    /// For operators.
    pub(crate) admin: SocketAddr,
}

/// A run of the command line.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) output: Output,
    pub(crate) took: Duration,
}

impl Pointsman {
    /// Starts it on free ports.
    pub(crate) fn start(socket: Option<&Path>, traefik_api: SocketAddr) -> Self {
        Self::start_with(socket, traefik_api, &[])
    }

    /// With further flags.
    pub(crate) fn start_with(
        socket: Option<&Path>,
        traefik_api: SocketAddr,
        flags: &[&str],
    ) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut daemon = Self {
            process: Process::named("pointsman"),
            state: TempDir::new().unwrap(),
            endpoint: socket.map(|socket| format!("unix://{}", socket.display())),
            traefik_api,
            flags: flags.iter().map(ToString::to_string).collect(),
            provider: any,
            admin: any,
        };
        daemon.spawn();
        daemon.wait_until_ready();
        daemon
    }

    /// Starts it, on the ports it had before, and waits for the line that tells the addresses.
    fn spawn(&mut self) {
        let mut command = self.command();
        let child = self.process.spawn(&mut command);
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        (self.provider, self.admin) = addresses(&line)
            .unwrap_or_else(|| panic!("no addresses in {line:?}:\n{}", self.process.tail()));
    }

    /// Starts it without waiting for anything.
    pub(crate) fn spawn_blindly(&mut self) {
        let mut command = self.command();
        self.process.spawn(command.stdout(Stdio::null()));
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command
            .arg("serve")
            .arg("--provider-listen")
            .arg(self.provider.to_string())
            .arg("--admin-listen")
            .arg(self.admin.to_string())
            .arg("--state-dir")
            .arg(self.state.path())
            .arg("--traefik-api")
            .arg(format!("http://{}", self.traefik_api))
            .args(["--log-level", "debug"])
            .args(&self.flags)
            .stdout(Stdio::piped());
        if let Some(endpoint) = &self.endpoint {
            command.arg("--docker-endpoint").arg(endpoint);
        }
        command
    }

    /// Waits for the first complete list.
    pub(crate) fn wait_until_ready(&mut self) -> Duration {
        let ((), took) = within(START, "Pointsman is ready", || {
            match self.ask(&Ask::get("localhost", "/ready"))? {
                Answer { status: 200, .. } => Ok(()),
                answer => Err(format!("{answer:?}")),
            }
        });
        took
    }

    /// Where it keeps its state.
    pub(crate) fn state_dir(&self) -> &Path {
        self.state.path()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM; it must end well and soon.
    pub(crate) fn stop(&mut self) -> Duration {
        self.process.terminate(Duration::from_secs(5))
    }

    /// Starts it again on the same ports.
    pub(crate) fn start_again(&mut self) -> Duration {
        let started = Instant::now();
        self.spawn();
        self.wait_until_ready();
        started.elapsed()
    }

    /// One request to the admin listener.
    pub(crate) fn ask(&self, ask: &Ask) -> Result<Answer, String> {
        http::ask(self.admin, ask)
    }

    /// A `GET` that must succeed.
    pub(crate) fn get<T: serde::de::DeserializeOwned>(&self, target: &str) -> T {
        let answer = self.ask(&Ask::get("localhost", target)).unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    }

    /// One verb of the command line.
    pub(crate) fn cli(&self, args: &[&str]) -> Ran {
        let started = Instant::now();
        let output = Command::new(BINARY)
            .args(args)
            .env("POINTSMAN_URL", format!("http://{}", self.admin))
            .output()
            .unwrap();
        Ran {
            took: started.elapsed(),
            output,
        }
    }

    /// One verb that must succeed.
    pub(crate) fn done(&self, args: &[&str]) -> Ran {
        let ran = self.cli(args);
        let errors = String::from_utf8_lossy(&ran.output.stderr);
        assert_eq!(
            ran.output.status.code(),
            Some(0),
            "pointsman {args:?}: {errors}"
        );
        ran
    }

    /// Exit code and findings of `doctor`.
    pub(crate) fn doctor(&self, more: &[&str]) -> (Option<i32>, Value) {
        let ran = self.cli(&[&["doctor", "--json"], more].concat());
        let said = serde_json::from_slice(&ran.output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {:?}", ran.output));
        (ran.output.status.code(), said)
    }
}

/// Of `listening provider=ADDR admin=ADDR`.
fn addresses(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let rest = line.trim().strip_prefix("listening provider=")?;
    let (provider, admin) = rest.split_once(" admin=")?;
    Some((provider.parse().ok()?, admin.parse().ok()?))
}
