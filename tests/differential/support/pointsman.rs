//! The real Pointsman, as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use pointsman::api::DiagnosticEntry;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::soon;

/// A running daemon; it ends with this value.
pub(crate) struct Pointsman {
    child: Child,
    /// Where Traefik polls.
    pub(crate) provider: SocketAddr,
    admin: SocketAddr,
}

impl Pointsman {
    /// Starts it at this Engine, with these options.
    pub(crate) async fn start(engine: &Path, state: &Path, options: &[String]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pointsman"))
            .arg("serve")
            .arg(format!("--docker-endpoint=unix://{}", engine.display()))
            .arg(format!("--state-dir={}", state.display()))
            .args([
                "--provider-listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
            ])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon("the listening line", lines.next_line()).await.unwrap();
        let line = line.expect("it starts with these options");
        let address = |name: &str| {
            let mut words = line.split_whitespace();
            let found = words.find_map(|word| word.strip_prefix(name));
            found.unwrap().parse().unwrap()
        };
        Self {
            provider: address("provider="),
            admin: address("admin="),
            child,
        }
    }

    /// What it has to say about the labels.
    pub(crate) async fn diagnostics(&self) -> Vec<DiagnosticEntry> {
        let url = format!("http://{}/v1/diagnostics", self.admin);
        let body = tokio::task::spawn_blocking(move || {
            let mut answer = ureq::get(url).call().unwrap();
            answer.body_mut().read_to_string().unwrap()
        });
        serde_json::from_str(&body.await.unwrap()).unwrap()
    }

    /// Did it end by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}
