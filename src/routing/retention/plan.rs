//! One verdict for each stack.

use crate::routing::ids::{EnvKey, Version};

use super::facts::{EnvFacts, Facts, StackFacts};
use super::protection::in_use;
use super::reason::{Cause, Shield, Unknown};
use super::rules::judge;

/// What becomes of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its env.
    pub key: EnvKey,
    /// Its version.
    pub version: Version,
    /// Whether it goes.
    pub fate: Fate,
}

/// Whether a stack goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes.
    Goes(Cause),
    /// It stays.
    Stays(Shield),
}

/// A stack that only the disk could let go.
struct Candidate<'a> {
    stack: &'a StackFacts,
    max_disk_bytes: u64,
    verdict: usize,
}

/// What becomes of every stack: by env, the oldest first.
pub fn plan(facts: &Facts) -> Vec<Verdict> {
    let mut envs: Vec<&EnvFacts> = facts.envs.iter().collect();
    envs.sort_by(|a, b| a.key.cmp(&b.key));
    let (mut verdicts, mut candidates, mut freed) = (Vec::new(), Vec::new(), 0_u64);
    for env in envs {
        let mut stacks: Vec<&StackFacts> = env.stacks.iter().collect();
        stacks.sort_by(|a, b| a.age_key().cmp(&b.age_key()));
        for stack in stacks {
            let fate = fate(facts, env, stack);
            match &fate {
                Fate::Goes(_) => freed = freed.saturating_add(stack.frees_bytes.unwrap_or(0)),
                Fate::Stays(Shield::Kept { .. }) => {
                    let max_disk_bytes = env.policy.as_ref().and_then(|it| it.max_disk_bytes);
                    candidates.extend(max_disk_bytes.map(|max_disk_bytes| Candidate {
                        stack,
                        max_disk_bytes,
                        verdict: verdicts.len(),
                    }));
                }
                Fate::Stays(_) => {}
            }
            verdicts.push(Verdict {
                key: env.key.clone(),
                version: stack.version.clone(),
                fate,
            });
        }
    }
    make_room(facts.disk_bytes, freed, candidates, &mut verdicts);
    verdicts
}

fn fate(facts: &Facts, env: &EnvFacts, stack: &StackFacts) -> Fate {
    if let Some(shield) = in_use(env, stack, facts.now) {
        return Fate::Stays(shield);
    }
    match judge(facts, env, stack) {
        Ok(cause) => Fate::Goes(cause),
        Err(shield) => Fate::Stays(shield),
    }
}

/// The oldest of all envs go first, until the disk is below their env's mark.
fn make_room(
    used: Option<u64>,
    freed: u64,
    mut candidates: Vec<Candidate<'_>>,
    verdicts: &mut [Verdict],
) {
    let mut used = used.map(|used| used.saturating_sub(freed));
    candidates.sort_by(|a, b| {
        let order = a.stack.age_key().cmp(&b.stack.age_key());
        order.then(a.verdict.cmp(&b.verdict))
    });
    for candidate in candidates {
        let Candidate {
            stack,
            max_disk_bytes,
            verdict,
        } = candidate;
        let Some(verdict) = verdicts.get_mut(verdict) else {
            continue;
        };
        match (used, stack.frees_bytes) {
            (Some(bytes), _) if bytes <= max_disk_bytes => {}
            (Some(bytes), Some(share)) if share > 0 => {
                used = Some(bytes.saturating_sub(share));
                verdict.fate = Fate::Goes(Cause::Disk { max_disk_bytes });
            }
            // nothing would be won by it
            (Some(_), Some(_)) => {}
            (None, _) | (Some(_), None) => {
                let unknown = Some(Unknown::Disk);
                verdict.fate = Fate::Stays(Shield::Kept { unknown });
            }
        }
    }
}
