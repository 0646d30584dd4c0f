//! What changes nothing reaches nobody: no reload in a real Traefik.

use std::time::Duration;

use crate::e2e::within;
use crate::support::PATIENCE;
use crate::support::host::{Host, Kind, described};
use crate::support::pointsman::Pointsman;
use crate::support::traefik::Traefik;

#[test]
#[ignore = "needs Traefik: make bench, and a small round in make test"]
fn events_without_effect_cause_no_reload() {
    let host = Host::of(40, Kind::Mixed);
    let daemon = Pointsman::start(&host.socket());
    daemon.document();
    let traefik = Traefik::http(daemon.provider);
    let mut asker = traefik.asker();
    Traefik::await_document(&mut asker);
    std::thread::sleep(Duration::from_secs(1));
    let (before, calls) = (Traefik::reloads(&mut asker), host.calls());
    for round in 0..10 {
        for place in 0..40 {
            let name = described(place, Kind::Mixed).name;
            for action in [
                "exec_create: sh",
                "exec_start: sh",
                "exec_die",
                "top",
                "attach",
                "resize",
            ] {
                host.engine.event(&name, action);
            }
            // the probe says what it said before
            host.engine.health(&name, "healthy");
        }
        // its routers and services are named by its labels
        host.engine
            .rename(&described(4, Kind::Mixed).name, &format!("other-{round}"));
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(
        Traefik::reloads(&mut asker),
        before,
        "nothing was published"
    );
    let reads = host.calls() - calls;
    assert!(reads <= 200, "and little was asked: {reads} reads");
    // it still listens
    host.engine
        .health(&described(4, Kind::Mixed).name, "unhealthy");
    within(PATIENCE, "a change is a reload", || {
        let now = Traefik::reloads(&mut asker);
        (now == before + 1)
            .then_some(())
            .ok_or_else(|| format!("{now} after {before}"))
    });
}
