//! Several verbs at once: one entry, one revision, or nothing.

use super::*;
use crate::reconciler::{AcceptedAll, Transition, Transitions};

fn api() -> EnvKey {
    EnvKey::parse("api", "dev").unwrap()
}

/// The same container for the other app.
fn api_web(text: &str, n: u8) -> Container {
    let mut container = web(text, n);
    container.id = ContainerId::parse(&format!("api-{text}")).unwrap();
    container
        .labels
        .insert("pointsman.app".to_owned(), "api".to_owned());
    container
}

fn four() -> [Container; 4] {
    [
        web("v1", 1),
        web("v2", 2),
        api_web("v1", 3),
        api_web("v2", 4),
    ]
}

fn item(key: EnvKey, command: Command) -> Transition {
    Transition {
        key,
        command,
        if_match: None,
    }
}

fn all(items: Vec<Transition>) -> Transitions {
    Transitions {
        items,
        idempotency_key: None,
        dry_run: false,
        actor: "test".to_owned(),
    }
}

/// Both apps: v1 into a slot, and live.
fn both_live() -> Transitions {
    all(vec![
        item(key(), promote("v1", None)),
        item(api(), promote("v1", None)),
        item(key(), Command::switch()),
        item(api(), Command::switch()),
    ])
}

fn generations(accepted: &AcceptedAll) -> Vec<(String, u64)> {
    let done = accepted.done.iter();
    done.map(|done| (done.key.to_string(), done.generation))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_verbs_are_one_entry_and_one_revision() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &four()).await;
    let (sequence, before) = (
        rig.reader.load().unwrap().sequence(),
        journal(dir.path()).lines().count(),
    );
    let accepted = rig.handle.transitions(both_live()).await.unwrap();
    let expected = [
        ("whoami/dev", 1),
        ("api/dev", 1),
        ("whoami/dev", 2),
        ("api/dev", 2),
    ];
    let expected = expected.map(|(key, generation)| (key.to_owned(), generation));
    assert_eq!(generations(&accepted), expected, "each on the one before");
    let active = accepted.envs.iter().map(|env| {
        let version = env.rollout.active_version();
        (env.env.key.clone(), version.map(ToString::to_string))
    });
    let v1 = Some("v1".to_owned());
    assert_eq!(
        active.collect::<Vec<_>>(),
        [(key(), v1.clone()), (api(), v1)],
        "each env once"
    );
    let snapshot = rig.reader.load().unwrap();
    assert_eq!(snapshot.sequence(), sequence + 1, "one document");
    assert_eq!(snapshot.revision(), accepted.revision, "that was told");
    let saved = journal(dir.path());
    assert_eq!(saved.lines().count(), before + 1, "one entry: {saved}");
    let words = "\"command\":\"whoami/dev: promote v1; api/dev: promote v1; whoami/dev: switch; api/dev: switch\"";
    assert!(saved.contains(words), "{saved}");
    rig.kill().await;
    let rig = Rig::with(dir.path(), &four()).await;
    let status = rig.handle.status(api()).await.unwrap().unwrap();
    assert_eq!(status.rollout.generation, 2, "and it is durable");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_half_applied_when_one_is_refused() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &four()).await;
    rig.handle.transitions(both_live()).await.unwrap();
    let (body, saved) = (rig.body(), journal(dir.path()));
    let rollout = rig.status().await.rollout;
    let stale = Transition {
        if_match: Some(2),
        ..item(key(), Command::switch())
    };
    let first = || item(key(), promote("v2", None));
    let unknown = EnvKey::parse("nobody", "dev").unwrap();
    for (second, code) in [
        (item(api(), promote("v9", None)), "unknown version"),
        // the first one has moved it on
        (stale, "stale"),
        (item(unknown, Command::Evict), "unknown env"),
    ] {
        let refused = rig.handle.transitions(all(vec![first(), second])).await;
        let Err(CommandError::Item { index: 1, error }) = refused else {
            panic!("{code}: {refused:?}");
        };
        assert!(
            matches!(
                (*error, code),
                (CommandError::Refused { .. }, "unknown version")
                    | (CommandError::Stale { current: 3, .. }, "stale")
                    | (CommandError::UnknownEnv(_), "unknown env")
            ),
            "{code}"
        );
        assert_eq!(rig.body(), body, "{code}: the same document");
        assert_eq!(journal(dir.path()), saved, "{code}: nothing is stored");
        assert_eq!(rig.status().await.rollout, rollout, "{code}: no record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_repeats_the_answer_of_all() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &four()).await;
    let asked = || Transitions {
        idempotency_key: Some("k".to_owned()),
        ..both_live()
    };
    let first = rig.handle.transitions(asked()).await.unwrap();
    let saved = journal(dir.path());
    let again = rig.handle.transitions(asked()).await.unwrap();
    assert_eq!(again.revision, first.revision, "the same revision");
    assert_eq!(journal(dir.path()), saved, "nothing was done again");
    let mut other = asked();
    other.items.pop();
    let reused = rig.handle.transitions(other).await;
    assert!(
        matches!(reused, Err(CommandError::KeyReused(_))),
        "{reused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_of_all_names_what_would_change_and_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &four()).await;
    let (body, saved) = (rig.body(), journal(dir.path()));
    let rehearsed = Transitions {
        dry_run: true,
        ..both_live()
    };
    let shown = rig.handle.transitions(rehearsed).await.unwrap();
    let changes = shown.changes.unwrap();
    let has = |names: &[String], name: &str| names.iter().any(|it| it == name);
    for name in ["http.routers/api-dev-web", "http.routers/whoami-dev-web"] {
        assert!(has(&changes.added, name), "{name} in {changes:?}");
    }
    assert!(
        has(&changes.removed, "http.routers/api-dev-web-v1"),
        "no preview any more: {changes:?}"
    );
    assert_eq!(rig.body(), body, "the same document");
    assert_eq!(journal(dir.path()), saved, "the same disk");
    let real = rig.handle.transitions(both_live()).await.unwrap();
    assert_eq!(real.revision, shown.revision, "what was shown comes true");
    assert_eq!(
        real.changes, None,
        "in earnest it is the document that tells"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_key_tells_again_what_was_displaced() {
    let dir = TempDir::new().unwrap();
    let containers = [web("v1", 1), web("v2", 2), web("v3", 3)];
    let rig = Rig::with(dir.path(), &containers).await;
    rig.command(promote("v1", None)).await;
    rig.command(Command::switch()).await;
    rig.command(promote("v2", None)).await;
    let first = rig.send(keyed(promote("v3", None), "k")).await.unwrap();
    assert_eq!(first.displaced, Some(version("v2")), "the staged one");
    rig.kill().await;
    let rig = Rig::with(dir.path(), &containers).await;
    let again = rig.send(keyed(promote("v3", None), "k")).await.unwrap();
    assert_eq!(again.displaced, Some(version("v2")), "also after a kill");
}

// What asks for a time from now on must be the same command when it is repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_for_some_time_can_be_repeated() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let freeze = |until| Command::Freeze {
        why: "sale".to_owned(),
        until: Some(until),
    };
    let hour = || keyed(freeze(Until::After(3_600_000)), "k");
    let first = rig.send(hour()).await.unwrap().status.rollout;
    let again = rig.send(hour()).await.unwrap().status.rollout;
    assert_eq!(again, first, "the same end");
    let refused = rig.send(request(promote("v2", Some(25)))).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Refused {
                refusal: Refusal::Frozen { .. },
                ..
            })
        ),
        "{refused:?}"
    );
    let past = rig
        .send(request(freeze(Until::At(Timestamp::from_millis(1)))))
        .await;
    assert!(
        matches!(
            past,
            Err(CommandError::Refused {
                refusal: Refusal::AlreadyOver,
                ..
            })
        ),
        "{past:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_version_goes_live_by_itself_where_the_env_wants_it() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::start(dir.path());
    let mut record = EnvRecord::new(key(), "dev.example.com", Origin::Api, Timestamp::ZERO);
    record.first_deploy = FirstDeploy::Auto;
    rig.handle.put_env(record, "test".to_owned()).await.unwrap();
    let starting = with_health(Health::Starting, web("v1", 1));
    rig.list(std::slice::from_ref(&starting)).await;
    assert_eq!(rig.active().await, None, "not before it is ready");
    rig.put(with_health(Health::Healthy, starting)).await;
    assert_eq!(rig.active().await.as_deref(), Some("v1"), "nobody asked");
    rig.put(web("v2", 2)).await;
    assert_eq!(rig.active().await.as_deref(), Some("v1"), "only the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_without_a_plan_follows_that_of_the_env() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    rig.command(promote("v2", None)).await;
    let shift = || Command::Shift {
        plan: None,
        insist: Insist::default(),
    };
    let refused = rig.send(request(shift())).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Refused {
                refusal: Refusal::NoPlan,
                ..
            })
        ),
        "{refused:?}"
    );
    let mut record = rig.status().await.env;
    record.plan = Some(crate::routing::plan::named("canary").unwrap());
    rig.handle.put_env(record, "test".to_owned()).await.unwrap();
    let shift = rig.command(shift()).await.status.rollout.shift.unwrap();
    assert_eq!((shift.plan.name(), shift.weight.percent()), ("canary", 5));
}
