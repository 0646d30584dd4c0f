//! A hook: records what it is sent, and answers as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::soon;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

/// A path, and the status and body that its next request is answered with; without them it never is.
type Planned = (String, Option<(u16, String)>);

/// A running server.
pub(crate) struct HookServer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    /// Without a planned answer it is 200.
    planned: Mutex<VecDeque<Planned>>,
    changed: watch::Sender<usize>,
}

impl HookServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What the next request to a path without an answer of its own is answered.
    pub(crate) fn will(&self, path: &str, status: u16, body: &str) {
        let answer = Some((status, body.to_owned()));
        self.plan(path, answer);
    }

    /// The next request to a path is never answered.
    pub(crate) fn will_hang(&self, path: &str) {
        self.plan(path, None);
    }

    fn plan(&self, path: &str, answer: Option<(u16, String)>) {
        let mut planned = self.shared.planned.lock().unwrap();
        planned.push_back((path.to_owned(), answer));
    }

    /// All that came to a path, once there are so many.
    pub(crate) async fn received(&self, path: &str, count: usize) -> Vec<Received> {
        let mut changed = self.shared.changed.subscribe();
        soon(&format!("{count} requests to {path}"), async {
            loop {
                changed.mark_unchanged();
                let all = self.shared.received.lock().unwrap().clone();
                let found: Vec<_> = all.into_iter().filter(|it| it.path == path).collect();
                if found.len() >= count {
                    return found;
                }
                changed.changed().await.unwrap();
            }
        })
        .await
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, Arc::clone(&shared)));
    }
}

async fn answer(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    let (mut path, mut authorization, mut length) = (String::new(), None, 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("POST ") {
            path = rest.split(' ').next().unwrap().to_owned();
        }
        match line.split_once(": ") {
            Some(("content-length", text)) => length = text.parse().unwrap(),
            Some(("authorization", text)) => authorization = Some(text.to_owned()),
            Some(_) | None => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let planned = {
        let mut planned = shared.planned.lock().unwrap();
        let at = planned.iter().position(|(of, _)| *of == path);
        at.and_then(|at| planned.remove(at))
    };
    shared.received.lock().unwrap().push(Received {
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap(),
    });
    shared.changed.send_modify(|count| *count += 1);
    let (status, body) = match planned {
        Some((_, Some(answer))) => answer,
        Some((_, None)) => std::future::pending().await,
        None => (200, String::new()),
    };
    let text = format!(
        "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // whoever asked may have gone away
    drop(stream.write_all(text.as_bytes()).await);
}
