//! Plans as they are written down, to and from those that a rollout walks through.
//!
//! A mistake is told with the step it is in, counted from 1, and its field.

use super::convert::go_duration;
use crate::api::{
    self, GateBody, MatchBody, OnDeadline, PlanBody, PlanInput, PlanStepBody, WeightInput,
};
use crate::go_duration;
use crate::routing::plan::{self, Gate, MANUAL, Match, Plan, PlanStep, Weight, WeightError};

/// What steps without a name are called.
const CUSTOM: &str = "custom";
/// Names that mean something: a plan that is called so is not made of steps.
const RESERVED: [&str; 2] = [MANUAL, "switch"];

/// A plan as it was written, or what is wrong with it.
pub(super) fn parse(input: &PlanInput) -> Result<Plan, String> {
    match input {
        PlanInput::Name(name) => plan::named(name).map_err(|error| format!("plan: {error}")),
        PlanInput::Steps(body) => steps(body).map_err(|why| format!("plan: {why}")),
    }
}

/// A plan as it can be written: by its name, when that says it all.
pub(super) fn render(plan: &Plan) -> PlanInput {
    let name = plan.name();
    if plan::named(name).as_ref() == Ok(plan) {
        return PlanInput::Name(name.to_owned());
    }
    PlanInput::Steps(PlanBody {
        name: check_name(name).is_ok().then(|| name.to_owned()),
        sticky: match plan.sticky {
            plan::Sticky::None => api::Sticky::None,
            plan::Sticky::Cookie => api::Sticky::Cookie,
            plan::Sticky::Address => api::Sticky::Address,
        },
        on_deadline: match plan.on_deadline {
            plan::OnDeadline::Abort => OnDeadline::Abort,
            plan::OnDeadline::Wait => OnDeadline::Wait,
        },
        steps: plan.steps().iter().map(render_step).collect(),
    })
}

/// A weight as it was written.
pub(super) fn weight(input: &WeightInput) -> Result<Weight, WeightError> {
    match input {
        WeightInput::Number(percent) => Weight::new(*percent),
        WeightInput::Text(text) => Weight::parse(text),
    }
}

fn steps(body: &PlanBody) -> Result<Plan, String> {
    let name = body.name.as_deref().unwrap_or(CUSTOM);
    check_name(name)?;
    let steps = (1..).zip(&body.steps).map(|(number, body)| {
        let step = step(body);
        step.map_err(|why| format!("step {number}: {why}"))
    });
    let steps = steps.collect::<Result<_, _>>()?;
    let mut plan = Plan::new(name, steps).map_err(|error| error.to_string())?;
    plan.sticky = match body.sticky {
        api::Sticky::None => plan::Sticky::None,
        api::Sticky::Cookie => plan::Sticky::Cookie,
        api::Sticky::Address => plan::Sticky::Address,
    };
    plan.on_deadline = match body.on_deadline {
        OnDeadline::Abort => plan::OnDeadline::Abort,
        OnDeadline::Wait => plan::OnDeadline::Wait,
    };
    Ok(plan)
}

fn check_name(name: &str) -> Result<(), String> {
    if plan::NAMES.contains(&name) || RESERVED.contains(&name) {
        return Err(format!(
            "name {name:?} is a plan of its own: choose another one"
        ));
    }
    check_word("name", name)
}

fn check_word(field: &str, text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if (1..=63).contains(&text.len()) && text.chars().all(inner) {
        return Ok(());
    }
    Err(format!(
        "{field} {text:?} must have 1 to 63 letters, digits or any of . _ -"
    ))
}

fn step(body: &PlanStepBody) -> Result<PlanStep, String> {
    let mirror = body.mirror.as_ref().map(weight).transpose();
    let mirror = mirror.map_err(|error| format!("mirror: {error}"))?;
    let max_dwell = body.max_dwell.as_deref();
    let matches = body.matches.iter().map(matched);
    Ok(PlanStep {
        weight: weight(&body.weight).map_err(|error| error.to_string())?,
        mirror: mirror.unwrap_or(Weight::NONE),
        matches: matches.collect::<Result<_, _>>()?,
        min_dwell_ms: match &body.min_dwell {
            Some(text) => millis("min_dwell", text)?,
            None => 0,
        },
        max_dwell_ms: max_dwell
            .map(|text| millis("max_dwell", text))
            .transpose()?,
        gate: match &body.gate {
            GateBody::None => Gate::None,
            GateBody::Manual => Gate::Manual,
            GateBody::After(text) => Gate::After(millis("gate.after", text)?),
            GateBody::Hook(name) => {
                check_word("gate.hook", name)?;
                Gate::Hook(name.clone())
            }
        },
    })
}

/// A duration in milliseconds.
pub(super) fn millis(field: &str, text: &str) -> Result<u64, String> {
    let duration = go_duration::parse(text).map_err(|error| format!("{field}: {error}"))?;
    Ok(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// Requests that are meant for one version.
pub(super) fn matches(bodies: &[MatchBody]) -> Result<Vec<Match>, String> {
    bodies.iter().map(matched).collect()
}

fn matched(body: &MatchBody) -> Result<Match, String> {
    let value = body.value.clone();
    let matched = match (body.header.clone(), body.cookie.clone()) {
        (Some(name), None) => Match::Header { name, value },
        (None, Some(name)) => Match::Cookie { name, value },
        (Some(_), Some(_)) | (None, None) => {
            return Err("match: name one of header and cookie".to_owned());
        }
    };
    matched.check().map_err(|error| format!("match: {error}"))?;
    Ok(matched)
}

fn render_step(step: &PlanStep) -> PlanStepBody {
    let percent = |weight: Weight| WeightInput::Number(weight.percent().into());
    PlanStepBody {
        weight: percent(step.weight),
        mirror: (step.mirror != Weight::NONE).then(|| percent(step.mirror)),
        min_dwell: (step.min_dwell_ms > 0).then(|| go_duration(step.min_dwell_ms)),
        max_dwell: step.max_dwell_ms.map(go_duration),
        gate: match &step.gate {
            Gate::None => GateBody::None,
            Gate::Manual => GateBody::Manual,
            Gate::After(millis) => GateBody::After(go_duration(*millis)),
            Gate::Hook(name) => GateBody::Hook(name.clone()),
        },
        matches: step.matches.iter().map(render_match).collect(),
    }
}

pub(super) fn render_match(matched: &Match) -> MatchBody {
    let (header, cookie, value) = match matched.clone() {
        Match::Header { name, value } => (Some(name), None, value),
        Match::Cookie { name, value } => (None, Some(name), value),
    };
    MatchBody {
        header,
        cookie,
        value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Plan, String> {
        let input: PlanInput = serde_json::from_str(json).map_err(|error| error.to_string())?;
        parse(&input)
    }

    const FULL: &str = r#"{"name":"careful","sticky":"cookie","on_deadline":"wait","steps":[
        {"weight":0,"mirror":"10%","match":[{"header":"X-Canary","value":"1"},{"cookie":"c","value":"v"}]},
        {"weight":5,"min_dwell":"1m30s","max_dwell":"30m","gate":{"after":"450ms"}},
        {"weight":"25%","gate":"manual"},
        {"weight":50,"gate":{"hook":"smoke"}},
        {"weight":100,"gate":"none"}]}"#;

    #[test]
    fn all_that_can_be_said_is_understood() {
        let plan = read(FULL).unwrap();
        assert_eq!(
            plan.to_string(),
            "careful [0% mirror 10% header X-Canary=1 cookie c=v, 5% for 90000ms at most 1800000ms after 450ms, \
             25% until resumed, 50% asking smoke, 100%] sticky by cookie waiting past the deadline"
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        let plans = plan::NAMES.map(|name| format!("{name:?}"));
        for text in plans.iter().map(String::as_str).chain([FULL]) {
            let plan = read(text).unwrap();
            assert_eq!(parse(&render(&plan)), Ok(plan), "{text}");
        }
        assert_eq!(
            render(&plan::named("canary").unwrap()),
            PlanInput::Name("canary".to_owned()),
            "by name"
        );
        // what an older release called by a name that now means other steps
        let steps = read(FULL).unwrap().steps().to_vec();
        let old = Plan::new("canary", steps.clone()).unwrap();
        let again = parse(&render(&old)).unwrap();
        assert_eq!(again.steps(), steps, "the steps are what counts");
    }

    const WRONG_PLANS: &[(&str, &str)] = &[
        (
            r#""cannery""#,
            "plan: there is no plan \"cannery\": use flip",
        ),
        (
            "7",
            "expected a plan: the name of one, or an object with steps",
        ),
        (r#"{"steps":[]}"#, "plan: a plan has 1 to 50 steps, not 0"),
        (r#"{"name":"x"}"#, "missing field `steps`"),
        (
            r#"{"name":"canary","steps":[{"weight":100}]}"#,
            "plan: name \"canary\" is a plan of its own",
        ),
        (
            r#"{"name":"manual","steps":[{"weight":100}]}"#,
            "plan: name \"manual\" is a plan of its own",
        ),
        (
            r#"{"name":"a b","steps":[{"weight":100}]}"#,
            "plan: name \"a b\" must have 1 to 63 letters",
        ),
        (
            r#"{"steps":[{"weight":25}]}"#,
            "the last step has weight 25",
        ),
    ];

    /// Each is the second step of a plan that is right otherwise.
    const WRONG_STEPS: &[(&str, &str)] = &[
        (r#"{"weight":4}"#, "plan: step 2 has weight 4, less than"),
        (r#"{"weight":101}"#, "plan: step 2: weight \"101\" must be"),
        (r#"{"weight":"x"}"#, "plan: step 2: weight \"x\" must be"),
        (r#"{"weight":1.5}"#, "a weight is a whole number"),
        (
            r#"{"weight":9,"mirror":200}"#,
            "plan: step 2: mirror: weight \"200\" must be",
        ),
        (
            r#"{"weight":9,"min_dwell":"2"}"#,
            "plan: step 2: min_dwell: \"2\" is not a duration",
        ),
        (
            r#"{"weight":9,"min_dwell":"2m","max_dwell":"1m"}"#,
            "plan: step 2 has a max_dwell that is shorter",
        ),
        (
            r#"{"weight":9,"gate":{"after":"soon"}}"#,
            "plan: step 2: gate.after: \"soon\" is not a duration",
        ),
        (
            r#"{"weight":9,"gate":{"hook":""}}"#,
            "plan: step 2: gate.hook \"\" must have",
        ),
        (r#"{"weight":9,"gate":"often"}"#, "unknown variant `often`"),
        (
            r#"{"weight":9,"match":[{"value":"1"}]}"#,
            "plan: step 2: match: name one of header and cookie",
        ),
        (
            r#"{"weight":9,"match":[{"header":"X`","value":"1"}]}"#,
            "plan: step 2: match: header name \"X`\" must have",
        ),
        (
            r#"{"weight":9,"min_dwel":"1s"}"#,
            "unknown field `min_dwel`",
        ),
    ];

    #[test]
    fn a_mistake_is_told_with_its_step_and_field() {
        for (text, expected) in WRONG_PLANS {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        for (step, expected) in WRONG_STEPS {
            let text = format!(r#"{{"steps":[{{"weight":5}},{step},{{"weight":100}}]}}"#);
            let error = read(&text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
