//! The machine by itself: record, event, view and time.

mod bench;
mod scenarios;

use std::collections::BTreeMap;

use crate::routing::ids::{Slot, Version};
use crate::routing::plan::Weight;
use crate::routing::time::Timestamp;

use super::{
    Command, Event, Insist, Made, Phase, Record, Refusal, StackHealth, Step, View, next_deadline,
    step,
};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn promote(text: &str, weight: Option<u64>) -> Event {
    let weight = weight.map(|weight| Weight::new(weight).unwrap());
    command(Command::Promote {
        version: version(text),
        weight,
        insist: Insist::default(),
    })
}

fn command(command: Command) -> Event {
    let by = "somebody".to_owned();
    Event::Command { command, by }
}

fn healthy() -> StackHealth {
    StackHealth {
        expected: 1,
        healthy: 1,
        sufficient: true,
        ..StackHealth::default()
    }
}

fn dead(since: u64) -> StackHealth {
    let down_since = Some(Timestamp::from_millis(since));
    StackHealth {
        expected: 1,
        down_since,
        reason: "nothing is healthy".to_owned(),
        ..StackHealth::default()
    }
}

fn view(stacks: &[(&str, StackHealth)]) -> View {
    let stacks: BTreeMap<_, _> = stacks
        .iter()
        .map(|(name, health)| (version(name), health.clone()))
        .collect();
    View {
        made: stacks
            .iter()
            .map(|(version, stack)| (version.clone(), Made::at(stack.created)))
            .collect(),
        stacks,
        current: true,
        applied_until: Some(NOW),
        ..View::default()
    }
}

fn all_healthy() -> View {
    view(&[("v1", healthy()), ("v2", healthy()), ("v3", healthy())])
}

#[track_caller]
fn run(record: &Record, event: &Event, view: &View) -> Step {
    let step =
        step(record, event, view, NOW).unwrap_or_else(|refusal| panic!("{event:?}: {refusal}"));
    step.record.check_invariants().unwrap();
    step
}

#[track_caller]
fn apply(record: &Record, events: &[Event], view: &View) -> Record {
    events.iter().fold(record.clone(), |record, event| {
        run(&record, event, view).record
    })
}

fn switch() -> Event {
    command(Command::switch())
}

fn rollback() -> Event {
    command(Command::Rollback)
}

/// v1 live, v2 standby's place empty.
fn v1_live() -> Record {
    apply(
        &Record::default(),
        &[promote("v1", None), switch()],
        &all_healthy(),
    )
}

#[track_caller]
fn assert_live(record: &Record, active: &str, other: Option<&str>) {
    let found = (
        record.active_version().map(Version::as_str),
        record.other_version().map(Version::as_str),
    );
    assert_eq!(found, (Some(active), other), "{record:?}");
}

#[test]
fn the_first_version_goes_live_without_waiting() {
    let settling = StackHealth {
        settled_at: NOW.plus_millis(9_000),
        ..healthy()
    };
    let record = apply(
        &Record::default(),
        &[promote("v1", None), switch()],
        &view(&[("v1", settling)]),
    );
    assert_live(&record, "v1", None);
    assert_eq!(
        (record.generation, record.previous),
        (2, None),
        "two transitions, nothing to go back to"
    );
}

#[test]
fn a_weight_needs_an_active_version() {
    let refused = step(
        &Record::default(),
        &promote("v1", Some(25)),
        &all_healthy(),
        NOW,
    );
    assert_eq!(refused, Err(Refusal::NoActive), "nothing to share with");
}

#[test]
fn switch_exchanges_and_rollback_returns() {
    let record = apply(&v1_live(), &[promote("v2", None), switch()], &all_healthy());
    assert_live(&record, "v2", Some("v1"));
    assert_eq!(record.active, Some(Slot::Green), "the other slot");
    let back = apply(&record, &[rollback()], &all_healthy());
    assert_live(&back, "v1", Some("v2"));
    assert_live(&apply(&back, &[switch()], &all_healthy()), "v2", Some("v1"));
}

#[test]
fn promote_with_all_of_the_traffic_commits_by_itself() {
    let record = apply(&v1_live(), &[promote("v2", Some(100))], &all_healthy());
    assert_live(&record, "v2", Some("v1"));
    assert_eq!(
        (record.shift.clone(), record.previous.clone()),
        (None, Some(version("v1"))),
        "committed"
    );
    let record = apply(&record, &[rollback()], &all_healthy());
    assert_live(&record, "v1", Some("v2"));
    assert_live(
        &apply(&record, &[switch()], &all_healthy()),
        "v2",
        Some("v1"),
    );
}

#[test]
fn in_a_shift_rollback_aborts_and_switch_finishes() {
    let shifting = apply(&v1_live(), &[promote("v2", Some(25))], &all_healthy());
    assert_eq!(shifting.state(), "shifting", "running");
    let aborted = apply(&shifting, &[rollback()], &all_healthy());
    assert_live(&aborted, "v1", Some("v2"));
    assert_eq!(
        (aborted.shift, aborted.previous.clone()),
        (None, None),
        "as before, v2 stays staged"
    );
    let finished = apply(&shifting, &[switch()], &all_healthy());
    assert_live(&finished, "v2", Some("v1"));
    assert_eq!(finished.previous, Some(version("v1")), "a way back");
}

#[test]
fn a_weight_waits_for_readiness_with_a_deadline() {
    let waiting = view(&[
        ("v1", healthy()),
        (
            "v2",
            StackHealth {
                settled_at: NOW.plus_millis(4_000),
                ..healthy()
            },
        ),
    ]);
    let pending = apply(&v1_live(), &[promote("v2", Some(25))], &waiting);
    let Some(super::Shift {
        phase: Phase::Pending { deadline },
        ..
    }) = pending.shift
    else {
        panic!("{pending:?}")
    };
    assert_eq!(
        next_deadline(&pending, &waiting),
        Some(NOW.plus_millis(4_000)),
        "looked at when it settles"
    );
    let early = step(&pending, &Event::Tick, &waiting, NOW.plus_millis(3_999))
        .unwrap()
        .record;
    assert_eq!(early, pending, "not yet, and no new generation");
    let begun = step(&pending, &Event::Tick, &waiting, NOW.plus_millis(4_000))
        .unwrap()
        .record;
    assert_eq!(
        begun.shift.unwrap().phase,
        Phase::Running {
            since: NOW.plus_millis(4_000)
        },
        "begun"
    );
    let never = view(&[("v1", healthy()), ("v2", dead(0))]);
    let given_up = step(&pending, &Event::Tick, &never, deadline)
        .unwrap()
        .record;
    assert_eq!(given_up.shift, None, "given up");
    assert_live(&given_up, "v1", Some("v2"));
}

#[test]
fn not_yet_is_told_with_the_time_it_will_be() {
    let waiting = view(&[
        ("v1", healthy()),
        (
            "v2",
            StackHealth {
                settled_at: NOW.plus_millis(4_000),
                ..healthy()
            },
        ),
    ]);
    let staged = apply(&v1_live(), &[promote("v2", None)], &waiting);
    let refused = step(&staged, &switch(), &waiting, NOW).unwrap_err();
    assert!(
        matches!(refused, Refusal::NotReady { ready_at: Some(at), .. } if at == NOW.plus_millis(4_000)),
        "{refused:?}"
    );
}

#[test]
fn a_displaced_version_can_still_be_rolled_back_to() {
    let record = apply(&v1_live(), &[promote("v2", None), switch()], &all_healthy());
    let step = run(&record, &promote("v3", None), &all_healthy());
    assert_eq!(
        step.displaced,
        Some(version("v1")),
        "it says what it displaces"
    );
    let back = run(&step.record, &rollback(), &all_healthy());
    assert_live(&back.record, "v1", Some("v2"));
    assert_eq!(
        back.displaced,
        Some(version("v3")),
        "placed again and made live in one step"
    );
    assert_eq!(
        back.record.generation,
        step.record.generation + 1,
        "one generation"
    );
}

#[test]
fn rollback_is_never_refused_while_the_previous_version_lives() {
    let record = apply(
        &v1_live(),
        &[promote("v2", None), switch(), promote("v3", Some(50))],
        &all_healthy(),
    );
    let active_dead = view(&[("v1", healthy()), ("v2", dead(0)), ("v3", healthy())]);
    assert_live(
        &apply(&record, &[rollback()], &active_dead),
        "v1",
        Some("v2"),
    );
    let steady = apply(&record, &[switch()], &all_healthy());
    let gone = view(&[("v3", healthy())]);
    assert_eq!(
        step(&steady, &rollback(), &gone, NOW),
        Err(Refusal::PreviousDown {
            version: version("v2")
        }),
        "gone"
    );
    assert_eq!(
        step(&v1_live(), &rollback(), &gone, NOW),
        Err(Refusal::NoPrevious),
        "never was one"
    );
}

#[test]
fn a_dead_candidate_is_given_up_after_the_grace() {
    let shifting = apply(&v1_live(), &[promote("v2", Some(25))], &all_healthy());
    let died = view(&[("v1", healthy()), ("v2", dead(1_000_000))]);
    assert_eq!(
        next_deadline(&shifting, &died),
        Some(Timestamp::from_millis(1_010_000)),
        "grace of 10 s"
    );
    let within = step(
        &shifting,
        &Event::Tick,
        &died,
        Timestamp::from_millis(1_009_999),
    )
    .unwrap();
    assert_eq!(
        within.record, shifting,
        "within the grace nothing is decided"
    );
    let after = step(
        &shifting,
        &Event::Tick,
        &died,
        Timestamp::from_millis(1_010_000),
    )
    .unwrap()
    .record;
    assert_eq!(after.shift, None, "aborted");
    let stale = View {
        current: false,
        ..died
    };
    assert_eq!(
        step(&shifting, &Event::Tick, &stale, NOW.plus_millis(60_000))
            .unwrap()
            .record,
        shifting,
        "not while Docker is away"
    );
    let both_dead = view(&[("v1", dead(0)), ("v2", dead(0))]);
    assert_eq!(
        step(&shifting, &Event::Tick, &both_dead, NOW)
            .unwrap()
            .record,
        shifting,
        "nowhere to go back to"
    );
}

#[test]
fn a_running_shift_refuses_another_candidate_and_repeats_are_harmless() {
    let shifting = apply(&v1_live(), &[promote("v2", Some(25))], &all_healthy());
    let refused = step(&shifting, &promote("v3", None), &all_healthy(), NOW).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Shifting {
            from: version("v1"),
            to: version("v2")
        },
        "names both"
    );
    assert_eq!(
        step(&shifting, &command(Command::Evict), &all_healthy(), NOW).unwrap_err(),
        refused,
        "evict too"
    );
    assert_eq!(
        run(&shifting, &promote("v2", Some(25)), &all_healthy()).record,
        shifting,
        "the same again"
    );
    assert_eq!(
        run(&shifting, &promote("v2", None), &all_healthy()).record,
        shifting,
        "placed already"
    );
    let more = run(&shifting, &promote("v2", Some(60)), &all_healthy()).record;
    assert_eq!(more.shift.unwrap().weight.percent(), 60, "another weight");
    assert_live(
        &run(&shifting, &promote("v2", Some(100)), &all_healthy()).record,
        "v2",
        Some("v1"),
    );
}

#[test]
fn promote_needs_a_stack_that_is_not_live() {
    let unknown = step(&v1_live(), &promote("v9", None), &all_healthy(), NOW);
    assert_eq!(
        unknown,
        Err(Refusal::UnknownVersion {
            version: version("v9")
        }),
        "not deployed"
    );
    let active = step(&v1_live(), &promote("v1", None), &all_healthy(), NOW);
    assert_eq!(
        active,
        Err(Refusal::AlreadyActive {
            version: version("v1")
        }),
        "live already"
    );
    assert_eq!(
        step(&v1_live(), &switch(), &all_healthy(), NOW),
        Err(Refusal::NothingStaged),
        "nothing to switch to"
    );
}

#[test]
fn evict_empties_the_other_slot_only() {
    let record = apply(&v1_live(), &[promote("v2", None)], &all_healthy());
    let step = run(&record, &command(Command::Evict), &all_healthy());
    assert_eq!(step.displaced, Some(version("v2")), "v2 is a preview again");
    assert_live(&step.record, "v1", None);
    assert_eq!(
        run(&step.record, &command(Command::Evict), &all_healthy()).record,
        step.record,
        "nothing more to do"
    );
}

#[test]
fn weights_are_whole_percent() {
    for (text, expected) in [
        ("25", Some(25)),
        ("25%", Some(25)),
        ("0", Some(0)),
        ("100%", Some(100)),
    ] {
        assert_eq!(
            Weight::parse(text)
                .ok()
                .map(|weight| u64::from(weight.percent())),
            expected,
            "{text}"
        );
    }
    for text in ["", "%", "101", "-1", "+5", "2.5", "25%%"] {
        assert!(Weight::parse(text).is_err(), "{text:?} is refused");
    }
}

// A weight raised to 100 while the candidate was not ready stayed a running shift for ever: only the first start of a
// shift looked whether it was done.
#[test]
fn all_of_the_traffic_commits_also_when_the_weight_was_raised_too_early() {
    let shifting = apply(&v1_live(), &[promote("v2", Some(25))], &all_healthy());
    let settling = view(&[
        ("v1", healthy()),
        (
            "v2",
            StackHealth {
                settled_at: NOW.plus_millis(4_000),
                ..healthy()
            },
        ),
    ]);
    let raised = run(&shifting, &promote("v2", Some(100)), &settling).record;
    assert_live(&raised, "v1", Some("v2"));
    assert_eq!(
        next_deadline(&raised, &settling),
        Some(NOW.plus_millis(4_000)),
        "looked at when it settles"
    );
    let done = step(&raised, &Event::Tick, &settling, NOW.plus_millis(4_000)).unwrap();
    assert_live(&done.record, "v2", Some("v1"));
}

// With both versions of a shift dead and nothing before them, every verb was refused for ever: rollback for the dead
// active version, switch for the dead candidate, promote and evict for the shift.
#[test]
fn a_shift_that_serves_nobody_can_be_ended() {
    let shifting = apply(&v1_live(), &[promote("v2", Some(25))], &all_healthy());
    let both_dead = view(&[("v1", dead(0)), ("v2", dead(0)), ("v3", healthy())]);
    let ended = apply(&shifting, &[rollback()], &both_dead);
    assert_live(&ended, "v1", Some("v2"));
    assert_eq!(ended.shift, None, "ended");
    assert_live(
        &apply(&ended, &[promote("v3", None), switch()], &both_dead),
        "v3",
        Some("v1"),
    );
    let active_dead = view(&[("v1", dead(0)), ("v2", healthy())]);
    assert_eq!(
        step(&shifting, &rollback(), &active_dead, NOW),
        Err(Refusal::PreviousDown {
            version: version("v1")
        }),
        "not while the candidate answers"
    );
    let waiting = apply(
        &v1_live(),
        &[promote("v2", Some(25))],
        &view(&[("v1", healthy()), ("v2", dead(0))]),
    );
    let pending = apply(&waiting, &[rollback()], &both_dead);
    assert_eq!(
        pending.shift, None,
        "nor has a pending one anything to lose"
    );
}
