//! Pointsman is dead, and then Traefik restarts: traffic goes on from the fallback file, and may be sent elsewhere by
//! hand.

use std::time::Duration;

use crate::support::app::ENV;
use crate::support::http::Answer;
use crate::support::system::System;
use crate::support::within;

const SOON: Duration = Duration::from_secs(5);

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn routes_outlive_both_pointsman_and_traefik() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pointsman.yml");
    let directory = format!("--providers.file.directory={}", dir.path().display());
    let fallback = format!("--fallback-file={}", file.display());
    let mut system = System::beside(&[&directory], &[&fallback]);
    let app = system.app("e2e-fallback");
    app.deploy("v1");
    app.deploy("v2");
    system.place(&app, "v1", Some("v2"));
    system.expect(&app.live(), "v1", SOON);
    let read = |system: &System, child: &str| {
        let target = "/api/http/services?search=e2e-fallback&per_page=100";
        let what = format!("Traefik has {child} from the file");
        within(SOON, &what, || match system.traefik.ask(target)? {
            Answer { status: 200, body } if body.contains(child) => Ok(()),
            answer => Err(format!("{answer:?}")),
        });
    };
    read(&system, "-v2@file");
    system.expect(&app.live(), "v1", SOON);
    // while both say something, Pointsman's own document counts
    system.post(&app, "switch", "");
    let took = system.expect(&app.live(), "v2", SOON);
    println!("switched beside the file in {took:?}");
    within(SOON, "the file follows", || {
        let text = std::fs::read_to_string(&file).unwrap();
        let live = text.contains(r#"{"services":[{"name":"e2e-fallback-dev-app-v2""#)
            || text.contains(r#"[{"name":"e2e-fallback-dev-web-v2""#)
            || text.matches("-v2\",\"weight\":100").count() > 0;
        if live { Ok(()) } else { Err(text) }
    });
    system.pointsman.kill();
    system.expect(&app.live(), "v2", SOON);
    system.traefik.kill();
    let ping = system.traefik.start_again();
    let took = system.expect(&app.live(), "v2", SOON);
    println!("nobody home: routes {took:?} after the ping, which came after {ping:?}");
    system.expect(&app.staged(), "v1", SOON);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn with_a_dead_daemon_export_makes_the_other_slot_live() {
    let dir = tempfile::tempdir().unwrap();
    let directory = format!("--providers.file.directory={}", dir.path().display());
    let mut system = System::beside(&[&directory], &[]);
    let app = system.app("e2e-export");
    app.deploy("v1");
    app.deploy("v2");
    system.place(&app, "v1", Some("v2"));
    system.expect_applied("both are placed");
    let (state, marker) = (system.pointsman.state_dir().to_owned(), system.marker());
    within(SOON, "what was confirmed is kept", || {
        let text = std::fs::read_to_string(state.join("last-good.json"));
        let text = text.map_err(|error| error.to_string())?;
        text.contains(&marker).then_some(()).ok_or(text)
    });
    system.pointsman.kill();
    system.traefik.kill();
    let export = |slot: &str, version: &str, system: &System| {
        let wish = format!("{}/{ENV}={slot}", app.name);
        let args = ["export", "--state-dir", state.to_str().unwrap(), "--slot"];
        let ran = system.pointsman.done(&[&args[..], &[&wish]].concat());
        let mut file = std::fs::File::create(dir.path().join("pointsman.yml")).unwrap();
        std::io::Write::write_all(&mut file, &ran.output.stdout).unwrap();
        println!("{wish}: {} bytes, {version} live", ran.output.stdout.len());
    };
    export("other", "v2", &system);
    system.traefik.start_again();
    system.expect(&app.live(), "v2", SOON);
    // blue was the first
    export("blue", "v1", &system);
    system.expect(&app.live(), "v1", SOON);
    let wrong = format!("{}/{ENV}=red", app.name);
    let args = [
        "export",
        "--state-dir",
        state.to_str().unwrap(),
        "--slot",
        &wrong,
    ];
    let ran = system.pointsman.cli(&args);
    assert_eq!(
        ran.output.status.code(),
        Some(2),
        "a slot that there is not"
    );
}
