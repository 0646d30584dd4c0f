//! Random labels: mostly good, some broken, all from few names, so that containers meet.

use crate::corpus::table::{Field, fields};
use crate::corpus::{Sort, values};
use crate::support::fake_engine::FakeContainer;
use crate::support::random::Random;

use super::{chance, pick};

const OBJECTS: [&str; 7] = ["a", "b", "web", "A", "a-b", "\u{e4}", "a_b"];
const RULES: [&str; 9] = [
    "Host(`a.example`)",
    "Host(`a.example`) && PathPrefix(`/x`)",
    "Host(`b.example`) || Host(`c.example`)",
    "PathPrefix(`/`)",
    "HostRegexp(`^.+$`)",
    "!Host(`a`) && (Method(`GET`) || Header(`x`, `y`))",
    "Host(\"a.example\")",
    "Query(`a`, `b`)",
    "ClientIP(`10.0.0.0/8`)",
];

/// Labels for a container.
pub(crate) fn add(random: &mut Random, it: &mut FakeContainer) {
    common(random, it);
    let fields = fields();
    for _ in 0..random.below(7) {
        let at = usize::try_from(random.below(fields.len() as u64)).unwrap();
        let field = if chance(random, 60) {
            frequent(random, &fields)
        } else {
            fields[at]
        };
        let (mut key, value) = label(random, &field);
        if chance(random, 3) {
            key = broken(random, &key);
        }
        it.labels.insert(key, value);
    }
}

/// A field that people use.
fn frequent(random: &mut Random, fields: &[Field]) -> Field {
    let path = pick(
        random,
        &[
            "rule",
            "rule",
            "service",
            "middlewares",
            "entryPoints",
            "priority",
            "tls",
            "loadBalancer.server.port",
            "loadBalancer.server.port",
            "loadBalancer.server.url",
            "loadBalancer.server.scheme",
            "loadBalancer.passHostHeader",
            "loadBalancer.sticky.cookie.name",
            "addPrefix.prefix",
            "chain.middlewares",
        ],
    );
    let all: Vec<&Field> = fields.iter().filter(|field| field.path == path).collect();
    *pick(random, &all)
}

fn label(random: &mut Random, field: &Field) -> (String, String) {
    let object = pick(random, &OBJECTS);
    let mut key = field.key(object);
    if chance(random, 10) {
        let (head, tail) = key.split_at("traefik.".len());
        key = format!("{head}{}", tail.to_ascii_lowercase());
    }
    let sort = if chance(random, 95) {
        Sort::Good
    } else {
        Sort::Bad
    };
    let value = match field.path {
        "rule" if chance(random, 95) => pick(random, &RULES).to_owned(),
        "service" if chance(random, 90) => reference(random),
        "middlewares" | "chain.middlewares" if chance(random, 90) => {
            format!("{},{}", reference(random), reference(random))
        }
        "loadBalancer.server.port" if chance(random, 90) => {
            pick(random, &["80", "8080", "53", "1", "65535"]).to_owned()
        }
        "loadBalancer.server.scheme" if chance(random, 90) => {
            pick(random, &["http", "https", "h2c"]).to_owned()
        }
        "loadBalancer.server.url" if chance(random, 90) => {
            pick(random, &["http://192.0.2.1", "https://far.example:8443/x"]).to_owned()
        }
        _ => {
            let values = values(field.kind, sort);
            if values.is_empty() {
                "true".to_owned()
            } else {
                pick(random, values).to_owned()
            }
        }
    };
    (key, value)
}

fn reference(random: &mut Random) -> String {
    let object = pick(random, &OBJECTS);
    let provider = if chance(random, 80) {
        ""
    } else {
        pick(random, &["@docker", "@file", "@internal"])
    };
    format!("{object}{provider}")
}

fn common(random: &mut Random, it: &mut FakeContainer) {
    let mut maybe = |percent: u64, key: &str, values: &[&str]| {
        if chance(random, percent) {
            let value = pick(random, values).to_owned();
            it.labels.insert(key.to_owned(), value);
        }
    };
    maybe(
        30,
        "traefik.enable",
        &["true", "true", "true", "1", "false", "maybe", ""],
    );
    maybe(
        20,
        "traefik.docker.network",
        &["front", "back", "missing", "", "host", "shop_default"],
    );
    maybe(
        8,
        "traefik.docker.allownonrunning",
        &["true", "true", "false", "x"],
    );
    maybe(
        20,
        "com.docker.compose.project",
        &["shop", "shop", "two_words", ""],
    );
    maybe(
        20,
        "com.docker.compose.service",
        &["web", "api.v1", "Web", ""],
    );
    maybe(30, "tier", &["web", "db"]);
    maybe(3, "other.label", &["traefik", "\u{7f}"]);
    maybe(1, "traefik.docker.lbswarm", &["true"]);
    maybe(1, "traefik.docker.unknown", &["true"]);
    maybe(1, "traefik.enabled", &["true"]);
    maybe(1, "traefik.other", &["x"]);
}

/// A key that is not quite right.
fn broken(random: &mut Random, key: &str) -> String {
    let (root, rest) = key.split_once('.').expect("a dotted key");
    match random.below(10) {
        0 => format!("Traefik.{rest}"),
        1 => format!("{key}."),
        2 => format!("{root}..{rest}"),
        3 => format!("{key}.x"),
        4 => format!("{key}[0]"),
        5 => format!("{key}[0"),
        6 => format!("{root}.{}", rest.replacen('.', "x.", 1)),
        7 => format!("{key}x"),
        8 => format!("[0]{key}"),
        _ => format!("{root}.http"),
    }
}
