//! Traefik and Pointsman as containers, from `docker/compose.yaml`: Traefik is attached to the networks of the stacks
//! it needs, in time, and never at the cost of other traffic.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use crate::support::app::{App, ENV, PREVIEW_LIMIT};
use crate::support::docker::{MARK, Sandbox, TAG, ensure_image};
use crate::support::http::{self, Answer, Ask};
use crate::support::load::{Load, Plan};
use crate::support::{millis, results, root, within};

const NAME: &str = "pointsman-e2e";
const NETWORK: &str = "10.213.77";
const SOON: Duration = Duration::from_secs(10);

/// Both containers; removed when this is dropped.
struct Host {
    web: SocketAddr,
    sandbox: Sandbox,
}

impl Host {
    fn start() -> Self {
        let sandbox = Sandbox::enter();
        ensure_image("pointsman", "pointsman:e2e");
        ensure_image("traefik", "pointsman-traefik:3.7.15");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let web = free.local_addr().unwrap();
        drop(free);
        let host = Self { web, sandbox };
        let output = host.compose(&["up", "-d", "--wait"]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        host
    }

    fn compose(&self, args: &[&str]) -> Command {
        let (mark, _) = MARK.split_once('=').unwrap();
        let label = format!("{{labels: {{{mark}: \"1\"}}}}");
        let overrides = format!(
            "services: {{traefik: {label}, pointsman: {label}}}\nnetworks: {{control: {label}}}\nvolumes: {{state: {label}}}\n"
        );
        let file = results().join("attachment.yaml");
        let mut written = std::fs::File::create(&file).unwrap();
        std::io::Write::write_all(&mut written, overrides.as_bytes()).unwrap();
        let mut command = self.sandbox.docker.command();
        command
            .args(["compose", "-p", NAME, "-f"])
            .arg(root().join("docker/compose.yaml"))
            .arg("-f")
            .arg(file)
            .args(args)
            .env("POINTSMAN_NAME", NAME)
            .env("POINTSMAN_NETWORK", NETWORK)
            .env("POINTSMAN_IMAGE_TAG", TAG)
            .env("POINTSMAN_WEB_PORT", self.web.port().to_string());
        command
    }

    fn app(&self, name: &'static str) -> App {
        let docker = self.sandbox.docker.clone();
        App { name, docker }
    }

    fn pointsman(&self, args: &[&str]) -> String {
        let exec = ["exec", NAME, "pointsman"];
        self.sandbox.docker.run(&[&exec[..], args].concat())
    }

    fn diagnostics(&self) -> String {
        let exec = ["exec", NAME, "pointsman", "diagnose"];
        let output = self.sandbox.docker.command().args(exec).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn expect(&self, host: &str, version: &str, limit: Duration) -> Duration {
        let what = format!("{host} answers with {version}");
        let ((), took) = within(limit, &what, || {
            match http::ask(self.web, &Ask::get(host, "/version"))? {
                Answer { status: 200, body } if body == version => Ok(()),
                answer => Err(format!("{answer:?}")),
            }
        });
        took
    }

    fn load(&self, host: &str, clients: u32) -> Load {
        Load::start(Plan {
            target: self.web,
            host: host.to_owned(),
            path: "/version",
            clients,
            rate: 50,
        })
    }

    /// Before API 1.48 the Engine moves a container's gateway to the network whose name sorts first.
    fn gateway_moves(&self) -> bool {
        let version = self
            .sandbox
            .docker
            .run(&["version", "--format", "{{.Server.APIVersion}}"]);
        let (major, minor) = version.split_once('.').unwrap();
        (major.parse::<u32>().unwrap(), minor.parse::<u32>().unwrap()) < (1, 48)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in [NAME.to_owned(), format!("{NAME}-traefik")] {
                let logs = self
                    .sandbox
                    .docker
                    .command()
                    .args(["logs", "--tail", "40", &name])
                    .output();
                println!(
                    "--- {name}:\n{}",
                    String::from_utf8_lossy(&logs.unwrap().stderr)
                );
            }
        }
    }
}

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
    assert!(host.sandbox.docker.has_network(&network), "{network}");
    let load = host.load(&app.preview("v2"), 4);
    let (clean, returned) = stack.down();
    within(Duration::from_secs(2), "no network is left", || {
        let left = host.sandbox.docker.has_network(&network);
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
