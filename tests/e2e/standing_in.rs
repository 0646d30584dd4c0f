//! `auto_failover`: the standby stands in for an active version without a healthy server; once.

use std::time::Duration;

use pointsman::api::{History, Status};
use tokio::time::Instant;

use crate::support::app::{App, ENV, Stack};
use crate::support::system::{System, active};
use crate::support::{millis, within};

const SOON: Duration = Duration::from_secs(10);
/// After ten seconds the slots follow.
const FOLLOWED: Duration = Duration::from_secs(30);

fn status(system: &System, app: &App) -> Status {
    system.status(app)
}

fn expect_active(system: &System, app: &App, version: &str, limit: Duration) -> Duration {
    let ((), took) = within(limit, &format!("{version} is active"), || {
        let found = active(&status(system, app));
        (found == version).then_some(()).ok_or(found)
    });
    took
}

fn failovers(system: &System, app: &App) -> usize {
    let History { history } = system.pointsman.get(&format!("{}/history", app.path()));
    let results = history.iter().map(|item| &item.result);
    results.filter(|it| it.contains("failed over")).count()
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn the_standby_takes_over_once_when_the_active_version_dies() {
    let system = System::start();
    let app = system.app("e2e-standby");
    let record = format!(
        "app = \"{}\"\nenv = \"{ENV}\"\ndomain = \"e2e.test\"\nauto_failover = true\n",
        app.name
    );
    system.apply(&record);
    let [one, two] = ["v1", "v2"].map(|version| app.deploy(version));
    system.place(&app, "v1", Some("v2"));
    system.post(&app, "switch", "");
    system.expect(&app.live(), "v2", SOON);

    let kill = |stack: &Stack| {
        for id in stack.ids() {
            app.docker.run(&["kill", &id]);
        }
    };
    let begun = Instant::now();
    kill(&two);
    // not with requests: one to an address that has just gone waits for seconds
    within(SOON, "v1 stands in", || {
        let effective = status(&system, &app).weights.effective;
        let stands_in = effective.blue == 100;
        stands_in
            .then_some(())
            .ok_or_else(|| format!("{effective:?}"))
    });
    system.expect_applied("v1 stands in");
    let took = begun.elapsed();
    println!("v1 stands in {} ms after docker kill began", millis(took));
    system.expect(&app.live(), "v1", SOON);
    assert_eq!(active(&status(&system, &app)), "v2", "for now");
    let took = expect_active(&system, &app, "v1", FOLLOWED);
    println!("the slots followed after {} ms", millis(took));
    system.expect(&app.live(), "v1", SOON);
    assert_eq!(failovers(&system, &app), 1, "it is in the history");

    // v2 is well again, and v1 dies: nothing goes back to v2 by itself
    for id in two.ids() {
        app.docker.run(&["start", &id]);
    }
    system.expect(&app.staged(), "v2", SOON);
    kill(&one);
    system.expect_status(&app.live(), &[503], SOON);
    let load = system.load(&app.live(), 1, 20);
    let begun = load.now();
    within(FOLLOWED, "the time of another failover passes", || {
        let waited = load.now().saturating_sub(begun);
        let enough = waited > Duration::from_secs(12);
        enough.then_some(()).ok_or_else(|| format!("{waited:?}"))
    });
    let tally = load.stop();
    assert_eq!(tally.count("v2"), 0, "{}", tally.summary());
    assert_eq!(active(&status(&system, &app)), "v1", "once");
    assert_eq!(failovers(&system, &app), 1, "once");
    // a person may
    system.post(&app, "rollback", "");
    system.expect(&app.live(), "v2", SOON);
}
