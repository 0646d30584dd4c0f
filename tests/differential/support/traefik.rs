//! A real Traefik with one provider, and what it writes about the configurations that it accepts.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{ports, soon};

/// How many lines may wait to be read.
const BACKLOG: usize = 65_536;

/// A running Traefik; it ends with this value.
pub(crate) struct Traefik {
    name: &'static str,
    _child: Child,
    lines: mpsc::Receiver<Value>,
    api: SocketAddr,
    _reader: JoinSet<()>,
}

impl Traefik {
    /// Starts one with these flags for its provider.
    pub(crate) fn start(name: &'static str, options: &[String], certificate: &Path) -> Self {
        let binary =
            std::env::var_os("TRAEFIK_BIN").expect("TRAEFIK_BIN, as scripts/env.sh sets it");
        let api = ports::free();
        let mut child = Command::new(binary)
            .arg(format!("--entrypoints.traefik.address={api}"))
            .arg("--api.insecure=true")
            .env_remove("DOCKER_HOST")
            .arg("--entrypoints.web.address=127.0.0.1:0")
            .arg("--providers.providersThrottleDuration=0")
            .arg(format!(
                "--providers.file.filename={}",
                certificate.display()
            ))
            .args(["--log.level=DEBUG", "--log.format=json"])
            .args([
                "--global.checkNewVersion=false",
                "--global.sendAnonymousUsage=false",
            ])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (lines_tx, lines) = mpsc::channel(BACKLOG);
        let mut reader = JoinSet::new();
        reader.spawn(read(child.stdout.take().unwrap(), lines_tx));
        Self {
            name,
            _child: child,
            lines,
            api,
            _reader: reader,
        }
    }

    /// The next line about a configuration, a fault or a doubt.
    pub(crate) async fn line(&mut self) -> Value {
        let line = soon(self.name, self.lines.recv()).await;
        line.unwrap_or_else(|| panic!("{} has ended", self.name))
    }
}

impl Traefik {
    /// An object as its API shows it, once it is there.
    pub(crate) async fn object(&self, path: &str) -> Value {
        let url = format!("http://{}/api/{path}", self.api);
        soon(path, async {
            loop {
                if let Some(object) = fetch(url.clone()).await {
                    return object;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await
    }
}

/// `None` while there is no such object.
async fn fetch(url: String) -> Option<Value> {
    let body = tokio::task::spawn_blocking(move || {
        let mut answer = ureq::get(url).call().ok()?;
        answer.body_mut().read_to_string().ok()
    });
    serde_json::from_str(&body.await.ok()??).ok()
}

async fn read(stdout: ChildStdout, lines_tx: mpsc::Sender<Value>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        // a panic's trace is no JSON
        let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
        if lines_tx.send(line).await.is_err() {
            return;
        }
    }
}
