//! What the store promises, tried on a disk that fails at every operation, and on the real one.

mod accept;
mod arbitrary;
mod arbitrary_rollout;
mod crash;
mod damage;
mod failing;
mod files;
mod format;
mod history;
mod kill;
mod schema;
pub(super) mod sim;
mod verify;

use std::collections::BTreeMap;

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::{EnvRecord, Origin};
use crate::routing::rollout::{Placed, Record};
use crate::routing::time::Timestamp;

use super::{Answer, Entry, Idempotency, Loaded, Mode, Put, Store};

/// Records without the circumstances of loading them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    envs: BTreeMap<EnvKey, EnvRecord>,
    rollouts: BTreeMap<EnvKey, Record>,
    answers: BTreeMap<String, Answer>,
}

impl From<&Loaded> for State {
    fn from(loaded: &Loaded) -> Self {
        Self {
            envs: loaded.envs.clone(),
            rollouts: loaded.rollouts.clone(),
            answers: loaded.answers.clone(),
        }
    }
}

fn key(app: &str) -> EnvKey {
    EnvKey::parse(app, "dev").unwrap()
}

fn rollout(generation: u64) -> Record {
    let mut record = Record {
        generation,
        active: Some(Slot::Blue),
        ..Record::default()
    };
    let placed = Placed {
        failed: None,
        version: Version::parse("v1").unwrap(),
        placed_generation: generation,
    };
    record.slots.set(Slot::Blue, Some(placed));
    record
}

/// The `n`th of a series of different entries: env records appear, rollouts move, one env goes again.
fn entry(n: u64) -> Entry {
    let app = key(if n.is_multiple_of(2) { "a" } else { "b" });
    let at = Timestamp::from_millis(1_700_000_000_000 + n);
    let env = EnvRecord::new(app.clone(), format!("d{n}"), Origin::Api, at);
    let puts = match n % 5 {
        4 => vec![Put::RemoveEnv(app.clone())],
        1 | 2 => vec![Put::Env(env), Put::Rollout(app.clone(), rollout(n))],
        _ => vec![Put::Rollout(app.clone(), rollout(n))],
    };
    Entry {
        time: at,
        actor: "t".to_owned(),
        command: format!("c{n}"),
        result: "ok".to_owned(),
        envs: vec![app.clone()],
        idempotency: n.is_multiple_of(3).then(|| Idempotency {
            key: format!("k{n}"),
            answer: Answer {
                env: app,
                fingerprint: "f".to_owned(),
                generation: n,
                displaced: None,
            },
        }),
        puts,
    }
}

/// What entries 1 to `count` add up to, by a second implementation.
fn state_after(count: u64) -> State {
    let mut state = State::default();
    for entry in (1..=count).map(entry) {
        for put in entry.puts {
            match put {
                Put::Env(env) => drop(state.envs.insert(env.key.clone(), env)),
                Put::Rollout(key, record) => drop(state.rollouts.insert(key, record)),
                Put::RemoveEnv(key) => {
                    state.envs.retain(|other, _| *other != key);
                    state.rollouts.retain(|other, _| *other != key);
                }
            }
        }
        if let Some(idempotency) = entry.idempotency {
            state.answers.insert(idempotency.key, idempotency.answer);
        }
    }
    state
}

/// Appends entries `range`; each must be accepted under its number.
fn append_all(store: &mut Store, range: std::ops::RangeInclusive<u64>) {
    for n in range {
        let seq = store.append(entry(n));
        let seq = seq.unwrap_or_else(|error| panic!("entry {n}: {}", error.chain()));
        assert_eq!(seq, n, "numbered through");
    }
}

/// The state is exactly that of the entries up to its number, and complete.
fn assert_whole(loaded: &Loaded, context: &str) {
    assert_eq!(
        State::from(loaded),
        state_after(loaded.seq),
        "{context}: a state that never was"
    );
    assert_eq!(loaded.mode, Mode::ReadWrite, "{context}");
}
