//! The reasons to go that one env gives: each rule by itself.

use crate::routing::ids::Version;
use crate::routing::model::Retention;
use crate::routing::time::Timestamp;

use super::facts::{EnvFacts, Facts, StackFacts};
use super::reason::{Cause, Shield, Unknown};

/// What an env's rules say about one of its stacks; the disk is another matter.
pub(super) fn judge(facts: &Facts, env: &EnvFacts, stack: &StackFacts) -> Result<Cause, Shield> {
    if env.record.is_retired(&stack.version, Some(stack.created)) {
        return Ok(Cause::Retired);
    }
    let Some(policy) = env.policy.as_ref().filter(|policy| policy.has_rules()) else {
        return Err(Shield::NoPolicy);
    };
    let closed = closed(facts, policy, &stack.version);
    let idle = idle(policy, stack, facts.now);
    surplus(env, policy, stack)
        .or_else(|| aged(policy, stack, facts.now))
        .or_else(|| closed.as_ref().ok().cloned().flatten())
        .or_else(|| idle.as_ref().ok().cloned().flatten())
        .ok_or_else(|| Shield::Kept {
            unknown: idle.err().or(closed.err()),
        })
}

/// How many versions are newer; those that are withdrawn do not count.
fn surplus(env: &EnvFacts, policy: &Retention, stack: &StackFacts) -> Option<Cause> {
    let keep_last = policy.keep_last?;
    let is_withdrawn = |it: &StackFacts| env.record.is_retired(&it.version, Some(it.created));
    let newer = env
        .stacks
        .iter()
        .filter(|it| it.age_key() > stack.age_key() && !is_withdrawn(it));
    let is_surplus = newer.count() >= usize::try_from(keep_last).unwrap_or(usize::MAX);
    is_surplus.then_some(Cause::Surplus { keep_last })
}

fn aged(policy: &Retention, stack: &StackFacts, now: Timestamp) -> Option<Cause> {
    let max_age_ms = policy.max_age_ms?;
    let made = Timestamp::from_millis(stack.created.saturating_mul(1000));
    (now.millis_since(made) > max_age_ms).then_some(Cause::Aged { max_age_ms })
}

/// Without a signal nothing goes for being idle: silence that nobody listened to is no silence.
fn idle(policy: &Retention, stack: &StackFacts, now: Timestamp) -> Result<Option<Cause>, Unknown> {
    let Some(idle_ms) = policy.idle_ms else {
        return Ok(None);
    };
    let last = stack.last_request.ok_or(Unknown::Traffic)?;
    Ok((now.millis_since(last) > idle_ms).then_some(Cause::Idle { idle_ms }))
}

fn closed(facts: &Facts, policy: &Retention, version: &Version) -> Result<Option<Cause>, Unknown> {
    let prefix = policy.pull_requests.as_deref();
    let Some(number) = prefix.and_then(|prefix| pull_request(prefix, version)) else {
        return Ok(None);
    };
    let open = facts.open.as_ref().ok_or(Unknown::PullRequests)?;
    Ok((!open.contains(&number)).then_some(Cause::Closed { number }))
}

/// `pr-17` and `pr-17-3f0c1a2` are of pull request 17; `pr-17a` is of none.
fn pull_request(prefix: &str, version: &Version) -> Option<u64> {
    let rest = version.as_str().strip_prefix(prefix)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    let is_whole = tail.is_empty() || tail.starts_with(['-', '.', '_', '+']);
    digits.parse().ok().filter(|_| is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_pull_request() {
        let number = |text: &str| pull_request("pr-", &Version::parse(text).unwrap());
        for (text, expected) in [
            ("pr-17", Some(17)),
            ("pr-17-3f0c1a2", Some(17)),
            ("pr-17.1", Some(17)),
            ("pr-17a", None),
            ("pr-", None),
            ("pr-x", None),
            ("v17", None),
            ("pr-99999999999999999999", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
