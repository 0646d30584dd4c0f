use super::{Gate, MAX_MATCH, Match, MatchError, NAMES, Plan, PlanError, PlanStep, Weight, named};

fn steps(weights: &[u64]) -> Vec<PlanStep> {
    let step = |weight: &u64| PlanStep::new(Weight::new(*weight).unwrap());
    weights.iter().map(step).collect()
}

#[test]
fn every_name_has_a_plan_of_its_own() {
    for name in NAMES {
        let plan = named(name).unwrap();
        assert_eq!(plan.name(), name, "called so");
        let written = Plan::new(name, plan.steps().to_vec());
        assert_eq!(written.as_ref(), Ok(&plan), "{name} could be written down");
        assert_eq!(
            plan.step(plan.last_index()).map(|step| step.weight),
            Some(Weight::FULL),
            "{name} ends with everything"
        );
    }
    let unknown = named("cannery").unwrap_err().to_string();
    assert!(
        unknown.contains("flip, blue-green, canary, shadow"),
        "{unknown}"
    );
}

#[test]
fn shares_never_fall_and_end_with_everything() {
    assert_eq!(
        Plan::new("x", steps(&[])),
        Err(PlanError::Length(0)),
        "none"
    );
    assert_eq!(
        Plan::new("x", steps(&[100; 51])),
        Err(PlanError::Length(51)),
        "too many"
    );
    assert_eq!(
        Plan::new("x", steps(&[5, 50])),
        Err(PlanError::Unfinished(50)),
        "stops early"
    );
    let falls = PlanError::Falls { step: 2, weight: 5 };
    assert_eq!(Plan::new("x", steps(&[10, 5, 100])), Err(falls), "falls");
    assert!(Plan::new("x", steps(&[5, 5, 100])).is_ok(), "may stay");
}

#[test]
fn a_step_must_make_sense() {
    let full = PlanStep::new(Weight::FULL);
    let mirrors = PlanStep {
        mirror: Weight::FULL,
        ..full.clone()
    };
    assert_eq!(
        Plan::new("x", vec![mirrors]),
        Err(PlanError::Mirrors(1)),
        "copies of everything"
    );
    let late = PlanStep {
        min_dwell_ms: 10,
        max_dwell_ms: Some(9),
        ..full
    };
    assert_eq!(
        Plan::new("x", vec![late]),
        Err(PlanError::Dwell(1)),
        "over before it may end"
    );
}

#[test]
fn a_share_between_two_steps_belongs_to_the_lower_one() {
    let plan = Plan::new("x", steps(&[5, 25, 100])).unwrap();
    let at = |weight| plan.step_for(Weight::new(weight).unwrap());
    assert_eq!(
        (at(0), at(5), at(24), at(25), at(100)),
        (0, 0, 0, 1, 2),
        "by share"
    );
}

#[test]
fn only_a_share_that_is_not_everything_stays() {
    assert!(Plan::manual(Weight::new(25).unwrap()).stays(), "a quarter");
    assert!(!Plan::manual(Weight::FULL).stays(), "everything");
    assert!(!named("canary").unwrap().stays(), "a plan goes on");
}

#[test]
fn the_hooks_of_a_plan_are_those_of_its_gates() {
    let mut all = steps(&[0, 100]);
    all[0].gate = Gate::Hook("smoke".to_owned());
    let plan = Plan::new("x", all).unwrap();
    assert_eq!(plan.hooks().collect::<Vec<_>>(), ["smoke"], "by name");
}

fn header(name: &str, value: &str) -> Match {
    let (name, value) = (name.to_owned(), value.to_owned());
    Match::Header { name, value }
}

fn cookie(name: &str, value: &str) -> Match {
    let (name, value) = (name.to_owned(), value.to_owned());
    Match::Cookie { name, value }
}

// A name or value ends up between backticks in a rule; what ends that text early would write the rest of the rule.
#[test]
fn what_cannot_stand_in_a_rule_is_refused() {
    let long = "a".repeat(MAX_MATCH + 1);
    let bad_names = ["", "X Y", "X`", "X:", "X\n", "\u{e9}", "a(b", "a\"b", &long];
    for name in bad_names {
        assert!(header(name, "1").check().is_err(), "header {name:?}");
        assert!(cookie(name, "1").check().is_err(), "cookie {name:?}");
    }
    let bad_values = [
        "",
        "`) || Host(`x",
        "a\nb",
        "a\tb",
        "\u{7f}",
        "\u{e9}",
        &long,
    ];
    for value in bad_values {
        assert!(
            header("X", value).check().is_err(),
            "header value {value:?}"
        );
        assert!(
            cookie("c", value).check().is_err(),
            "cookie value {value:?}"
        );
    }
    for value in [" a", "a "] {
        assert!(
            header("X", value).check().is_err(),
            "never sent so: {value:?}"
        );
    }
    for value in ["a b", "a;b", "a,b", "a\"b", "a\\b"] {
        assert!(
            cookie("c", value).check().is_err(),
            "cookie value {value:?}"
        );
        assert!(header("X", value).check().is_ok(), "header value {value:?}");
    }
    for value in ["1", "a=b", "(.*)", "$1", "v1.2.0+x"] {
        assert!(header("X-Canary", value).check().is_ok(), "{value:?}");
        assert!(cookie("canary", value).check().is_ok(), "{value:?}");
    }
    let host = header("hOST", "whoami").check().unwrap_err();
    assert_eq!(host, MatchError::HostHeader, "not a header to Traefik");
    assert!(cookie("host", "1").check().is_ok(), "a cookie may be");
    let mut all = steps(&[0, 100]);
    all[1].matches = vec![header("X", "1"), cookie("c", "a b")];
    let refused = Plan::new("x", all).unwrap_err().to_string();
    assert!(
        refused.starts_with("step 2: cookie value \"a b\""),
        "{refused}"
    );
}
