//! `check` says beforehand what then is so: with the real compose, the real Engine and the real Traefik.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::docker::{MARK, WHOAMI};
use crate::support::root;
use crate::support::system::System;
use crate::support::within;

const SOON: Duration = Duration::from_secs(10);

/// The JSON that a run of `check` prints, and its exit code.
fn check(system: &System, args: &[&str]) -> (Value, Option<i32>) {
    let ran = system.pointsman.cli(&[&["check", "--json"], args].concat());
    let errors = String::from_utf8_lossy(&ran.output.stderr);
    let read = serde_json::from_slice(&ran.output.stdout);
    let value = read.unwrap_or_else(|error| panic!("{error}: {errors}"));
    (value, ran.output.status.code())
}

/// Without the addresses, which nobody can know beforehand, and without the mark of the revision.
fn plain(document: &Value) -> Value {
    let mut document = document.clone();
    let http = document["http"].as_object_mut().unwrap();
    http.remove("middlewares");
    for service in http["services"].as_object_mut().unwrap().values_mut() {
        for server in service["loadBalancer"]["servers"].as_array_mut().unwrap() {
            server["url"] = "http://somewhere:80".into();
        }
    }
    document
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn the_document_of_a_compose_file_is_what_is_served_for_its_containers() {
    let system = System::start();
    let app = system.app("e2e-check");
    let stack = app.stack("v1.2").replicas(2);
    stack.up();
    system.expect(&app.preview("v1.2"), "v1.2", SOON);
    let file = root().join("docker/whoami/compose.yaml");
    let args = [
        "--managed-only",
        "--app",
        "e2e-check",
        "--env",
        "dev",
        "--version",
        "v1.2",
        "--domain",
        "e2e.test",
        file.to_str().unwrap(),
    ];
    let (said, code) = check(&system, &args);
    assert_eq!(code, Some(0), "no findings: {said}");
    let own = |document: Value| {
        let mut document = plain(&document);
        for section in ["routers", "services"] {
            let objects = document["http"][section].as_object_mut().unwrap();
            objects.retain(|name, _| name.starts_with("e2e-check"));
        }
        document
    };
    let served: Value = system.pointsman.get("/v1/document");
    assert_eq!(
        own(said["document"].clone()),
        own(served),
        "offline and online"
    );
}

/// Docker Compose writes a container's labels with single dollars, and prints them doubled.
#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn compose_itself_resolves_variables_includes_and_dollars() {
    let system = System::start();
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    write(".env", "HOST=from-env.test\n");
    write(
        "base.yaml",
        "services: {base: {image: x, expose: [\"8080\"]}}\n",
    );
    let file = write(
        "compose.yaml",
        "name: e2e-compose
services:
  web:
    extends: {file: base.yaml, service: base}
    labels:
      - traefik.http.routers.web.rule=Host(`${HOST}`)
      - traefik.http.middlewares.auth.basicauth.users=u:$$apr1$$x
",
    );
    // neither docker's nor compose's part needs an Engine
    let output = Command::new(env!("CARGO_BIN_EXE_pointsman"))
        .args(["check", "--json", &file])
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let http = &said["document"]["http"];
    assert_eq!(
        http["routers"]["web"]["rule"], "Host(`from-env.test`)",
        ".env"
    );
    let users = &http["middlewares"]["auth"]["basicAuth"]["users"];
    assert_eq!(users[0], "u:$apr1$x", "single dollars");
    let servers = &http["services"]["web-e2e-compose"]["loadBalancer"]["servers"];
    assert_eq!(servers[0]["url"], "http://10.0.0.2:8080", "extends");
    let bad = write("bad.yaml", "services: {a: {image: x, foo: 1}}\n");
    let ran = system.pointsman.cli(&["check", &bad]);
    assert_eq!(ran.output.status.code(), Some(2), "refused");
    let errors = String::from_utf8_lossy(&ran.output.stderr);
    assert!(errors.contains("docker compose refuses"), "{errors}");
    assert!(errors.contains("foo"), "its own words: {errors}");
}

/// The name of the cookie that a host sets.
fn cookie(system: &System, host: &str) -> Result<String, String> {
    let exchange = || {
        let mut stream = TcpStream::connect(system.traefik.web)?;
        let request = format!("GET /version HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    let answer = exchange().map_err(|error| error.to_string())?;
    let mut lines = answer.lines();
    let cookie = lines.find_map(|line| line.strip_prefix("Set-Cookie: ")?.split('=').next());
    cookie.map(str::to_owned).ok_or(answer.clone())
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn migration_tells_the_cookies_that_traefik_sets() {
    let mut system = System::beside(
        &[
            "--providers.docker=true",
            "--providers.precedence=docker,http",
        ],
        &[],
    );
    let host = "sticky-e2e.test";
    let rule = format!("traefik.http.routers.e2e-sticky.rule=Host(`{host}`)");
    let sticky = "traefik.http.services.e2e-sticky.loadbalancer.sticky.cookie=true";
    let args = ["run", "-d", "--name", "e2e-sticky", "--label", MARK];
    let labels = ["--label", &rule, "--label", sticky, WHOAMI];
    system.sandbox.docker.run(&[&args[..], &labels].concat());
    within(SOON, "a cookie", || cookie(&system, host).map(drop));
    let expect = |system: &System, wanted: &str| {
        within(SOON, "the cookie", || {
            let seen = cookie(system, host)?;
            (seen == wanted).then_some(()).ok_or(seen)
        });
    };
    let (said, code) = check(&system, &["--migrate"]);
    assert_eq!(code, Some(6), "something changes");
    let changes = said.as_array().unwrap();
    let told: BTreeMap<&str, &Value> = changes
        .iter()
        .filter(|change| change["kind"] == "cookie")
        .map(|change| (change["subject"].as_str().unwrap(), change))
        .collect();
    let change = told["service e2e-sticky"];
    println!("{change}");
    expect(&system, change["old"].as_str().unwrap());
    system.traefik.stop();
    system.traefik.set_flags(&[]);
    system.traefik.start_again();
    expect(&system, change["new"].as_str().unwrap());
}
