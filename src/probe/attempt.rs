//! One question: a connection, what is said on it, and what its answer is worth.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::any_certificate;
use crate::routing::model::{Check, Target};

use super::http;

/// Longest time for a question that no label limits.
const CONNECT: Duration = Duration::from_secs(2);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What was hoped for.
    Good,
    /// Something else; in words.
    Bad(String),
    /// Nothing at all, not even a refusal; in words.
    Silence(String),
}

impl Answer {
    pub(super) const fn is_silence(&self) -> bool {
        match self {
            Self::Silence(_) => true,
            Self::Good | Self::Bad(_) => false,
        }
    }
}

/// Asks. Cheap to clone.
#[derive(Clone)]
pub(super) struct Asker {
    tls: TlsConnector,
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asker")
    }
}

impl Asker {
    pub(super) fn new() -> Result<Self, rustls::Error> {
        // whether Traefik trusts the server is settled by its servers transport
        let config = any_certificate::config()?;
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// The future asks once; it owns all that it needs.
    pub(super) fn ask(&self, target: Arc<Target>) -> impl Future<Output = Answer> + Send + 'static {
        let tls = self.tls.clone();
        async move { ask(&target, &tls).await }
    }
}

async fn ask(target: &Target, tls: &TlsConnector) -> Answer {
    let limit = match &target.check {
        Check::Connect => CONNECT,
        Check::Tcp { rhythm, .. } | Check::Http { rhythm, .. } => {
            Duration::from_millis(rhythm.timeout_ms)
        }
    };
    let begun = tokio::time::Instant::now();
    let mut connected = false;
    let exchange = async {
        let stream = connect(target.address).await?;
        connected = true;
        exchange(stream, target, tls).await
    };
    match tokio::time::timeout(limit, exchange).await {
        Ok(Ok(())) => Answer::Good,
        Ok(Err(bad)) => bad,
        Err(_elapsed) if connected => Answer::Bad(format!("no answer within {}", words(limit))),
        Err(_elapsed) => {
            debug_assert!(
                begun.elapsed() >= limit,
                "a timeout comes late, never early"
            );
            Answer::Silence(format!("no connection within {}", words(limit)))
        }
    }
}

fn words(limit: Duration) -> String {
    format!("{limit:?}")
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Answer> {
    match TcpStream::connect(address).await {
        Ok(stream) => Ok(stream),
        // somebody is there to refuse
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err(Answer::Bad("the connection was refused".to_owned()))
        }
        Err(error) => Err(Answer::Silence(format!("no connection: {error}"))),
    }
}

async fn exchange(stream: TcpStream, target: &Target, tls: &TlsConnector) -> Result<(), Answer> {
    match &target.check {
        Check::Connect => Ok(()),
        Check::Tcp { send, expect, .. } => talk(stream, send, expect).await,
        Check::Http { request, .. } => http::ask(stream, target.address, request, tls).await,
    }
    .map_err(Answer::Bad)
}

/// As Traefik does it: what is expected must come first, byte for byte.
async fn talk(mut stream: TcpStream, send: &str, expect: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("the connection broke: {error}");
    stream.write_all(send.as_bytes()).await.map_err(failed)?;
    let mut answer = vec![0; expect.len()];
    stream.read_exact(&mut answer).await.map_err(failed)?;
    if answer == expect.as_bytes() {
        Ok(())
    } else {
        Err("the answer is not what the label expects".to_owned())
    }
}
