//! With Pointsman.

use std::thread::sleep;

use tokio::time::Instant;

use super::ledger::{Ledger, Step};
use super::site::{DRAIN, Eye, IN_FLIGHT, Retries, SOON, Setup, Site, scale};
use crate::support::app::{ENV, Stack};
use crate::support::docker::Sandbox;
use crate::support::system::{System, active};
use crate::support::traefik::Traefik;
use crate::support::within;

/// Without waiting between the shares longer than it takes to see each of them.
const RAMP: &str = r#"{"plan": {"name": "ramp", "steps": [
    {"weight": 25, "min_dwell": "300ms"}, {"weight": 60, "min_dwell": "300ms"}, {"weight": 100}]}}"#;

/// The system with one app.
pub(crate) struct Managed {
    system: System,
    site: Site,
    restarts: u32,
}

impl Managed {
    pub(crate) fn start(retries: Retries) -> Self {
        let sandbox = Sandbox::enter();
        let site = Site::new(&sandbox, retries);
        let mut traefik = Traefik::on_free_ports();
        traefik.set_flags(&[&site.flag()]);
        Self {
            system: System::of(sandbox, None, traefik),
            site,
            restarts: 0,
        }
    }

    fn verb(&self, verb: &str, more: &[&str]) {
        let head = [verb, self.site.app.name, ENV];
        let wait = ["--wait", "applied"];
        self.system
            .pointsman
            .done(&[&head[..], more, &wait].concat());
    }

    /// By shares, until it has everything.
    fn ramp(&self, version: &str) {
        let app = &self.site.app;
        self.system.post(app, "shift", RAMP);
        within(SOON, "the end of the ramp", || {
            let status = self.system.status(app);
            let done = status.state == "steady" && active(&status) == version;
            done.then_some(()).ok_or(status.state)
        });
        self.system.expect_applied("the ramp");
    }

    /// Ends it, every other time without a warning, and starts it again.
    fn restart(&mut self) {
        self.restarts += 1;
        if self.restarts.is_multiple_of(2) {
            self.system.pointsman.kill();
        } else {
            self.system.pointsman.stop();
        }
        self.system.pointsman.start_again();
        // and Traefik, which asks less often after an outage, has asked again
        within(SOON, "Traefik polls", || {
            let proxies: Vec<serde_json::Value> = self.system.pointsman.get("/v1/proxies");
            (!proxies.is_empty()).then_some(()).ok_or(String::new())
        });
    }

    /// Out of routing, drained, and gone.
    fn remove(&self, stack: &Stack, ledger: &Ledger) {
        ledger.may_leave(stack.ids(), Instant::now() + DRAIN);
        let app = self.site.app.name;
        let by_gc = self.restarts.is_multiple_of(2);
        let step = if by_gc { Step::Gc } else { Step::Retire };
        ledger.step(step, || {
            if by_gc {
                self.system.pointsman.done(&["gc", app, ENV, "--wait"]);
            } else {
                self.verb("retire", &[&stack.version, "--remove"]);
            }
            within(SOON, "it is removed", || {
                let left = stack.ids();
                left.is_empty().then_some(()).ok_or(format!("{left:?}"))
            });
            sleep(IN_FLIGHT);
        });
    }
}

impl Setup for Managed {
    fn prepare(&mut self) {
        let app = &self.site.app;
        let body = format!(
            r#"{{"domain": "e2e.test", "drain": "{}s", "retention": {{"keep_last": 1, "min_age": "0s"}}}}"#,
            DRAIN.as_secs()
        );
        self.system.put(app, &body);
        for version in ["v1", "v2"] {
            self.site.stack(version, 2).up();
            self.system.place(app, version, None);
        }
    }

    fn cycle(&mut self, [old, live, new]: [&str; 3], ledger: &Ledger) {
        let stack = self.site.stack(new, 2);
        ledger.step(Step::Deploy, || stack.up());
        ledger.step(Step::Promote, || self.verb("promote", &[new]));
        ledger.step(Step::Switch, || self.verb("switch", &[]));
        ledger.step(Step::Rollback, || self.verb("rollback", &[]));
        assert_eq!(
            active(&self.system.status(&self.site.app)),
            live,
            "rollback"
        );
        ledger.step(Step::Ramp, || self.ramp(new));
        let more = self.site.stack(new, 4);
        ledger.step(Step::ScaleUp, || {
            scale(&more, ledger);
            for id in more.ids() {
                Eye(self.traefik()).expect_served(&self.site.url(&id));
            }
        });
        let less = self.site.stack(new, 3);
        ledger.step(Step::ScaleDown, || {
            scale(&less, ledger);
            self.system.expect_applied("fewer");
            sleep(IN_FLIGHT);
        });
        let ids: Vec<String> = less.ids().into_iter().collect();
        self.site.mishaps(&Eye(self.traefik()), &ids, ledger);
        ledger.step(Step::Restart, || self.restart());
        self.site.reload(&Eye(self.traefik()), new, ledger);
        self.site.clear(&ids[1..]);
        self.remove(&self.site.stack(old, 2), ledger);
    }

    fn site(&self) -> &Site {
        &self.site
    }

    fn traefik(&self) -> &Traefik {
        &self.system.traefik
    }
}
