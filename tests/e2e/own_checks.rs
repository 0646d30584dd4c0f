//! What health checks say decides who is published: those of labels, which Pointsman makes itself, and Docker's; and what
//! the last one said is told wherever somebody looks.

use std::net::SocketAddr;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::support::app::{App, ENV, Stack};
use crate::support::docker::{MARK, WHOAMI};
use crate::support::http::{self, Ask};
use crate::support::system::System;
use crate::support::{millis, within};

const SOON: Duration = Duration::from_secs(10);
const CHECK: &str = "traefik.http.services.app.loadbalancer.healthcheck";

/// Where its containers listen.
fn addresses(stack: &Stack) -> Vec<SocketAddr> {
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:80";
    let ids = stack.ids();
    let ids = ids.iter().map(|id| {
        let address = stack.app.docker.run(&["inspect", "--format", format, id]);
        address.parse().unwrap()
    });
    ids.collect()
}

/// Tells one container something, past Traefik.
fn tell(address: SocketAddr, target: &str) {
    let answer = http::ask(address, &Ask::post("localhost", target, "")).unwrap();
    assert_eq!(answer.status, 200, "{target}: {}", answer.body);
}

/// All servers that the document names.
fn published(system: &System) -> Vec<String> {
    let document: Value = system.pointsman.get("/v1/document");
    let services = document["http"]["services"].as_object();
    let services = services.into_iter().flat_map(serde_json::Map::values);
    let servers = services.filter_map(|it| it["loadBalancer"]["servers"].as_array());
    let urls = servers.flatten().filter_map(|it| it["url"].as_str());
    let mut urls: Vec<String> = urls.map(str::to_owned).collect();
    urls.sort();
    urls
}

fn expect_published(system: &System, wanted: &[SocketAddr]) {
    let mut wanted: Vec<String> = wanted.iter().map(|at| format!("http://{at}")).collect();
    wanted.sort();
    within(SOON, &format!("the document has {wanted:?}"), || {
        let found = published(system);
        let as_wanted = found == wanted;
        as_wanted.then_some(()).ok_or_else(|| format!("{found:?}"))
    });
}

fn words(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

/// `status` and `diagnose` name it.
fn expect_told(system: &System, app: &App, said: &str) {
    for args in [&["status", app.name, ENV][..], &["diagnose"]] {
        within(SOON, &format!("{args:?} tells {said:?}"), || {
            let told = words(&system.pointsman.cli(args).output);
            // lines are broken between words
            let told = told.split_whitespace().collect::<Vec<&str>>().join(" ");
            told.contains(said).then_some(()).ok_or(told)
        });
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_server_that_fails_its_labels_check_is_not_in_the_document() {
    let system = System::start();
    let app = system.app("e2e-check");
    let stack = app.stack("v1").replicas(2);
    let stack = stack.label(&format!("{CHECK}.path"), "/check");
    let stack = stack.label(&format!("{CHECK}.interval"), "200ms");
    stack.up();
    let host = app.preview("v1");
    system.expect(&host, "v1", SOON);
    let all = addresses(&stack);
    expect_published(&system, &all);

    tell(all[0], "/admin/fail");
    expect_published(&system, &all[1..]);
    system.expect_applied("one failed");
    let load = system.load(&host, 4, 50);
    load.wait_for(100);
    load.stop().assert_none_failed("beside one that fails");
    expect_told(&system, &app, "500");

    tell(all[1], "/admin/fail");
    expect_published(&system, &[]);
    system.expect_status(&host, &[503], SOON);
    // Traefik's own check may have been first, and says nothing of when to come again
    system.expect_applied("all failed");
    let (answer, headers) = http::look(system.traefik.web, &Ask::get(&host, "/version")).unwrap();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(headers["retry-after"], "5", "{headers:?}");
    expect_told(&system, &app, "500");

    for address in &all {
        tell(*address, "/admin/reset");
    }
    expect_published(&system, &all);
    let took = system.expect(&host, "v1", SOON);
    println!("back {} ms after it was well", millis(took));
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn what_dockers_check_said_last_is_told_by_deploy_status_and_diagnose() {
    let system = System::start();
    let app = system.app("e2e-said");
    // the sample app has no such option, and says so
    let (mark, _) = MARK.split_once('=').unwrap();
    let file = format!(
        "services:\n  web:\n    image: {WHOAMI}\n    labels: {{{mark}: \"1\", pointsman.port: \"80\"}}\n    \
         healthcheck: {{test: [CMD, /whoami, --no-such-option], interval: 500ms, retries: 1}}\n\
         networks: {{default: {{labels: {{{mark}: \"1\"}}}}}}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compose.yaml");
    let written = std::fs::File::create(&path);
    std::io::Write::write_all(&mut written.unwrap(), file.as_bytes()).unwrap();
    let path = path.to_str().unwrap();
    let deploy = ["deploy", app.name, ENV, "v1", path, "--timeout", "20s"];
    let record = format!(
        "app = \"{}\"\nenv = \"{ENV}\"\ndomain = \"e2e.test\"\n",
        app.name
    );
    system.apply(&record);
    let ran = system.pointsman.cli(&deploy);
    let told = words(&ran.output);
    assert_eq!(ran.output.status.code(), Some(1), "{told}");
    assert!(told.contains("last health check"), "{told}");
    assert!(told.contains("--no-such-option"), "{told}");
    expect_told(&system, &app, "--no-such-option");
    assert_eq!(published(&system), Vec::<String>::new(), "not published");
    system.expect_status(&app.preview("v1"), &[503], SOON);
}
