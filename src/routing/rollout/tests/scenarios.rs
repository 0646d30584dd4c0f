//! What other rollout tools test, restated for two slots. `docs/scenarios.md` lists all of them.

use super::bench::{Bench, named_plan, percent, plan, promote, version, weight};
use crate::routing::plan::{FirstDeploy, Gate, OnDeadline, Plan, PlanStep, Weight};
use crate::routing::rollout::{
    Command, Event, Hold, HookAnswer, Insist, Refusal, Removal, Until, Verdict, What, step,
};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const SUPERSEDE: Insist = Insist {
    force: false,
    supersede: true,
};
const FORCE: Insist = Insist {
    force: true,
    supersede: false,
};

#[test]
fn scenario_01_first_deploy_skips_the_strategy() {
    let mut bench = Bench::empty();
    bench.view.policy.plan = Some(named_plan("canary"));
    bench.view.policy.pre_switch = Some("smoke".to_owned());
    bench.view.policy.hooks = vec!["smoke".to_owned()];
    bench.view.policy.first_deploy = FirstDeploy::Auto;
    bench.deploy("v1");
    bench.kill("v1");
    bench.tick();
    assert_eq!(bench.seen(), (None, None, None), "not before it is healthy");
    bench.revive("v1");
    bench.tick();
    assert_eq!(bench.seen(), (Some("v1"), None, None), "then at once");
}

#[test]
fn scenario_02_blue_green_happy_path() {
    let mut bench = Bench::shifting(named_plan("blue-green"));
    bench.pass(10 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(0), Some("v2")),
        "until resumed"
    );
    assert_eq!(bench.hold(), Some(&Hold::Gate), "and it says why");
    bench.run(Command::Resume);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "the bake"
    );
    bench.pass(5 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "the old one is kept"
    );
}

#[test]
fn scenario_03_a_check_before_the_switch_fails_and_a_retry_works() {
    let mut bench = Bench::staged();
    ask(&mut bench, Some("smoke"), None);
    bench.run(Command::switch());
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(0), Some("v2")),
        "asked first"
    );
    bench.answer("smoke", refuse());
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v2")),
        "active never moved"
    );
    let refusal = bench.refused(Command::switch());
    assert_eq!(
        refusal.code(),
        "failed",
        "the candidate is marked: {refusal}"
    );
    bench.rebuild("v2");
    bench.run(Command::switch());
    bench.answer("smoke", HookAnswer::Open);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "after the repair"
    );
}

#[test]
fn scenario_04_a_check_after_the_switch_fails() {
    let mut bench = Bench::staged();
    ask(&mut bench, None, Some("verify"));
    bench.run(Command::switch());
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "all traffic, not final"
    );
    bench.answer("verify", refuse());
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v2")),
        "back to the old one"
    );
}

// A share that somebody raised to everything went past the env's hooks.
#[test]
fn a_share_raised_to_everything_asks_the_hooks() {
    let mut bench = Bench::staged();
    ask(&mut bench, Some("smoke"), Some("verify"));
    bench.promote("v2", Some(25));
    bench.promote("v2", Some(100));
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "asked first"
    );
    bench.answer("smoke", HookAnswer::Open);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "and again"
    );
    bench.answer("verify", HookAnswer::Open);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "then it is final"
    );
}

#[test]
fn scenario_05_auto_promotion_is_not_early() {
    let first = PlanStep {
        gate: Gate::After(30 * SECOND),
        ..PlanStep::new(Weight::NONE)
    };
    let auto = Plan::new("auto", vec![first, PlanStep::new(Weight::FULL)]).unwrap();
    let mut bench = Bench::shifting(auto);
    bench.pass(15 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(0), Some("v2")),
        "at half the time"
    );
    bench.pass(16 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "without a command"
    );
}

#[test]
fn scenario_06_fast_rollback() {
    let mut bench = Bench::staged();
    ask(&mut bench, Some("smoke"), Some("verify"));
    bench.run(Command::switch());
    bench.answer("smoke", HookAnswer::Open);
    bench.answer("verify", HookAnswer::Open);
    bench.run(Command::Rollback);
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v2")),
        "nobody is asked"
    );
}

#[test]
fn scenario_07_rollback_inside_and_outside_the_window() {
    let mut bench = Bench::staged();
    bench.run(Command::switch());
    bench.deploy("v3");
    bench.promote("v3", None);
    bench.run(Command::switch());
    bench.run(Command::Rollback);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v3")),
        "inside: at once"
    );
    bench.promote("v1", None);
    bench.shift(plan(&[50, 100], MINUTE));
    assert_eq!(
        bench.seen(),
        (Some("v2"), Some(50), Some("v1")),
        "outside: the whole plan"
    );
}

#[test]
fn scenario_08_promote_full_in_a_shift_and_after_an_abort() {
    let mut bench = Bench::shifting(plan(&[5, 50, 100], MINUTE));
    bench.run(Command::Finish);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "steps are skipped, the bake stays"
    );
    bench.run(Command::Abort);
    bench.run(Command::switch());
    assert_eq!(bench.seen(), (Some("v2"), None, Some("v1")), "at once");
}

#[test]
fn scenario_09_abort_retry_promote() {
    let mut bench = Bench::shifting(plan(&[5, 50, 100], MINUTE));
    bench.pass(61 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(50), Some("v2")),
        "second step"
    );
    bench.run(Command::Abort);
    assert_eq!(bench.seen(), (Some("v1"), None, Some("v2")), "nothing");
    bench.shift(plan(&[5, 50, 100], MINUTE));
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(5), Some("v2")),
        "from the beginning"
    );
    bench.pass(4 * MINUTE);
    assert_eq!(bench.seen(), (Some("v2"), None, Some("v1")), "done");
}

#[test]
fn scenario_10_abort_with_nothing_running() {
    let mut bench = Bench::staged();
    let before = bench.record.clone();
    assert_eq!(
        bench.run(Command::Abort).what,
        What::Nothing,
        "nothing to do"
    );
    assert_eq!(bench.record, before, "and no new generation");
}

#[test]
fn scenario_11_abort_then_a_new_version() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.run(Command::Abort);
    bench.deploy("v3");
    let placed = bench.promote("v3", None);
    assert_eq!(placed.displaced, Some(version("v2")), "a preview again");
    bench.shift(plan(&[25, 100], MINUTE));
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v3")),
        "from the beginning"
    );
    assert!(
        !bench.record.retired.contains_key(&version("v2")),
        "and not removed"
    );
}

#[test]
fn scenario_12_superseded_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.deploy("v3");
    assert_eq!(
        bench.refused(promote("v3", None)).code(),
        "shifting",
        "not by accident"
    );
    let generation = bench.record.generation;
    bench.run(Command::Promote {
        version: version("v3"),
        weight: None,
        insist: SUPERSEDE,
    });
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v3")),
        "v2 has nothing before v3 has any"
    );
    assert_eq!(bench.record.generation, generation + 1, "in one transition");
}

#[test]
fn scenario_13_back_to_stable_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.run(Command::Promote {
        version: version("v1"),
        weight: None,
        insist: SUPERSEDE,
    });
    assert_eq!(bench.seen(), (Some("v1"), None, Some("v2")), "at once");
}

#[test]
fn scenario_14_what_is_inconclusive_waits_for_a_person() {
    let mut steps = plan(&[25, 50, 100], MINUTE).steps().to_vec();
    steps[0].max_dwell_ms = Some(2 * MINUTE);
    let mut bench = Bench::shifting(Plan::new("slow", steps).unwrap());
    bench.weaken("v2");
    bench.pass(10 * MINUTE);
    assert_eq!(bench.hold(), Some(&Hold::Overdue), "held");
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "as it was"
    );
    assert_eq!(
        bench.refused(Command::Resume).code(),
        "not_ready",
        "still too few"
    );
    bench.revive("v2");
    bench.run(Command::Resume);
    assert_eq!(bench.seen(), (Some("v1"), Some(50), Some("v2")), "goes on");
}

#[test]
fn scenario_15_a_pause_longer_than_the_deadline_fails_nothing() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.run(Command::Hold);
    bench.pass(24 * 60 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "a day later"
    );
    bench.run(Command::Resume);
    bench.pass(3 * MINUTE);
    assert_eq!(bench.seen(), (Some("v2"), None, Some("v1")), "goes on");
}

#[test]
fn scenario_16_the_deadline_with_and_without_an_abort() {
    for (on_deadline, left) in [(OnDeadline::Abort, None), (OnDeadline::Wait, Some(5))] {
        let mut bench = Bench::staged();
        let mut waiting = plan(&[5, 100], MINUTE);
        waiting.on_deadline = on_deadline;
        bench.shift(waiting);
        bench.rebuild("v2");
        bench.weaken("v2");
        bench.pass(6 * MINUTE);
        assert_eq!(
            bench.seen(),
            (Some("v1"), left, Some("v2")),
            "{on_deadline:?}"
        );
    }
}

#[test]
fn scenario_17_good_bad_good() {
    let mut bench = Bench::staged();
    bench.kill("v2");
    bench.promote("v2", Some(100));
    bench.pass(6 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v2")),
        "the bad one never served"
    );
    bench.deploy("v3");
    bench.promote("v3", Some(100));
    assert_eq!(
        bench.seen(),
        (Some("v3"), None, Some("v1")),
        "the good one does"
    );
}

#[test]
fn scenario_18_all_containers_of_the_candidate_are_deleted_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.kill("v2");
    bench.stack("v2").expected = 0;
    bench.pass(9 * SECOND);
    assert_eq!(bench.hold(), Some(&Hold::CandidateDead), "within the grace");
    bench.pass(SECOND);
    assert_eq!(bench.seen(), (Some("v1"), None, Some("v2")), "aborted");
}

#[test]
fn scenario_22_a_failed_version_put_back_starts_nothing() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.kill("v2");
    bench.pass(11 * SECOND);
    bench.revive("v2");
    let before = bench.record.clone();
    bench.pass(10 * MINUTE);
    assert_eq!(bench.record, before, "nothing runs by itself");
}

#[test]
fn scenario_23_the_same_failed_version_repaired_and_retried() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.kill("v2");
    bench.pass(11 * SECOND);
    bench.revive("v2");
    let again = Command::Shift {
        plan: Some(plan(&[25, 100], MINUTE)),
        insist: Insist::NONE,
    };
    assert_eq!(bench.refused(again.clone()).code(), "failed", "as it was");
    bench.rebuild("v2");
    bench.run(again);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "made anew"
    );
}

#[test]
fn scenario_26_gates_hold_at_their_point() {
    let asks = PlanStep {
        gate: Gate::Hook("smoke".to_owned()),
        ..PlanStep::new(percent(10))
    };
    let gated = Plan::new("gated", vec![asks, PlanStep::new(Weight::FULL)]).unwrap();
    let mut bench = Bench::staged();
    let shift = Command::Shift {
        plan: Some(gated),
        insist: Insist::NONE,
    };
    assert_eq!(
        bench.refused(shift.clone()).code(),
        "unknown_hook",
        "nobody to ask"
    );
    bench.view.policy.hooks = vec!["smoke".to_owned()];
    bench.run(shift);
    let name = "smoke".to_owned();
    assert_eq!(bench.hold(), Some(&Hold::Hook { name }), "asked");
    bench.pass(10 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(10), Some("v2")),
        "and waits"
    );
    let why = "not sure".to_owned();
    bench.answer("smoke", HookAnswer::Hold { why });
    assert_eq!(
        bench.hold().map(Hold::code),
        Some("hook-refused"),
        "a person decides"
    );
    bench.run(Command::Resume);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "goes on anyway"
    );
}

#[test]
fn a_late_answer_of_a_hook_is_not_heard() {
    let mut bench = Bench::staged();
    ask(&mut bench, Some("smoke"), None);
    bench.run(Command::switch());
    let old = bench.record.shift.clone().unwrap();
    bench.run(Command::Abort);
    bench.run(Command::switch());
    let late = Event::Verdict(Verdict {
        hook: "smoke".to_owned(),
        started_generation: old.started_generation,
        step: old.step,
        answer: HookAnswer::Open,
    });
    let before = bench.record.clone();
    bench.event(&late).unwrap();
    assert_eq!(bench.record, before, "it was about another shift");
}

#[test]
fn scenario_28_a_broken_stable_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.kill("v1");
    bench.pass(10 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "nobody advances"
    );
    assert_eq!(bench.hold(), Some(&Hold::StableDead), "and it says why");
    assert_eq!(
        bench.refused(Command::Abort).code(),
        "previous_down",
        "the candidate is all there is"
    );
    bench.run(Command::Finish);
    bench.revive("v1");
    bench.pass(2 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v2"), None, Some("v1")),
        "the candidate keeps serving"
    );
}

#[test]
fn scenario_29_a_deploy_that_never_gets_healthy() {
    let mut bench = Bench::staged();
    bench.weaken("v2");
    let before = bench.record.clone();
    assert_eq!(bench.refused(Command::switch()).code(), "not_ready", "told");
    bench.pass(10 * MINUTE);
    assert_eq!(bench.record, before, "nothing changed");
}

#[test]
fn scenario_34_maintenance_is_independent_of_deployments() {
    let mut bench = Bench::staged();
    let closure = crate::routing::rollout::Closure {
        message: "back at noon".to_owned(),
        retry_after_s: 60,
    };
    bench.run(Command::Maintenance(Some(closure)));
    bench.run(Command::switch());
    bench.run(Command::Rollback);
    assert!(bench.record.maintenance.is_some(), "still closed");
    bench.run(Command::Maintenance(None));
    assert_eq!(bench.seen(), (Some("v1"), None, Some("v2")), "open again");
}

#[test]
fn scenario_35_promote_with_too_few_healthy_is_refused_with_counts() {
    let mut bench = Bench::staged();
    bench.weaken("v2");
    let refusal = bench.refused(Command::switch()).to_string();
    assert!(refusal.contains("1 of 2"), "{refusal}");
}

#[test]
fn scenario_36_an_automatic_abort_never_repeats_itself() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.kill("v2");
    bench.pass(11 * SECOND);
    bench.revive("v2");
    for command in [Command::switch(), promote("v2", Some(25)), weight(25)] {
        assert_eq!(
            bench.refused(command).code(),
            "failed",
            "not without a person"
        );
    }
    bench.run(Command::Switch { insist: FORCE });
    assert_eq!(bench.seen(), (Some("v2"), None, Some("v1")), "a person may");
}

#[test]
fn scenario_37_flapping_health_begins_the_step_again() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.pass(50 * SECOND);
    bench.kill("v2");
    bench.pass(5 * SECOND);
    bench.revive("v2");
    bench.pass(50 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "its minute is not over"
    );
    bench.pass(15 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "now it is"
    );
}

#[test]
fn scenario_38_a_command_on_a_finished_shift_is_refused() {
    let mut bench = Bench::staged();
    bench.run(Command::switch());
    for command in [Command::Hold, Command::Resume, Command::Finish] {
        assert_eq!(
            bench.refused(command),
            Refusal::NotShifting,
            "there is none"
        );
    }
}

#[test]
fn scenario_46_docker_is_away_for_a_minute_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 50, 100], MINUTE));
    bench.view.current = false;
    bench.pass(3 * MINUTE);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "the shares stay"
    );
    assert_eq!(bench.hold(), Some(&Hold::DockerStale), "held");
    assert_eq!(
        bench.refused(weight(50)).code(),
        "docker_away",
        "no more for it"
    );
    let mut aborted = bench.clone();
    aborted.run(Command::Rollback);
    assert_eq!(
        aborted.seen(),
        (Some("v1"), None, Some("v2")),
        "back is always possible"
    );
    bench.view.current = true;
    bench.pass(30 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "its clock began anew"
    );
    bench.pass(31 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(50), Some("v2")),
        "and it goes on"
    );
}

#[test]
fn scenario_47_traefik_restarts_in_a_ramp() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.view.applied_until = None;
    bench.pass(5 * MINUTE);
    assert_eq!(bench.hold(), Some(&Hold::ProxyStale), "nobody would follow");
    bench.view.applied_until = Some(bench.now);
    bench.pass(62 * SECOND);
    assert_eq!(bench.seen(), (Some("v1"), Some(100), Some("v2")), "goes on");
}

#[test]
fn scenario_48_of_two_traefiks_one_is_stale() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    let stuck = bench.now;
    for _ in 0..300 {
        bench.now = bench.now.plus_millis(SECOND);
        bench.view.applied_until = Some(stuck);
        bench.tick();
    }
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "not before all have it"
    );
    bench.view.applied_until = Some(bench.now);
    bench.tick();
    assert_eq!(bench.seen(), (Some("v1"), Some(100), Some("v2")), "then");
}

#[test]
fn a_restart_can_only_lengthen_a_step() {
    let mut bench = Bench::shifting(plan(&[25, 100], MINUTE));
    bench.pass(59 * SECOND);
    // the machine was down for a day
    bench.now = bench.now.plus_millis(24 * 60 * MINUTE);
    bench.restart();
    assert_eq!(
        bench.hold(),
        Some(&Hold::Restart),
        "nothing is known of the time between"
    );
    bench.pass(59 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(25), Some("v2")),
        "its minute is not over"
    );
    bench.pass(3 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(100), Some("v2")),
        "now it is"
    );
}

#[test]
fn a_freeze_stops_what_goes_forward_and_nothing_that_goes_back() {
    let mut bench = Bench::shifting(plan(&[25, 50, 100], MINUTE));
    bench.run(Command::Freeze {
        why: "audit".to_owned(),
        until: None,
    });
    bench.pass(10 * MINUTE);
    assert_eq!(bench.hold(), Some(&Hold::Frozen), "held");
    for command in [
        Command::Finish,
        Command::Resume,
        weight(50),
        Command::switch(),
    ] {
        assert_eq!(bench.refused(command.clone()).code(), "frozen", "{command}");
    }
    let mut back = bench.clone();
    back.run(Command::Abort);
    assert_eq!(back.seen(), (Some("v1"), None, Some("v2")), "back");
    bench.run(Command::Unfreeze);
    bench.pass(62 * SECOND);
    assert_eq!(bench.seen(), (Some("v1"), Some(50), Some("v2")), "on");
}

#[test]
fn a_freeze_with_an_end_ends() {
    let bench = Bench::staged();
    for until in [
        Until::At(bench.now.plus_millis(MINUTE)),
        Until::After(MINUTE),
    ] {
        let mut bench = bench.clone();
        let (why, until) = (String::new(), Some(until));
        bench.run(Command::Freeze { why, until });
        bench.pass(59 * SECOND);
        assert!(bench.record.frozen.is_some(), "not yet: {until:?}");
        bench.pass(SECOND);
        assert!(bench.record.frozen.is_none(), "over: {until:?}");
    }
}

#[test]
fn rollback_works_while_the_candidate_is_dead_docker_is_away_and_all_is_frozen() {
    let mut bench = Bench::staged();
    bench.run(Command::switch());
    bench.kill("v2");
    bench.view.current = false;
    bench.view.applied_until = None;
    bench.run(Command::Freeze {
        why: String::new(),
        until: None,
    });
    bench.run(Command::Rollback);
    assert_eq!(
        bench.seen(),
        (Some("v1"), None, Some("v2")),
        "nothing stands in its way"
    );
}

#[test]
fn a_retired_version_leaves_its_slot_and_is_forgotten_with_its_containers() {
    let mut bench = Bench::staged();
    let retire = |name: &str, insist| Command::Retire {
        removal: None,
        version: version(name),
        insist,
    };
    assert_eq!(
        bench.refused(retire("v1", Insist::NONE)).code(),
        "still_active",
        "live"
    );
    bench.run(retire("v2", Insist::NONE));
    assert_eq!(bench.seen(), (Some("v1"), None, None), "out of its slot");
    assert_eq!(
        bench.refused(promote("v2", None)).code(),
        "retired",
        "for good"
    );
    bench.tick();
    assert!(
        bench.record.retired.contains_key(&version("v2")),
        "its containers run"
    );
    bench.rebuild("v2");
    bench.tick();
    assert!(bench.record.retired.is_empty(), "deployed anew");
    bench.promote("v2", None);
    bench.run(retire("v1", FORCE));
    assert_eq!(bench.seen(), (None, None, Some("v2")), "nothing is live");
}

#[test]
fn newer_containers_are_withdrawn_beside_an_older_removal_which_goes_on() {
    let mut bench = Bench::staged();
    let retire = |removal| Command::Retire {
        version: version("v2"),
        removal,
        insist: Insist::NONE,
    };
    let removal = Removal {
        project: Some("p".to_owned()),
        images: ["old".to_owned()].into(),
        ..Removal::default()
    };
    bench.run(retire(Some(removal)));
    let first = bench.record.removal(&version("v2")).cloned().unwrap();
    bench.rebuild("v2");
    bench.run(retire(None));
    let second = &bench.record.retired[&version("v2")];
    assert_eq!(second.removal.as_ref(), Some(&first), "as it was asked for");
    assert!(second.made_until > first.made_until, "the newer ones stay");
    let mut both = bench.clone();
    both.run(retire(Some(Removal::default())));
    let third = both.record.removal(&version("v2")).cloned().unwrap();
    assert_eq!(
        third.made_until, second.made_until,
        "unless they are to go, too"
    );
    assert_eq!((third.project, third.images), (first.project, first.images));
    let over = Event::Removed {
        version: version("v2"),
        what: String::new(),
    };
    let view = &bench.view;
    let after = |record| step(record, &over, view, bench.now).unwrap().record;
    let left = &after(&bench.record).retired[&version("v2")];
    assert_eq!(left.removal, None, "the older ones are gone");
    assert!(after(&both.record).retired.is_empty(), "all are gone");
}

#[test]
fn a_named_share_in_a_plan_holds_and_resume_goes_on_from_there() {
    let mut bench = Bench::shifting(plan(&[5, 25, 50, 100], MINUTE));
    bench.run(weight(30));
    assert_eq!(bench.hold().map(Hold::code), Some("user"), "held");
    bench.pass(10 * MINUTE);
    bench.run(Command::Resume);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(30), Some("v2")),
        "as it was"
    );
    bench.pass(61 * SECOND);
    assert_eq!(
        bench.seen(),
        (Some("v1"), Some(50), Some("v2")),
        "the next step above it"
    );
}

fn ask(bench: &mut Bench, before: Option<&str>, after: Option<&str>) {
    let policy = &mut bench.view.policy;
    policy.pre_switch = before.map(str::to_owned);
    policy.post_switch = after.map(str::to_owned);
    policy.hooks = before.into_iter().chain(after).map(str::to_owned).collect();
}

fn refuse() -> HookAnswer {
    HookAnswer::Abort {
        why: "500 on /health".to_owned(),
    }
}
