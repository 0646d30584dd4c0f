//! The time that a container has to leave.

use crate::routing::model::Leaving;

use crate::reconciler::Farewell;
use crate::routing::model::State;
use crate::routing::table::{Options, ProxySelector};

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

#[tokio::test(flavor = "multi_thread")]
async fn every_signal_to_stop_traefik_ends_the_holding_and_a_start_allows_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        proxy: Some(ProxySelector::Name("traefik".to_owned())),
        ..Options::default()
    };
    let mut rig = Rig::start_with(dir.path(), options);
    let [mut traefik, mut other] = both();
    traefik.name = "traefik".to_owned();
    rig.list(&[traefik.clone(), other.clone()]).await;
    let stop = |count| {
        Some(Leaving {
            signal: "SIGTERM".to_owned(),
            count,
            grace_ms: 60_000,
        })
    };
    other.leaving = stop(1);
    rig.put(other).await;
    let seen = |rig: &mut Rig| *rig.farewell_rx.borrow_and_update();
    assert_eq!(seen(&mut rig), Farewell::default(), "somebody else is");
    for signals in [1, 2] {
        traefik.leaving = stop(u32::try_from(signals).unwrap());
        rig.put(traefik.clone()).await;
        let leaving = 1;
        assert_eq!(seen(&mut rig), Farewell { signals, leaving }, "it is");
    }
    traefik.leaving = None;
    traefik.state = State::Exited;
    rig.put(traefik.clone()).await;
    traefik.state = State::Running;
    rig.put(traefik).await;
    let now = seen(&mut rig);
    assert!(!now.lets_hold(0), "not on a connection from before");
    assert!(now.lets_hold(2), "on one that began afterwards");
    rig.stop().await;
}
