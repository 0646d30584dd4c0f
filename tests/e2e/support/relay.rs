//! A relay in front of the Engine's socket that can be cut, stalled and replaced.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::runtime;

/// The Engine's socket on this machine.
const ENGINE: &str = "/var/run/docker.sock";

/// The relay.
pub(crate) struct Relay {
    folder: TempDir,
    /// The listener and all of its connections; `None` while it is cut.
    running: Option<JoinSet<()>>,
    stalled: watch::Sender<bool>,
}

impl Relay {
    pub(crate) fn start() -> Self {
        let mut relay = Self {
            folder: TempDir::new().unwrap(),
            running: None,
            stalled: watch::Sender::new(false),
        };
        relay.mend();
        relay
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// Ends every connection and removes the socket.
    pub(crate) fn cut(&mut self) {
        self.running = None;
        std::fs::remove_file(self.socket()).unwrap();
    }

    /// Listens again, on a new socket file.
    pub(crate) fn mend(&mut self) {
        let socket = self.socket();
        let stalled = self.stalled.subscribe();
        let listener = runtime().block_on(async { UnixListener::bind(&socket).unwrap() });
        let mut tasks = JoinSet::new();
        tasks.spawn_on(accept(listener, stalled), runtime().handle());
        self.running = Some(tasks);
    }

    /// Connections stay open, and new ones are taken, but nothing flows.
    pub(crate) fn stall(&self, on: Stalled) {
        self.stalled.send_replace(on == Stalled::Yes);
    }
}

/// Whether anything flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stalled {
    Yes,
    No,
}

async fn accept(listener: UnixListener, stalled: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let stalled = stalled.clone();
        connections.spawn(async move {
            // an Engine that does not answer is an end of the connection, as without a relay
            if let Ok(far) = UnixStream::connect(Path::new(ENGINE)).await {
                relay(near, far, stalled).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn relay(near: UnixStream, far: UnixStream, stalled: watch::Receiver<bool>) {
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::join!(
        pump(near_in, far_out, stalled.clone()),
        pump(far_in, near_out, stalled)
    );
}

/// Until one of both ends; that end is passed on by dropping the other half.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut stalled: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length) = from.read(&mut buffer).await {
        let open = stalled.wait_for(|stalled| !stalled).await.is_ok();
        if length == 0 || !open || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
