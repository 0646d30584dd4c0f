//! A real Traefik with one provider that is measured, and a default certificate.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Asker, PATIENCE};
use crate::e2e::http::Answer;
use crate::e2e::ports;
use crate::e2e::process::Process;
use crate::e2e::{root, within};

/// A running Traefik; it ends with this value.
pub(crate) struct Traefik {
    _process: Process,
    /// Of its file provider.
    pub(crate) folder: TempDir,
    pub(crate) api: SocketAddr,
    pub(crate) web: SocketAddr,
    /// What its names end with.
    provider: &'static str,
    /// When it was started.
    pub(crate) begun: Instant,
}

impl Traefik {
    /// With its own Docker provider.
    pub(crate) fn docker(engine: &Path) -> Self {
        let endpoint = format!("--providers.docker.endpoint=unix://{}", engine.display());
        Self::start("docker", &[endpoint])
    }

    /// With the HTTP provider and the flags that are recommended.
    pub(crate) fn http(provider: SocketAddr) -> Self {
        let endpoint = format!("--providers.http.endpoint=http://{provider}/config?wait=450ms");
        Self::start(
            "http",
            &[endpoint, "--providers.http.pollInterval=500ms".to_owned()],
        )
    }

    /// With its file provider alone.
    pub(crate) fn file() -> Self {
        Self::start("file", &[])
    }

    fn start(provider: &'static str, flags: &[String]) -> Self {
        let binary =
            std::env::var_os("TRAEFIK_BIN").expect("TRAEFIK_BIN, as scripts/env.sh sets it");
        let [web, api] = [ports::free(), ports::free()];
        let mut process = Process::named(&format!("traefik-{provider}"));
        let folder = TempDir::new().unwrap();
        write(&folder.path().join("certificate.yml"), &certificate());
        let mut command = Command::new(binary);
        command
            .arg(format!("--entrypoints.web.address={web}"))
            .arg(format!("--entrypoints.traefik.address={api}"))
            .args([
                "--api.insecure=true",
                "--ping=true",
                "--metrics.prometheus=true",
            ])
            .arg("--providers.providersThrottleDuration=100ms")
            .arg(format!(
                "--providers.file.directory={}",
                folder.path().display()
            ))
            .args([
                "--log.level=ERROR",
                "--global.checkNewVersion=false",
                "--global.sendAnonymousUsage=false",
            ])
            .args(flags)
            .env_remove("DOCKER_HOST")
            .stdout(Stdio::null());
        let begun = Instant::now();
        process.spawn(&mut command);
        Self {
            _process: process,
            folder,
            api,
            web,
            provider,
            begun,
        }
    }

    /// Waits until it answers.
    pub(crate) fn asker(&self) -> Asker {
        let ((), _) = within(PATIENCE, "Traefik answers", || {
            Asker::connect(self.api)?.get("/ping").map(|_answer| ())
        });
        Asker::connect(self.api).unwrap()
    }

    /// An object by its path in the API and its name.
    pub(crate) fn path(&self, kind: &str, name: &str) -> String {
        format!("/api/http/{kind}/{name}@{}", self.provider)
    }

    /// Waits until it has applied a document.
    pub(crate) fn await_document(asker: &mut Asker) {
        let target = "/api/http/middlewares?search=pointsman-rev-";
        within(PATIENCE, "it has the document", || {
            let answer = asker.get(target)?;
            let has = answer.body.contains("pointsman-rev-");
            has.then_some(()).ok_or_else(|| format!("{answer:?}"))
        });
    }

    /// How many configurations it has applied; the counter is there with the first one.
    pub(crate) fn reloads(asker: &mut Asker) -> u64 {
        let Answer { body, .. } = asker.get("/metrics").unwrap();
        let mut lines = body.lines();
        let line = lines.find_map(|line| line.strip_prefix("traefik_config_reloads_total "));
        line.map_or(0, |number| number.trim().parse().unwrap())
    }

    /// Gives its file provider this document, all at once.
    pub(crate) fn write_document(&self, text: &str) {
        let draft = TempDir::new_in(self.folder.path().parent().unwrap()).unwrap();
        let path = draft.path().join("document.yml");
        write(&path, text);
        std::fs::rename(path, self.folder.path().join("document.yml")).unwrap();
    }
}

fn write(path: &Path, text: &str) {
    let mut file = File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Without one of its own Traefik makes a new key for every configuration.
fn certificate() -> String {
    let pem = |name: &str| root().join("tests/fixtures/docker-tls").join(name);
    let certificate = json!({ "certFile": pem("server.pem"), "keyFile": pem("server-key.pem") });
    json!({ "tls": { "stores": { "default": { "defaultCertificate": certificate } } } }).to_string()
}
