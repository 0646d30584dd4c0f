//! What each verb's body may say, and what is told of a mistake.

use super::*;
use crate::api::Problem;
use crate::routing::plan::named;

fn read(verb: &str, body: &str) -> Result<Command, String> {
    let parsed = parser(verb).and_then(|parse| parse(&Payload::of(body)));
    parsed.map_err(|error| {
        let (_, _, problem) = error.into_parts();
        let problem: Problem = serde_json::from_slice(&problem).unwrap();
        problem.detail
    })
}

#[test]
fn each_command_is_reached_under_its_own_name() {
    for (verb, parser) in VERBS {
        let bodies = [
            "",
            r#"{"version":"v1"}"#,
            r#"{"weight":1}"#,
            r#"{"on":false}"#,
        ];
        let mut commands = bodies
            .iter()
            .filter_map(|body| parser(&Payload::of(body)).ok());
        assert_eq!(commands.next().map(|it| it.verb()), Some(verb), "{verb}");
    }
}

#[test]
fn a_body_says_all_that_the_command_can() {
    let canary = format!("shift {} --supersede", named("canary").unwrap());
    for (verb, body, command) in [
        (
            "promote",
            r#"{"version":"v1","weight":"25%","force":true,"supersede":true}"#,
            "promote v1 25% --force --supersede",
        ),
        ("switch", "", "switch"),
        ("switch", r#"{"force":true}"#, "switch --force"),
        (
            "weight",
            r#"{"weight":25,"force":true}"#,
            "weight 25% --force",
        ),
        ("shift", "", "shift"),
        ("shift", r#"{"plan":"canary","supersede":true}"#, &canary),
        (
            "shift",
            r#"{"plan":{"steps":[{"weight":100,"gate":"manual"}]},"force":true}"#,
            "shift custom [100% until resumed] --force",
        ),
        ("freeze", "", "freeze"),
        (
            "freeze",
            r#"{"why":"sale","for":"2h"}"#,
            "freeze --why \"sale\" --for 7200000ms",
        ),
        (
            "freeze",
            r#"{"until":"1970-01-01T02:00:01.5+02:00"}"#,
            "freeze --until 1500ms",
        ),
        (
            "retire",
            r#"{"version":"v1","force":true}"#,
            "retire v1 --force",
        ),
        (
            "maintenance",
            r#"{"on":true}"#,
            "maintenance on --retry-after 120s",
        ),
        (
            "maintenance",
            r#"{"on":true,"message":"soon","retry_after":"1500ms"}"#,
            "maintenance on --retry-after 2s --message \"soon\"",
        ),
        ("maintenance", r#"{"on":false}"#, "maintenance off"),
    ] {
        let read = read(verb, body).map(|command| command.to_string());
        assert_eq!(read.as_deref(), Ok(command), "{verb} {body}");
    }
}

const MISTAKES: &[(&str, &str, &str)] = &[
    ("hold", r#"{"x":1}"#, "unknown field `x`"),
    ("promote", "", "a JSON object is expected"),
    (
        "promote",
        r#"{"version":"v1","weight":101}"#,
        "weight \"101\" must be",
    ),
    ("weight", "", "a JSON object is expected"),
    (
        "weight",
        r#"{"weight":-1}"#,
        "weight: a weight is a whole number",
    ),
    (
        "weight",
        r#"{"weight":1,"supersede":true}"#,
        "unknown field `supersede`",
    ),
    ("switch", r#"{"force":"yes"}"#, "force: invalid type"),
    (
        "shift",
        r#"{"plan":"cannery"}"#,
        "plan: there is no plan \"cannery\"",
    ),
    (
        "shift",
        r#"{"plan":{"steps":[{"weight":100},{}]}}"#,
        "plan.steps[1]: missing field `weight`",
    ),
    (
        "shift",
        r#"{"plan":{"steps":[{"wait":100}]}}"#,
        "plan.steps[0].wait: unknown field `wait`",
    ),
    (
        "shift",
        r#"{"plan":{"steps":[{"weight":100,"min_dwell":"1"}]}}"#,
        "plan: step 1: min_dwell: \"1\"",
    ),
    (
        "freeze",
        r#"{"until":"tomorrow"}"#,
        "until: \"tomorrow\" is not a time",
    ),
    ("freeze", r#"{"until":"1969-01-01T00:00:00Z"}"#, "until: "),
    ("freeze", r#"{"for":"2d"}"#, "for: \"2d\" is not a duration"),
    (
        "freeze",
        r#"{"for":"2h","until":"2030-01-01T00:00:00Z"}"#,
        "give one of them",
    ),
    ("retire", "{}", "missing field `version`"),
    ("maintenance", "{}", "missing field `on`"),
    (
        "maintenance",
        r#"{"on":true,"message":"a\u0007"}"#,
        "message: it may have",
    ),
    (
        "maintenance",
        r#"{"on":true,"retry_after":"9999h"}"#,
        "retry_after: it may be 168h",
    ),
    (
        "maintenance",
        r#"{"on":false,"message":"x"}"#,
        "message, retry_after: they belong to",
    ),
];

#[test]
fn a_mistake_is_told_by_field() {
    let long = format!(r#"{{"why":"{}"}}"#, "a".repeat(TEXT + 1));
    let long = ("freeze", long.as_str(), "why: it may have 500");
    for (verb, body, expected) in MISTAKES.iter().copied().chain([long]) {
        let error = read(verb, body).unwrap_err();
        assert!(error.contains(expected), "{verb} {body}: {error}");
    }
}
