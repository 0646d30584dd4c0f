//! Containers that were told to stop.

use serde_json::json;

use crate::routing::model::{Change, Leaving, State};
use crate::routing::table::{Options, ProxySelector};
use crate::routing::time::Timestamp;

use super::{Mk, World, mk, whoami};

/// It got a signal, the `count`th, and has 10 s.
fn told(mut mk: Mk, count: u32) -> Mk {
    mk.0.leaving = Some(Leaving {
        signal: "SIGTERM".to_owned(),
        count,
        grace_ms: 10_000,
    });
    mk
}

fn replicas() -> (Mk, Mk) {
    let replica = |name, n| whoami(name, n, "v1").compose("p", "web");
    (replica("a", 2), replica("b", 3))
}

const SERVICE: &str = "whoami-dev-web-v1";

impl World {
    fn later(&mut self, millis: u64) {
        self.now = self.now.plus_millis(millis);
        self.table.expire(self.now);
        self.settle();
    }

    fn list(&mut self, containers: &[&Mk]) {
        self.apply(Change::ResyncStart);
        for mk in containers {
            self.apply(Change::ResyncApply(Box::new(mk.0.clone())));
        }
        self.apply(Change::ResyncEnd);
        self.settle();
    }

    fn health(&self) -> String {
        self.table.all_stacks(self.now)[0].health.reason.clone()
    }
}

#[test]
fn a_managed_server_is_withdrawn_when_it_is_told_to_stop() {
    let (a, b) = replicas();
    let mut world = World::new(&[a.clone(), b.clone()]);
    assert_eq!(world.urls(SERVICE).len(), 2, "both");
    world.put(&told(a.clone(), 1));
    assert_eq!(world.urls(SERVICE), ["http://10.0.0.3:80"], "without it");
    assert!(world.health().contains("a (leaving)"), "{}", world.health());
    world.put(&told(b, 1));
    assert_eq!(world.urls(SERVICE), Vec::<String>::new(), "nobody");
    assert!(world.service(SERVICE).is_object(), "503, not 404");
    assert_eq!(
        world.codes(),
        Vec::<&str>::new(),
        "nothing is wrong with that"
    );
}

#[test]
fn an_unmanaged_one_leaves_as_if_it_had_stopped() {
    let plain = mk("plain", 2);
    let mut world = World::new(std::slice::from_ref(&plain));
    world.put(&told(plain.clone(), 1));
    assert_eq!(world.document(), json!({"http": {}}), "no router");
    world.put(&plain);
    assert_eq!(world.urls("plain"), ["http://10.0.0.2:80"], "started again");
    let options = Options {
        allow_empty_services: true,
        ..Options::default()
    };
    let mut world = World::with(options, std::slice::from_ref(&plain));
    world.put(&told(plain, 1));
    assert_eq!(world.names("routers"), ["plain"], "503 if so wished");
    assert_eq!(
        world.urls("plain"),
        Vec::<String>::new(),
        "without a server"
    );
}

#[test]
fn its_network_stays_until_it_is_gone() {
    let proxy = Some(ProxySelector::Name("traefik".to_owned()));
    let options = Options {
        proxy,
        ..Options::default()
    };
    let mut traefik = mk("traefik", 1).label("traefik.enable", "false");
    traefik.0.networks.clear();
    for web in [mk("web", 2), whoami("web", 2, "v1")] {
        let mut world = World::with(options.clone(), &[traefik.clone(), web.clone()]);
        let wanted = |world: &World| world.table.attachments().networks.len();
        world.put(&told(web.clone(), 1));
        assert_eq!(wanted(&world), 1, "requests may be under way");
        world.apply(Change::Exited(web.0.id));
        world.settle();
        assert_eq!(wanted(&world), 0, "not any more");
    }
}

#[test]
fn what_outlives_its_time_is_served_again_and_named() {
    let (a, b) = replicas();
    let mut world = World::new(&[a.clone(), b.clone()]);
    let begun = world.now;
    world.put(&told(a.clone(), 1));
    assert_eq!(
        world.table.next_departure(),
        Some(begun.plus_millis(12_000)),
        "time-out and margin"
    );
    world.later(11_999);
    assert_eq!(world.urls(SERVICE).len(), 1, "not yet");
    // a complete list in between neither ends nor prolongs it
    world.list(&[&told(a.clone(), 1), &b]);
    assert_eq!(world.urls(SERVICE).len(), 1, "still leaving");
    world.later(1);
    assert_eq!(world.urls(SERVICE).len(), 2, "it still runs");
    assert_eq!(world.table.next_departure(), None, "nothing to wait for");
    let found = world.table.diagnostics();
    assert_eq!(
        (found[0].code, found[0].subject.as_str()),
        ("still-running", "container a"),
        "named"
    );
    assert!(
        found[0]
            .message
            .contains("got SIGTERM and still runs 12 s later"),
        "{}",
        found[0].message
    );
    world.list(&[&told(a.clone(), 1), &b]);
    assert_eq!(
        world.urls(SERVICE).len(),
        2,
        "not withdrawn again by a list"
    );
    assert_eq!(world.codes(), ["still-running"], "and still named");
    world.put(&told(a.clone(), 2));
    assert_eq!(
        world.urls(SERVICE).len(),
        1,
        "a further signal gives it its time anew"
    );
    assert_eq!(world.codes(), Vec::<&str>::new(), "and nothing is wrong");
    world.put(&a);
    assert_eq!(world.urls(SERVICE).len(), 2, "a start ends it");
    assert_eq!(world.table.next_departure(), None, "for good");
}

#[test]
fn another_time_out_counts_from_the_signal() {
    let (a, b) = replicas();
    let mut world = World::new(&[a.clone(), b]);
    let begun = world.now;
    world.put(&told(a.clone(), 1));
    world.later(5_000);
    let mut longer = told(a.clone(), 1);
    longer.0.leaving.as_mut().unwrap().grace_ms = 60_000;
    world.put(&longer);
    assert_eq!(
        world.table.next_departure(),
        Some(begun.plus_millis(62_000)),
        "from the signal on"
    );
    let mut shorter = longer;
    shorter.0.leaving.as_mut().unwrap().grace_ms = 1_000;
    world.put(&shorter);
    assert_eq!(world.urls(SERVICE).len(), 2, "its time is over already");
    assert_eq!(world.codes(), ["still-running"], "named");
}

#[test]
fn an_end_forgets_the_signal() {
    let (a, b) = replicas();
    let mut world = World::new(&[told(a.clone(), 1), b]);
    assert_eq!(world.urls(SERVICE).len(), 1, "also in the first list");
    world.apply(Change::Exited(a.0.id.clone()));
    world.settle();
    assert!(world.health().contains("a (exited)"), "{}", world.health());
    assert_eq!(
        world.table.next_departure(),
        None::<Timestamp>,
        "nothing to wait for"
    );
    world.put(&told(a.clone(), 1).state(State::Exited));
    world.later(60_000);
    assert_eq!(
        world.codes(),
        Vec::<&str>::new(),
        "what has ended is not overdue"
    );
    world.remove(&a);
    assert_eq!(world.urls(SERVICE).len(), 1, "gone");
}
