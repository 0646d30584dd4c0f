//! Managed stacks that use the whole label language: TCP by server name, UDP, middlewares, Traefik's own health checks,
//! several services with prefixes, routers that only one version has.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use crate::support::app::{App, Stack};
use crate::support::docker::{MARK, WHOAMI};
use crate::support::http::{self, Ask};
use crate::support::ports;
use crate::support::system::System;
use crate::support::traefik::Traefik;
use crate::support::within;

const SOON: Duration = Duration::from_secs(10);

/// Entry points beside that for HTTP.
struct Beside {
    secure: SocketAddr,
    datagrams: SocketAddr,
}

fn free() -> Beside {
    Beside {
        secure: ports::free(),
        datagrams: ports::free(),
    }
}

fn start() -> (System, Beside) {
    let beside = free();
    let traefik = Traefik::on_free_ports()
        .entry_point("secure", beside.secure.to_string())
        .entry_point("dns", format!("{}/udp", beside.datagrams));
    let sandbox = crate::support::docker::Sandbox::enter();
    (System::of(sandbox, None, traefik), beside)
}

impl Beside {
    /// The version that answers behind TLS for a server name.
    fn over_tls(&self, name: &str) -> Result<String, String> {
        let (port, ip) = (self.secure.port(), self.secure.ip());
        let output = Command::new("curl")
            .args(["-sk", "--http1.1", "--max-time", "3", "--resolve"])
            .arg(format!("{name}:{port}:{ip}"))
            .arg(format!("https://{name}:{port}/version"))
            .output()
            .map_err(|error| error.to_string())?;
        let body = String::from_utf8_lossy(&output.stdout).into_owned();
        let done = output.status.success();
        done.then_some(body)
            .ok_or_else(|| format!("curl: {:?}", output.status))
    }

    fn by_datagram(&self) -> Result<String, String> {
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let wait = Some(Duration::from_millis(200));
        socket
            .set_read_timeout(wait)
            .map_err(|error| error.to_string())?;
        socket
            .send_to(b"who", self.datagrams)
            .map_err(|error| error.to_string())?;
        let mut answer = [0; 64];
        let len = socket
            .recv(&mut answer)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&answer[..len]).into_owned())
    }
}

#[track_caller]
fn expect(what: &str, version: &str, mut ask: impl FnMut() -> Result<String, String>) {
    within(SOON, &format!("{what} answers with {version}"), || {
        let answer = ask()?;
        (answer == version).then_some(()).ok_or(answer)
    });
}

/// A version that speaks three protocols; `prefix` is what its own middleware takes off the path.
fn stack(app: &App, version: &str, prefix: &str) -> Stack {
    let stack = app.stack(version);
    let name = stack.project.clone();
    let at = |kind: &str, rest: &str| format!("traefik.{kind}-{name}.{rest}");
    let own = format!("{version}-{}", app.live());
    stack
        .extra("environment: {UDP_PORT: \"5353\"}")
        .label(&at("tcp.routers.db", "rule"), &format!("HostSNI(`{own}`)"))
        .label(&at("tcp.routers.db", "tls"), "true")
        .label(&at("tcp.routers.db", "entrypoints"), "secure")
        .label(&at("tcp.services.db", "loadbalancer.server.port"), "80")
        .label(&at("tcp.middlewares.few", "inflightconn.amount"), "50")
        .label(&at("tcp.routers.db", "middlewares"), &format!("few-{name}"))
        .label(&at("udp.routers.dns", "entrypoints"), "dns")
        .label(&at("udp.services.dns", "loadbalancer.server.port"), "5353")
        .label(&at("http.routers.web", "rule"), &format!("Host(`{own}`)"))
        .label(
            &at("http.routers.web", "middlewares"),
            &format!("strip-{name}"),
        )
        .label(
            &at("http.middlewares.strip", "stripprefix.prefixes"),
            prefix,
        )
        .label(&at("http.services.web", "loadbalancer.server.port"), "80")
        .label(
            &at("http.services.web", "loadbalancer.healthcheck.path"),
            "/health",
        )
        .label(
            &at("http.services.web", "loadbalancer.healthcheck.interval"),
            "1s",
        )
        .label(
            &at("http.services.web", "loadbalancer.healthcheck.hostname"),
            &own,
        )
}

fn path(system: &System, host: &str, target: &str) -> Result<String, String> {
    let answer = http::ask(system.traefik.web, &Ask::get(host, target))?;
    (answer.status == 200)
        .then_some(answer.body)
        .ok_or(format!("{} {target}", answer.status))
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn every_protocol_follows_the_switch() {
    let (system, beside) = start();
    let app = system.app("e2e-lang");
    stack(&app, "v1", "/one").up();
    stack(&app, "v2", "/two").up();
    expect("preview over TLS", "v2", || {
        beside.over_tls(&app.preview("v2"))
    });
    assert!(beside.by_datagram().is_err(), "UDP has no preview");
    system.place(&app, "v1", Some("v2"));
    for version in ["v1", "v2"] {
        let (strips, other) = if version == "v1" {
            ("/one", "/two")
        } else {
            ("/two", "/one")
        };
        if version == "v2" {
            expect("staged over TLS", "v2", || beside.over_tls(&app.staged()));
            system
                .pointsman
                .done(&["switch", app.name, crate::support::app::ENV]);
        }
        expect("HTTP", version, || {
            path(&system, &app.live(), &format!("{strips}/version"))
        });
        expect("TLS", version, || beside.over_tls(&app.live()));
        expect("UDP", version, || beside.by_datagram());
        let line = path(&system, &app.live(), &format!("{other}/version")).unwrap();
        assert!(
            line.contains("host="),
            "the other's middleware is not here: {line}"
        );
    }
    assert_eq!(
        found(&system),
        Vec::<String>::new(),
        "nothing to complain about"
    );
}

fn found(system: &System) -> Vec<String> {
    let all: Vec<pointsman::api::DiagnosticEntry> = system.pointsman.get("/v1/diagnostics");
    all.into_iter()
        .map(|finding| format!("{finding:?}"))
        .collect()
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn several_services_have_prefixes_and_a_router_may_be_new() {
    let system = System::start();
    let app = system.app("e2e-parts");
    let old = app.stack("v1");
    old.up();
    beside_web(&system, &old, "v1");
    let beta = "traefik.http.routers.beta.rule";
    let rule = format!("Host(`{}`) && PathPrefix(`/beta`)", app.live());
    let new = app.stack("v2").label(beta, &rule).label(
        "traefik.http.routers.web.rule",
        &format!("Host(`{}`)", app.live()),
    );
    new.up();
    beside_web(&system, &new, "v2");
    for host in ["api.v2-e2e-parts.e2e.test", "api-v2-e2e-parts.e2e.test"] {
        system.expect(host, "api-v2", SOON);
    }
    system.place(&app, "v1", None);
    for host in ["api.e2e-parts.e2e.test", "api-e2e-parts.e2e.test"] {
        system.expect(host, "api-v1", SOON);
    }
    system
        .pointsman
        .done(&["promote", app.name, crate::support::app::ENV, "v2", "50"]);
    // what only the candidate has is live with its first share, and all of its answers are the candidate's
    expect("/beta", "v2", || {
        let line = path(&system, &app.live(), "/beta")?;
        let version = line
            .split(' ')
            .find_map(|word| word.strip_prefix("version="));
        Ok(version.unwrap_or(&line).to_owned())
    });
    system
        .pointsman
        .done(&["switch", app.name, crate::support::app::ENV]);
    system.expect("api.e2e-parts.e2e.test", "api-v2", SOON);
}

/// Another service of the same stack, with a host prefix.
fn beside_web(system: &System, stack: &Stack, version: &str) {
    let name = format!("{}-api-1", stack.project);
    let labels = [
        MARK.to_owned(),
        format!("com.docker.compose.project={}", stack.project),
        "com.docker.compose.service=api".to_owned(),
        format!("pointsman.app={}", stack.app.name),
        format!("pointsman.env={}", crate::support::app::ENV),
        format!("pointsman.version={version}"),
        "pointsman.host=api".to_owned(),
        "pointsman.port=80".to_owned(),
    ];
    let network = stack.network();
    let answer = format!("VERSION=api-{version}");
    let mut args = vec![
        "run",
        "-d",
        "--name",
        &name,
        "--network",
        &network,
        "--env",
        &answer,
    ];
    args.extend(labels.iter().flat_map(|label| ["--label", label.as_str()]));
    args.push(WHOAMI);
    system.sandbox.docker.run(&args);
}
