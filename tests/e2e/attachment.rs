//! Traefik and Pointsman as containers, from `docker/compose.yaml`: Traefik is attached to the networks of the stacks
//! it needs, in time, and never at the cost of other traffic.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::app::{ENV, PREVIEW_LIMIT};
use crate::support::host::Host;
use crate::support::http::{self, Ask};
use crate::support::{millis, within};

const SOON: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn traefik_is_attached_before_a_server_is_published_and_detached_after() {
    let host = Host::start();
    let app = host.app("e2e-attach");
    let load = host.load(&app.preview("v1"), 4);
    let stack = app.stack("v1").replicas(2);
    let returned = stack.up();
    host.expect(&app.preview("v1"), "v1", PREVIEW_LIMIT);
    println!(
        "preview {} ms after compose up returned",
        millis(returned.elapsed())
    );
    host.pointsman(&["promote", app.name, ENV, "v1"]);
    host.pointsman(&["switch", app.name, ENV]);
    host.expect(&app.live(), "v1", SOON);
    load.wait_for(20);
    let tally = load.stop();
    println!("from nothing to the preview: {}", tally.summary());
    for word in tally.words().keys() {
        let word = word.as_str();
        assert!(
            ["404", "503", "v1"].contains(&word),
            "{word}: published before it could be reached"
        );
    }
    assert!(
        tally.slowest() < Duration::from_secs(1),
        "nothing hung: {:?}",
        tally.slowest()
    );

    let (network, other) = (stack.network(), app.stack("v2"));
    other.up();
    host.expect(&app.preview("v2"), "v2", PREVIEW_LIMIT);
    assert!(host.docker.has_network(&network), "{network}");
    let load = host.load(&app.preview("v2"), 4);
    let (clean, returned) = stack.down();
    within(Duration::from_secs(2), "no network is left", || {
        let left = host.docker.has_network(&network);
        if left {
            Err(format!("{network} is still there"))
        } else {
            Ok(())
        }
    });
    println!(
        "compose down {}; its network was gone {} ms after it returned",
        if clean {
            "removed everything"
        } else {
            "left the network"
        },
        millis(returned.elapsed())
    );
    load.wait_for(100);
    load.stop()
        .assert_none_failed("at another version while the first was removed");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn network_that_would_move_the_gateway_is_refused_and_cuts_nothing() {
    let host = Host::start();
    let app = host.app("e2e-safe");
    app.deploy("v1");
    host.expect(&app.preview("v1"), "v1", PREVIEW_LIMIT);
    let load = host.load(&app.preview("v1"), 8);
    load.wait_for(50);
    // its network sorts before 00-pointsman-e2e
    let front = host.app("00-e2e-front");
    let stack = front.deploy("v1");
    let deployed = Instant::now();
    if host.gateway_moves() {
        within(SOON, "the refusal is told", || {
            let told = host.diagnostics();
            let found = told.contains(&stack.network()) && told.contains("sorts before");
            if found { Ok(()) } else { Err(told) }
        });
        let status = http::ask(host.web, &Ask::get(&front.preview("v1"), "/version"));
        assert_eq!(
            status.unwrap().status,
            503,
            "unavailable, and does not hang"
        );
    } else {
        host.expect(&front.preview("v1"), "v1", PREVIEW_LIMIT);
    }
    println!("decided {} ms after compose up", millis(deployed.elapsed()));
    for _ in 0..50 {
        host.expect(&app.preview("v1"), "v1", Duration::from_secs(1));
    }
    stack.down();
    load.wait_for(200);
    let tally = load.stop();
    println!("meanwhile, at another app: {}", tally.summary());
    tally.assert_none_failed("while a dangerous network came and went");
}
