//! Traefik and Pointsman as containers, from `docker/compose.yaml`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use super::app::App;
use super::docker::{Docker, MARK, Sandbox, TAG, ensure_image};
use super::engine::Engine;
use super::http::{self, Answer, Ask};
use super::load::{Connections, Load, Plan};
use super::{ports, results, root, within};

/// Pointsman's container; Traefik's has the same name and `-traefik`.
pub(crate) const NAME: &str = "pointsman-e2e";
/// Traefik's container.
pub(crate) const TRAEFIK: &str = "pointsman-e2e-traefik";
const NETWORK: &str = "10.213.77";
const IMAGES: [(&str, &str); 2] = [
    ("pointsman", "pointsman:e2e"),
    ("traefik", "pointsman-traefik:3.7.15"),
];

/// Both containers; removed with the sandbox, or with the Engine.
pub(crate) struct Host {
    pub(crate) web: SocketAddr,
    pub(crate) docker: Docker,
    _sandbox: Option<Sandbox>,
}

impl Host {
    /// On this machine's Engine.
    pub(crate) fn start() -> Self {
        let sandbox = Sandbox::enter();
        let docker = sandbox.docker.clone();
        Self::up(docker, Some(sandbox))
    }

    /// On one of the test's own.
    pub(crate) fn on(engine: &Engine) -> Self {
        for (name, image) in IMAGES {
            ensure_image(name, image);
            engine.load(image);
        }
        Self::up(engine.docker.clone(), None)
    }

    fn up(docker: Docker, sandbox: Option<Sandbox>) -> Self {
        for (name, image) in IMAGES {
            ensure_image(name, image);
        }
        let host = Self {
            web: ports::free(),
            docker,
            _sandbox: sandbox,
        };
        host.compose_up();
        host
    }

    /// `docker compose up`: makes what is missing, and waits until it is healthy.
    pub(crate) fn compose_up(&self) {
        let output = self.compose(&["up", "-d", "--wait"]).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }

    fn compose(&self, args: &[&str]) -> Command {
        let (mark, _) = MARK.split_once('=').unwrap();
        let label = format!("{{labels: {{{mark}: \"1\"}}}}");
        let overrides = format!(
            "services: {{traefik: {label}, pointsman: {label}}}\nnetworks: {{control: {label}}}\nvolumes: {{state: {label}}}\n"
        );
        let file = results().join("attachment.yaml");
        let mut written = File::create(&file).unwrap();
        written.write_all(overrides.as_bytes()).unwrap();
        let mut command = self.docker.command();
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
        if let Some(folder) = self.docker.socket.as_deref().and_then(|it| it.parent()) {
            command.env("POINTSMAN_SOCKET_DIR", folder);
        }
        command
    }

    pub(crate) fn app(&self, name: &'static str) -> App {
        let docker = self.docker.clone();
        App { name, docker }
    }

    /// Its command line, in its container.
    pub(crate) fn pointsman(&self, args: &[&str]) -> String {
        let exec = ["exec", NAME, "pointsman"];
        self.docker.run(&[&exec[..], args].concat())
    }

    pub(crate) fn diagnostics(&self) -> String {
        let exec = ["exec", NAME, "pointsman", "diagnose"];
        let output = self.docker.command().args(exec).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The networks that a container is in.
    pub(crate) fn networks_of(&self, container: &str) -> BTreeSet<String> {
        let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
        let names = self.docker.run(&["inspect", "--format", format, container]);
        names.split_whitespace().map(str::to_owned).collect()
    }

    pub(crate) fn expect(&self, host: &str, version: &str, limit: Duration) -> Duration {
        let what = format!("{host} answers with {version}");
        let ((), took) = within(limit, &what, || {
            match http::ask(self.web, &Ask::get(host, "/version"))? {
                Answer { status: 200, body } if body == version => Ok(()),
                answer => Err(format!("{answer:?}")),
            }
        });
        took
    }

    pub(crate) fn load(&self, host: &str, clients: u32) -> Load {
        self.load_with(host, clients, 50, Connections::Kept)
    }

    pub(crate) fn load_with(
        &self,
        host: &str,
        clients: u32,
        rate: u32,
        connections: Connections,
    ) -> Load {
        Load::start(Plan {
            target: self.web,
            host: host.to_owned(),
            path: "/version",
            clients,
            rate,
            connections,
        })
    }

    /// Before API 1.48 the Engine moves a container's gateway to the network whose name sorts first.
    pub(crate) fn gateway_moves(&self) -> bool {
        let version = self
            .docker
            .run(&["version", "--format", "{{.Server.APIVersion}}"]);
        let (major, minor) = version.split_once('.').unwrap();
        (major.parse::<u32>().unwrap(), minor.parse::<u32>().unwrap()) < (1, 48)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in [NAME, TRAEFIK] {
                let logs = ["logs", "--tail", "60", name];
                let logs = self.docker.command().args(logs).output();
                let text = logs.map_or_else(
                    |error| error.to_string(),
                    |logs| String::from_utf8_lossy(&logs.stderr).into_owned(),
                );
                println!("--- {name}:\n{text}");
            }
        }
    }
}
