//! The order of things around a command, on a real store: saved, published, answered; and what a restart leaves.

mod attachments;
mod commands;
mod leaving;
mod news;
mod records;
mod removals;
mod simulation;
mod transitions;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::{ContainerId, EnvKey, Version};
use crate::routing::model::{
    Attachments, Change, Container, Endpoint, EnvRecord, Health, Origin, Port, State, Targets,
};
use crate::routing::plan::{FirstDeploy, Weight};
use crate::routing::rollout::{Command, Insist, Phase, Refusal, Until};
use crate::routing::table::{EnvStatus, Options};
use crate::routing::time::Timestamp;
use crate::snapshot::{self, Reader};
use crate::store::{Entry, Mode, Put, Store};

use super::{
    Accepted, Closed, CommandError, CommandRequest, Farewell, Feed, Followers, Handle, Outlets,
    Proof, Question, Reconciler, Upkeep, handle_channel,
};

/// Every proxy has everything.
#[derive(Debug)]
struct Everybody;

impl Followers for Everybody {
    fn applied(&self) -> Option<u64> {
        Some(u64::MAX)
    }

    fn proof(&self) -> Proof {
        Proof::Confirmed
    }
}

/// A running reconciler and its doors.
struct Rig {
    handle: Handle,
    reader: Reader,
    changes_tx: mpsc::Sender<Change>,
    attachments_rx: watch::Receiver<Attachments>,
    farewell_rx: watch::Receiver<Farewell>,
    news: Feed,
    questions_rx: watch::Receiver<Vec<Question>>,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), crate::store::Error>>,
    mode: Mode,
}

impl Rig {
    fn start(dir: &Path) -> Self {
        Self::start_with(dir, Options::default())
    }

    fn start_with(dir: &Path, options: Options) -> Self {
        let (store, loaded) = Store::open(dir).unwrap();
        let mode = loaded.mode.clone();
        let (publisher, reader) = snapshot::channel();
        let (handle, requests_rx, turns) = handle_channel();
        let (attachments, attachments_rx) = watch::channel(Attachments::default());
        let (farewell, farewell_rx) = watch::channel(Farewell::default());
        let (changes_tx, changes_rx) = mpsc::channel(64);
        let news = Feed::new();
        let (questions, questions_rx) = watch::channel(Vec::new());
        let outlets = Outlets {
            publisher,
            attachments,
            targets: watch::channel(Targets::default()).0,
            closed: watch::channel(Closed::new()).0,
            farewell,
            turns,
            followers: Box::new(Everybody),
            news: news.clone(),
            questions,
            upkeep: Upkeep::alone(),
        };
        let reconciler = Reconciler::new(options, store, loaded, outlets);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(reconciler.run(changes_rx, requests_rx, stop.clone()));
        Self {
            handle,
            reader,
            changes_tx,
            attachments_rx,
            farewell_rx,
            news,
            questions_rx,
            stop,
            tasks,
            mode,
        }
    }

    /// Started, with a complete list.
    async fn with(dir: &Path, containers: &[Container]) -> Self {
        let rig = Self::start(dir);
        rig.list(containers).await;
        rig
    }

    async fn list(&self, containers: &[Container]) {
        self.tell(Change::ResyncStart).await;
        for container in containers {
            self.tell(Change::ResyncApply(Box::new(container.clone())))
                .await;
        }
        self.tell(Change::ResyncEnd).await;
        self.taken_in().await;
    }

    async fn put(&self, container: Container) {
        self.tell(Change::Apply(Box::new(container))).await;
        self.taken_in().await;
    }

    async fn tell(&self, change: Change) {
        self.changes_tx.send(change).await.unwrap();
    }

    /// A question is answered after all changes that were told before it.
    async fn taken_in(&self) {
        self.handle.envs().await.unwrap();
    }

    async fn send(&self, request: CommandRequest) -> Result<Accepted, CommandError> {
        self.handle.command(request).await
    }

    async fn command(&self, command: Command) -> Accepted {
        self.send(request(command)).await.unwrap()
    }

    async fn status(&self) -> EnvStatus {
        self.handle.status(key()).await.unwrap().unwrap()
    }

    async fn active(&self) -> Option<String> {
        let rollout = self.status().await.rollout;
        rollout.active_version().map(ToString::to_string)
    }

    fn body(&self) -> String {
        let snapshot = self.reader.load().unwrap();
        let chunks = snapshot.body().chunks.concat();
        String::from_utf8(chunks).unwrap()
    }

    /// SIGTERM.
    async fn stop(mut self) {
        self.stop.cancel();
        self.tasks.join_next().await.unwrap().unwrap().unwrap();
    }

    /// kill -9: nothing is brought to an end.
    async fn kill(mut self) {
        self.tasks.shutdown().await;
    }
}

fn key() -> EnvKey {
    EnvKey::parse("whoami", "dev").unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn promote(text: &str, weight: Option<u64>) -> Command {
    Command::Promote {
        version: version(text),
        weight: weight.map(|weight| Weight::new(weight).unwrap()),
        insist: Insist::default(),
    }
}

fn request(command: Command) -> CommandRequest {
    CommandRequest {
        key: key(),
        command,
        if_match: None,
        idempotency_key: None,
        dry_run: false,
        actor: "test".to_owned(),
    }
}

fn keyed(command: Command, idempotency_key: &str) -> CommandRequest {
    CommandRequest {
        idempotency_key: Some(idempotency_key.to_owned()),
        ..request(command)
    }
}

/// A healthy container of whoami/dev.
fn web(text: &str, n: u8) -> Container {
    let labels = [
        ("pointsman.app", "whoami"),
        ("pointsman.env", "dev"),
        ("pointsman.version", text),
        ("pointsman.domain", "dev.example.com"),
        ("pointsman.port", "80"),
    ];
    let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
    let endpoint = Endpoint {
        network_id: "n1".to_owned(),
        address: Some(IpAddr::from([10, 0, 0, n])),
    };
    Container {
        id: ContainerId::parse(&format!("id-{text}")).unwrap(),
        name: "web".to_owned(),
        created: u64::from(n),
        labels: BTreeMap::from(labels).into(),
        state: State::Running,
        health: Health::Healthy,
        leaving: None,
        image: String::new(),
        network_mode: "net".to_owned(),
        networks: BTreeMap::from([("net".to_owned(), endpoint)]),
        ports: vec![Port {
            private: 80,
            public: None,
            host_ip: None,
        }],
    }
}

fn with_health(health: Health, container: Container) -> Container {
    Container {
        health,
        ..container
    }
}

fn both() -> [Container; 2] {
    [web("v1", 1), web("v2", 2)]
}

/// v1 is live, v2 a preview.
async fn v1_live(dir: &Path) -> Rig {
    let rig = Rig::with(dir, &both()).await;
    rig.command(promote("v1", None)).await;
    rig.command(Command::switch()).await;
    rig
}

fn journal(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("journal.ndjson")).unwrap()
}
