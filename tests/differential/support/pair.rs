//! One fake Engine, Traefik's own provider on one side, Pointsman with a Traefik behind it on the other.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::alone::Alone;
use super::fake_engine::{FakeContainer, FakeEngine, container};
use super::options::Options;
use super::pointsman::Pointsman;
use super::soon;
use super::traefik::Traefik;
use crate::judge::objects::SENTINEL;

/// Both sides.
pub(crate) struct Pair {
    pub(crate) options: Options,
    pub(crate) pointsman: Pointsman,
    engine: FakeEngine,
    docker: Traefik,
    http: Traefik,
    /// For what the others are not asked.
    pub(crate) alone: Alone,
    /// How often the world was changed.
    runs: u64,
    _dir: TempDir,
}

/// What both sides made of a world.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Traefik's own provider.
    pub(crate) docker: Value,
    /// Pointsman, as Traefik understood it.
    pub(crate) http: Value,
    /// What Traefik's own provider had to say meanwhile.
    pub(crate) log: Vec<Value>,
    /// Names of the containers by id.
    pub(crate) names: BTreeMap<String, String>,
}

impl Pair {
    /// Starts everything with these options, and an empty world.
    pub(crate) async fn start(options: Options) -> Self {
        let (engine, dir) = (FakeEngine::new(), tempfile::tempdir().unwrap());
        let certificate = dir.path().join("certificate.yml");
        write_certificate(&certificate);
        let pointsman = Pointsman::start(&engine.socket(), dir.path(), &options.pointsman()).await;
        let http = [
            format!(
                "--providers.http.endpoint=http://{}/config?wait=15ms",
                pointsman.provider
            ),
            "--providers.http.pollInterval=20ms".to_owned(),
        ];
        let pair = Self {
            docker: Traefik::start("docker", &options.docker(&engine.socket()), &certificate),
            http: Traefik::start("http", &http, &certificate),
            alone: Alone::start(&options, &certificate).await,
            options,
            engine,
            pointsman,
            runs: 0,
            _dir: dir,
        };
        soon("both follow the events", followed(&pair.engine, 2)).await;
        pair
    }

    /// Makes this the world and waits until both have accepted what they make of it.
    pub(crate) async fn run(&mut self, world: &[FakeContainer]) -> Outcome {
        let (marker, names) = self.change(world);
        let mut log = Vec::new();
        let docker = accepted(&mut self.docker, &marker, &mut log).await;
        let http = accepted(&mut self.http, &marker, &mut Vec::new()).await;
        assert!(!self.pointsman.has_ended(), "Pointsman still runs");
        Outcome {
            docker,
            http,
            log,
            names,
        }
    }

    /// Makes this the world, at which Traefik's own provider breaks; gives what Pointsman makes of it.
    pub(crate) async fn run_broken(&mut self, world: &[FakeContainer]) -> Value {
        let (marker, _) = self.change(world);
        let http = accepted(&mut self.http, &marker, &mut Vec::new()).await;
        loop {
            let line = self.docker.line().await;
            let config = &line["config"]["http"]["middlewares"];
            assert!(config[&marker].is_null(), "Traefik accepts it: {config}");
            if line.to_string().contains("panic") {
                return http;
            }
        }
    }

    /// Gives the marker by which a configuration of this world is known, and its containers' names by id.
    fn change(&mut self, world: &[FakeContainer]) -> (String, BTreeMap<String, String>) {
        self.runs += 1;
        let (marker, containers) = settle(world, self.runs);
        let ids = containers.iter().map(|it| (it.id.clone(), it.name.clone()));
        let names = ids.collect();
        self.engine.replace(containers);
        (marker, names)
    }
}

/// Traefik lists first and subscribes afterwards: what happens in between it does not see.
pub(super) async fn followed(engine: &FakeEngine, followers: usize) {
    while engine.followers() < followers {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The containers with the sentinel behind them, all with new ids, and the marker by which a configuration of this
/// world is known.
pub(super) fn settle(world: &[FakeContainer], run: u64) -> (String, Vec<FakeContainer>) {
    let marker = format!("case-{run}");
    let mut containers = world.to_vec();
    containers.push(sentinel(&marker));
    name_ids(&mut containers, run);
    (marker, containers)
}

/// The last container that both sides see: a configuration that has it has all the others.
fn sentinel(marker: &str) -> FakeContainer {
    let mut sentinel = container(SENTINEL)
        .label("traefik.enable", "true")
        .label("tier", "web")
        .label(
            &format!("traefik.http.middlewares.{marker}.addprefix.prefix"),
            "/",
        )
        .port(1)
        .network("sentinel", "10.255.255.254");
    "ff".clone_into(&mut sentinel.id);
    "running".clone_into(&mut sentinel.state);
    sentinel
}

/// An id never comes back, but its rank among the others of a world does.
fn name_ids(containers: &mut [FakeContainer], run: u64) {
    let mut new = BTreeMap::new();
    for (index, container) in containers.iter_mut().enumerate() {
        let rank = container.id.get(..2).expect("two digits");
        container.id = format!("{rank}{run:030x}{index:032x}");
        new.insert(
            format!("container:{}", container.name),
            format!("container:{}", container.id),
        );
    }
    for container in containers {
        if let Some(owner) = new.get(&container.network_mode) {
            container.network_mode.clone_from(owner);
        }
    }
}

/// The next configuration that has the marker.
pub(super) async fn accepted(traefik: &mut Traefik, marker: &str, log: &mut Vec<Value>) -> Value {
    loop {
        let mut line = traefik.line().await;
        if line["message"] != "Configuration received" {
            log.push(line);
        } else if !line["config"]["http"]["middlewares"][marker].is_null() {
            return line["config"].take();
        }
    }
}

/// With a default certificate of its own Traefik makes no new key for every configuration.
fn write_certificate(path: &Path) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/docker-tls");
    let pem = |name: &str| fixtures.join(name);
    let certificate = json!({ "certFile": pem("server.pem"), "keyFile": pem("server-key.pem") });
    let store = json!({ "default": { "defaultCertificate": certificate } });
    let text = json!({ "tls": { "stores": store } }).to_string();
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
