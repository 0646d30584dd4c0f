//! Removing stacks: what carries the order's labels goes, whatever happens on the way, and nothing else is touched.

use std::collections::{BTreeMap, BTreeSet};

use pointsman::docker::{Client, removal};
use pointsman::routing::ids::{EnvKey, Version};
use pointsman::routing::model::{Leftover, Progress, RemovalOrder, RemovalReport, Removed};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::fake_engine::{FakeContainer, FakeEngine, FakeNetwork, container};
use crate::support::{quick_timing, soon};

/// A running task, its orders, and what it says.
struct Task {
    orders: watch::Sender<Vec<RemovalOrder>>,
    reports: mpsc::Receiver<RemovalReport>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Task {
    fn start(engine: &FakeEngine) -> Self {
        let (orders, orders_rx) = watch::channel(Vec::new());
        let (reports_tx, reports) = mpsc::channel(64);
        let stop = CancellationToken::new();
        let client = Client::new(engine.endpoint());
        let mut tasks = JoinSet::new();
        let run = removal::run(client, quick_timing(), orders_rx, reports_tx, stop.clone());
        tasks.spawn(run);
        Self {
            orders,
            reports,
            stop,
            tasks,
        }
    }

    fn order(&self, orders: &[RemovalOrder]) {
        self.orders.send_replace(orders.to_vec());
    }

    async fn report(&mut self) -> (String, Progress) {
        let report = soon("a report", self.reports.recv()).await.unwrap();
        (report.order.stack.1.to_string(), report.progress)
    }

    async fn done(&mut self) -> Removed {
        loop {
            if let (_, Progress::Done(removed)) = self.report().await {
                return removed;
            }
        }
    }

    async fn stuck(&mut self) -> String {
        match self.report().await.1 {
            Progress::Stuck { why } => why,
            Progress::Done(removed) => panic!("done: {removed}"),
        }
    }

    async fn stop(mut self) {
        self.stop.cancel();
        soon("the end of the task", self.tasks.join_next()).await;
    }
}

fn order(app: &str, version: &str) -> RemovalOrder {
    let stack = (
        EnvKey::parse(app, "dev").unwrap(),
        Version::parse(version).unwrap(),
    );
    let labels = [
        ("pointsman.app", app),
        ("pointsman.env", "dev"),
        ("pointsman.version", version),
    ];
    RemovalOrder {
        stack,
        labels: BTreeMap::from(labels.map(|(key, value)| (key.to_owned(), value.to_owned()))),
        project: Some(project(app, version)),
        made_until: 1_700_000_000,
        volumes: Leftover::Keep,
        images: Leftover::Remove,
        image_ids: BTreeSet::new(),
    }
}

fn project(app: &str, version: &str) -> String {
    format!("{app}-dev-{version}")
}

/// A container of a stack, on the project's own network.
fn of(app: &str, version: &str, service: &str) -> FakeContainer {
    let project = project(app, version);
    container(&format!("{project}-{service}"))
        .label("pointsman.app", app)
        .label("pointsman.env", "dev")
        .label("pointsman.version", version)
        .label("com.docker.compose.project", &project)
        .label("com.docker.compose.service", service)
        .network(&format!("{project}_default"), "172.18.0.9")
        .image(&format!("sha256:{app}-{version}"))
}

/// A stack of two containers, with its network.
fn stack(engine: &FakeEngine, app: &str, version: &str) {
    let project = project(app, version);
    engine.add_network(FakeNetwork::new(&format!("{project}_default")).compose(&project));
    engine.add_volume(&format!("{project}_data"), &project);
    for service in ["web", "db"] {
        engine.start(of(app, version, service));
    }
}

#[tokio::test]
async fn a_stack_goes_with_its_network_and_image_and_nothing_else_does() {
    let engine = FakeEngine::new();
    for version in ["v1", "v2"] {
        stack(&engine, "whoami", version);
    }
    engine.start(container("stranger").network("bridge", "172.17.0.2"));
    let before: BTreeSet<String> = engine.everything();
    let mut task = Task::start(&engine);
    task.order(&[order("whoami", "v1")]);
    let removed = task.done().await;
    assert_eq!(
        (
            removed.containers,
            removed.networks.len(),
            removed.images.len()
        ),
        (2, 1, 1),
        "{removed}"
    );
    let gone: BTreeSet<String> = before.difference(&engine.everything()).cloned().collect();
    let expected = [
        "container whoami-dev-v1-db",
        "container whoami-dev-v1-web",
        "image sha256:whoami-v1",
        "network whoami-dev-v1_default",
    ];
    assert_eq!(gone, BTreeSet::from(expected.map(str::to_owned)), "no more");
    assert!(
        engine.count("/stop") == 2 && engine.count("/kill") == 0,
        "each was told to stop in its own way"
    );
    task.stop().await;
}

#[tokio::test]
async fn named_volumes_go_only_when_it_is_said() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    stack(&engine, "whoami", "v2");
    let mut task = Task::start(&engine);
    task.order(&[RemovalOrder {
        volumes: Leftover::Remove,
        images: Leftover::Keep,
        ..order("whoami", "v1")
    }]);
    let removed = task.done().await;
    assert!(removed.volumes.contains("whoami-dev-v1_data"), "{removed}");
    let left = engine.everything();
    assert!(left.contains("volume whoami-dev-v2_data"), "of v1 alone");
    assert!(
        left.contains("image sha256:whoami-v1"),
        "images were to stay"
    );
    task.stop().await;
}

#[tokio::test]
async fn what_others_use_stays_and_is_told() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    let guest = container("guest")
        .network("whoami-dev-v1_default", "172.18.0.77")
        .image("sha256:whoami-v1");
    engine.start(guest);
    // the same labels, another project: a copy of somebody's compose file
    let copy = of("whoami", "v1", "copy").label("com.docker.compose.project", "copy");
    engine.start(copy);
    // a new deployment of the same version
    let mut later = of("whoami", "v1", "later");
    later.created += 1;
    engine.start(later);
    let mut task = Task::start(&engine);
    task.order(&[order("whoami", "v1")]);
    let removed = task.done().await;
    assert_eq!(removed.containers, 2, "web and db: {removed}");
    assert!(removed.images.is_empty(), "others are made from it");
    assert!(
        removed
            .kept
            .iter()
            .any(|why| why.contains("network whoami-dev-v1_default stays")),
        "{removed}"
    );
    let left = engine.everything();
    for name in ["guest", "whoami-dev-v1-copy", "whoami-dev-v1-later"] {
        assert!(left.contains(&format!("container {name}")), "{name}");
    }
    task.stop().await;
}

#[tokio::test]
async fn what_does_not_work_is_told_and_tried_again() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    engine.faults(|faults| {
        faults
            .answers
            .push(("DELETE /networks/", 500, "no such luck"));
    });
    let mut task = Task::start(&engine);
    task.order(&[order("whoami", "v1")]);
    let why = task.stuck().await;
    assert!(why.contains("no such luck"), "{why}");
    engine.faults(|faults| faults.answers.clear());
    let removed = task.done().await;
    assert_eq!(removed.networks.len(), 1, "then it worked: {removed}");
    task.stop().await;
}

#[tokio::test]
async fn a_container_that_vanishes_meanwhile_is_gone() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    let mut task = Task::start(&engine);
    engine.hold_stop("whoami-dev-v1-web");
    task.order(&[order("whoami", "v1")]);
    engine.called("/stop", 2).await;
    engine.destroy("whoami-dev-v1-web");
    engine.let_stop();
    let removed = task.done().await;
    assert_eq!(removed.containers, 1, "the other: {removed}");
    task.stop().await;
}

// Docker removes a container that was started with `--rm` by itself once it has stopped, and refuses to do it twice at a
// time: that was told as a failure, tried again, and not counted.
#[tokio::test]
async fn a_container_that_docker_removes_by_itself_is_waited_for() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    engine.remove_when_stopped("whoami-dev-v1-web");
    let mut task = Task::start(&engine);
    task.order(&[order("whoami", "v1")]);
    let (_, progress) = task.report().await;
    let Progress::Done(removed) = progress else {
        panic!("{progress:?}");
    };
    assert_eq!(removed.containers, 2, "{removed}");
    let left = engine.everything();
    assert!(!left.contains("container whoami-dev-v1-web"), "{left:?}");
    task.stop().await;
}

#[tokio::test]
async fn what_a_newer_deployment_uses_stays_without_any_wait() {
    let engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    let mut later = of("whoami", "v1", "later");
    later.created += 1;
    engine.start(later);
    let mut task = Task::start(&engine);
    task.order(&[RemovalOrder {
        volumes: Leftover::Remove,
        ..order("whoami", "v1")
    }]);
    let (_, progress) = task.report().await;
    let Progress::Done(removed) = progress else {
        panic!("{progress:?}");
    };
    assert_eq!(removed.containers, 2, "the older ones: {removed}");
    let left = engine.everything();
    let shared = [
        "container whoami-dev-v1-later",
        "image sha256:whoami-v1",
        "network whoami-dev-v1_default",
        "volume whoami-dev-v1_data",
    ];
    for what in shared {
        assert!(left.contains(what), "{what}: {left:?}");
    }
    assert_eq!(removed.kept.len(), 2, "network and volumes: {removed}");
    task.stop().await;
}

#[tokio::test]
async fn one_that_does_not_stop_delays_nobody_else() {
    let engine = FakeEngine::new();
    for app in ["whoami", "shop"] {
        stack(&engine, app, "v1");
        stack(&engine, app, "v2");
    }
    engine.hold_stop("whoami-dev-v1-web");
    let mut task = Task::start(&engine);
    let others = [order("shop", "v1"), order("whoami", "v2")];
    task.order(&[&[order("whoami", "v1")], &others[..]].concat());
    task.done().await;
    task.done().await;
    let left = engine.everything();
    assert!(
        left.contains("container whoami-dev-v1-web")
            && left.contains("container whoami-dev-v1-db")
            && !left.contains("container shop-dev-v1-web")
            && !left.contains("container whoami-dev-v2-web"),
        "{left:?}"
    );
    // taken back: what has not begun does not happen
    task.order(&[]);
    engine.let_stop();
    task.stop().await;
    assert!(
        engine.everything().contains("container whoami-dev-v1-db"),
        "nothing of it was removed"
    );
}

#[tokio::test]
async fn a_restart_of_the_engine_in_between_changes_nothing() {
    let mut engine = FakeEngine::new();
    stack(&engine, "whoami", "v1");
    let mut task = Task::start(&engine);
    engine.kill().await;
    task.order(&[order("whoami", "v1")]);
    let why = task.stuck().await;
    assert!(why.contains("cannot connect"), "{why}");
    engine.boot();
    let removed = task.done().await;
    assert_eq!(removed.containers, 2, "{removed}");
    task.stop().await;
}
