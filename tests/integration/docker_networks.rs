//! Attaching Traefik: never to where it would cut traffic, never touching what others attached, and nothing left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pointsman::docker::{Client, Timing, networks};
use pointsman::routing::model::Attachments;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::fake_engine::{
    FakeContainer, FakeEngine, FakeNetwork, container, container_id,
};
use crate::support::observer::Observer;
use crate::support::{quick_timing, soon};

/// A running network task, and the wish it works from.
struct Task {
    wish: watch::Sender<Attachments>,
    seen: Observer,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Task {
    fn start(engine: &FakeEngine) -> Self {
        Self::timed(engine, quick_timing())
    }

    /// Looks again and again without a cause.
    fn restless(engine: &FakeEngine) -> Self {
        let network_recheck = Duration::from_millis(20);
        let timing = Timing {
            network_recheck,
            ..quick_timing()
        };
        Self::timed(engine, timing)
    }

    fn timed(engine: &FakeEngine, timing: Timing) -> Self {
        let (wish, wanted_rx) = watch::channel(Attachments::default());
        let (changes_tx, changes_rx) = mpsc::channel(8);
        let stop = CancellationToken::new();
        let client = Client::new(engine.endpoint());
        let mut tasks = JoinSet::new();
        tasks.spawn(networks::run(
            client,
            timing,
            wanted_rx,
            changes_tx,
            stop.clone(),
        ));
        Self {
            wish,
            seen: Observer::of(changes_rx),
            stop,
            tasks,
        }
    }

    fn want(&self, networks: &[&str]) {
        let wanted: Vec<_> = networks.iter().map(|name| (*name, "shop")).collect();
        self.want_for(&wanted);
    }

    /// With the compose project for whose sake.
    fn want_for(&self, wanted: &[(&str, &str)]) {
        let mut projects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (network, project) in wanted {
            let of_network = projects.entry((*network).to_owned()).or_default();
            of_network.insert((*project).to_owned());
        }
        self.wish.send_replace(Attachments {
            proxy: Some(container_id("traefik")),
            networks: projects.keys().cloned().collect(),
            projects,
            ..Attachments::default()
        });
    }

    async fn stop(mut self) {
        self.stop.cancel();
        soon("the end of the task", self.tasks.join_next()).await;
    }
}

fn traefik() -> FakeContainer {
    container("traefik").network("m-control", "172.18.0.2")
}

fn is_attached(engine: &FakeEngine, network: &str) -> bool {
    engine.attachment("traefik", network).is_some()
}

#[tokio::test]
async fn a_wanted_network_is_attached_with_our_mark() {
    for (newest, config) in [
        (
            "1.41",
            json!({ "DriverOpts": { "pointsman.attached": "true" } }),
        ),
        (
            "1.48",
            json!({ "DriverOpts": { "pointsman.attached": "true" }, "GwPriority": -1000 }),
        ),
    ] {
        let engine = FakeEngine::new();
        engine.versions("1.24", newest);
        engine.start(traefik());
        engine.add_network(FakeNetwork::new("z-stack"));
        let task = Task::start(&engine);
        task.want(&["z-stack"]);
        engine.called("/connect", 1).await;
        task.stop().await;
        assert_eq!(
            engine.attachment("traefik", "z-stack"),
            Some(config),
            "API {newest}"
        );
    }
}

#[tokio::test]
async fn an_attachment_that_would_move_the_gateway_is_refused_until_it_is_not_wanted() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("a-stack"));
    engine.add_network(FakeNetwork::new("b-internal").internal());
    engine.add_network(FakeNetwork::new("z-stack"));
    let mut task = Task::start(&engine);
    task.want(&["a-stack", "b-internal", "z-stack"]);
    task.seen
        .until("the refusal", |seen| !seen.refused.is_empty())
        .await;
    let why = &task.seen.refused["a-stack"];
    for way_out in ["00-pointsman", "internal", "host networking"] {
        assert!(why.contains(way_out), "names {way_out}: {why}");
    }
    assert!(
        is_attached(&engine, "b-internal"),
        "an internal network is never the gateway"
    );
    assert!(is_attached(&engine, "z-stack"), "sorts behind");
    assert!(!is_attached(&engine, "a-stack"), "refused");
    task.want(&["z-stack"]);
    task.seen
        .until("the end of the refusal", |seen| seen.refused.is_empty())
        .await;
}

#[tokio::test]
async fn with_gateway_priorities_any_name_is_safe() {
    let engine = FakeEngine::new();
    engine.versions("1.44", "1.52");
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("a-stack"));
    let task = Task::start(&engine);
    task.want(&["a-stack"]);
    engine.called("/connect", 1).await;
    task.stop().await;
    assert!(is_attached(&engine, "a-stack"), "attached");
}

#[tokio::test]
async fn only_our_attachments_are_detached_also_after_a_restart_of_ours() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("x-theirs"));
    engine.add_network(FakeNetwork::new("z-ours"));
    engine.connect("traefik", "x-theirs", "172.21.0.2");
    let first = Task::start(&engine);
    first.want(&["x-theirs", "z-ours"]);
    engine.called("/connect", 1).await;
    first.stop().await;
    assert!(is_attached(&engine, "z-ours"), "attached by the first run");
    let second = Task::start(&engine);
    second.want(&[]);
    engine.called("/disconnect", 1).await;
    second.stop().await;
    assert!(!is_attached(&engine, "z-ours"), "ours is known by its mark");
    assert!(is_attached(&engine, "x-theirs"), "theirs stays");
    assert!(is_attached(&engine, "m-control"), "its own stays");
    assert!(
        engine.has_network("z-ours"),
        "a network that compose did not make is not removed"
    );
}

#[tokio::test]
async fn a_network_that_compose_left_behind_is_removed() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("z-stack").compose("shop"));
    let task = Task::start(&engine);
    task.want(&["z-stack"]);
    engine.called("/connect", 1).await;
    task.want(&[]);
    engine.called("DELETE", 1).await;
    task.stop().await;
    assert!(!engine.has_network("z-stack"), "nothing is left");
    assert_eq!(
        engine.count("DELETE"),
        1,
        "and nothing else was removed: {:?}",
        engine.calls()
    );
}

// The sweeper asked only whether compose had made a network: one that project ops had made, and that an app named as
// external, was removed when the app was taken down, and the app could not come up again.
#[tokio::test]
async fn a_network_of_another_project_is_kept() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    for name in ["ops_apps", "ops_shared"] {
        engine.add_network(FakeNetwork::new(name).compose("ops"));
    }
    engine.add_network(FakeNetwork::new("shop_default").compose("shop"));
    let task = Task::restless(&engine);
    task.want_for(&[("ops_shared", "ops")]);
    engine.called("/connect", 1).await;
    task.want_for(&[
        ("ops_apps", "shop"),
        ("ops_shared", "shop"),
        ("shop_default", "shop"),
    ]);
    engine.called("/connect", 3).await;
    task.want(&[]);
    engine.called("DELETE", 1).await;
    let looks = engine.count("GET /v1.41/networks");
    engine.called("GET /v1.41/networks", looks + 5).await;
    task.stop().await;
    assert!(!engine.has_network("shop_default"), "its own is removed");
    assert!(engine.has_network("ops_apps"), "what others made stays");
    assert!(engine.has_network("ops_shared"), "and what they share");
    assert!(!is_attached(&engine, "ops_apps"), "Traefik is off it");
    assert_eq!(engine.count("DELETE"), 1, "{:?}", engine.calls());
}

#[tokio::test]
async fn a_network_that_a_stopped_container_needs_is_kept() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("z-stack").compose("shop"));
    engine.start(container("db").network("z-stack", "172.22.0.2"));
    engine.die("db");
    let task = Task::start(&engine);
    task.want(&["z-stack"]);
    engine.called("/connect", 1).await;
    task.want(&[]);
    // all the looks it gets
    engine.called("/containers/json?all=1", 10).await;
    task.stop().await;
    assert!(
        engine.has_network("z-stack"),
        "db could not start again without it"
    );
    assert_eq!(engine.count("DELETE"), 0, "nothing was even tried");
}

#[tokio::test]
async fn host_networking_needs_nothing() {
    let engine = FakeEngine::new();
    engine.start(container("traefik").network_mode("host"));
    engine.add_network(FakeNetwork::new("a-stack"));
    let task = Task::start(&engine);
    task.want(&["a-stack"]);
    engine.called("/networks", 1).await;
    task.want(&["a-stack", "b-stack"]);
    engine.called("/networks", 2).await;
    task.stop().await;
    assert_eq!(engine.count("POST"), 0, "no attachment is tried");
}

#[tokio::test]
async fn a_shared_network_namespace_is_refused_with_its_reason() {
    let engine = FakeEngine::new();
    engine.start(container("traefik").network_mode("container:abc"));
    engine.add_network(FakeNetwork::new("z-stack"));
    let mut task = Task::start(&engine);
    task.want(&["z-stack"]);
    task.seen
        .until("the refusal", |seen| seen.refused.contains_key("z-stack"))
        .await;
    assert!(
        task.seen.refused["z-stack"].contains("container abc"),
        "{:?}",
        task.seen.refused
    );
    assert_eq!(engine.count("POST"), 0, "and not tried");
}

#[tokio::test]
async fn a_stopped_traefik_is_only_detached() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("y-stack"));
    engine.add_network(FakeNetwork::new("z-stack"));
    let task = Task::start(&engine);
    task.want(&["z-stack"]);
    engine.called("/connect", 1).await;
    engine.die("traefik");
    task.want(&["y-stack"]);
    engine.called("/disconnect", 1).await;
    engine.called("GET /v1.41/networks", 4).await;
    assert!(
        !is_attached(&engine, "z-stack"),
        "it could not start again once z-stack is removed"
    );
    assert!(
        !is_attached(&engine, "y-stack"),
        "it gets y-stack when it runs"
    );
    engine.start_again("traefik", "m-control", "172.18.0.3");
    engine.called("/connect", 2).await;
    task.stop().await;
    assert!(is_attached(&engine, "y-stack"), "now it runs");
}

#[tokio::test]
async fn a_failed_attachment_is_told_and_tried_again() {
    let engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("z-stack"));
    engine.faults(|faults| {
        faults
            .answers
            .push(("POST /networks", 500, "no free address"));
    });
    let mut task = Task::start(&engine);
    task.want(&["z-stack"]);
    task.seen
        .until("the failure", |seen| !seen.refused.is_empty())
        .await;
    assert!(
        task.seen.refused["z-stack"].contains("no free address"),
        "Docker's own words"
    );
    engine.faults(|faults| faults.answers.clear());
    task.seen
        .until("success", |seen| seen.refused.is_empty())
        .await;
    assert!(is_attached(&engine, "z-stack"), "attached");
}

#[tokio::test]
async fn a_daemon_that_comes_back_finds_the_wish_waiting() {
    let mut engine = FakeEngine::new();
    engine.start(traefik());
    engine.add_network(FakeNetwork::new("z-stack"));
    engine.kill().await;
    let task = Task::start(&engine);
    task.want(&["z-stack"]);
    tokio::time::sleep(Duration::from_millis(30)).await;
    engine.boot();
    engine.called("/connect", 1).await;
    task.stop().await;
    assert!(is_attached(&engine, "z-stack"), "attached");
}

#[tokio::test]
async fn few_networks_left_are_told_and_taken_back() {
    let engine = FakeEngine::new();
    let pool = |base: &str, size: u32| json!({ "Base": base, "Size": size });
    engine.set_address_pools(json!([pool("10.200.0.0/22", 24), pool("fd00::/48", 64)]));
    for (name, subnet) in [("a", "10.200.0.0/24"), ("b", "172.17.0.0/16")] {
        engine.add_network(FakeNetwork::new(name).subnet(subnet));
    }
    // nobody is attached to anything: they are looked at all the same
    let mut task = Task::restless(&engine);
    engine.called("GET /v1.41/networks", 2).await;
    engine.add_network(FakeNetwork::new("c").subnet("10.200.1.0/24"));
    let seen = &mut task.seen;
    seen.until("two are left", |seen| seen.few_networks_left == Some(2))
        .await;
    engine.add_network(FakeNetwork::new("d").subnet("10.200.2.0/23"));
    seen.until("none is left", |seen| seen.few_networks_left == Some(0))
        .await;
    engine.remove_network("d");
    engine.remove_network("c");
    seen.until("enough are left", |seen| seen.few_networks_left.is_none())
        .await;
    task.stop().await;
    assert_eq!(engine.count("/info"), 1, "pools only change with a restart");
}

#[tokio::test]
async fn an_engine_that_does_not_say_its_pools_is_not_guessed_at() {
    let engine = FakeEngine::new();
    engine.add_network(FakeNetwork::new("everything").subnet("0.0.0.0/0"));
    let refused = ("GET /info", 403, "refused by a proxy");
    engine.faults(|faults| faults.answers.push(refused));
    let task = Task::restless(&engine);
    engine.called("GET /v1.41/networks", 3).await;
    let mut seen = task.seen;
    seen.take_arrived();
    assert_eq!(seen.few_networks_left, None, "not told");
    assert_eq!(engine.count("/info"), 1, "asked once");
}
