//! The drop test: clients of five kinds go on while everything is done to an app that happens in the life of a version,
//! and every request that fails is counted. docs/zero-drop.md says what counts, and publishes the figures.
//!
//! `make drop N=200` does it 200 times, and fewer times with what else there is: Traefik's own Docker provider, and a script
//! that rewrites a file.

mod crowd;
mod figures;
mod labelled;
mod ledger;
mod managed;
mod rewritten;
mod site;
mod streams;

use std::thread::sleep;
use std::time::Duration;

use self::crowd::Crowd;
use self::figures::{Figures, comparison, kills, publish};
use self::labelled::{Before, Labelled};
use self::ledger::Step;
use self::managed::Managed;
use self::rewritten::Rewritten;
use self::site::{Retries, Setup};
use crate::support::random::often;

/// Name and title of all setups.
const SETUPS: [(&str, &str); 5] = [
    ("pointsman", "Pointsman"),
    ("pointsman-retry", "Pointsman, with retries"),
    ("docker", "Docker provider"),
    ("docker-drained", "Docker provider, drained by hand"),
    ("file", "a script and a file"),
];
/// Some cycles of a setup under load.
fn run(mut setup: impl Setup, cycles: usize) -> Figures {
    setup.prepare();
    let host = setup.site().app.live();
    let crowd = Crowd::start(setup.traefik().web, host);
    sleep(Duration::from_secs(1));
    let ledger = &crowd.field.ledger;
    for number in 1..=cycles {
        ledger.cycle(number);
        let began = ledger.elapsed();
        let versions = [number, number + 1, number + 2].map(|number| format!("v{number}"));
        setup.cycle(versions.each_ref().map(String::as_str), ledger);
        let took = ledger.elapsed().saturating_sub(began);
        println!("cycle {number} of {cycles}: {:.1} s", took.as_secs_f64());
    }
    sleep(Duration::from_secs(1));
    let field = crowd.stop();
    let seconds = field.ledger.elapsed().as_secs_f64();
    Figures::of(field.ledger.settled(), cycles, seconds)
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn nothing_is_dropped_in_the_life_of_a_version() {
    let given = std::env::var_os("POINTSMAN_DROP_SETUP");
    // figures of a run for its own sake are not added to those that are published
    let name = given.map_or("once".to_owned(), |name| name.into_string().unwrap());
    let cycles = often("POINTSMAN_DROP_CYCLES", 1);
    let figures = match name.as_str() {
        "pointsman" | "once" => run(Managed::start(Retries::None), cycles),
        "pointsman-retry" => run(Managed::start(Retries::Quick), cycles),
        "docker" => run(Labelled::start(Before::Nothing), cycles),
        "docker-drained" => run(Labelled::start(Before::Drain), cycles),
        "file" => run(Rewritten::start(), cycles),
        other => panic!("POINTSMAN_DROP_SETUP={other}: there are {SETUPS:?}"),
    };
    println!("{name}: failed / all\n{}", figures.table());
    for failure in figures.failures.iter().take(30) {
        println!("{failure:?}");
    }
    figures.keep(&name);
    publish(&format!("drop-{name}"), &Figures::all(&name).table());
    publish("drop-comparison", &comparison(&SETUPS));
    publish("drop-kills", &kills(&SETUPS));
    if matches!(name.as_str(), "pointsman" | "pointsman-retry" | "once") {
        judge(&figures);
    }
}

/// Nothing failed, but for what was on its way to a server when it was killed, or before Traefik had it out.
fn judge(figures: &Figures) {
    for failure in &figures.failures {
        assert_eq!(failure.step, Step::Kill, "{failure:?}");
        let out = figures.kills[&failure.cycle].out_ms;
        assert!(
            failure.sent_ms() < out,
            "sent after it was out, at {out} ms: {failure:?}"
        );
    }
}
