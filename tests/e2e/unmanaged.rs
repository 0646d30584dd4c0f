//! A container with plain Traefik labels is routed while it runs, and not a second longer.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::docker::{MARK, WHOAMI};
use crate::support::millis;
use crate::support::system::System;

const HOST: &str = "plain-e2e.test";
const LIMIT: Duration = Duration::from_secs(1);

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn unmanaged_container_is_routed_and_unrouted() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    let rule = format!("traefik.http.routers.e2e-plain.rule=Host(`{HOST}`)");
    let args = [
        "run",
        "-d",
        "--name",
        "e2e-plain",
        "--label",
        MARK,
        "--label",
        &rule,
    ];
    docker.run(&[&args[..], &["--env", "VERSION=plain", WHOAMI]].concat());
    let took = system.expect(HOST, "plain", Duration::from_secs(5));
    println!(
        "routed {} ms after docker run (its health check takes 1 s)",
        millis(took)
    );
    for round in 0..3 {
        docker.run(&["stop", "e2e-plain"]);
        let took = system.expect_no_router("e2e-plain", LIMIT);
        println!(
            "round {round}: unrouted {} ms after docker stop",
            millis(took)
        );
        assert_eq!(
            system.answer(HOST).unwrap().status,
            404,
            "at once, without a hang"
        );
        let started = Instant::now();
        docker.run(&["start", "e2e-plain"]);
        system.expect(HOST, "plain", Duration::from_secs(5));
        println!(
            "round {round}: back {} ms after docker start",
            millis(started.elapsed())
        );
    }
    let load = system.load(HOST, 4, 50);
    load.wait_for(50);
    docker.run(&["kill", "e2e-plain"]);
    system.expect_no_router("e2e-plain", LIMIT);
    // others: those that were sent to the dead address meanwhile take until the kernel gives up
    let others = system.load(HOST, 4, 50);
    others.wait_for(20);
    let after = others.stop().words();
    println!("killed under load: {}", load.stop().summary());
    let words: Vec<&String> = after.keys().collect();
    assert_eq!(words, ["404"], "after its death: {after:?}");
    docker.run(&["rm", "e2e-plain"]);
    system.expect_status(HOST, &[404], LIMIT);
}
