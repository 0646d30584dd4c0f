mod history;
mod rules;
mod scenario;

use crate::routing::ids::{EnvKey, Version};
use crate::routing::model::Retention;
use crate::routing::rollout::Record;
use crate::routing::time::Timestamp;

use super::{EnvFacts, Facts, Fate, StackFacts, plan};

const HOUR: u64 = 3600;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn key(app: &str) -> EnvKey {
    EnvKey::parse(app, "dev").unwrap()
}

/// A stack made at a time in seconds, of which nothing else is known.
fn stack(name: &str, created: u64) -> StackFacts {
    StackFacts {
        version: version(name),
        created,
        youngest: created,
        draining_until: None,
        last_request: None,
        frees_bytes: None,
        guarded: None,
    }
}

/// One env, long after everything in it was made.
fn facts(policy: Retention, stacks: &[StackFacts]) -> Facts {
    let env = EnvFacts {
        key: key("whoami"),
        record: Record::default(),
        policy: Some(policy),
        stacks: stacks.to_vec(),
    };
    Facts {
        now: Timestamp::from_millis(1000 * HOUR * 1000),
        envs: vec![env],
        ..Facts::default()
    }
}

/// Each version with the word for what becomes of it; those that go have a plus.
fn fates(facts: &Facts) -> Vec<String> {
    let word = |fate: &Fate| match fate {
        Fate::Goes(cause) => format!("+{}", cause.code()),
        Fate::Stays(shield) => shield.code().to_owned(),
    };
    let verdicts = plan(facts).into_iter();
    verdicts
        .map(|it| format!("{} {}", it.version, word(&it.fate)))
        .collect()
}
