//! A connection to the Engine that is cut, stalled, or leads to a new socket file: nothing is forgotten, and what
//! happened meanwhile is found out.

use std::time::Duration;

use crate::support::docker::Sandbox;
use crate::support::millis;
use crate::support::relay::{Relay, Stalled};
use crate::support::system::System;

/// Back-off and complete list.
const RECOVERY: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn engine_lost_and_found_again_loses_no_route() {
    let mut relay = Relay::start();
    let socket = relay.socket();
    let system = System::with(Sandbox::enter(), Some(&socket));
    let app = system.app("e2e-relay");
    app.deploy("v1");
    system.place(&app, "v1", None);
    let probe = system.load(&app.live(), 4, 50);
    let mut goes = app.deploy("v2");
    system.expect(&app.preview("v2"), "v2", RECOVERY);
    for (fault, comes) in [("cut", "v3"), ("stalled", "v4"), ("cut again", "v5")] {
        if fault == "stalled" {
            relay.stall(Stalled::Yes);
        } else {
            relay.cut();
        }
        // unseen: one version comes, another goes
        let came = app.deploy(comes);
        let (gone, _) = goes.down();
        assert!(gone, "compose down");
        if fault == "stalled" {
            // longer than a ping may take: given up, and connected anew
            std::thread::sleep(Duration::from_secs(8));
            relay.stall(Stalled::No);
        } else {
            relay.mend();
        }
        let seen = system.expect(&app.preview(comes), comes, RECOVERY);
        system.expect_status(&app.preview(&goes.version), &[404], RECOVERY);
        println!("{fault}: up to date {} ms after its end", millis(seen));
        goes = came;
    }
    let tally = probe.stop();
    println!("meanwhile: {}", tally.summary());
    tally.assert_none_failed("while the Engine could not be reached");
}
