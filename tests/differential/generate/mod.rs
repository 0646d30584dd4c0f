//! Random worlds.

mod labels;

use crate::support::fake_engine::{FakeContainer, FakePort, container};
use crate::support::random::Random;
use crate::support::world::World;

const NAMES: [&str; 10] = [
    "web",
    "web-1",
    "web_1",
    "api",
    "Api",
    "db.main",
    "\u{fc}n\u{ef}",
    "x",
    "a",
    "-web-",
];
const NETWORKS: [&str; 5] = ["front", "back", "shop_default", "alpha", "zeta"];
const PORTS: [u16; 6] = [80, 8080, 443, 53, 9090, 65535];

/// One of them.
pub(crate) fn pick<'a, T: ?Sized>(random: &mut Random, all: &[&'a T]) -> &'a T {
    let at = random.below(all.len() as u64);
    all[usize::try_from(at).unwrap()]
}

/// True about `percent` times out of a hundred.
pub(crate) fn chance(random: &mut Random, percent: u64) -> bool {
    random.below(100) < percent
}

/// The world of a seed.
pub(crate) fn world(seed: u64) -> World {
    let random = &mut Random::new(seed);
    let mut world = World::new();
    for index in 0..=random.below(6) {
        let replica = world
            .last()
            .filter(|_| random.below(4) == 0)
            .map(|it: &FakeContainer| it.labels.clone());
        let mut it = skeleton(random, index, &world);
        match replica {
            Some(labels) => it.labels = labels,
            None => labels::add(random, &mut it),
        }
        world.push(it);
    }
    world
}

fn skeleton(random: &mut Random, index: u64, world: &[FakeContainer]) -> FakeContainer {
    let mut name = pick(random, &NAMES).to_owned();
    if world.iter().any(|other| other.name == name) {
        name = format!("{name}{index}");
    }
    let mut it = container(&name);
    it.id = format!("{:02x}", random.below(0xff));
    it.created += random.below(3);
    let state = if chance(random, 85) {
        "running"
    } else {
        pick(
            random,
            &["exited", "created", "paused", "restarting", "dead"],
        )
    };
    state.clone_into(&mut it.state);
    if chance(random, 25) {
        it.health = Some(pick(random, &["healthy", "unhealthy", "starting"]).to_owned());
    }
    networks(random, index, &mut it, world);
    for _ in 0..random.below(4) {
        port(random, &mut it);
    }
    it
}

fn networks(random: &mut Random, index: u64, it: &mut FakeContainer, world: &[FakeContainer]) {
    let kind = random.below(20);
    let owner = world.first().map(|owner| owner.name.clone());
    match (kind, owner) {
        (0, _) => *it = it.clone().network("host", ""),
        (1, _) => *it = it.clone().network("none", ""),
        (2 | 3, Some(owner)) => it.network_mode = format!("container:{owner}"),
        (4, _) => {}
        _ => {
            for number in 0..=random.below(3) {
                let name = pick(random, &NETWORKS);
                *it = it.clone().network(name, &format!("10.{index}.{number}.2"));
                if chance(random, 10) {
                    it.ipv6.insert(
                        name.to_owned(),
                        format!("fd00::{}:{}:2", index + 1, number + 1),
                    );
                }
            }
        }
    }
    let only = it.networks.len() == 1;
    for (name, (ip, _)) in &mut it.networks {
        if it.ipv6.contains_key(name) && chance(random, 50) || only && chance(random, 3) {
            ip.clear();
        }
    }
}

fn port(random: &mut Random, it: &mut FakeContainer) {
    let at = usize::try_from(random.below(PORTS.len() as u64)).unwrap();
    let mut port = FakePort {
        private: PORTS[at],
        protocol: pick(random, &["tcp", "tcp", "udp"]).to_owned(),
        bindings: Vec::new(),
    };
    if it
        .ports
        .iter()
        .any(|other| (other.private, &other.protocol) == (port.private, &port.protocol))
    {
        return;
    }
    for _ in 0..random.below(3).saturating_sub(1) {
        let ip = pick(
            random,
            &["0.0.0.0", "127.0.0.1", "192.168.7.5", "::", "::1", ""],
        );
        let public = u16::try_from(20_000 + random.below(1000)).unwrap();
        port.bindings.push((ip.to_owned(), public));
    }
    it.ports.push(port);
}
