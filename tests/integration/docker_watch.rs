//! The watcher against a daemon that misbehaves: what it tells must become the truth, and never be worse than the truth.

use std::time::Duration;

use pointsman::docker::Timing;
use pointsman::routing::model::{Change, Health, State};

use crate::support::fake_engine::{FakeEngine, FakePort, Toggle, container, container_id};
use crate::support::observer::Observer;
use crate::support::{quick_timing, soon};

const BY_ID: &str = "filters={\"id\"";

fn web() -> crate::support::fake_engine::FakeContainer {
    container("web")
        .label("k", "v")
        .port(80)
        .network("front", "172.18.0.2")
}

fn ever_running_after(log: &[Change], name: &str, from: usize) -> bool {
    log[from..].iter().any(|change| match change {
        Change::Apply(told) | Change::ResyncApply(told) => {
            told.id == container_id(name) && told.state == State::Running
        }
        Change::ResyncStart
        | Change::ResyncEnd
        | Change::Lost
        | Change::Exited(_)
        | Change::Remove(_)
        | Change::Attachment { .. }
        | Change::TraefikVersion(_)
        | Change::FewNetworksLeft(_)
        | Change::Provider(_)
        | Change::Complained { .. }
        | Change::Probed { .. } => false,
    })
}

#[tokio::test]
async fn an_empty_host_is_a_complete_list() {
    let engine = FakeEngine::new();
    let seen = Observer::start(&engine, quick_timing()).await;
    assert_eq!(
        seen.log,
        [Change::ResyncStart, Change::ResyncEnd],
        "nothing between the marks"
    );
    assert!(seen.stats.is_connected(), "and up to date");
    seen.stop().await;
}

#[tokio::test]
async fn another_world_all_at_once_becomes_the_truth() {
    let engine = FakeEngine::new();
    engine.start(web());
    let mut seen = Observer::start(&engine, quick_timing()).await;
    assert_eq!(engine.followers(), 1, "it follows the events");
    let published = FakePort {
        private: 80,
        protocol: "tcp".to_owned(),
        bindings: vec![("127.0.0.1".to_owned(), 8080), ("::1".to_owned(), 8080)],
    };
    let mut api = container("api").network("front", "172.18.0.3");
    api.state = "running".to_owned();
    api.ports.push(published);
    engine.replace(vec![container("db"), api]);
    let (web, db, api) = (container_id("web"), container_id("db"), container_id("api"));
    seen.until("the new world", |seen| {
        let all = &seen.containers;
        let has = |id| all.contains_key(id);
        !has(&web) && has(&db) && all.get(&api).is_some_and(|api| api.ports.len() == 2)
    })
    .await;
    seen.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_between_subscription_and_list() {
    let engine = FakeEngine::new();
    engine.start(container("db").network("back", "172.19.0.2"));
    engine.faults(|faults| faults.list_delay = Duration::from_millis(100));
    let mut seen = Observer::start_unsynced(&engine, quick_timing());
    // the list's snapshot is taken, its answer is on the way
    engine.called("/containers/json", 1).await;
    engine.start(web());
    engine.die("db");
    seen.until("the first list", |seen| seen.resyncs == 1).await;
    assert!(
        !ever_running_after(&seen.log, "db", 0),
        "a death during the listing beats the list"
    );
    seen.until("the newcomer", |seen| {
        seen.state("web") == Some(State::Running)
    })
    .await;
    assert_eq!(seen.resyncs, 1, "without a second complete list");
}

#[tokio::test]
async fn events_before_the_subscription_are_replayed() {
    let engine = FakeEngine::new();
    engine.faults(|faults| faults.subscribe_gap = Duration::from_millis(150));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    // listed already, not subscribed yet
    engine.start(web());
    seen.until("the start", |seen| {
        seen.state("web") == Some(State::Running)
    })
    .await;
    assert_eq!(seen.stats.drift.get(), 0, "told by an event");
}

#[tokio::test]
async fn a_death_unroutes_at_once_and_a_stale_list_does_not_undo_it() {
    let engine = FakeEngine::new();
    engine.start(web());
    engine.faults(|faults| faults.stale_list = Duration::from_millis(200));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.die("web");
    let first = seen.next("the death").await;
    assert_eq!(
        first,
        Change::Exited(container_id("web")),
        "from the event itself"
    );
    let from = seen.log.len();
    // after 100 ms the list still lies, after 500 ms it does not
    seen.until("the settled read", |seen| {
        seen.address("web", "front").is_none()
    })
    .await;
    assert!(
        !ever_running_after(&seen.log, "web", from),
        "the stale list is not believed"
    );
    assert!(
        seen.stats.stale_reads.get() >= 1,
        "it was read while it was stale"
    );
}

// Seen on Engine 20.10: with 8 clients creating and removing containers the list said "running" for 569 ms after
// the die event, which was past the half second for which it was not believed, and the dead server was routed again.
#[tokio::test]
async fn a_list_that_lags_for_long_under_load_does_not_undo_a_death() {
    let engine = FakeEngine::new();
    engine.start(web());
    engine.faults(|faults| faults.stale_list = Duration::from_millis(1500));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.die("web");
    seen.until("the death", |seen| seen.state("web") == Some(State::Exited))
        .await;
    let from = seen.log.len();
    seen.until("the settled read", |seen| {
        seen.address("web", "front").is_none()
    })
    .await;
    assert!(
        !ever_running_after(&seen.log, "web", from),
        "not believed, however long it lags"
    );
}

#[tokio::test]
async fn a_restart_is_followed_to_its_new_address() {
    let engine = FakeEngine::new();
    engine.start(web());
    engine.faults(|faults| faults.stale_list = Duration::from_millis(60));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.die("web");
    engine.start_again("web", "front", "172.18.0.77");
    let new = "172.18.0.77".parse().ok();
    seen.until("the new address", |seen| {
        seen.address("web", "front") == new
    })
    .await;
    assert_eq!(seen.state("web"), Some(State::Running), "and it runs");
}

#[tokio::test]
async fn every_kind_of_change_is_followed() {
    let engine = FakeEngine::new();
    engine.faults(|faults| faults.double_disconnects = Toggle::On);
    engine.start(web().healthcheck("starting"));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    let web = container_id("web");
    let health = |seen: &Observer, health| seen.containers[&container_id("web")].health == health;
    assert!(health(&seen, Health::Starting), "from the status text");
    engine.health("web", "healthy");
    seen.until("healthy", |seen| health(seen, Health::Healthy))
        .await;
    engine.pause("web");
    seen.until("paused", |seen| seen.state("web") == Some(State::Paused))
        .await;
    engine.unpause("web");
    seen.until("unpaused", |seen| seen.state("web") == Some(State::Running))
        .await;
    engine.connect("web", "back", "172.20.0.2");
    seen.until("connected", |seen| seen.address("web", "back").is_some())
        .await;
    engine.disconnect("web", "back");
    seen.until("disconnected", |seen| {
        !seen.containers[&web].networks.contains_key("back")
    })
    .await;
    engine.destroy("web");
    seen.until("gone", |seen| seen.containers.is_empty()).await;
    assert_eq!(seen.stats.drift.get(), 0, "all of it by events");
}

#[tokio::test]
async fn a_lost_stream_is_replaced_and_everything_is_read_again() {
    let mut engine = FakeEngine::new();
    engine.start(web());
    let timing = Timing {
        ping_interval: Duration::from_millis(50),
        ping_deadline: Duration::from_millis(50),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    for (round, name) in ["end", "broken", "silence", "death"]
        .into_iter()
        .enumerate()
    {
        // nobody tells about it
        engine.faults(|faults| faults.lose_events = Toggle::On);
        engine.start(container(name).network("front", "172.18.0.9"));
        match name {
            "end" => engine.end_streams(),
            "broken" => engine.break_streams(),
            "silence" => {
                engine.stall();
                let before = engine.count("/_ping");
                engine.called("/_ping", before + 1).await;
                let lost = u64::try_from(round).unwrap();
                while seen.stats.reconnects.get() <= lost {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                engine.resume();
            }
            _ => {
                engine.kill().await;
                engine.boot();
            }
        }
        engine.faults(|faults| faults.lose_events = Toggle::Off);
        seen.until(name, |seen| seen.state(name) == Some(State::Running))
            .await;
        assert!(seen.resyncs > round + 1, "{name}: told as a whole");
    }
    assert_eq!(
        seen.stats.drift.get(),
        0,
        "a complete list after a loss is no drift"
    );
}

#[tokio::test]
async fn unknown_words_end_nothing() {
    let engine = FakeEngine::new();
    engine.start(web());
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine
        .send_raw("\u{1e}{\"Type\":\"quantum\",\"Action\":\"leap\",\"Actor\":{\"ID\":\"q\"}}\r\n");
    engine.send_raw("{\"Type\":[1],\"Action\":{},\"Actor\":null}{}");
    engine.send_raw("{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":\"nobody\"}");
    engine.set_state("web", "levitating");
    engine.event("web", "teleport");
    seen.until("an unknown state", |seen| {
        seen.state("web") == Some(State::Created)
    })
    .await;
    engine.start(container("next"));
    seen.until("the next event", |seen| {
        seen.state("next") == Some(State::Running)
    })
    .await;
    assert_eq!(
        (seen.resyncs, seen.stats.reconnects.get()),
        (1, 0),
        "one session"
    );
    assert_eq!(
        seen.stats.undecodable.get(),
        1,
        "the actor that is no object was counted"
    );
}

#[tokio::test]
async fn an_event_costs_at_most_one_call() {
    let engine = FakeEngine::new();
    let mut seen = Observer::start(&engine, quick_timing()).await;
    for number in 0..50 {
        engine.start(container(&format!("c{number}")));
    }
    seen.until("all of them", |seen| {
        seen.containers
            .values()
            .filter(|c| c.state == State::Running)
            .count()
            == 50
    })
    .await;
    let calls = engine.count(BY_ID);
    assert!(
        (1..=50).contains(&calls),
        "100 events, read in batches: {calls} calls"
    );
}

#[tokio::test]
async fn a_health_event_without_news_costs_nothing() {
    let engine = FakeEngine::new();
    engine.start(web().healthcheck("healthy"));
    let mut seen = Observer::start(&engine, quick_timing()).await;
    // the replay of its start may be read once more
    engine.start(container("marker"));
    seen.until("the marker", |seen| {
        seen.state("marker") == Some(State::Running)
    })
    .await;
    let before = engine.count(BY_ID);
    for _ in 0..20 {
        engine.health("web", "healthy");
        engine.event("web", "exec_start: /bin/probe");
    }
    engine.event("web", "rename");
    engine.called(BY_ID, before + 1).await;
    engine.start(container("end"));
    seen.until("the end", |seen| seen.state("end") == Some(State::Running))
        .await;
    let calls = engine.count(BY_ID) - before;
    assert!(calls <= 3, "rename, create and start only: {calls}");
}

#[tokio::test]
async fn lost_events_are_found_and_counted_as_drift() {
    let engine = FakeEngine::new();
    let timing = Timing {
        relist_interval: Duration::from_millis(100),
        drift_grace: Duration::from_millis(50),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    // after the subscription, so that no replayed event explains what follows
    engine.start(web());
    seen.until("its start", |seen| {
        seen.state("web") == Some(State::Running)
    })
    .await;
    engine.faults(|faults| faults.lose_events = Toggle::On);
    engine.start(container("unseen"));
    engine.die("web");
    seen.until("both", |seen| {
        seen.state("unseen") == Some(State::Running) && seen.state("web") == Some(State::Exited)
    })
    .await;
    let counted = async {
        while seen.stats.drift.get() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("the count", counted).await;
    let told = |change: &Change| matches!(change, Change::Apply(it) if it.name == "unseen");
    assert!(seen.log.iter().any(told), "told as a change");
}

// A stream that a proxy in between had forgotten stayed open and silent: drift was logged with every list, for ever.
#[tokio::test]
async fn a_stream_that_keeps_events_back_is_replaced() {
    let engine = FakeEngine::new();
    let timing = Timing {
        relist_interval: Duration::from_millis(100),
        drift_grace: Duration::from_millis(50),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    engine.faults(|faults| faults.lose_events = Toggle::On);
    engine.start(container("unseen"));
    seen.until("another session", |seen| seen.resyncs == 2)
        .await;
    assert_eq!(seen.stats.reconnects.get(), 1, "as any other loss");
    assert_eq!(seen.state("unseen"), Some(State::Running), "it stays");
    engine.faults(|faults| faults.lose_events = Toggle::Off);
    let lists = seen.stats.lists.get();
    engine.start(web());
    seen.until("its start", |seen| {
        seen.state("web") == Some(State::Running)
    })
    .await;
    while seen.stats.lists.get() < lists + 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(seen.stats.reconnects.get(), 1, "this one is good");
}

#[tokio::test]
async fn frequent_lists_find_no_drift_while_events_come() {
    let engine = FakeEngine::new();
    engine.faults(|faults| faults.stale_list = Duration::from_millis(60));
    let timing = Timing {
        relist_interval: Duration::from_millis(15),
        drift_grace: Duration::from_millis(100),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    for round in 0..30 {
        let name = format!("c{round}");
        engine.start(container(&name).network("front", "172.18.0.3"));
        seen.until("its start", |seen| {
            seen.state(&name) == Some(State::Running)
        })
        .await;
        if round % 2 == 0 {
            let from = seen.log.len();
            engine.die(&name);
            seen.until("its death", |seen| seen.state(&name) == Some(State::Exited))
                .await;
            assert!(
                !ever_running_after(&seen.log, &name, from + 1),
                "no list undid it"
            );
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    seen.take_arrived();
    assert_eq!(seen.stats.drift.get(), 0, "every difference had its event");
    assert!(seen.stats.lists.get() > 10, "and the lists were many");
}

#[tokio::test]
async fn a_destroyed_container_does_not_come_back_from_a_read_under_way() {
    let engine = FakeEngine::new();
    engine.start(web());
    let mut seen = Observer::start(&engine, quick_timing()).await;
    engine.faults(|faults| faults.list_delay = Duration::from_millis(100));
    let before = engine.count(BY_ID);
    engine.event("web", "rename");
    engine.called(BY_ID, before + 1).await;
    engine.destroy("web");
    seen.until("its removal", |seen| seen.containers.is_empty())
        .await;
    engine.start(container("marker"));
    seen.until("the next read", |seen| {
        seen.state("marker") == Some(State::Running)
    })
    .await;
    assert_eq!(seen.containers.len(), 1, "only the marker");
}

/// The list goes on showing the networks of one that ended; that is no reason to look again.
#[tokio::test]
async fn an_end_costs_one_read() {
    let engine = FakeEngine::new();
    engine.start(web());
    let timing = quick_timing();
    let [_, last_wait] = timing.settle;
    let mut seen = Observer::start(&engine, timing).await;
    let before = engine.count("/containers/json");
    engine.die("web");
    seen.until("its end", |seen| seen.state("web") == Some(State::Exited))
        .await;
    engine.called("/containers/json", before + 1).await;
    tokio::time::sleep(last_wait * 3).await;
    assert_eq!(engine.count("/containers/json"), before + 1, "and no more");
}

#[tokio::test]
async fn a_booting_daemon_does_not_make_everything_vanish() {
    let mut engine = FakeEngine::new();
    engine.start(web());
    let timing = Timing {
        vanish_relist: Duration::from_millis(20),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    engine.kill().await;
    engine.set_state("web", "exited");
    let before = engine.count("/containers/json");
    engine.boot();
    engine.called("/containers/json", before + 5).await;
    seen.take_arrived();
    assert_eq!(
        seen.state("web"),
        Some(State::Running),
        "held for some lists"
    );
    engine.start_again("web", "front", "172.18.0.5");
    let new = "172.18.0.5".parse().ok();
    seen.until("its return", |seen| seen.address("web", "front") == new)
        .await;
    assert!(
        !seen.log.contains(&Change::Exited(container_id("web"))),
        "it never vanished"
    );
}

#[tokio::test]
async fn what_really_vanished_is_believed_in_the_end() {
    let mut engine = FakeEngine::new();
    engine.start(web());
    let timing = Timing {
        vanish_hold: Duration::from_millis(200),
        vanish_relist: Duration::from_millis(20),
        ..quick_timing()
    };
    let mut seen = Observer::start(&engine, timing).await;
    engine.kill().await;
    engine.set_state("web", "exited");
    engine.boot();
    seen.until("the truth", |seen| seen.state("web") == Some(State::Exited))
        .await;
    assert_eq!(seen.resyncs, 2, "as a complete list");
}

#[tokio::test]
async fn one_enormous_container_costs_only_itself() {
    let engine = FakeEngine::new();
    engine.start(container("huge").label("bomb", &"x".repeat(5 * 1024 * 1024)));
    engine.start(web());
    let seen = Observer::start(&engine, quick_timing()).await;
    assert_eq!(
        seen.state("web"),
        Some(State::Running),
        "its neighbour is told"
    );
    assert_eq!(seen.state("huge"), None, "it is passed over");
    assert!(seen.stats.undecodable.get() >= 1, "and counted");
}

#[tokio::test]
async fn a_daemon_that_cannot_list_is_asked_again() {
    let engine = FakeEngine::new();
    engine.start(web());
    engine.faults(|faults| {
        faults
            .answers
            .push(("GET /containers/json", 500, "layer does not exist"));
    });
    let mut seen = Observer::start_unsynced(&engine, quick_timing());
    engine.called("/containers/json", 3).await;
    seen.take_arrived();
    assert_eq!(seen.log, [], "nothing is told of a list that failed");
    engine.faults(|faults| faults.answers.clear());
    seen.until("the list", |seen| seen.state("web") == Some(State::Running))
        .await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_stalled_daemon() {
    let engine = FakeEngine::new();
    let seen = Observer::start(&engine, quick_timing()).await;
    engine.stall();
    engine.end_streams();
    seen.stop().await;
}

#[tokio::test]
async fn a_storm_of_events_is_read_in_turns_and_none_is_lost() {
    let engine = FakeEngine::new();
    let name = |number: u32| format!("c{number}");
    let all: Vec<_> = (0..1_000)
        .map(|number| {
            let mut running = container(&name(number)).network("front", "172.18.0.2");
            "running".clone_into(&mut running.state);
            running.healthcheck("healthy")
        })
        .collect();
    engine.replace(all);
    engine.forget_events();
    let mut seen = Observer::start(&engine, quick_timing()).await;
    let before = engine.calls().len();
    for number in 0..100 {
        engine.health(&name(number * 10), "unhealthy");
    }
    seen.until("all of them", |seen| {
        let sick = seen.containers.values();
        sick.filter(|it| it.health == Health::Unhealthy).count() == 100
    })
    .await;
    assert_eq!(engine.lost(), 0, "the reader kept up");
    let reads = engine.calls().split_off(before);
    let reads: Vec<_> = reads
        .iter()
        .filter(|call| call.contains("/containers/json"))
        .collect();
    let whole = reads.iter().filter(|call| !call.contains(BY_ID)).count();
    assert_eq!(whole, 0, "no lists of everything: {} reads", reads.len());
    seen.stop().await;
}
