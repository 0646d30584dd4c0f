//! Keep-alive clients that remember every answer: when it was asked for, when it came, what it was.
//!
//! Nothing is tried again. Only a connection that the server closed between two requests is replaced without that
//! being a failure.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::http::{Answer, Ask, Client};
use super::runtime;
use super::tally::{Shot, Tally};

/// No test sends more than this.
const MOST: usize = 200_000;

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) target: SocketAddr,
    pub(crate) host: String,
    pub(crate) path: &'static str,
    pub(crate) clients: u32,
    /// Requests per second and client.
    pub(crate) rate: u32,
    pub(crate) connections: Connections,
}

/// What becomes of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    /// The next request is sent on it.
    Kept,
    /// It is closed: each request needs a new one.
    Fresh,
}

/// Clients at work; they stop when this is dropped.
pub(crate) struct Load {
    job: Arc<Job>,
    clients: JoinSet<()>,
}

struct Job {
    plan: Plan,
    origin: Instant,
    stop: AtomicBool,
    shots: Mutex<Vec<Shot>>,
}

impl Load {
    pub(crate) fn start(plan: Plan) -> Self {
        assert!(
            plan.target.ip().is_loopback(),
            "load goes to this machine only"
        );
        assert!(plan.rate <= 500, "load is bounded: {plan:?}");
        let job = Arc::new(Job {
            origin: Instant::now() + Duration::from_millis(10),
            stop: AtomicBool::new(false),
            shots: Mutex::new(Vec::new()),
            plan,
        });
        let mut clients = JoinSet::new();
        for number in 0..job.plan.clients {
            clients.spawn_on(Arc::clone(&job).client(number), runtime().handle());
        }
        Self { job, clients }
    }

    /// Now, in the time of the tally.
    pub(crate) fn now(&self) -> Duration {
        self.job.origin.elapsed()
    }

    /// Everything until now.
    pub(crate) fn so_far(&self) -> Tally {
        Tally::new(self.job.shots().clone())
    }

    /// Waits until that many answers have come from now on.
    pub(crate) fn wait_for(&self, more: usize) {
        let wanted = self.job.shots().len() + more;
        let limit = Instant::now() + Duration::from_secs(30);
        while self.job.shots().len() < wanted {
            assert!(Instant::now() < limit, "the clients stand still");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends after the requests in flight.
    pub(crate) fn stop(mut self) -> Tally {
        self.job.stop.store(true, Ordering::Relaxed);
        runtime().block_on(async {
            while let Some(ended) = self.clients.join_next().await {
                ended.unwrap();
            }
        });
        self.so_far()
    }
}

impl Job {
    fn shots(&self) -> std::sync::MutexGuard<'_, Vec<Shot>> {
        self.shots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn client(self: Arc<Self>, number: u32) {
        let ask = Ask::get(&self.plan.host, self.plan.path);
        let pause = Duration::from_secs(1) / self.plan.rate;
        // spread over the first pause, so that they do not all send at the same moment
        let begin = self.origin + pause * number / self.plan.clients;
        let mut ticks = interval_at(begin, pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut kept = None;
        while !self.stop.load(Ordering::Relaxed) && self.shots().len() < MOST {
            ticks.tick().await;
            let mut client = usable(kept.take()).await;
            let sent = self.origin.elapsed();
            let outcome = self.shoot(&mut client, &ask).await;
            let received = self.origin.elapsed();
            let keeps = self.plan.connections == Connections::Kept;
            kept = client.filter(|_| keeps && outcome.is_ok());
            self.shots().push(Shot {
                client: number,
                sent,
                received,
                outcome,
            });
        }
    }

    async fn shoot(&self, client: &mut Option<Client>, ask: &Ask) -> Result<Answer, String> {
        let client = match client {
            Some(client) => client,
            None => client.insert(Client::connect(self.plan.target).await?),
        };
        client.ask(ask).await
    }
}

/// Not the connection that the server has closed meanwhile.
pub(crate) async fn usable<B>(kept: Option<Client<B>>) -> Option<Client<B>>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let mut client = kept?;
    client.is_usable().await.then_some(client)
}
