//! The watcher told of signals: which of them withdraw a container, what that costs, and what ends it.

use std::time::Duration;

use pointsman::routing::model::{Leaving, State};

use crate::support::fake_engine::{FakeContainer, FakeEngine, Toggle, container, container_id};
use crate::support::observer::Observer;
use crate::support::quick_timing;

const INSPECT: &str = "/json";
const LIST: &str = "/containers/json";

fn web() -> FakeContainer {
    container("web").port(80).network("front", "172.18.0.2")
}

impl Observer {
    fn leaving(&self, name: &str) -> Option<&Leaving> {
        self.containers.get(&container_id(name))?.leaving.as_ref()
    }

    /// The last signal, and its time.
    fn told_to_leave(&self, name: &str) -> Option<(&str, u64)> {
        let leaving = self.leaving(name)?;
        Some((leaving.signal.as_str(), leaving.grace_ms))
    }
}

fn inspections(engine: &FakeEngine) -> usize {
    engine.count(INSPECT) - engine.count(LIST)
}

/// Everything that came before is told.
async fn marker(engine: &FakeEngine, seen: &mut Observer, name: &str) {
    engine.start(container(name));
    seen.until(name, |seen| seen.state(name) == Some(State::Running))
        .await;
}

#[tokio::test]
async fn the_signal_of_a_stop_is_told_before_the_death() {
    let engine = FakeEngine::new();
    engine.start(web().stop_timeout(3));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    // the replay of its start may be read once more
    marker(&engine, &mut seen, "marker").await;
    let (lists, inspections_before) = (engine.count(LIST), inspections(&engine));
    engine.signal("web", "15");
    seen.until("the signal", |seen| seen.leaving("web").is_some())
        .await;
    assert_eq!(seen.state("web"), Some(State::Running), "it still runs");
    seen.until("its stop time-out", |seen| {
        seen.told_to_leave("web") == Some(("SIGTERM", 3_000))
    })
    .await;
    engine.signal("web", "9");
    seen.until("the second", |seen| {
        seen.told_to_leave("web") == Some(("SIGKILL", 3_000))
    })
    .await;
    assert_eq!(
        seen.leaving("web").map(|leaving| leaving.count),
        Some(2),
        "counted"
    );
    assert_eq!(engine.count(LIST), lists, "no list for a signal");
    assert_eq!(
        inspections(&engine) - inspections_before,
        1,
        "one call for both"
    );
    engine.die("web");
    seen.until("the death", |seen| seen.state("web") == Some(State::Exited))
        .await;
    engine.start_again("web", "front", "172.18.0.3");
    seen.until("the start", |seen| {
        seen.state("web") == Some(State::Running) && seen.leaving("web").is_none()
    })
    .await;
    assert_eq!(seen.stats.drift.get(), 0, "all of it by events");
}

#[tokio::test]
async fn only_its_own_signal_withdraws_a_container() {
    let engine = FakeEngine::new();
    for (name, signal) in [
        ("nginx", "SIGQUIT"),
        ("httpd", "winch"),
        ("init", "RTMIN+3"),
    ] {
        engine.start(
            container(name)
                .stop_with(signal)
                .network("front", "172.18.0.2"),
        );
    }
    engine.start(web());
    engine.start(
        container("spoof")
            .label("signal", "9")
            .network("front", "172.18.0.9"),
    );
    let mut seen = Observer::start(&engine, quick_timing()).await;
    let before = inspections(&engine);
    for name in ["nginx", "httpd", "init", "web", "spoof"] {
        // HUP, USR1, INT
        for other in ["1", "10", "2"] {
            engine.signal(name, other);
        }
    }
    engine.called("/containers/", 1).await;
    marker(&engine, &mut seen, "marker").await;
    let left = |seen: &Observer| {
        let leaving = seen.containers.values().filter(|c| c.leaving.is_some());
        leaving.map(|c| c.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        left(&seen),
        Vec::<String>::new(),
        "none of these is to stop anything"
    );
    for (name, number) in [("nginx", "3"), ("httpd", "28"), ("init", "37")] {
        engine.signal(name, number);
        seen.until(name, |seen| seen.leaving(name).is_some()).await;
    }
    engine.signal("spoof", "15");
    marker(&engine, &mut seen, "end").await;
    assert_eq!(
        left(&seen).len(),
        3,
        "a label does not speak for the daemon"
    );
    assert!(
        inspections(&engine) - before <= 5,
        "one for each container, not for each signal"
    );
}

#[tokio::test]
async fn a_restart_between_two_looks_leaves_nothing() {
    let engine = FakeEngine::new();
    engine.start(web());
    let mut seen = Observer::start(&engine, quick_timing()).await;
    for round in 0..20u8 {
        let ip = format!("172.18.0.{}", 10 + round);
        engine.signal("web", "15");
        engine.die("web");
        engine.start_again("web", "front", &ip);
        let address = ip.parse().ok();
        seen.until("its new address", |seen| {
            seen.address("web", "front") == address && seen.leaving("web").is_none()
        })
        .await;
    }
    marker(&engine, &mut seen, "marker").await;
    assert_eq!(seen.leaving("web"), None, "no signal from before its start");
}

#[tokio::test]
async fn a_lost_connection_keeps_who_is_leaving_and_finds_who_came_back() {
    let mut engine = FakeEngine::new();
    for name in ["stays", "returns"] {
        engine.start(container(name).network("front", "172.18.0.2"));
    }
    let mut seen = Observer::start(&engine, quick_timing()).await;
    let before = inspections(&engine);
    for name in ["stays", "returns"] {
        engine.signal(name, "15");
        seen.until(name, |seen| seen.leaving(name).is_some()).await;
    }
    engine
        .called(INSPECT, engine.count(LIST) + before + 2)
        .await;
    marker(&engine, &mut seen, "marker").await;
    engine.kill().await;
    engine.faults(|faults| faults.lose_events = Toggle::On);
    engine.die("returns");
    engine.start_again("returns", "front", "172.18.0.2");
    engine.faults(|faults| faults.lose_events = Toggle::Off);
    engine.boot();
    seen.until("the second list", |seen| seen.resyncs == 2)
        .await;
    seen.until("the unseen start", |seen| seen.leaving("returns").is_none())
        .await;
    assert_eq!(
        seen.told_to_leave("stays"),
        Some(("SIGTERM", 10_000)),
        "it still is"
    );
}

#[tokio::test]
async fn an_engine_that_refuses_to_inspect_costs_nothing_else() {
    let engine = FakeEngine::new();
    engine.faults(|faults| {
        let refusal = ("GET /containers/776562", 403, "forbidden by the proxy");
        faults.answers.push(refusal);
    });
    engine.start(web().stop_with("QUIT"));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.signal("web", "3");
    engine.called(INSPECT, engine.count(LIST) + 1).await;
    marker(&engine, &mut seen, "marker").await;
    assert_eq!(seen.leaving("web"), None, "it cannot be known");
    engine.signal("web", "15");
    seen.until("SIGTERM", |seen| {
        seen.told_to_leave("web") == Some(("SIGTERM", 10_000))
    })
    .await;
    assert_eq!(seen.stats.reconnects.get(), 0, "the session goes on");
}

#[tokio::test]
async fn a_signal_before_the_first_look_counts() {
    let engine = FakeEngine::new();
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.faults(|faults| faults.list_delay = Duration::from_millis(50));
    engine.start(web());
    engine.signal("web", "15");
    seen.until("its start", |seen| {
        seen.state("web") == Some(State::Running)
    })
    .await;
    assert!(
        seen.leaving("web").is_some(),
        "never told as one to send requests to"
    );
}

#[tokio::test]
async fn a_new_name_is_told() {
    let engine = FakeEngine::new();
    engine.start(web());
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.rename("web", "shop");
    seen.until("the name", |seen| {
        seen.containers[&container_id("web")].name == "shop"
    })
    .await;
    assert_eq!(seen.stats.drift.get(), 0, "by its event");
}

// At a start the stream begins at the connect: a container with 25 s to stop, told so 5 s before, was published again.
#[tokio::test]
async fn who_was_told_to_stop_before_the_start_is_leaving_in_the_first_list() {
    let engine = FakeEngine::new();
    for (name, seconds) in [("web", 25), ("survivor", 2), ("returned", 25)] {
        engine.start(
            container(name)
                .stop_timeout(seconds)
                .network("front", "172.18.0.2"),
        );
        engine.signal(name, "15");
    }
    engine.start(
        container("own")
            .stop_with("QUIT")
            .network("front", "172.18.0.3"),
    );
    engine.signal("own", "3");
    engine.start(container("reloaded").network("front", "172.18.0.4"));
    engine.signal("reloaded", "1");
    engine.die("returned");
    engine.start_again("returned", "front", "172.18.0.5");
    engine.faults(|faults| faults.clock_ahead = Duration::from_secs(5));
    let seen = Observer::start(&engine, quick_timing()).await;
    let (signal, left_ms) = seen.told_to_leave("web").unwrap();
    assert_eq!(signal, "SIGTERM", "it is");
    assert!(
        (18_000..=21_000).contains(&left_ms),
        "{left_ms} ms are left of its time"
    );
    let (signal, left_ms) = seen.told_to_leave("own").unwrap();
    assert_eq!(signal, "SIGQUIT", "its own signal");
    assert!((3_000..=6_000).contains(&left_ms), "{left_ms}");
    assert_eq!(seen.leaving("survivor"), None, "it had its time");
    assert_eq!(seen.leaving("returned"), None, "it was started since");
    assert_eq!(seen.leaving("reloaded"), None, "no signal to stop");
}

// The stream began 2 s before the new connect: a signal in a longer gap was never seen.
#[tokio::test]
async fn a_signal_while_the_connection_was_lost_is_found() {
    let engine = FakeEngine::new();
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.start(web().stop_timeout(25));
    marker(&engine, &mut seen, "marker").await;
    engine.stall();
    engine.end_streams();
    engine.signal("web", "15");
    engine.faults(|faults| faults.clock_ahead = Duration::from_secs(5));
    engine.resume();
    seen.until("another list", |seen| seen.resyncs == 2).await;
    assert!(seen.leaving("web").is_some(), "in the list already");
    let (_, left_ms) = seen.told_to_leave("web").unwrap();
    assert!((18_000..=21_000).contains(&left_ms), "{left_ms}");
}

// What the new stream repeats of the old one is not another signal, which would begin its time anew.
#[tokio::test]
async fn a_repeated_signal_counts_once() {
    let engine = FakeEngine::new();
    engine.start(web().stop_timeout(25));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.signal("web", "15");
    seen.until("its time", |seen| {
        seen.told_to_leave("web") == Some(("SIGTERM", 25_000))
    })
    .await;
    let events = seen.stats.events.get();
    engine.end_streams();
    seen.until("another list", |seen| seen.resyncs == 2).await;
    marker(&engine, &mut seen, "marker").await;
    assert!(seen.stats.events.get() > events + 1, "it was repeated");
    assert_eq!(seen.leaving("web").unwrap().count, 1, "one signal");
}
