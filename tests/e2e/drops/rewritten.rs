//! With a script that writes a file for Traefik's file provider: it waits until the new version is healthy, writes, waits
//! until Traefik has the file, lets the drain pass, and only then stops what is not in it any more. The file gives Traefik
//! health checks, because nobody else would see a server fail.

use std::thread::sleep;

use serde_json::{Map, Value, json};

use super::ledger::{Ledger, Step};
use super::site::{DRAIN, Eye, IN_FLIGHT, Retries, Setup, Site, mark};
use crate::support::docker::Sandbox;
use crate::support::traefik::Traefik;

/// Traefik with the script.
pub(crate) struct Rewritten {
    traefik: Traefik,
    site: Site,
    written: u32,
    _sandbox: Sandbox,
}

impl Rewritten {
    pub(crate) fn start() -> Self {
        let sandbox = Sandbox::enter();
        let site = Site::new(&sandbox, Retries::None);
        let mut traefik = Traefik::on_free_ports();
        traefik.set_flags(&[&site.flag()]);
        traefik.start_alone();
        Self {
            traefik,
            site,
            written: 0,
            _sandbox: sandbox,
        }
    }

    /// All running containers of these versions, with their shares.
    fn write(&mut self, shares: &[(&str, u32)]) {
        let ids = |version: &str| Vec::from_iter(self.site.stack(version, 2).ids());
        let shares: Vec<_> = shares
            .iter()
            .map(|(v, share)| (*v, *share, ids(v)))
            .collect();
        self.write_these(&shares);
    }

    fn write_these(&mut self, shares: &[(&str, u32, Vec<String>)]) {
        self.written += 1;
        let name = format!("written-{}", self.written);
        let mut services = Map::new();
        for (version, _share, ids) in shares {
            let servers = ids.iter().map(|id| json!({ "url": self.site.url(id) }));
            services.insert(
                (*version).to_owned(),
                balancer(&servers.collect::<Vec<_>>()),
            );
        }
        let parts = shares.iter();
        let parts = parts.map(|(version, share, _)| json!({ "name": version, "weight": share }));
        let parent = json!({ "weighted": { "services": parts.collect::<Vec<_>>() } });
        services.insert("drops".to_owned(), parent);
        let rule = format!("Host(`{}`)", self.site.app.live());
        let router = json!({ "rule": rule, "service": "drops" });
        let http = json!({ "routers": { "drops": router }, "services": services,
            "middlewares": mark(&name) });
        self.site.write("drops", &json!({ "http": http }));
        Eye(&self.traefik).expect_mark(&name);
    }

    fn scale_down(&mut self, new: &str, ledger: &Ledger) -> Vec<String> {
        let ids = Vec::from_iter(self.site.stack(new, 2).ids());
        ledger.step(Step::ScaleDown, || {
            self.write_these(&[(new, 1, ids[1..].to_vec())]);
            sleep(DRAIN);
            self.site.stop(&ids[0], ledger);
            sleep(IN_FLIGHT);
        });
        self.site.clear(&ids[..1]);
        ids[1..].to_vec()
    }
}

fn balancer(servers: &[Value]) -> Value {
    let check = json!({ "path": "/health", "interval": "500ms", "timeout": "1s" });
    json!({ "loadBalancer": { "servers": servers, "healthCheck": check } })
}

impl Setup for Rewritten {
    fn prepare(&mut self) {
        for version in ["v1", "v2"] {
            self.site.stack(version, 2).up();
        }
        self.write(&[("v2", 1)]);
    }

    fn cycle(&mut self, [old, live, new]: [&str; 3], ledger: &Ledger) {
        ledger.step(Step::Deploy, || self.site.stack(new, 2).up());
        ledger.step(Step::Switch, || self.write(&[(new, 1)]));
        ledger.step(Step::Rollback, || self.write(&[(live, 1)]));
        ledger.step(Step::Ramp, || {
            for share in [25, 60] {
                self.write(&[(live, 100 - share), (new, share)]);
                sleep(IN_FLIGHT / 2);
            }
            self.write(&[(new, 1)]);
        });
        ledger.step(Step::ScaleUp, || {
            self.site.stack(new, 4).up();
            self.write(&[(new, 1)]);
        });
        let ids = self.scale_down(new, ledger);
        self.site.mishaps(&Eye(&self.traefik), &ids, ledger);
        self.site.reload(&Eye(&self.traefik), new, ledger);
        self.site.clear(&ids[1..]);
        self.write(&[(new, 1)]);
        ledger.step(Step::Retire, || {
            let stack = self.site.stack(old, 2);
            ledger.may_leave(stack.ids(), tokio::time::Instant::now());
            stack.down();
            sleep(IN_FLIGHT);
        });
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn traefik(&self) -> &Traefik {
        &self.traefik
    }
}
