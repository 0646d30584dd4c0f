//! The clients: at least 16 with short requests on kept connections, and some of every other kind. Nothing is tried
//! again; a client whose request failed goes on with the next one, on a new connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::Request;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::ledger::{Kind, Ledger};
use super::streams::{Events, Socket, follow};
use crate::support::http::{Ask, Client};
use crate::support::load::usable;
use crate::support::runtime;

/// Clients with short requests, and each one's requests per second.
const SHORT: u32 = 16;
const RATE: u32 = 20;
/// Clients of every other kind.
const FEW: u32 = 4;
/// An upload: so many parts of so many bytes, with a pause before each.
const PARTS: u64 = 16;
const PART: &[u8] = &[b'x'; 4096];
const PART_PAUSE: Duration = Duration::from_millis(25);

/// What the clients share.
pub(crate) struct Field {
    pub(crate) target: SocketAddr,
    pub(crate) host: String,
    pub(crate) ledger: Ledger,
    over: AtomicBool,
}

impl Field {
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        Ask::get(&self.host, path)
    }
}

/// Clients at work; they stop when this is dropped.
pub(crate) struct Crowd {
    pub(crate) field: Arc<Field>,
    clients: JoinSet<()>,
}

impl Crowd {
    pub(crate) fn start(target: SocketAddr, host: String) -> Self {
        assert!(target.ip().is_loopback(), "load goes to this machine only");
        let field = Arc::new(Field {
            target,
            host,
            ledger: Ledger::new(),
            over: AtomicBool::new(false),
        });
        let mut crowd = Self {
            field,
            clients: JoinSet::new(),
        };
        crowd.gather();
        crowd
    }

    fn gather(&mut self) {
        let handle = runtime().handle();
        for number in 0..SHORT {
            let pause = Duration::from_secs(1) / RATE;
            let field = Arc::clone(&self.field);
            let short = |field: &Field| field.get("/version").request();
            self.clients
                .spawn_on(requests(field, Kind::Short, number, pause, short), handle);
        }
        let soon = Duration::from_millis(1);
        for number in 0..FEW {
            let field = || Arc::clone(&self.field);
            let slow = |field: &Field| field.get("/slow?ms=400").request();
            let tasks = &mut self.clients;
            tasks.spawn_on(requests(field(), Kind::Slow, number, soon, slow), handle);
            let upload = requests(field(), Kind::Upload, number, soon, upload);
            tasks.spawn_on(upload, handle);
            tasks.spawn_on(follow::<Events>(field(), number), handle);
            tasks.spawn_on(follow::<Socket>(field(), number), handle);
        }
    }

    /// Ends after the requests in flight.
    pub(crate) fn stop(mut self) -> Arc<Field> {
        self.field.over.store(true, Ordering::Relaxed);
        runtime().block_on(async {
            while let Some(ended) = self.clients.join_next().await {
                ended.unwrap();
            }
        });
        self.field
    }
}

/// One request after the other, on one connection as long as that works.
async fn requests<B>(
    field: Arc<Field>,
    kind: Kind,
    number: u32,
    pause: Duration,
    request: fn(&Field) -> Request<B>,
) where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let mut kept = None;
    // spread, so that they do not all send at the same moment
    tokio::time::sleep(pause * number / SHORT).await;
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !field.is_over() {
        ticks.tick().await;
        let mut client = usable(kept.take()).await;
        let begun = field.ledger.begin(kind, number);
        let outcome = shoot(&mut client, &field, request(&field)).await;
        kept = client.filter(|_| outcome.is_ok());
        field.ledger.answered(&begun, outcome);
    }
}

async fn shoot<B>(
    client: &mut Option<Client<B>>,
    field: &Field,
    request: Request<B>,
) -> Result<(), String>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let client = match client {
        Some(client) => client,
        None => client.insert(Client::connect(field.target).await?),
    };
    let (answer, _headers) = client.exchange(request).await?;
    if answer.status == 200 && !answer.body.is_empty() {
        return Ok(());
    }
    Err(format!("{} {}", answer.status, answer.body.trim()))
}

fn upload(field: &Field) -> Request<Trickle> {
    let ticks = interval(PART_PAUSE);
    let body = Trickle { ticks, left: PARTS };
    let request = Request::post("/upload").header("host", &field.host);
    request.body(body).unwrap()
}

/// A body that takes its time.
struct Trickle {
    ticks: Interval,
    left: u64,
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        ready!(self.ticks.poll_tick(context));
        self.left -= 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(PART)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left * PART.len() as u64)
    }
}
