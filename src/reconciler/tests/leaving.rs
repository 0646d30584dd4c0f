//! The time that a container has to leave.

use crate::routing::model::Leaving;

use super::{Rig, both};

#[tokio::test(flavor = "multi_thread")]
async fn what_outlives_its_time_to_leave_is_published_again_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let rig = Rig::with(dir.path(), &both()).await;
    let before = rig.body();
    let [mut v1, _] = both();
    v1.leaving = Some(Leaving {
        signal: "SIGTERM".to_owned(),
        count: 1,
        grace_ms: 0,
    });
    let mut turns = rig.handle.turns();
    rig.put(v1).await;
    assert!(!rig.body().contains("10.0.0.1"), "withdrawn");
    while rig.body() != before {
        turns.changed().await.unwrap();
    }
    let found = rig.handle.diagnostics().await.unwrap();
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"still-running"), "and named: {codes:?}");
    rig.stop().await;
}
