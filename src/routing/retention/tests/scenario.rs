//! One of the scenarios of `docs/scenarios.md`.

use super::{HOUR, facts, fates, stack, version};
use crate::routing::model::Retention;
use crate::routing::rollout::{Command, Event, Insist, Record, StackHealth, View, step};
use crate::routing::time::Timestamp;

/// Every version deployed and switched to, one after the other.
fn after_flips(names: &[&str]) -> Record {
    let health = StackHealth {
        expected: 1,
        healthy: 1,
        sufficient: true,
        ..StackHealth::default()
    };
    let view = View {
        stacks: names
            .iter()
            .map(|name| (version(name), health.clone()))
            .collect(),
        current: true,
        applied_until: Some(Timestamp::from_millis(u64::MAX)),
        ..View::default()
    };
    let commands = names.iter().flat_map(|name| {
        let promote = Command::Promote {
            version: version(name),
            weight: None,
            insist: Insist::NONE,
        };
        [promote, Command::switch()]
    });
    let now = Timestamp::from_millis(HOUR * 1000);
    commands.fold(Record::default(), |record, command| {
        step(&record, &Event::command(command), &view, now)
            .unwrap()
            .record
    })
}

#[test]
fn scenario_19_the_last_n_are_kept() {
    let names = ["v1", "v2", "v3", "v4", "v5", "v6"];
    let stacks: Vec<_> = (10..)
        .zip(names)
        .map(|(at, name)| stack(name, at))
        .collect();
    let keep = |count| Retention {
        keep_last: Some(count),
        ..Retention::default()
    };
    let mut facts = facts(keep(4), &stacks);
    facts.envs[0].record = after_flips(&names);
    let staying = ["v3 kept", "v4 kept", "v5 in-slot", "v6 active"];
    assert_eq!(
        fates(&facts),
        [&["v1 +surplus", "v2 +surplus"], &staying[..]].concat(),
        "the four newest stay"
    );
    facts.envs[0].policy = Some(keep(2));
    assert_eq!(
        fates(&facts)[2..],
        ["v3 +surplus", "v4 +surplus", "v5 in-slot", "v6 active"],
        "with a lower number older ones are let go"
    );
    facts.envs[0].policy = Some(keep(1));
    assert_eq!(
        fates(&facts)[4..],
        ["v5 in-slot", "v6 active"],
        "the way back is never given up"
    );
    let record = &mut facts.envs[0].record;
    let standby = record.other_slot();
    record.slots.set(standby, None);
    assert_eq!(
        fates(&facts)[4..],
        ["v5 previous", "v6 active"],
        "nor evicted"
    );
}
