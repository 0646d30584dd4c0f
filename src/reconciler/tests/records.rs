//! Env records: made, kept, removed.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_env_that_a_label_asks_for_is_durable_at_first_sight() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &[web("v1", 1)]).await;
    let [first] = rig.handle.envs().await.unwrap().try_into().unwrap();
    assert_eq!((&first.key, first.origin), (&key(), Origin::Label), "made");
    rig.kill().await;
    let rig = Rig::start(dir.path());
    assert_eq!(
        rig.handle.envs().await.unwrap(),
        vec![first.clone()],
        "there before any container"
    );
    rig.list(&[web("v1", 1)]).await;
    assert_eq!(
        rig.handle.envs().await.unwrap(),
        vec![first],
        "with its age"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_keeps_its_age() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::start(dir.path());
    let record =
        |domain: &str| EnvRecord::new(key(), domain, Origin::Api, Timestamp::from_millis(7));
    let put = async |domain: &str| {
        let stored = rig.handle.put_env(record(domain), "test".to_owned()).await;
        stored.unwrap()
    };
    let first = put("dev.example.com").await;
    assert_ne!(
        first.created_at,
        Timestamp::from_millis(7),
        "our clock counts"
    );
    let saved = journal(dir.path());
    assert_eq!(put("dev.example.com").await, first, "the same again");
    assert_eq!(journal(dir.path()), saved, "is not written again");
    let second = put("other.example.com").await;
    assert_eq!(
        (second.created_at, second.domain.as_str()),
        (first.created_at, "other.example.com"),
        "younger by nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_env_is_never_older_than_those_before_it() {
    let dir = TempDir::new().unwrap();
    let future = Timestamp::from_millis(u64::MAX / 2);
    let (mut store, _loaded) = Store::open(dir.path()).unwrap();
    let ours = EnvRecord::new(key(), "dev.example.com", Origin::Api, future);
    let entry = Entry {
        time: future,
        actor: "test".to_owned(),
        command: "env apply".to_owned(),
        result: "recorded".to_owned(),
        envs: vec![key()],
        idempotency: None,
        puts: vec![Put::Env(ours)],
    };
    tokio::task::block_in_place(|| store.append(entry)).unwrap();
    drop(store);

    let mut other = web("v1", 1);
    other
        .labels
        .insert("pointsman.app".to_owned(), "other".to_owned());
    let rig = Rig::with(dir.path(), &[other]).await;
    let third = EnvKey::parse("third", "dev").unwrap();
    let third = EnvRecord::new(third, "dev.example.com", Origin::Api, Timestamp::ZERO);
    rig.handle.put_env(third, "test".to_owned()).await.unwrap();
    let ages = rig.handle.envs().await.unwrap();
    let ages: Vec<_> = ages.iter().map(|record| record.created_at).collect();
    assert_eq!(ages, [future; 3], "by a label and by the API");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_env_in_use_is_not_removed() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let remove = async || rig.handle.remove_env(key(), "test".to_owned()).await;
    let refused = remove().await;
    assert!(
        matches!(&refused, Err(CommandError::InUse { why, .. }) if why.contains("slot")),
        "{refused:?}"
    );
    let other = EnvKey::parse("other", "dev").unwrap();
    let unknown = rig.handle.remove_env(other, "test".to_owned()).await;
    assert!(
        matches!(unknown, Err(CommandError::UnknownEnv(_))),
        "{unknown:?}"
    );
    rig.stop().await;

    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &[web("v1", 1)]).await;
    let refused = rig.handle.remove_env(key(), "test".to_owned()).await;
    assert!(
        matches!(&refused, Err(CommandError::InUse { why, .. }) if why.contains("containers")),
        "{refused:?}"
    );
    rig.tell(Change::Remove(web("v1", 1).id)).await;
    rig.handle
        .remove_env(key(), "test".to_owned())
        .await
        .unwrap();
    assert_eq!(rig.handle.envs().await.unwrap(), vec![], "gone");
    rig.kill().await;
    let rig = Rig::start(dir.path());
    assert_eq!(rig.handle.envs().await.unwrap(), vec![], "for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_directory_with_two_running_versions_chooses_none_and_says_so() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let codes = async |rig: &Rig| {
        let found = rig.handle.diagnostics().await.unwrap();
        let about_slots = found.into_iter().filter(|one| one.code == "slots-unknown");
        about_slots.map(|one| one.message).collect::<Vec<_>>()
    };
    assert_eq!(
        codes(&rig).await,
        Vec::<String>::new(),
        "v1 is known to be live"
    );
    rig.kill().await;

    let lost = TempDir::new().unwrap();
    let rig = Rig::with(lost.path(), &both()).await;
    let status = rig.status().await;
    assert_eq!(status.rollout.state(), "empty", "none is chosen");
    assert_eq!(
        (status.rollout.active, status.stacks.len()),
        (None, 2),
        "previews"
    );
    let [told] = codes(&rig).await.try_into().unwrap();
    for part in ["v1, v2", "restore", "pointsman promote whoami dev VERSION"] {
        assert!(told.contains(part), "{told}");
    }
    rig.command(promote("v2", None)).await;
    assert_eq!(codes(&rig).await, Vec::<String>::new(), "somebody decided");
    rig.kill().await;

    let fresh = TempDir::new().unwrap();
    let rig = Rig::with(fresh.path(), &[web("v1", 1)]).await;
    let later = Container {
        created: u64::MAX,
        ..web("v2", 2)
    };
    rig.put(later).await;
    assert_eq!(codes(&rig).await, Vec::<String>::new(), "nothing was lost");
}
