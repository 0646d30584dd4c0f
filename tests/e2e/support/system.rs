//! Pointsman and Traefik wired together as on a host, with an Engine.

use std::path::Path;
use std::time::Duration;

use hyper::Method;
use pointsman::api::{CommandAnswer, DiagnosticEntry, Placement, Status};
use pointsman::routing::ids::Slot;
use serde_json::Value;

use super::app::{App, ENV};
use super::docker::{Docker, Sandbox};
use super::http::{self, Answer, Ask};
use super::load::{Connections, Load, Plan};
use super::pointsman::Pointsman;
use super::traefik::Traefik;
use super::within;

/// The system under test. Dropped in this order: processes first, then their containers.
pub(crate) struct System {
    pub(crate) traefik: Traefik,
    pub(crate) pointsman: Pointsman,
    pub(crate) sandbox: Sandbox,
}

impl System {
    /// With this machine's Engine.
    pub(crate) fn start() -> Self {
        Self::with(Sandbox::enter(), None)
    }

    /// With what is behind a socket.
    pub(crate) fn with(sandbox: Sandbox, socket: Option<&Path>) -> Self {
        Self::of(sandbox, socket, Traefik::on_free_ports())
    }

    /// With a Traefik that is not quite the usual one.
    pub(crate) fn of(sandbox: Sandbox, socket: Option<&Path>, traefik: Traefik) -> Self {
        let pointsman = Pointsman::start(socket, traefik.api);
        Self::wired(sandbox, traefik, pointsman)
    }

    /// Beside Traefik's own Docker provider, on this machine's Engine; flags of both.
    pub(crate) fn beside(traefik_flags: &[&str], flags: &[&str]) -> Self {
        let sandbox = Sandbox::enter();
        let mut traefik = Traefik::on_free_ports();
        traefik.set_flags(traefik_flags);
        let pointsman = Pointsman::start_with(None, traefik.api, flags);
        Self::wired(sandbox, traefik, pointsman)
    }

    fn wired(sandbox: Sandbox, mut traefik: Traefik, pointsman: Pointsman) -> Self {
        traefik.start(pointsman.provider);
        Self {
            traefik,
            pointsman,
            sandbox,
        }
    }

    /// An app on this machine's Engine.
    pub(crate) fn app(&self, name: &'static str) -> App {
        let docker: Docker = self.sandbox.docker.clone();
        App { name, docker }
    }

    /// The sample app's version, as Traefik gives it for a host.
    pub(crate) fn answer(&self, host: &str) -> Result<Answer, String> {
        http::ask(self.traefik.web, &Ask::get(host, "/version"))
    }

    /// Tells the sample app behind a host something.
    pub(crate) fn tell(&self, host: &str, target: &str) {
        let answer = http::ask(self.traefik.web, &Ask::post(host, target, "")).unwrap();
        assert_eq!(answer.status, 200, "{host}{target}: {}", answer.body);
    }

    /// Waits until a host answers with a version, and says how long that took.
    pub(crate) fn expect(&self, host: &str, version: &str, limit: Duration) -> Duration {
        let what = format!("{host} answers with {version}");
        let ((), took) = within(limit, &what, || match self.answer(host)? {
            Answer { status: 200, body } if body == version => Ok(()),
            answer => Err(format!("{answer:?}")),
        });
        took
    }

    /// Waits until a host answers with a status.
    pub(crate) fn expect_status(&self, host: &str, wanted: &[u16], limit: Duration) -> Duration {
        let what = format!("{host} answers with one of {wanted:?}");
        let ((), took) = within(limit, &what, || match self.answer(host)? {
            answer if wanted.contains(&answer.status) => Ok(()),
            answer => Err(format!("{answer:?}")),
        });
        took
    }

    pub(crate) fn load(&self, host: &str, clients: u32, rate: u32) -> Load {
        self.load_at("/version", host, clients, rate)
    }

    pub(crate) fn load_at(&self, path: &'static str, host: &str, clients: u32, rate: u32) -> Load {
        Load::start(Plan {
            target: self.traefik.web,
            host: host.to_owned(),
            path,
            clients,
            rate,
            connections: Connections::Kept,
        })
    }

    /// Waits until Traefik has no such router any more. Asks its API: a request could hang on a server that is gone.
    pub(crate) fn expect_no_router(&self, name: &str, limit: Duration) -> Duration {
        let target = format!("/api/http/routers/{name}@http");
        let ((), took) = within(limit, "it is unrouted", || {
            let answer = self.traefik.ask(&target)?;
            let gone = answer.status == 404;
            gone.then_some(()).ok_or_else(|| format!("{answer:?}"))
        });
        took
    }

    /// The name of the middleware that stands for the newest revision.
    pub(crate) fn marker(&self) -> String {
        let document: Value = self.pointsman.get("/v1/document");
        let middlewares = document["http"]["middlewares"].as_object().unwrap();
        let mut names = middlewares.keys();
        let found = names.find(|name| name.starts_with("pointsman-rev-"));
        found.unwrap().clone()
    }

    /// Traefik has what Pointsman has.
    pub(crate) fn expect_applied(&self, after: &str) {
        let limit = Duration::from_secs(3);
        within(limit, &format!("applied after {after}"), || {
            self.traefik.has(&self.marker())
        });
    }

    /// What is found about a container.
    pub(crate) fn findings(&self, container: &str) -> Vec<DiagnosticEntry> {
        let all: Vec<DiagnosticEntry> = self.pointsman.get("/v1/diagnostics");
        let subject = format!("container {container}");
        let about = all.into_iter();
        about.filter(|finding| finding.subject == subject).collect()
    }

    pub(crate) fn status(&self, app: &App) -> Status {
        self.pointsman.get(&app.path())
    }

    /// One verb over the API; it must be accepted.
    pub(crate) fn post(&self, app: &App, verb: &str, body: &str) -> CommandAnswer {
        let target = format!("{}/{verb}", app.path());
        let answer = self.pointsman.ask(&Ask::post("localhost", &target, body));
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    }

    /// `env apply` of a file with this text.
    pub(crate) fn apply(&self, record: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("env.toml");
        let mut written = std::fs::File::create(&file).unwrap();
        std::io::Write::write_all(&mut written, record.as_bytes()).unwrap();
        self.pointsman
            .done(&["env", "apply", file.to_str().unwrap()]);
    }

    /// The env record; it must be accepted.
    pub(crate) fn put(&self, app: &App, record: &str) {
        let ask = Ask {
            method: Method::PUT,
            ..Ask::post("localhost", &app.path(), record)
        };
        let answer = self.pointsman.ask(&ask).unwrap();
        assert!(answer.status < 300, "{}: {}", app.path(), answer.body);
    }

    /// v1 live and, if asked for, v2 in the other slot; both deployed before.
    pub(crate) fn place(&self, app: &App, live: &str, staged: Option<&str>) {
        self.pointsman.done(&["promote", app.name, ENV, live]);
        self.pointsman.done(&["switch", app.name, ENV]);
        if let Some(version) = staged {
            self.pointsman.done(&["promote", app.name, ENV, version]);
            self.expect(&app.staged(), version, Duration::from_secs(5));
        }
        self.expect(&app.live(), live, Duration::from_secs(5));
    }
}

/// The version that has the live host.
pub(crate) fn active(status: &Status) -> String {
    let placed = match status.active.expect("something is active") {
        Slot::Blue => &status.slots.blue,
        Slot::Green => &status.slots.green,
    };
    let placed = placed.as_ref().expect("the active slot holds a version");
    placed.version.to_string()
}

/// What must be the same after a restart.
pub(crate) fn placement(status: &Status) -> String {
    let name = |placed: &Option<Placement>| placed.as_ref().map(|placed| placed.version.clone());
    let Status {
        generation,
        active,
        slots,
        previous,
        state,
        ..
    } = status;
    let (blue, green) = (name(&slots.blue), name(&slots.green));
    format!(
        "{generation} {state} active {active:?} blue {blue:?} green {green:?} previous {previous:?}"
    )
}
