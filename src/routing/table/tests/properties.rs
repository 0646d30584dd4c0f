//! Laws: any order of the same facts gives the same bytes; incremental equals from scratch.

use proptest::prelude::*;
use serde_json::Value;

use crate::routing::ids::{ContainerId, EnvKey, Version};
use crate::routing::model::{Authority, Change, Health, State};
use crate::routing::plan::{Match, Plan, PlanStep, Sticky, Weight};
use crate::routing::rollout::{Closure, Command, Event, Insist, step};
use crate::routing::table::claims::Claim;
use crate::routing::table::fragment::Object;
use crate::routing::table::{Options, ProxySelector, Table};
use crate::routing::time::Timestamp;
use crate::routing::traefik::Section;

use super::{Mk, World, env_record, mk, share};

/// One thing that can happen.
#[derive(Clone, Debug)]
enum Op {
    Put(Mk),
    Exit(u8),
    Remove(u8),
    Env { env: u8, domain: u8, age: u8 },
    RemoveEnv(u8),
    Command(u8, Command),
    Provider(u8),
    Rebuild,
}

fn name(n: u8) -> String {
    format!("c{n}")
}

/// Two of the pairs share their names (`a/b-c`, `a-b/c`); the third stands alone.
fn key(n: u8) -> EnvKey {
    let (app, env) = [("a", "b-c"), ("a-b", "c"), ("whoami", "dev")][usize::from(n % 3)];
    EnvKey::parse(app, env).unwrap()
}

fn version(n: u8) -> Version {
    Version::parse(["v1.0", "v1-0", "v2"][usize::from(n % 3)]).unwrap()
}

fn container() -> impl Strategy<Value = Mk> {
    let parts = (
        0u8..8,
        0u8..4,
        0u8..3,
        0u8..3,
        prop::sample::subsequence((0usize..20).collect::<Vec<_>>(), 0..5),
    );
    (parts, 0u8..6, 0u8..4).prop_map(|((n, family, env, version_no, extras), state, project)| {
        let mut mk = mk(&name(n), n + 1);
        if family > 0 {
            let key = key(env);
            mk = mk.managed(
                key.app.as_str(),
                key.env.as_str(),
                version(version_no).as_str(),
            );
        }
        if family > 1 {
            mk = mk.compose(&format!("p{project}"), ["web", "db"][usize::from(n % 2)]);
        }
        for extra in extras {
            let (label, value) = LABELS[extra];
            mk = mk.label(label, value);
        }
        match state {
            0 => mk.state(State::Exited),
            1 => mk.health(Health::Starting),
            2 | 4 => mk.health(Health::Healthy),
            3 => mk.network("other", [10, 5, 0, n]),
            _ => mk,
        }
    })
}

const LABELS: [(&str, &str); 20] = [
    ("pointsman.port", "8080"),
    ("pointsman.host", "api"),
    ("pointsman.domain", "x.example"),
    (
        "traefik.http.routers.r.rule",
        "Host(`whoami.d0.example`) || Host(`www.shop.example`)",
    ),
    ("traefik.http.routers.r.rule", "PathPrefix(`/`)"),
    ("traefik.http.routers.a-b-c-web.rule", "Host(`z.example`)"),
    ("traefik.http.services.s.loadbalancer.server.port", "81"),
    (
        "traefik.http.services.a-b-c-web-v2.loadbalancer.server.port",
        "81",
    ),
    ("traefik.http.middlewares.m.addprefix.prefix", "/m"),
    ("traefik.http.middlewares.m.chain.middlewares", ""),
    ("traefik.http.routers.broken.priority", "x"),
    ("traefik.enable", "false"),
    ("traefik.tcp.routers.t.rule", "HostSNI(`*`)"),
    ("traefik.tcp.routers.t.entrypoints", "web"),
    ("traefik.udp.routers.u.entrypoints", "dns"),
    ("traefik.http.services.w.weighted.services[0].name", "s"),
    ("traefik.http.services.w.weighted.services[1].name", "x"),
    ("traefik.http.services.x.mirroring.service", "w"),
    ("traefik.http.services.x.failover.service", "s@docker"),
    ("traefik.tls.options.o.snistrict", "true"),
];

/// What replicas of plain containers say alike, and others otherwise.
const SHARED: [(&str, &str); 8] = [
    ("traefik.http.routers.r.rule", "Host(`r.example`)"),
    ("traefik.http.routers.r.rule", "Host(`other.example`)"),
    ("traefik.http.routers.r.middlewares", "m"),
    ("traefik.http.services.s.loadbalancer.server.port", "80"),
    ("traefik.http.middlewares.m.addprefix.prefix", "/m"),
    ("traefik.http.middlewares.m.addprefix.prefix", "/n"),
    ("traefik.http.middlewares.m.chain.middlewares", "n"),
    ("traefik.tcp.routers.r.rule", "HostSNI(`*`)"),
];

/// Things that happen to plain containers that want the same names, and to an env beside them.
fn plain_op() -> impl Strategy<Value = Op> {
    let labels = prop::sample::subsequence((0..SHARED.len()).collect::<Vec<_>>(), 2..6);
    let put = (0u8..5, labels, 0u8..4).prop_map(|(n, labels, state)| {
        let labels = labels.into_iter().map(|at| SHARED[at]);
        let mk = labels.fold(mk(&name(n), n + 1), |mk, (key, value)| mk.label(key, value));
        Op::Put(match state {
            0 => mk.state(State::Exited),
            1 => mk.health(Health::Unhealthy),
            _ => mk,
        })
    });
    prop_oneof![
        6 => put,
        3 => (0u8..5).prop_map(Op::Exit),
        2 => (0u8..5).prop_map(Op::Remove),
        1 => (0u8..3, 0u8..2, 0u8..4).prop_map(|(env, domain, age)| Op::Env { env, domain, age }),
        1 => (0u8..3).prop_map(Op::RemoveEnv),
        6 => Just(Op::Rebuild),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0u8..3, prop::option::of(0u64..=100)).prop_map(|(n, weight)| Command::Promote {
            version: version(n),
            weight: weight.map(|weight| Weight::new(weight).unwrap()),
            insist: Insist::default(),
        }),
        Just(Command::switch()),
        Just(Command::Rollback),
        Just(Command::Evict),
        Just(Command::Abort),
        plan().prop_map(|plan| Command::Shift {
            plan: Some(plan),
            insist: Insist::default(),
        }),
        prop::option::of(0u32..3).prop_map(|retry| Command::Maintenance(retry.map(closure))),
        (0u8..3).prop_map(|n| Command::Retire {
            removal: None,
            version: version(n),
            insist: Insist {
                force: true,
                supersede: true,
            },
        }),
    ]
}

fn closure(retry_after_s: u32) -> Closure {
    Closure {
        message: "closed".to_owned(),
        retry_after_s,
    }
}

/// Steps that mirror, match and stick.
fn plan() -> impl Strategy<Value = Plan> {
    let matched = prop_oneof![Just("1"), Just("a.b"), Just("(c)")].prop_map(|value| {
        let (name, value) = ("beta".to_owned(), value.to_owned());
        if value.len() == 1 {
            Match::Header { name, value }
        } else {
            Match::Cookie { name, value }
        }
    });
    let sticky = prop_oneof![
        Just(Sticky::None),
        Just(Sticky::Cookie),
        Just(Sticky::Address)
    ];
    let parts = (
        0u64..100,
        0u64..=100,
        prop::collection::vec(matched, 0..3),
        sticky,
    );
    parts.prop_map(|(weight, mirror, matches, sticky)| {
        let first = PlanStep {
            mirror: Weight::new(mirror).unwrap(),
            matches,
            ..share(weight)
        };
        let mut plan = Plan::new("random", vec![first, share(100)]).unwrap();
        plan.sticky = sticky;
        plan
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => container().prop_map(Op::Put),
        2 => (0u8..8).prop_map(Op::Exit),
        2 => (0u8..8).prop_map(Op::Remove),
        2 => (0u8..3, 0u8..2, 0u8..4).prop_map(|(env, domain, age)| Op::Env { env, domain, age }),
        1 => (0u8..3).prop_map(Op::RemoveEnv),
        5 => (0u8..3, command()).prop_map(|(env, command)| Op::Command(env, command)),
        1 => (0u8..2).prop_map(Op::Provider),
        2 => Just(Op::Rebuild),
    ]
}

const NOW: Timestamp = Timestamp::from_millis(50_000_000);

/// With `c0` as Traefik's container, or nothing to attach.
fn options(proxy: Option<u8>) -> Options {
    Options {
        proxy: proxy.map(|n| ProxySelector::Name(name(n))),
        ..Options::default()
    }
}

/// Carries out one thing; commands see the table as the reconciler does, after a rebuild.
fn carry_out(table: &mut Table, op: &Op) {
    match op {
        Op::Put(mk) => table.apply(Change::Apply(Box::new(mk.0.clone())), NOW),
        Op::Exit(n) => table.apply(Change::Exited(mk(&name(*n), 1).0.id), NOW),
        Op::Remove(n) => table.apply(Change::Remove(mk(&name(*n), 1).0.id), NOW),
        Op::Env { env, domain, age } => {
            let key = key(*env);
            let domain = format!("d{domain}.example");
            table.put_env(env_record(
                key.app.as_str(),
                key.env.as_str(),
                &domain,
                u64::from(*age),
            ));
        }
        Op::RemoveEnv(env) => table.remove_env(&key(*env)),
        Op::Command(env, command) => {
            let key = key(*env);
            table.rebuild(NOW);
            if table.env(&key).is_none() {
                return;
            }
            if let Ok(step) = step(
                &table.rollout(&key),
                &Event::command(command.clone()),
                &table.view(&key),
                NOW,
            ) {
                table.put_rollout(&key, step.record);
            }
        }
        Op::Provider(n) => table.apply(Change::Provider(provider(*n)), NOW),
        Op::Rebuild => {
            table.rebuild(NOW);
        }
    }
}

fn provider(n: u8) -> Authority {
    Authority::parse(["pointsman:9000", "10.0.0.9:9000"][usize::from(n % 2)]).unwrap()
}

fn synced(options: Options) -> Table {
    let mut table = Table::new(options);
    table.apply(Change::ResyncStart, NOW);
    table.apply(Change::ResyncEnd, NOW);
    table
}

/// The same facts and records, told to an empty table in the order of `seed`.
fn from_scratch(table: &Table, options: Options, seed: u64) -> Table {
    let mut containers: Vec<_> = table
        .facts
        .iter()
        .map(|fact| fact.container.clone())
        .collect();
    let spread = |text: &str| {
        text.bytes().fold(seed, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u64::from(byte))
        })
    };
    containers.sort_by_key(|container| spread(container.id.as_str()));
    let mut fresh = synced(options);
    if let Some(provider) = table.provider.clone() {
        fresh.apply(Change::Provider(provider), NOW);
    }
    for record in table.envs() {
        fresh.put_env(record.clone());
        fresh.put_rollout(&record.key, table.rollout(&record.key));
    }
    for container in containers {
        fresh.apply(Change::Apply(Box::new(container)), NOW);
    }
    fresh.rebuild(NOW);
    fresh
}

/// What must hold of every document: it parses, no name is twice, nothing points into the void.
fn check_document(table: &Table) {
    let bytes = table.document().to_bytes();
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(
        !text.contains("{}") || text.contains("\"tls\":{}"),
        "no empty object: {text}"
    );
    let services = document["http"]["services"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for (name, service) in &services {
        check_shares(name, service);
        let mirroring = &service["mirroring"];
        let lists = [
            &service["weighted"]["services"],
            &service["highestRandomWeight"]["services"],
            &mirroring["mirrors"],
        ];
        let listed = lists.into_iter().filter_map(Value::as_array).flatten();
        let children = listed.map(|child| &child["name"]);
        for child in children.chain(mirroring.get("service")) {
            let child = child.as_str().unwrap();
            assert!(services.contains_key(child), "{name} has no {child}");
        }
    }
    let empty = serde_json::Map::new();
    let routers = document["http"]["routers"].as_object().unwrap_or(&empty);
    for (name, router) in routers {
        let below = name.strip_suffix("-match").and_then(|it| routers.get(it));
        if let Some(below) = below {
            let priority = |router: &Value| router["priority"].as_i64().unwrap();
            assert_eq!(priority(router), priority(below) + 1, "{name}");
        }
    }
    let size = |section: Section| {
        let object = document[section.root()][section.key()].as_object();
        object.map_or(0, serde_json::Map::len)
    };
    let counted: usize = Section::ALL.into_iter().map(size).sum();
    let standing: usize = table
        .fragments
        .iter()
        .map(|(key, fragment)| {
            let lost = |object: &Object| {
                let claim = Claim::Name(object.section, object.name.clone());
                table.claims.lost_to(&claim, key).is_some()
            };
            let standing = fragment.standing(&lost);
            // of services made of others, only those that can answer are written
            let written = |object: &&&Object| {
                object.composite.is_none()
                    || document[object.section.root()][object.section.key()]
                        .get(&object.name)
                        .is_some()
            };
            standing.iter().filter(written).count()
        })
        .sum();
    assert_eq!(
        counted,
        standing + 1,
        "no name is there twice, beside the marker"
    );
}

/// Nobody has no share, and where all are given they come to everything.
fn check_shares(name: &str, service: &Value) {
    for kind in ["weighted", "highestRandomWeight"] {
        let Some(children) = service[kind]["services"].as_array() else {
            continue;
        };
        let weights: Vec<Option<u64>> = children
            .iter()
            .map(|child| child["weight"].as_u64())
            .collect();
        assert!(
            !weights.contains(&Some(0)),
            "{name} has a child without a share"
        );
        let sum: Option<u64> = weights.into_iter().sum();
        assert!(sum.is_none_or(|sum| sum == 100), "{name}: {service}");
    }
}

pub(super) fn cases() -> u32 {
    option_env!("POINTSMAN_CASES")
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(10_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_from_scratch(ops in prop::collection::vec(op(), 1..24), proxy in prop::option::of(Just(0u8)), seed in any::<u64>()) {
        let mut table = synced(options(proxy));
        let mut wish = None;
        for op in &ops {
            carry_out(&mut table, op);
            wish = table.take_attachments().or(wish);
        }
        table.rebuild(NOW);
        wish = table.take_attachments().or(wish);
        check_document(&table);
        prop_assert_eq!(wish, Some(table.attachments()), "every change of the wish was told");
        let fresh = from_scratch(&table, options(proxy), seed);
        prop_assert_eq!(table.document().to_bytes(), fresh.document().to_bytes());
        prop_assert_eq!(table.document().revision(), fresh.document().revision());
        prop_assert_eq!(table.diagnostics(), fresh.diagnostics());
        prop_assert_eq!(table.attachments(), fresh.attachments());
    }

    #[test]
    fn what_many_want_is_as_if_all_had_come_at_once(ops in prop::collection::vec(plain_op(), 1..30), seed in any::<u64>()) {
        let mut table = synced(options(None));
        for op in &ops {
            carry_out(&mut table, op);
        }
        table.rebuild(NOW);
        check_document(&table);
        let fresh = from_scratch(&table, options(None), seed);
        prop_assert_eq!(table.document().to_bytes(), fresh.document().to_bytes());
        prop_assert_eq!(table.diagnostics(), fresh.diagnostics());
        prop_assert_eq!(table.attachments(), fresh.attachments());
    }

    #[test]
    fn apply_then_remove_is_nothing(before in prop::collection::vec(container(), 0..6), mut extra in container()) {
        extra.0.id = ContainerId::parse("extra").unwrap();
        let mut world = World::new(&before);
        let bytes = world.table.document().to_bytes();
        world.apply(Change::Apply(Box::new(extra.0.clone())));
        world.table.rebuild(NOW);
        world.apply(Change::Remove(extra.0.id));
        world.table.rebuild(NOW);
        prop_assert_eq!(world.table.document().to_bytes(), bytes);
    }

    #[test]
    fn a_resync_equals_the_sum_of_its_changes(ops in prop::collection::vec(op(), 1..12), list in prop::collection::vec(container(), 0..6)) {
        let mut table = synced(options(None));
        for op in &ops {
            carry_out(&mut table, op);
        }
        table.apply(Change::ResyncStart, NOW);
        for mk in &list {
            table.apply(Change::ResyncApply(Box::new(mk.0.clone())), NOW);
        }
        table.rebuild(NOW);
        let before = table.facts.iter().count();
        table.apply(Change::ResyncEnd, NOW);
        table.rebuild(NOW);
        let fresh = from_scratch(&table, options(None), 0);
        prop_assert_eq!(table.document().to_bytes(), fresh.document().to_bytes());
        let ids: std::collections::BTreeSet<_> = list.iter().map(|mk| mk.0.id.clone()).collect();
        prop_assert_eq!(table.facts.iter().count(), ids.len(), "{} before", before);
    }
}
