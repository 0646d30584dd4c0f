//! Any rollout record, also such as no machine makes.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::arbitrary::{any_time, any_version};
use crate::routing::ids::{Incarnation, Slot};
use crate::routing::plan::{Gate, Match, OnDeadline, Plan, PlanStep, Sticky, Weight};
use crate::routing::rollout::{
    Failed, Freeze, Hold, Maintenance, Phase, Placed, Record, Removal, Retired, Shift, Slots,
};

/// Records that break the rollout's invariants too: what is stored is not for the store to judge.
pub(super) fn any_rollout() -> impl Strategy<Value = Record> {
    let slots = (option::of(any_placed()), option::of(any_placed()));
    let slots = slots.prop_map(|(blue, green)| Slots { blue, green });
    let slot = prop_oneof![Just(Slot::Blue), Just(Slot::Green)];
    let pointers = (
        option::of(slot),
        option::of(any_shift()),
        option::of(any_version()),
    );
    let states = (
        option::of(any_freeze()),
        option::of(any_maintenance()),
        btree_map(any_version(), any_retired(), 0..3),
    );
    let all = (any::<u64>(), slots, pointers, states);
    all.prop_map(|(generation, slots, pointers, states)| Record {
        generation,
        slots,
        active: pointers.0,
        shift: pointers.1,
        previous: pointers.2,
        frozen: states.0,
        maintenance: states.1,
        retired: states.2,
    })
}

fn any_incarnation() -> impl Strategy<Value = Option<Incarnation>> {
    option::of(any::<u64>().prop_map(Incarnation))
}

fn any_placed() -> impl Strategy<Value = Placed> {
    let failed = (any_incarnation(), any::<String>())
        .prop_map(|(incarnation, why)| Failed { incarnation, why });
    let all = (any_version(), any::<u64>(), option::of(failed));
    all.prop_map(|(version, placed_generation, failed)| Placed {
        version,
        placed_generation,
        failed,
    })
}

fn any_weight() -> impl Strategy<Value = Weight> {
    (0..=100_u64).prop_map(|percent| Weight::new(percent).unwrap())
}

pub(super) fn any_match() -> impl Strategy<Value = Match> {
    let texts = || ("x[0-9A-Za-z-]{0,7}", "[0-9A-Za-z.=-]{1,8}");
    prop_oneof![
        texts().prop_map(|(name, value)| Match::Header { name, value }),
        texts().prop_map(|(name, value)| Match::Cookie { name, value }),
    ]
}

fn any_step() -> impl Strategy<Value = PlanStep> {
    let gate = prop_oneof![
        Just(Gate::None),
        Just(Gate::Manual),
        any::<u64>().prop_map(Gate::After),
        any::<String>().prop_map(Gate::Hook),
    ];
    let dwell = (any::<u32>(), option::of(any::<u32>()));
    let all = (
        any_weight(),
        any_weight(),
        vec(any_match(), 0..3),
        dwell,
        gate,
    );
    all.prop_map(|(weight, mirror, matches, (min, longer), gate)| PlanStep {
        weight,
        mirror,
        matches,
        min_dwell_ms: min.into(),
        max_dwell_ms: longer.map(|longer| u64::from(min) + u64::from(longer)),
        gate,
    })
}

/// Plans are valid by construction, so their steps are sorted and end with everything.
pub(super) fn any_plan() -> impl Strategy<Value = Plan> {
    let steps = (any::<String>(), vec(any_step(), 0..5)).prop_map(|(name, mut steps)| {
        steps.sort_by_key(|step| step.weight);
        steps.push(PlanStep::new(Weight::FULL));
        for step in &mut steps {
            if step.weight == Weight::FULL {
                step.mirror = Weight::NONE;
            }
        }
        Plan::new(name, steps).unwrap()
    });
    let plan = prop_oneof![steps, any_weight().prop_map(Plan::manual)];
    let sticky = prop_oneof![
        Just(Sticky::None),
        Just(Sticky::Cookie),
        Just(Sticky::Address)
    ];
    let on_deadline = prop_oneof![Just(OnDeadline::Abort), Just(OnDeadline::Wait)];
    (plan, sticky, on_deadline).prop_map(|(mut plan, sticky, on_deadline)| {
        plan.sticky = sticky;
        plan.on_deadline = on_deadline;
        plan
    })
}

fn any_hold() -> impl Strategy<Value = Hold> {
    let name = any::<String>;
    prop_oneof![
        name().prop_map(|by| Hold::User { by }),
        Just(Hold::Gate),
        name().prop_map(|name| Hold::Hook { name }),
        (name(), name()).prop_map(|(name, why)| Hold::Refused { name, why }),
        Just(Hold::Overdue),
        Just(Hold::Frozen),
        Just(Hold::CandidateDead),
        Just(Hold::StableDead),
        Just(Hold::DockerStale),
        Just(Hold::ProxyStale),
        Just(Hold::Restart),
    ]
}

fn any_phase() -> impl Strategy<Value = Phase> {
    prop_oneof![
        any_time().prop_map(|deadline| Phase::Pending { deadline }),
        any_time().prop_map(|since| Phase::Running { since }),
        any_hold().prop_map(Phase::Held),
    ]
}

fn any_shift() -> impl Strategy<Value = Shift> {
    let place = (any_plan(), any::<prop::sample::Index>(), any_weight());
    let times = (any_time(), any::<u64>());
    let all = (place, any_incarnation(), any_phase(), times);
    all.prop_map(
        |((plan, index, weight), incarnation, phase, (entered_at, started_generation))| Shift {
            step: index.index(plan.steps().len()),
            plan,
            weight,
            incarnation,
            entered_at,
            phase,
            started_generation,
        },
    )
}

fn any_freeze() -> impl Strategy<Value = Freeze> {
    let all = (any::<String>(), any::<String>(), option::of(any_time()));
    all.prop_map(|(by, why, until)| Freeze { by, why, until })
}

fn any_maintenance() -> impl Strategy<Value = Maintenance> {
    let all = (any::<String>(), any::<String>(), any::<u32>());
    all.prop_map(|(by, message, retry_after_s)| Maintenance {
        by,
        message,
        retry_after_s,
    })
}

fn any_retired() -> impl Strategy<Value = Retired> {
    let removal = any::<(bool, bool, Option<String>, BTreeSet<String>, u64)>().prop_map(
        |(volumes, keep_images, project, images, made_until)| Removal {
            volumes,
            keep_images,
            project,
            images,
            made_until,
        },
    );
    let all = (
        any::<String>(),
        any_time(),
        any::<u64>(),
        option::of(removal),
    );
    all.prop_map(|(by, at, made_until, removal)| Retired {
        by,
        at,
        made_until,
        removal,
    })
}
