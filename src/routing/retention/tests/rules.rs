use std::collections::BTreeSet;

use super::super::{Fate, Shield, Unknown, plan};
use super::{HOUR, facts, fates, key, stack, version};
use crate::routing::model::Retention;
use crate::routing::rollout::{Freeze, Removal, Retired};
use crate::routing::time::Timestamp;

fn keep(count: u32) -> Retention {
    Retention {
        keep_last: Some(count),
        ..Retention::default()
    }
}

fn three() -> [super::super::StackFacts; 3] {
    [stack("v1", 10), stack("v2", 20), stack("v3", 30)]
}

#[test]
fn without_rules_nothing_goes() {
    let mut facts = facts(Retention::default(), &three());
    let all_stay = ["v1 no-policy", "v2 no-policy", "v3 no-policy"];
    assert_eq!(fates(&facts), all_stay, "a policy without rules");
    facts.envs[0].policy = None;
    assert_eq!(fates(&facts), all_stay, "no policy");
}

#[test]
fn what_was_retired_goes_by_itself_and_is_not_counted() {
    let mut facts = facts(keep(2), &three());
    let retired = Retired {
        by: "ann".to_owned(),
        at: Timestamp::from_millis(40_000),
        made_until: 40,
        removal: None,
    };
    facts.envs[0].record.retired.insert(version("v3"), retired);
    assert_eq!(fates(&facts), ["v1 kept", "v2 kept", "v3 +retired"]);
    let record = &mut facts.envs[0].record;
    record.retired.get_mut(&version("v3")).unwrap().removal = Some(Removal::default());
    assert_eq!(
        fates(&facts),
        ["v1 kept", "v2 kept", "v3 being-removed"],
        "once"
    );
    facts.envs[0].stacks[2].created = 50;
    assert_eq!(
        fates(&facts),
        ["v1 +surplus", "v2 kept", "v3 kept"],
        "containers made later are a new deployment"
    );
}

#[test]
fn age_and_youth() {
    let policy = Retention {
        max_age_ms: Some(HOUR * 1000),
        ..Retention::default()
    };
    let mut facts = facts(policy, &three());
    facts.now = Timestamp::from_millis((HOUR + 20) * 1000 + 1);
    assert_eq!(fates(&facts), ["v1 +aged", "v2 +aged", "v3 kept"]);
    facts.envs[0].stacks[0].youngest = HOUR;
    assert_eq!(
        fates(&facts),
        ["v1 young", "v2 +aged", "v3 kept"],
        "a replica was made a moment ago"
    );
    facts.now = Timestamp::from_millis(5000);
    assert_eq!(
        fates(&facts),
        ["v1 young", "v2 young", "v3 young"],
        "a clock that was put back makes nothing old"
    );
}

#[test]
fn idle_previews_go_only_when_somebody_listens() {
    let policy = Retention {
        idle_ms: Some(HOUR * 1000),
        ..Retention::default()
    };
    let mut facts = facts(policy, &three());
    let ago = |millis| Some(Timestamp::from_millis(facts.now.as_millis() - millis));
    let (quiet, busy) = (ago(HOUR * 1000 + 1), ago(HOUR * 1000));
    facts.envs[0].stacks[0].last_request = quiet;
    facts.envs[0].stacks[1].last_request = busy;
    assert_eq!(fates(&facts), ["v1 +idle", "v2 kept", "v3 kept"]);
    let unknown = Shield::Kept {
        unknown: Some(Unknown::Traffic),
    };
    assert_eq!(plan(&facts)[2].fate, Fate::Stays(unknown), "and it is said");
}

#[test]
fn closed_pull_requests_go_when_somebody_says_which_are_open() {
    let policy = Retention {
        pull_requests: Some("pr-".to_owned()),
        ..Retention::default()
    };
    let stacks = [stack("pr-17", 10), stack("pr-18-3f0c", 20), stack("v1", 30)];
    let mut facts = facts(policy, &stacks);
    assert_eq!(fates(&facts), ["pr-17 kept", "pr-18-3f0c kept", "v1 kept"]);
    facts.open = Some(BTreeSet::from([18]));
    assert_eq!(
        fates(&facts),
        ["pr-17 +pull-request-closed", "pr-18-3f0c kept", "v1 kept"]
    );
    facts.open = Some(BTreeSet::new());
    assert_eq!(
        fates(&facts)[1],
        "pr-18-3f0c +pull-request-closed",
        "none is open"
    );
}

#[test]
fn the_oldest_of_all_envs_make_room() {
    let policy = |bytes| Retention {
        max_disk_bytes: Some(bytes),
        ..Retention::default()
    };
    let sized = |name: &str, created, bytes| super::super::StackFacts {
        frees_bytes: bytes,
        ..stack(name, created)
    };
    let own = [sized("v1", 10, Some(30)), sized("v2", 30, Some(30))];
    let mut facts = facts(policy(100), &own);
    let mut other = facts.envs[0].clone();
    other.key = key("api");
    other.policy = Some(policy(90));
    other.stacks = vec![
        sized("v5", 20, Some(0)),
        sized("v6", 21, None),
        sized("v7", 22, Some(5)),
    ];
    facts.envs.push(other);
    assert_eq!(
        fates(&facts),
        ["v5 kept", "v6 kept", "v7 kept", "v1 kept", "v2 kept"],
        "nobody asked Docker"
    );
    facts.disk_bytes = Some(130);
    assert_eq!(
        fates(&facts),
        ["v5 kept", "v6 kept", "v7 +disk", "v1 +disk", "v2 kept"],
        "130 without v1 is 100, which is too much for the other env: nothing is won by v5, and v6 is not known"
    );
    facts.disk_bytes = Some(90);
    assert!(
        fates(&facts).iter().all(|it| it.ends_with("kept")),
        "there is room"
    );
}

#[test]
fn what_is_in_use_stays_whatever_the_rules_say() {
    let mut facts = facts(keep(1), &three());
    assert_eq!(fates(&facts)[0], "v1 +surplus", "by the rules");
    facts.envs[0].stacks[0].guarded = Some("it shares its compose project".to_owned());
    assert_eq!(fates(&facts)[0], "v1 guarded");
    facts.envs[0].stacks[0].guarded = None;
    facts.envs[0].stacks[0].draining_until = Some(facts.now.plus_millis(1));
    assert_eq!(fates(&facts)[0], "v1 draining");
    facts.envs[0].stacks[0].draining_until = Some(facts.now);
    assert_eq!(fates(&facts)[0], "v1 +surplus", "its time is over");
    facts.envs[0].record.previous = Some(version("v1"));
    assert_eq!(fates(&facts)[0], "v1 previous");
    facts.envs[0].record.previous = None;
    facts.envs[0].record.frozen = Some(Freeze {
        by: "ann".to_owned(),
        why: String::new(),
        until: None,
    });
    assert_eq!(fates(&facts)[0], "v1 frozen");
}
