//! One more Traefik, with an Engine of its own: what it makes of a router that stands alone.
//!
//! The one beside Pointsman gets all that labels can say, and some of it keeps Traefik from ever applying anything again.
//! This one is given nothing else, so its API always answers.

use std::path::Path;

use serde_json::Value;

use super::fake_engine::{FakeContainer, FakeEngine};
use super::options::Options;
use super::pair::{accepted, followed, settle};
use super::soon;
use super::traefik::Traefik;

/// A Traefik with its Engine.
pub(crate) struct Alone {
    engine: FakeEngine,
    docker: Traefik,
    runs: u64,
}

impl Alone {
    /// Starts it with these options.
    pub(crate) async fn start(options: &Options, certificate: &Path) -> Self {
        let engine = FakeEngine::new();
        let docker = Traefik::start("alone", &options.docker(&engine.socket()), certificate);
        soon("it follows the events", followed(&engine, 1)).await;
        Self {
            engine,
            docker,
            runs: 0,
        }
    }

    /// What it makes of this container.
    pub(crate) async fn run(&mut self, container: FakeContainer) -> Value {
        self.runs += 1;
        let (marker, containers) = settle(&[container], self.runs);
        self.engine.replace(containers);
        accepted(&mut self.docker, &marker, &mut Vec::new()).await
    }

    /// A router of the last run, as its API shows it once that is applied.
    pub(crate) async fn router(&self, protocol: &str, name: &str) -> Value {
        let marker = format!("http/middlewares/case-{}@docker", self.runs);
        self.docker.object(&marker).await;
        let name = name
            .bytes()
            .fold(String::new(), |name, byte| format!("{name}%{byte:02x}"));
        self.docker
            .object(&format!("{protocol}/routers/{name}%40docker"))
            .await
    }
}
