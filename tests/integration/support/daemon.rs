//! The real binary as a process, fed by a fake Engine.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use pointsman::docker::Endpoint;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::fake_engine::FakeEngine;
use super::http::Client;
use super::soon;

/// A running daemon.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) provider: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Daemon {
    pub(crate) async fn start(engine: &FakeEngine, state: &Path) -> Self {
        Self::start_with(engine, state, &[]).await
    }

    pub(crate) async fn start_with(engine: &FakeEngine, state: &Path, flags: &[&str]) -> Self {
        let Endpoint::Unix(socket) = engine.endpoint() else {
            panic!("the fake Engine listens on a socket");
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_pointsman"))
            .arg("serve")
            .arg("--docker-endpoint")
            .arg(format!("unix://{}", socket.display()))
            .arg("--state-dir")
            .arg(state)
            .args([
                "--provider-listen",
                "127.0.0.1:0",
                "--admin-listen",
                "127.0.0.1:0",
            ])
            // what the fake Engine tells of is not there to be asked
            .arg("--probe=false")
            .args(flags)
            .env("POINTSMAN_HOOK_TEST", "t0ken-of-a-test")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon("the listening line", lines.next_line())
            .await
            .unwrap()
            .unwrap();
        let address = |name: &str| {
            let mut words = line.split_whitespace();
            words
                .find_map(|word| word.strip_prefix(name))
                .unwrap()
                .parse()
                .unwrap()
        };
        Self {
            child,
            provider: address("provider="),
            admin: address("admin="),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let answer = Client::connect(self.admin).await.get(path).await;
        (
            answer.status,
            serde_json::from_slice(&answer.body).unwrap_or_default(),
        )
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let mut client = Client::connect(self.admin).await;
        let headers = if body.is_empty() {
            vec![]
        } else {
            vec![("content-type", "application/json")]
        };
        let answer = client.ask("POST", path, &headers, body).await;
        (
            answer.status,
            serde_json::from_slice(&answer.body).unwrap_or_default(),
        )
    }

    /// The document once it satisfies a condition; polls on one connection, as Traefik does.
    pub(crate) async fn document(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut poller = Client::connect(self.provider).await;
        soon(what, async {
            loop {
                let answer = poller.get("/config?wait=2s").await;
                let document = serde_json::from_slice(&answer.body).unwrap_or_default();
                if answer.status == 200 && holds(&document) {
                    return document;
                }
            }
        })
        .await
    }

    pub(crate) async fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().unwrap().to_string();
        let killed = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .await
            .unwrap();
        assert!(killed.success(), "the signal was sent");
        soon("the end of the daemon", self.child.wait())
            .await
            .unwrap()
            .code()
    }

    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// How many servers a service has in a document.
pub(crate) fn servers(document: &Value, service: &str) -> usize {
    document["http"]["services"][service]["loadBalancer"]["servers"]
        .as_array()
        .map_or(0, Vec::len)
}
