//! Stacks that are let go while requests go on.

use std::time::Duration;

use crate::support::app::{App, ENV, Stack};
use crate::support::docker::{Docker, MARK, WHOAMI};
use crate::support::millis;
use crate::support::system::System;

/// An image of its own, so that it can be seen to go.
fn image(docker: &Docker, version: &str) -> String {
    let name = format!("pointsman-e2e-gc:{version}");
    let change = format!("LABEL pointsman-e2e-version={version}");
    let maker = docker.run(&["create", "--label", MARK, WHOAMI]);
    docker.run(&["commit", "--change", &change, &maker, &name]);
    docker.run(&["rm", &maker]);
    name
}

fn has_image(docker: &Docker, name: &str) -> bool {
    let output = docker.command().args(["image", "inspect", name]).output();
    output.unwrap().status.success()
}

fn stack(app: &App, version: &str) -> Stack {
    let image = image(&app.docker, version);
    app.stack(version)
        .replicas(2)
        .extra(&format!("image: {image}"))
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn of_five_versions_the_last_two_and_the_live_one_stay_under_load() {
    let system = System::start();
    let app = system.app("e2e-gc");
    let versions = ["v1", "v2", "v3", "v4", "v5"];
    let stacks = versions.map(|version| stack(&app, version));
    for stack in &stacks {
        stack.up();
    }
    let record = format!(
        "app = \"{}\"\nenv = \"{ENV}\"\ndomain = \"e2e.test\"\ndrain = \"2s\"\n[retention]\nkeep_last = 2\nmin_age = \"0s\"\n",
        app.name
    );
    system.apply(&record);
    system.place(&app, "v3", None);
    let plan = system.pointsman.done(&["gc", app.name, ENV, "--plan"]);
    println!("{}", String::from_utf8_lossy(&plan.output.stdout));
    let used = system.pointsman.done(&["stacks", "--usage"]);
    println!("{}", String::from_utf8_lossy(&used.output.stdout));

    let live = system.load(&app.live(), 16, 20);
    let preview = system.load(&app.preview("v4"), 4, 20);
    live.wait_for(100);
    let ran = system
        .pointsman
        .done(&["gc", app.name, ENV, "--wait", "--timeout", "120s"]);
    live.wait_for(200);
    for (load, host) in [(live, "live"), (preview, "preview")] {
        let tally = load.stop();
        println!("{host}, while stacks were removed: {}", tally.summary());
        tally.assert_none_failed("while stacks were removed");
    }
    println!("gc --wait: {} ms", millis(ran.took));

    for (stack, version) in stacks.iter().zip(versions) {
        let stays = !["v1", "v2"].contains(&version);
        let image = format!("pointsman-e2e-gc:{version}");
        assert_eq!(stack.ids().len(), if stays { 2 } else { 0 }, "{version}");
        assert_eq!(app.docker.has_network(&stack.network()), stays, "{version}");
        assert_eq!(has_image(&app.docker, &image), stays, "{version}");
    }
    system.expect(&app.live(), "v3", Duration::from_secs(2));
    for (stack, version) in stacks.iter().zip(versions).skip(2) {
        stack.down();
        let image = format!("pointsman-e2e-gc:{version}");
        app.docker.run(&["rmi", "-f", &image]);
    }
}
