//! What the three ways of releasing share: a Traefik, an app whose versions are v1, v2, ..., and what can be done to its
//! containers.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use super::ledger::{Ledger, Step};
use crate::support::app::{App, Stack};
use crate::support::docker::{Docker, Sandbox};
use crate::support::http::{self, Ask};
use crate::support::traefik::Traefik;
use crate::support::{root, waited, within};

/// Longer than anything takes on a busy machine.
pub(crate) const SOON: Duration = Duration::from_mins(1);
/// How long requests may take to end in what is taken out of the traffic before it is stopped.
pub(crate) const DRAIN: Duration = Duration::from_secs(1);
/// Longer than a slow request: what was in flight has ended.
pub(crate) const IN_FLIGHT: Duration = Duration::from_millis(600);

/// How to release.
pub(crate) trait Setup {
    /// Two versions, v1 and v2, of which v2 is live.
    fn prepare(&mut self);
    /// v1, v2, v3 in the first cycle: v3 is deployed and in the end live, v1 removed.
    fn cycle(&mut self, versions: [&str; 3], ledger: &Ledger);
    fn site(&self) -> &Site;
    fn traefik(&self) -> &Traefik;
}

/// Traefik's dynamic files, and the app.
pub(crate) struct Site {
    pub(crate) app: App,
    /// Of Traefik's file provider.
    folder: TempDir,
    retries: Retries,
}

/// What Traefik does with a request that reached no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retries {
    /// It fails.
    None,
    /// It is sent to the next server, and connections are tried for a quarter of a second only.
    Quick,
}

/// As docs/zero-drop.md shows them.
const QUICK: [(&str, &str); 4] = [
    ("traefik.http.routers.web.middlewares", "again"),
    ("traefik.http.middlewares.again.retry.attempts", "4"),
    (
        "traefik.http.services.web.loadbalancer.serverstransport",
        "quick",
    ),
    (
        "traefik.http.serverstransports.quick.forwardingtimeouts.dialtimeout",
        "250ms",
    ),
];

impl Site {
    pub(crate) fn new(sandbox: &Sandbox, retries: Retries) -> Self {
        let docker = sandbox.docker.clone();
        let site = Self {
            app: App {
                name: "drops",
                docker,
            },
            folder: TempDir::new().unwrap(),
            retries,
        };
        let pem = |name: &str| root().join("tests/fixtures/docker-tls").join(name);
        let certificate =
            json!({ "certFile": pem("server.pem"), "keyFile": pem("server-key.pem") });
        let store = json!({ "default": { "defaultCertificate": certificate } });
        site.write("tls", &json!({ "tls": { "stores": store } }));
        site
    }

    /// For Traefik: the folder.
    pub(crate) fn flag(&self) -> String {
        format!("--providers.file.directory={}", self.path().display())
    }

    fn path(&self) -> PathBuf {
        let path = self.folder.path().join("dynamic");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Replaces a file of the file provider as a whole.
    pub(crate) fn write(&self, name: &str, content: &Value) {
        let new = self.folder.path().join(name);
        let mut file = File::create(&new).unwrap();
        write!(file, "{content}").unwrap();
        std::fs::rename(&new, self.path().join(format!("{name}.yaml"))).unwrap();
    }

    /// The version, with what this test needs: an app that goes on for half a second after the signal, and checks of health
    /// twice a second.
    pub(crate) fn stack(&self, version: &str, replicas: u32) -> Stack {
        let mut stack = self.app.stack(version).replicas(replicas);
        if self.retries == Retries::Quick {
            for (label, value) in QUICK {
                stack = stack.label(label, value);
            }
        }
        stack
            .extra("environment: {LINGER_MS: \"500\"}")
            .extra("healthcheck: {interval: 500ms}")
    }

    pub(crate) fn docker(&self) -> &Docker {
        &self.app.docker
    }

    /// Asks the container itself.
    pub(crate) fn tell(&self, id: &str, target: &str) {
        let at = format!("{}:80", self.address(id)).parse().unwrap();
        let answer = http::ask(at, &Ask::post("localhost", target, "")).unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
    }

    fn address(&self, id: &str) -> String {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        self.docker().run(&["inspect", "-f", format, id])
    }

    /// The URL by which Traefik knows it.
    pub(crate) fn url(&self, id: &str) -> String {
        format!("http://{}:80", self.address(id))
    }

    /// `docker stop`: its streams may end from now on.
    pub(crate) fn stop(&self, id: &str, ledger: &Ledger) {
        ledger.may_leave([id.to_owned()], Instant::now());
        self.docker().run(&["stop", id]);
    }

    /// What nobody asks Traefik's configuration about: one of these is sick for a while, one is stopped, one is killed.
    pub(crate) fn mishaps(&self, eye: &Eye<'_>, ids: &[String], ledger: &Ledger) {
        let urls: Vec<String> = ids.iter().map(|id| self.url(id)).collect();
        ledger.step(Step::Unhealthy, || {
            self.tell(&ids[0], "/admin/unhealthy");
            eye.expect_out(&urls[0]);
            self.tell(&ids[0], "/admin/healthy");
            eye.expect_served(&urls[0]);
        });
        ledger.step(Step::Stop, || {
            self.stop(&ids[1], ledger);
            eye.expect_out(&urls[1]);
            sleep(IN_FLIGHT);
        });
        ledger.step(Step::Kill, || {
            self.docker().run(&["kill", &ids[2]]);
            eye.expect_out(&urls[2]);
            let out = ledger.elapsed();
            sleep(IN_FLIGHT);
            ledger.killed(self.killed_at(&ids[2]), out);
        });
    }

    /// When the Engine says that it sent the signal; it tells of whole seconds that are over.
    fn killed_at(&self, id: &str) -> SystemTime {
        let who = format!("container={id}");
        let format = "{{.TimeNano}}";
        let last_minutes = ["events", "--since", "2m", "--until", "0s"];
        let kill = [
            "--filter",
            &who,
            "--filter",
            "event=kill",
            "--format",
            format,
        ];
        let (nanos, _) = within(SOON, "the Engine tells of the kill", || {
            let said = self.docker().run(&[&last_minutes[..], &kill].concat());
            let nanos = said.trim().parse();
            nanos.map_err(|error| format!("{error}: {said:?}"))
        });
        UNIX_EPOCH + Duration::from_nanos(nanos)
    }

    /// Another file of Traefik's file provider changes.
    pub(crate) fn reload(&self, eye: &Eye<'_>, version: &str, ledger: &Ledger) {
        ledger.step(Step::Reload, || {
            let name = format!("reload-{version}");
            self.write("other", &json!({ "http": { "middlewares": mark(&name) } }));
            eye.expect_mark(&name);
            sleep(IN_FLIGHT);
        });
    }

    /// Removes what is stopped already.
    pub(crate) fn clear(&self, ids: &[String]) {
        for id in ids {
            self.docker().run(&["rm", id]);
        }
    }
}

/// `docker compose up` with another number of replicas; the streams of those that compose removes may end.
pub(crate) fn scale(stack: &Stack, ledger: &Ledger) {
    let (before, began) = (stack.ids(), Instant::now());
    stack.up();
    ledger.may_leave(before.difference(&stack.ids()).cloned(), began);
}

/// Traefik, looked at through its API.
pub(crate) struct Eye<'a>(pub(crate) &'a Traefik);

impl Eye<'_> {
    /// All of this is so in Traefik within a minute, or it is said what is not.
    fn expect(&self, what: &str, look: impl Fn(&Value) -> bool, target: &str) {
        let seen = waited(SOON, || {
            let answer = self.0.ask(target)?;
            let is = answer.status == 200 && look(&answer.json());
            is.then_some(()).ok_or_else(|| format!("{answer:?}"))
        });
        if let Err(why) = seen {
            panic!("{what}: {why}");
        }
    }

    /// Requests go to this server.
    pub(crate) fn expect_served(&self, url: &str) {
        let look = |all: &Value| serves(all, url);
        self.expect(&format!("{url} is served"), look, SERVICES);
    }

    /// No request goes there any more.
    pub(crate) fn expect_out(&self, url: &str) {
        let look = |all: &Value| !serves(all, url);
        self.expect(&format!("{url} is out"), look, SERVICES);
    }

    /// A middleware that stands for a file's content.
    pub(crate) fn expect_mark(&self, name: &str) {
        let target = format!("/api/http/middlewares/{name}@file");
        self.expect(&format!("the file of {name}"), |_| true, &target);
    }
}

const SERVICES: &str = "/api/http/services?per_page=1000";

fn serves(all: &Value, url: &str) -> bool {
    all.as_array().unwrap().iter().any(|service| {
        let servers = service["loadBalancer"]["servers"].as_array();
        let has = servers.is_some_and(|servers| servers.iter().any(|server| server["url"] == url));
        has && service["serverStatus"][url] != "DOWN"
    })
}

/// A mark that can stand in a file.
pub(crate) fn mark(name: &str) -> Value {
    json!({ name: { "addPrefix": { "prefix": "/" } } })
}
