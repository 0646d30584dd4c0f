//! Which release Traefik is, asked of an API that is not Traefik's.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pointsman::routing::ids::TraefikVersion;
use pointsman::routing::model::Change;
use pointsman::web::{Proxies, TraefikVersions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::listeners::{Provider, ProviderSetup};
use crate::support::soon;

/// An API that says what it is told to say, or 404 when that is nothing.
struct Api {
    address: SocketAddr,
    version: Arc<Mutex<String>>,
    asked: watch::Receiver<u64>,
}

impl Api {
    async fn start(version: &str, tasks: &mut JoinSet<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let version = Arc::new(Mutex::new(version.to_owned()));
        let said = Arc::clone(&version);
        let (asked, asked_rx) = watch::channel(0);
        tasks.spawn(async move {
            loop {
                let (mut stream, _peer) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let len = stream.read(&mut head).await.unwrap();
                assert!(head[..len].starts_with(b"GET /api/version HTTP/1.1\r\n"));
                let said = said.lock().unwrap().clone();
                let body = format!("{{\"Version\":\"{said}\",\"Codename\":\"x\"}}");
                let status = if said.is_empty() {
                    "404 Not Found"
                } else {
                    "200 OK"
                };
                let len = body.len();
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.unwrap();
                asked.send_modify(|count| *count += 1);
            }
        });
        Self {
            address,
            version,
            asked: asked_rx,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

struct Rig {
    changes_rx: mpsc::Receiver<Change>,
    tasks: JoinSet<()>,
}

impl Rig {
    fn ask(urls: &[String], tasks: JoinSet<()>) -> Self {
        Self::ask_beside(Proxies::new(), urls, tasks)
    }

    fn ask_beside(proxies: Proxies, urls: &[String], mut tasks: JoinSet<()>) -> Self {
        let (changes_tx, changes_rx) = mpsc::channel(8);
        let versions = TraefikVersions::new(urls, None).unwrap();
        tasks.spawn(versions.run(proxies, changes_tx, CancellationToken::new()));
        Self { changes_rx, tasks }
    }

    async fn told(&mut self) -> Change {
        let change = soon("a release is told", self.changes_rx.recv()).await;
        change.expect("it asks on")
    }
}

fn change(major: u16, minor: u16, patch: u16) -> Change {
    Change::TraefikVersion(TraefikVersion::new(major, minor, patch))
}

#[tokio::test]
async fn the_lowest_of_several_counts() {
    let mut tasks = JoinSet::new();
    let newer = Api::start("3.7.15", &mut tasks).await;
    let older = Api::start("3.3.6", &mut tasks).await;
    let mut rig = Rig::ask(&[newer.url(), older.url()], tasks);
    let mut told = rig.told().await;
    if told == change(3, 7, 15) {
        told = rig.told().await;
    }
    assert_eq!(told, change(3, 3, 6), "both read one document");
    rig.tasks.shutdown().await;
}

#[tokio::test]
async fn a_silent_api_keeps_nobody_waiting() {
    let mut tasks = JoinSet::new();
    let api = Api::start("3.4.0", &mut tasks).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    let mut rig = Rig::ask(&[silent_url, api.url()], tasks);
    assert_eq!(rig.told().await, change(3, 4, 0), "the one that answers");
    rig.tasks.shutdown().await;
}

#[tokio::test]
async fn what_is_no_release_is_asked_again() {
    let mut tasks = JoinSet::new();
    let api = Api::start("dev", &mut tasks).await;
    let mut rig = Rig::ask(&[api.url()], tasks);
    *api.version.lock().unwrap() = "3.5.0".to_owned();
    assert_eq!(rig.told().await, change(3, 5, 0), "told once it is one");
    rig.tasks.shutdown().await;
}

// A Traefik that comes back as another release polls on a new connection, and until it is asked it may get a document
// that it refuses.
#[tokio::test]
async fn a_new_poller_has_all_asked_at_once() {
    let mut tasks = JoinSet::new();
    let api = Api::start("3.7.0", &mut tasks).await;
    let provider = Provider::start(ProviderSetup::default()).await;
    let mut rig = Rig::ask_beside(provider.proxies.clone(), &[api.url()], tasks);
    assert_eq!(rig.told().await, change(3, 7, 0), "at the start");
    *api.version.lock().unwrap() = "3.3.0".to_owned();
    let begun = Instant::now();
    let _poller = TcpStream::connect(provider.address).await.unwrap();
    assert_eq!(rig.told().await, change(3, 3, 0), "another one");
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(5),
        "not at the next round: {took:?}"
    );
    rig.tasks.shutdown().await;
}

// A Traefik that starts polls before its API is there. It was then left alone for 10 s, and served the document for
// another release as long.
#[tokio::test]
async fn an_api_that_starts_later_is_asked_again_soon() {
    let mut tasks = JoinSet::new();
    let mut api = Api::start("3.7.0", &mut tasks).await;
    let provider = Provider::start(ProviderSetup::default()).await;
    let mut rig = Rig::ask_beside(provider.proxies.clone(), &[api.url()], tasks);
    assert_eq!(rig.told().await, change(3, 7, 0), "at the start");
    api.version.lock().unwrap().clear();
    api.asked.mark_unchanged();
    let begun = Instant::now();
    let _poller = TcpStream::connect(provider.address).await.unwrap();
    soon("it is asked", api.asked.changed()).await.unwrap();
    *api.version.lock().unwrap() = "3.3.0".to_owned();
    assert_eq!(rig.told().await, change(3, 3, 0), "once it answers");
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "soon: {took:?}");
    rig.tasks.shutdown().await;
}
