//! Commands, deadlines, lists and restarts.

use super::*;
use crate::routing::plan::{Plan, PlanStep};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_before_it_is_saved() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    rig.command(promote("v2", None)).await;
    let (mut reader, path) = (rig.reader.clone(), dir.path().to_owned());
    let seen = reader.load().map(|snapshot| snapshot.revision());
    let mut watching = JoinSet::new();
    watching.spawn(async move {
        let snapshot = reader.newer_than(seen).await;
        (snapshot.revision(), journal(&path))
    });
    let accepted = rig.command(Command::switch()).await;
    let published = rig.reader.load().unwrap().revision();
    assert_eq!(published, accepted.revision, "answered after it was out");
    let (revision, saved) = watching.join_next().await.unwrap().unwrap();
    assert_eq!(revision, accepted.revision, "one revision, no step between");
    let switches = saved.matches("\"switch\"").count();
    assert_eq!(switches, 2, "whoever sees it finds it on disk: {saved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_is_not_published() {
    let dir = TempDir::new().unwrap();
    v1_live(dir.path()).await.stop().await;
    // damage in the middle of the journal: the snapshot still gives the state, and nothing may be appended
    let damaged = journal(dir.path()).replacen("promote v1", "promote v9", 1);
    #[expect(clippy::disallowed_methods, reason = "the test plays the broken disk")]
    std::fs::write(dir.path().join("journal.ndjson"), damaged).unwrap();

    let mut rig = Rig::with(dir.path(), &both()).await;
    assert!(matches!(rig.mode, Mode::ReadOnly { .. }), "{:?}", rig.mode);
    let (body, status) = (rig.body(), rig.status().await);
    assert_eq!(rig.active().await.as_deref(), Some("v1"), "routing goes on");
    rig.attachments_rx.mark_unchanged();

    for command in [promote("v2", None), promote("v2", Some(100))] {
        let refused = rig.send(request(command)).await;
        assert!(
            matches!(refused, Err(CommandError::StateReadOnly(_))),
            "{refused:?}"
        );
    }
    let record = EnvRecord::new(key(), "other.example.com", Origin::Api, Timestamp::ZERO);
    let refused = rig.handle.put_env(record, "test".to_owned()).await;
    assert!(
        matches!(refused, Err(CommandError::StateReadOnly(_))),
        "{refused:?}"
    );

    assert_eq!(rig.body(), body, "the same document");
    assert_eq!(rig.status().await.rollout, status.rollout, "the same slots");
    assert_eq!(rig.status().await.env, status.env, "the same record");
    assert_eq!(
        rig.reader.load().unwrap().sequence(),
        1,
        "nothing was published in between"
    );
    assert!(!rig.attachments_rx.has_changed().unwrap(), "nor wished");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_repeats_the_answer_also_after_a_kill() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    rig.command(promote("v2", None)).await;
    let first = rig.send(keyed(Command::switch(), "k1")).await.unwrap();
    let generation = first.status.rollout.generation;
    rig.kill().await;

    let rig = Rig::with(dir.path(), &both()).await;
    // its If-Match is of before the first try
    let again = CommandRequest {
        if_match: Some(generation - 1),
        ..keyed(Command::switch(), "k1")
    };
    let again = rig.send(again).await.unwrap();
    assert_eq!(
        again.status.rollout, first.status.rollout,
        "not switched back"
    );
    assert_eq!(again.revision, first.revision, "the same revision");
    let other = rig.send(keyed(Command::Rollback, "k1")).await;
    assert!(
        matches!(other, Err(CommandError::KeyReused(_))),
        "{other:?}"
    );
    let refused = rig.send(keyed(Command::switch(), "k2")).await.unwrap();
    assert_eq!(
        refused.status.rollout.generation,
        generation + 1,
        "another key is another command"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_generation_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let (status, body) = (rig.status().await, rig.body());
    let stale = CommandRequest {
        if_match: Some(1),
        ..request(promote("v2", None))
    };
    let refused = rig.send(stale.clone()).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Stale {
                given: 1,
                current: 2,
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(
        (rig.status().await.rollout, rig.body()),
        (status.rollout, body),
        "nothing"
    );
    let current = CommandRequest {
        if_match: Some(2),
        ..stale
    };
    assert_eq!(
        rig.send(current).await.unwrap().status.rollout.generation,
        3,
        "the current one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_that_can_be_seen() {
    let dir = TempDir::new().unwrap();
    let mut rig = v1_live(dir.path()).await;
    let (body, status, saved) = (rig.body(), rig.status().await, journal(dir.path()));
    let sequence = rig.reader.load().unwrap().sequence();
    rig.attachments_rx.mark_unchanged();
    for command in [
        promote("v2", None),
        promote("v2", Some(100)),
        Command::Evict,
    ] {
        let rehearsal = CommandRequest {
            dry_run: true,
            ..keyed(command.clone(), "dry")
        };
        let shown = rig.send(rehearsal).await.unwrap();
        if command != Command::Evict {
            assert_ne!(shown.status.rollout, status.rollout, "{command:?} is shown");
            assert_ne!(
                shown.revision.to_string(),
                revision(&body),
                "with its revision"
            );
        }
        let now = rig.status().await;
        assert_eq!(
            (&now.rollout, &now.stacks),
            (&status.rollout, &status.stacks),
            "{command:?}"
        );
        assert_eq!(rig.body(), body, "{command:?} leaves the document");
        assert_eq!(journal(dir.path()), saved, "{command:?} leaves the disk");
    }
    rig.put(with_health(Health::Unhealthy, web("v3", 3))).await;
    assert_eq!(
        rig.reader.load().unwrap().sequence(),
        sequence + 1,
        "only the new preview"
    );
    assert!(!rig.attachments_rx.has_changed().unwrap(), "no wish");
    let real = rig
        .send(keyed(promote("v2", Some(100)), "dry"))
        .await
        .unwrap();
    assert_eq!(real.status.rollout.generation, 3, "its key is still free");
    assert_eq!(
        rig.active().await.as_deref(),
        Some("v2"),
        "and the command does what was shown"
    );
}

fn revision(body: &str) -> String {
    let (_, tail) = body.split_once("pointsman-rev-").unwrap();
    tail.chars().take(16).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_commit_happens_when_the_candidate_gets_ready() {
    let dir = TempDir::new().unwrap();
    let starting = with_health(Health::Starting, web("v2", 2));
    let rig = Rig::with(dir.path(), &[web("v1", 1), starting.clone()]).await;
    rig.command(promote("v1", None)).await;
    rig.command(Command::switch()).await;
    let accepted = rig.command(promote("v2", Some(100))).await;
    let shift = accepted.status.rollout.shift.unwrap();
    assert!(matches!(shift.phase, Phase::Pending { .. }), "{shift:?}");
    assert_eq!(rig.active().await.as_deref(), Some("v1"), "held");
    rig.put(with_health(Health::Healthy, starting)).await;
    assert_eq!(rig.active().await.as_deref(), Some("v2"), "committed");
    assert!(journal(dir.path()).contains("\"tick\""), "and saved");
    rig.kill().await;
    let rig = Rig::with(dir.path(), &both()).await;
    assert_eq!(rig.active().await.as_deref(), Some("v2"), "for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_commit_happens_when_its_time_has_come() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::start(dir.path());
    let mut record = EnvRecord::new(key(), "dev.example.com", Origin::Api, Timestamp::ZERO);
    record.health.min_healthy_time_ms = 300;
    rig.handle.put_env(record, "test".to_owned()).await.unwrap();
    let plain = |container| with_health(Health::None, container);
    rig.list(&both().map(plain)).await;
    rig.command(promote("v1", None)).await;
    rig.command(Command::switch()).await;
    let mut turns = rig.handle.turns();
    let accepted = rig.command(promote("v2", Some(100))).await;
    assert!(accepted.status.rollout.shift.is_some(), "held");
    let committed = async {
        while rig.active().await.as_deref() != Some("v2") {
            turns.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(10), committed)
        .await
        .expect("nobody asked, and it happened");
}

// The wall clock gives a record its age, and the older env keeps a contested host. A machine that comes up in 1970 would
// make every new env the oldest.
// Before the first list it is not known which containers name an env; removing it was allowed, and the record that the
// containers' label made afterwards had lost everything that the operator had written.
#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_list_nothing_is_decided() {
    let dir = TempDir::new().unwrap();
    Rig::with(dir.path(), &[web("v1", 1)]).await.stop().await;
    let rig = Rig::start(dir.path());
    assert!(rig.reader.load().is_none(), "nothing is published");
    let refused = rig.send(request(promote("v1", None))).await;
    assert!(
        matches!(refused, Err(CommandError::NotSynced)),
        "{refused:?}"
    );
    let refused = rig.handle.remove_env(key(), "test".to_owned()).await;
    assert!(
        matches!(refused, Err(CommandError::NotSynced)),
        "{refused:?}"
    );
    rig.tell(Change::ResyncStart).await;
    rig.tell(Change::ResyncApply(Box::new(web("v1", 1)))).await;
    rig.taken_in().await;
    assert!(rig.reader.load().is_none(), "nor half a list");
    assert!(!rig.handle.is_synced(), "and nobody is told otherwise");
    rig.tell(Change::ResyncEnd).await;
    rig.taken_in().await;
    assert!(
        rig.reader.load().is_some() && rig.handle.is_synced(),
        "a whole one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_the_same_bytes() {
    let dir = TempDir::new().unwrap();
    let mut rig = v1_live(dir.path()).await;
    rig.command(promote("v2", Some(25))).await;
    let (body, status) = (rig.body(), rig.status().await);
    for clean in [true, false, true] {
        if clean {
            rig.stop().await;
        } else {
            rig.kill().await;
        }
        rig = Rig::with(dir.path(), &both()).await;
        assert_eq!(rig.body(), body, "the same document");
        assert_eq!(rig.status().await.rollout, status.rollout, "the same slots");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_while_it_stops_is_told() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let handle = rig.handle.clone();
    rig.stop().await;
    let refused = handle.command(request(Command::Evict)).await;
    assert!(matches!(refused, Err(CommandError::Stopped)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_every_command_with_its_generation() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    rig.send(request(promote("v9", None))).await.unwrap_err();
    let history = rig.handle.history(key(), 10).await.unwrap().unwrap();
    let told = history.iter().map(|entry| {
        let generation = entry.generation(&key());
        (entry.command.as_str(), entry.actor.as_str(), generation)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("switch", "test", Some(2)),
            ("promote v1", "test", Some(1)),
            ("env apply dev.example.com", "label", None),
        ],
        "newest first; what was refused is not in it"
    );
    let other = EnvKey::parse("whoami", "prod").unwrap();
    let unknown = rig.handle.history(other, 10).await.unwrap();
    assert_eq!(unknown, None, "no such env");
}

// Each question began the pause until the next turn anew, so that a status page that asks often stopped the clock of
// every plan.
#[tokio::test(flavor = "multi_thread")]
async fn questions_do_not_put_off_what_happens_by_itself() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    rig.command(promote("v2", None)).await;
    let steps = [10, 100].map(|weight| PlanStep::new(Weight::new(weight).unwrap()));
    rig.command(Command::Shift {
        plan: Some(Plan::new("quick", steps.to_vec()).unwrap()),
        insist: Insist::NONE,
    })
    .await;
    let asking = async {
        while rig.active().await.as_deref() != Some("v2") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(5), asking).await;
    assert!(done.is_ok(), "it went on");
}
