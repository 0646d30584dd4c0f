//! Every label of the reference, each in every form that matters, a few containers in each world.

pub(crate) mod deliberate;
pub(crate) mod table;

use crate::support::fake_engine::{FakeContainer, container};
use crate::support::world::World;
use table::{Field, Kind, fields};

/// How many containers a world has; few, so that a failure is easy to read.
const CROWD: usize = 5;

/// What a value is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Good,
    Bad,
}

/// The worlds, with the keys that each of them covers.
pub(crate) fn worlds() -> Vec<(Vec<String>, World)> {
    let mut singles = Vec::new();
    for field in &fields() {
        for (key, value) in forms(field) {
            singles.push((field.key("x"), vec![(key, value)]));
        }
    }
    let mut worlds = Vec::new();
    // there is only one default store
    let (stores, others): (Vec<_>, Vec<_>) = singles
        .into_iter()
        .partition(|(key, _): &(String, _)| key.starts_with("traefik.tls."));
    for chunk in others.chunks(CROWD).chain(stores.chunks(1)) {
        let keys = chunk.iter().map(|(key, _)| key.clone()).collect();
        let members = chunk.iter().enumerate();
        let world = members
            .map(|(index, (_, labels))| member(index, labels))
            .collect();
        worlds.push((keys, world));
    }
    worlds
}

/// A running container with a port and an address of its own, and these labels; `#` is its number.
pub(crate) fn member(index: usize, labels: &[(String, String)]) -> FakeContainer {
    let mut it = container(&format!("c{index}"))
        .port(80)
        .network("front", &format!("10.0.0.{}", index + 2));
    it.id = format!("{:02x}", index + 1);
    "running".clone_into(&mut it.state);
    let number = index.to_string();
    for (key, value) in labels {
        it = it.label(&key.replace('#', &number), value);
    }
    it
}

/// The labels that show how a field is read.
fn forms(field: &Field) -> Vec<(String, String)> {
    let key = field.key("x#");
    let mut forms = Vec::new();
    let mut add = |key: &str, value: &str| forms.push((key.to_owned(), value.to_owned()));
    for value in values(field.kind, Sort::Good) {
        add(&key, value);
    }
    for value in values(field.kind, Sort::Bad) {
        add(&key, value);
    }
    let first = values(field.kind, Sort::Good)
        .first()
        .copied()
        .unwrap_or("true");
    let upper = |at: usize| {
        let (head, tail) = key.split_at(at);
        format!("{head}{}", tail.to_ascii_uppercase())
    };
    add(&upper("traefik.".len()), first);
    add(&key.to_ascii_lowercase(), first);
    add(&format!("{key}[0]"), first);
    add(&format!("{key}[0].sub"), first);
    add(&format!("{key}.sub"), first);
    add(&format!("{key}."), first);
    add(&format!("{key}s"), first);
    forms
}

/// Values of a kind that Traefik takes, or does not.
pub(crate) const fn values(kind: Kind, sort: Sort) -> &'static [&'static str] {
    match (kind, sort) {
        (Kind::Text | Kind::Free, Sort::Good) => &TEXTS,
        (Kind::Bool, Sort::Good) => &["true", "false", "1", "0", "t", "F", "TRUE", "False"],
        (Kind::Bool, Sort::Bad) => &["yes", "", "tRUE", " true", "2"],
        (Kind::Int, Sort::Good) => &["5", "0", "-3", "+7", "007", "9223372036854775807"],
        (Kind::Int, Sort::Bad) => &NO_INTS,
        (Kind::Duration, Sort::Good) => &DURATIONS,
        (Kind::Duration, Sort::Bad) => &NO_DURATIONS,
        (Kind::List, Sort::Good) => &LISTS,
        (Kind::Switch, Sort::Good) => &["true", "", "false", "1", "foo", "True", " true"],
        (Kind::Struct, Sort::Bad) => &["true", "", "x", "false"],
        (Kind::Struct, Sort::Good)
        | (Kind::Text | Kind::Free | Kind::List | Kind::Switch, Sort::Bad) => &[],
    }
}

const TEXTS: [&str; 12] = [
    "x",
    "a b",
    "",
    " x ",
    "80",
    "true",
    "a,b",
    "\u{fc}\u{1f600}",
    "$$x",
    "x\u{7f}\u{85}y",
    "x\ty\nz",
    "Host(`a.b`)",
];
const NO_INTS: [&str; 8] = [
    "x",
    "1.5",
    "",
    "9223372036854775808",
    "0x10",
    "1_000",
    " 5",
    "1e3",
];
const DURATIONS: [&str; 16] = [
    "5",
    "100ms",
    "1m30s",
    "1.5h",
    "0",
    "1500us",
    "1\u{b5}s",
    "1\u{3bc}s",
    "1h1m1s1ms",
    "-3s",
    "+3s",
    ".5s",
    "1.s",
    "-7",
    "007",
    "+7",
];
const NO_DURATIONS: [&str; 11] = [
    "x",
    "1d",
    "",
    "1.5",
    "5 s",
    " 5",
    "1e3s",
    "9223372036854775808",
    "9999999h",
    ".s",
    "1s-",
];
const LISTS: [&str; 12] = [
    "a",
    "a,b",
    " a , b ",
    "a,,b",
    "a,",
    ",",
    "",
    " ",
    "a b",
    "a\u{2551}b",
    "[a]",
    "\"a,b\"",
];
