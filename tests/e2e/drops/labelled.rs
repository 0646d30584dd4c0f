//! With Traefik's own Docker provider: the versions are stacks side by side whose labels name the same router and the same
//! service, so that Traefik serves both, and then the old one is stopped. There are no shares, and nobody waits for what
//! is only deployed.

use std::thread::sleep;

use super::ledger::{Ledger, Step};
use super::site::{DRAIN, Eye, IN_FLIGHT, Retries, Setup, Site};
use crate::support::app::Stack;
use crate::support::docker::Sandbox;
use crate::support::traefik::Traefik;

/// What is done before a container is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing.
    Nothing,
    /// It fails its health check, so that Traefik takes it out; then the drain passes.
    Drain,
}

/// Traefik with labels.
pub(crate) struct Labelled {
    traefik: Traefik,
    site: Site,
    before: Before,
    _sandbox: Sandbox,
}

impl Labelled {
    pub(crate) fn start(before: Before) -> Self {
        let sandbox = Sandbox::enter();
        let site = Site::new(&sandbox, Retries::None);
        let mut traefik = Traefik::on_free_ports();
        traefik.set_flags(&[
            &site.flag(),
            "--providers.docker=true",
            "--providers.docker.exposedbydefault=false",
        ]);
        traefik.start_alone();
        Self {
            traefik,
            site,
            before,
            _sandbox: sandbox,
        }
    }

    fn stack(&self, version: &str, replicas: u32) -> Stack {
        let rule = format!("Host(`{}`)", self.site.app.live());
        self.site
            .stack(version, replicas)
            .label("traefik.enable", "true")
            .label("traefik.http.routers.drops.rule", &rule)
            .label("traefik.http.services.drops.loadbalancer.server.port", "80")
    }

    /// `docker compose up --wait`, and Traefik has noticed.
    fn up(&self, stack: &Stack, ledger: &Ledger) {
        ledger.must_stay(stack.ids());
        stack.up();
        for id in stack.ids() {
            Eye(&self.traefik).expect_served(&self.site.url(&id));
        }
    }

    fn leave(&self, ids: &[String], ledger: &Ledger) {
        let eye = Eye(&self.traefik);
        let urls: Vec<String> = ids.iter().map(|id| self.site.url(id)).collect();
        if self.before == Before::Drain {
            for id in ids {
                self.site.tell(id, "/admin/unhealthy");
            }
            for url in &urls {
                eye.expect_out(url);
            }
            sleep(DRAIN);
        }
        for id in ids {
            self.site.stop(id, ledger);
        }
        for url in &urls {
            eye.expect_out(url);
        }
        sleep(IN_FLIGHT);
    }

    /// One version comes, then the other one goes; its containers stay, stopped.
    fn exchange(&self, comes: &Stack, goes: &Stack, ledger: &Ledger) {
        self.up(comes, ledger);
        self.leave(&Vec::from_iter(goes.ids()), ledger);
    }
}

impl Setup for Labelled {
    fn prepare(&mut self) {
        self.up(&self.stack("v2", 2), &Ledger::new());
    }

    fn cycle(&mut self, [old, live, new]: [&str; 3], ledger: &Ledger) {
        let (before, stack) = (self.stack(live, 2), self.stack(new, 2));
        ledger.step(Step::Deploy, || self.up(&stack, ledger));
        let goes = Vec::from_iter(before.ids());
        ledger.step(Step::Switch, || self.leave(&goes, ledger));
        ledger.step(Step::Rollback, || self.exchange(&before, &stack, ledger));
        ledger.step(Step::Switch, || self.exchange(&stack, &before, ledger));
        ledger.step(Step::ScaleUp, || self.up(&self.stack(new, 4), ledger));
        let last = Vec::from_iter(stack.ids());
        ledger.step(Step::ScaleDown, || self.leave(&last[..1], ledger));
        self.site.clear(&last[..1]);
        self.site.mishaps(&Eye(&self.traefik), &last[1..], ledger);
        self.site.reload(&Eye(&self.traefik), new, ledger);
        self.site.clear(&last[2..]);
        ledger.step(Step::Retire, || {
            self.stack(old, 2).down();
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
