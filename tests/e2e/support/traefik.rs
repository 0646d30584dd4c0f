//! The real Traefik, as a process of this host, with the flags that the documentation recommends.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::http::{self, Answer, Ask};
use super::ports;
use super::process::Process;
use super::within;

/// Traefik. Its ports are chosen before it is started.
pub(crate) struct Traefik {
    process: Process,
    provider: Option<SocketAddr>,
    /// A file of its file provider.
    file: Option<PathBuf>,
    /// Further entry points: name and address, with the protocol.
    entry_points: Vec<(&'static str, String)>,
    /// Flags that are not usual.
    flags: Vec<String>,
    /// Where the traffic goes.
    pub(crate) web: SocketAddr,
    /// Its own API.
    pub(crate) api: SocketAddr,
}

impl Traefik {
    pub(crate) fn on_free_ports() -> Self {
        Self {
            process: Process::named("traefik"),
            provider: None,
            file: None,
            entry_points: Vec::new(),
            flags: Vec::new(),
            web: ports::free(),
            api: ports::free(),
        }
    }

    /// Also reads this file.
    pub(crate) fn reading(mut self, file: PathBuf) -> Self {
        self.file = Some(file);
        self
    }

    /// Also listens there (`127.0.0.1:1234/udp`).
    pub(crate) fn entry_point(mut self, name: &'static str, address: String) -> Self {
        self.entry_points.push((name, address));
        self
    }

    /// From the next start on with these flags, too.
    pub(crate) fn set_flags(&mut self, flags: &[&str]) {
        self.flags = flags.iter().map(ToString::to_string).collect();
    }

    pub(crate) fn start(&mut self, provider: SocketAddr) {
        self.provider = Some(provider);
        self.start_again();
    }

    /// Without Pointsman.
    pub(crate) fn start_alone(&mut self) {
        self.start_again();
    }

    /// With the same ports and flags; gives the time until it says that it is ready.
    pub(crate) fn start_again(&mut self) -> Duration {
        let binary =
            std::env::var_os("TRAEFIK_BIN").expect("TRAEFIK_BIN, as scripts/env.sh sets it");
        let started = Instant::now();
        let mut command = Command::new(binary);
        command
            .arg(format!("--entrypoints.web.address={}", self.web))
            .arg(format!("--entrypoints.traefik.address={}", self.api))
            .arg("--entrypoints.datagrams.address=127.0.0.1:0/udp")
            .args(["--api.insecure=true", "--ping=true"])
            .arg("--providers.providersThrottleDuration=100ms")
            .arg("--log.level=INFO")
            .arg(format!("--log.filePath={}", self.process.log().display()))
            .arg("--global.checkNewVersion=false")
            .arg("--global.sendAnonymousUsage=false");
        if let Some(provider) = self.provider {
            let endpoint = format!("http://{provider}/config?wait=450ms");
            command
                .arg(format!("--providers.http.endpoint={endpoint}"))
                .arg("--providers.http.pollInterval=500ms");
        }
        let points = self.entry_points.iter();
        command.args(points.map(|(name, at)| format!("--entrypoints.{name}.address={at}")));
        if let Some(file) = &self.file {
            command.arg(format!("--providers.file.filename={}", file.display()));
        }
        self.process.spawn(command.args(&self.flags));
        within(Duration::from_secs(10), "Traefik answers its ping", || {
            self.ask("/ping").map(|_answer| ())
        });
        started.elapsed()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    pub(crate) fn stop(&mut self) -> Duration {
        self.process.terminate(Duration::from_secs(10))
    }

    /// One request to its API.
    pub(crate) fn ask(&self, target: &str) -> Result<Answer, String> {
        http::ask(self.api, &Ask::get("localhost", target))
    }

    /// Does it leave this router out, or not know it?
    pub(crate) fn disables(&self, router: &str) -> bool {
        let target = format!("/api/http/routers/{router}@http");
        let answer = self.ask(&target).unwrap();
        answer.status == 404 || answer.json::<Value>()["status"] != "enabled"
    }

    /// Is this revision in force?
    pub(crate) fn has(&self, marker: &str) -> Result<(), String> {
        let target = format!("/api/http/middlewares/{marker}@http");
        match self.ask(&target)? {
            Answer { status: 200, .. } => Ok(()),
            answer => Err(format!("{target}: {answer:?}")),
        }
    }
}
