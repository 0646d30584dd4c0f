//! Promote, switch and rollback under keep-alive load, and right after a deployment.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::app::ENV;
use crate::support::http::{self, Ask};
use crate::support::millis;
use crate::support::random::Random;
use crate::support::system::System;

/// Longer than anything takes on a busy machine; how long it took is measured.
const SOON: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn promote_and_switch_right_after_deploy_need_no_sleep() {
    let system = System::start();
    let app = system.app("e2e-hurry");
    for version in ["v1", "v2", "v3"] {
        app.stack(version).replicas(2).up();
        let promote = system.pointsman.done(&["promote", app.name, ENV, version]);
        let switch = system.pointsman.done(&["switch", app.name, ENV]);
        let seen = system.expect(&app.live(), version, SOON);
        println!(
            "{version}: promote {} ms, switch {} ms, live {} ms after that",
            millis(promote.took),
            millis(switch.took),
            millis(seen)
        );
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn twenty_switches_under_load_fail_nothing() {
    let system = System::start();
    let app = system.app("e2e-switches");
    for version in ["v1", "v2"] {
        app.stack(version).replicas(2).up();
    }
    system.place(&app, "v1", Some("v2"));
    let mut random = Random::seeded();
    let load = system.load(&app.live(), 10, 50);
    load.wait_for(50);
    let mut commands = Vec::new();
    for round in 0..20 {
        commands.push(load.now());
        system.post(&app, "switch", "");
        let new = ["v2", "v1"][round % 2];
        system.expect(&app.live(), new, SOON);
        std::thread::sleep(Duration::from_millis(200) + random.moment(Duration::from_millis(300)));
    }
    let tally = load.stop();
    println!("20 switches: {}", tally.summary());
    tally.assert_none_failed("during 20 switches");
    let ends = commands.iter().skip(1).copied().chain([Duration::MAX]);
    let mut times: Vec<Duration> = Vec::new();
    for (round, (from, to)) in commands.iter().zip(ends).enumerate() {
        times.push(tally.takeover(*from, to, ["v2", "v1"][round % 2]));
    }
    times.sort();
    println!(
        "command to first new answer: fastest {} ms, slowest {} ms",
        millis(times[0]),
        millis(times[19])
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn rollback_answers_from_the_old_containers() {
    let system = System::start();
    let app = system.app("e2e-rollback");
    let old = app.stack("v1").replicas(2);
    old.up();
    let ids = old.ids();
    system.place(&app, "v1", None);
    app.deploy("v2");
    system.pointsman.done(&["promote", app.name, ENV, "v2"]);
    system.pointsman.done(&["switch", app.name, ENV]);
    system.expect(&app.live(), "v2", SOON);
    let load = system.load(&app.live(), 8, 50);
    load.wait_for(20);
    let asked = load.now();
    let ran = system.pointsman.done(&["rollback", app.name, ENV]);
    let seen = system.expect(&app.live(), "v1", SOON);
    load.wait_for(50);
    let tally = load.stop();
    tally.assert_none_failed("during a rollback");
    let took = tally.takeover(asked, Duration::MAX, "v1");
    println!(
        "rollback: command line {} ms, then {} ms; {} ms from command to first answer",
        millis(ran.took),
        millis(seen),
        millis(took)
    );
    assert!(took < Duration::from_secs(1), "took {took:?}");
    assert_eq!(old.ids(), ids, "nothing was redeployed");
    assert_eq!(
        answering(&system, &app.live()),
        short(&ids),
        "both replicas answer"
    );
}

/// The host names of the containers that answer: the beginnings of their ids.
fn answering(system: &System, host: &str) -> BTreeSet<String> {
    let answers = (0..10).map(|_| http::ask(system.traefik.web, &Ask::get(host, "/")).unwrap());
    let name = |body: String| body.trim().split_once("host=").unwrap().1.to_owned();
    answers.map(|answer| name(answer.body)).collect()
}

fn short(ids: &BTreeSet<String>) -> BTreeSet<String> {
    ids.iter().map(|id| id.chars().take(12).collect()).collect()
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn scenario_32_requests_in_flight_finish_across_a_switch() {
    let system = System::start();
    let app = system.app("e2e-flight");
    for version in ["v1", "v2"] {
        app.deploy(version);
    }
    system.place(&app, "v1", Some("v2"));
    system.tell(&app.live(), "/admin/slow?ms=4000");
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..5)
            .map(|_| scope.spawn(|| system.answer(&app.live())))
            .collect();
        // they are on their way to v1, which takes its time
        let head_start = Duration::from_millis(500);
        std::thread::sleep(head_start);
        let switch = ["switch", app.name, ENV, "--wait", "applied"];
        let switched = system.pointsman.done(&switch).took;
        let seen = system.expect(&app.live(), "v2", SOON);
        let took = head_start + switched + seen;
        assert!(
            took < Duration::from_secs(4),
            "switched meanwhile: {took:?}"
        );
        for request in asked {
            let answer = request.join().unwrap().unwrap();
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, "v1"),
                "finished"
            );
        }
    });
}
