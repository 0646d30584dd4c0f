//! Signals as the real Docker Engine tells them.

use pointsman::routing::ids::ContainerId;
use pointsman::routing::model::{Change, State};

use crate::docker_real::{Sandbox, docker, observe, state};
use crate::support::observer::Observer;

fn signal(seen: &Observer, id: &ContainerId) -> Option<(String, u64)> {
    let leaving = seen.containers.get(id)?.leaving.as_ref()?;
    Some((leaving.signal.clone(), leaving.grace_ms))
}

/// A running container, and who watches it.
async fn start(sandbox: &Sandbox, name: &str, options: &[&str]) -> (Observer, ContainerId) {
    let mut seen = observe().await;
    let id = sandbox.run(name, options);
    seen.until("its start", |seen| state(seen, &id) == Some(State::Running))
        .await;
    (seen, id)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn a_real_stop_is_told_at_its_signal() {
    let sandbox = Sandbox::new("pm-leave");
    // the process ignores all of them, so the stop takes its whole time
    for (number, name) in ["SIGTERM", "QUIT", "28", "SIGRTMIN+3"].iter().enumerate() {
        let options = ["--stop-signal", name, "--stop-timeout", "1"];
        let (mut seen, id) = start(&sandbox, &format!("s{number}"), &options).await;
        docker(&["kill", "-s", "HUP", id.as_str()]);
        docker(&["kill", "-s", "USR1", id.as_str()]);
        let from = seen.log.len();
        docker(&["stop", id.as_str()]);
        seen.until("its end", |seen| state(seen, &id) == Some(State::Exited))
            .await;
        let words = |change: &Change| match change {
            Change::Apply(told) if told.id == id => told
                .leaving
                .as_ref()
                .map(|leaving| (leaving.signal.clone(), leaving.grace_ms)),
            Change::Apply(_)
            | Change::ResyncStart
            | Change::ResyncApply(_)
            | Change::ResyncEnd
            | Change::Lost
            | Change::Exited(_)
            | Change::Remove(_)
            | Change::Attachment { .. }
            | Change::TraefikVersion(_)
            | Change::FewNetworksLeft(_)
            | Change::Provider(_)
            | Change::Complained { .. }
            | Change::Probed { .. } => None,
        };
        let told: Vec<_> = seen.log[from..].iter().filter_map(words).collect();
        let expected = ["SIGTERM", "SIGQUIT", "SIGWINCH", "signal 37"][number];
        assert!(
            told.contains(&(expected.to_owned(), 1_000)),
            "{name}: {told:?}"
        );
        assert_eq!(
            told.last(),
            Some(&("SIGKILL".to_owned(), 1_000)),
            "{name}: {told:?}"
        );
        docker(&["start", id.as_str()]);
        seen.until("its start", |seen| state(seen, &id) == Some(State::Running))
            .await;
        assert_eq!(signal(&seen, &id), None, "{name}: nothing is left");
        assert_eq!(seen.stats.drift.get(), 0, "{name}: all of it by events");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn real_signals_that_stop_nothing_are_told_to_nobody() {
    let sandbox = Sandbox::new("pm-stay");
    let (mut seen, id) = start(&sandbox, "web", &["--stop-signal", "TERM"]).await;
    let (mut spoofed_seen, spoofed) = start(&sandbox, "spoof", &["--label", "signal=9"]).await;
    for name in ["HUP", "USR1", "INT", "WINCH"] {
        docker(&["kill", "-s", name, id.as_str()]);
        docker(&["kill", "-s", name, spoofed.as_str()]);
    }
    docker(&["update", "--restart", "no", id.as_str()]);
    docker(&["rename", id.as_str(), &sandbox.name("renamed")]);
    let renamed = |seen: &Observer| seen.containers[&id].name == "pm-stay-renamed";
    seen.until("the event after them", renamed).await;
    spoofed_seen
        .until("the event after them", |seen| {
            seen.containers.contains_key(&id) && renamed(seen)
        })
        .await;
    assert_eq!(signal(&seen, &id), None, "none of these is to stop it");
    assert_eq!(
        signal(&spoofed_seen, &spoofed),
        None,
        "a label is no signal"
    );
    docker(&["kill", "-s", "TERM", id.as_str()]);
    seen.until("SIGTERM", |seen| signal(seen, &id).is_some())
        .await;
    docker(&["restart", "--time", "0", id.as_str()]);
    seen.until("its restart", |seen| {
        state(seen, &id) == Some(State::Running) && signal(seen, &id).is_none()
    })
    .await;
}
