//! From a verb and its body to a command; what is wrong is told by field.

use serde::Deserialize;

use super::payload::Payload;
use super::plan;
use crate::api::{
    FreezeBody, MaintenanceBody, PromoteBody, RetireBody, ShiftBody, SwitchBody, WeightBody,
    WeightInput,
};
use crate::routing::plan::Weight;
use crate::routing::rollout::{Closure, Command, Insist, Until};
use crate::routing::time::Timestamp;
use crate::web::error::ApiError;

/// Reads a body.
pub(super) type Parser = fn(&Payload) -> Result<Command, ApiError>;

/// Longest reason and longest message, in characters.
const TEXT: usize = 500;
/// When visitors of a closed host should come again, unless it is said, in milliseconds.
const RETRY_AFTER_MS: u64 = 120_000;
/// Longest time that visitors are sent away for, in milliseconds.
const MAX_RETRY_AFTER_MS: u64 = 7 * 24 * 3_600_000;

/// The verbs there are. The names are those of [`Command::verb`].
const VERBS: [(&str, Parser); 14] = [
    ("promote", promote),
    ("switch", switch),
    ("rollback", |payload| bare(payload, Command::Rollback)),
    ("weight", weight),
    ("shift", shift),
    ("hold", |payload| bare(payload, Command::Hold)),
    ("resume", |payload| bare(payload, Command::Resume)),
    ("abort", |payload| bare(payload, Command::Abort)),
    ("finish", |payload| bare(payload, Command::Finish)),
    ("evict", |payload| bare(payload, Command::Evict)),
    ("freeze", freeze),
    ("unfreeze", |payload| bare(payload, Command::Unfreeze)),
    ("retire", retire),
    ("maintenance", maintenance),
];

/// Who reads the body of a verb.
pub(super) fn parser(verb: &str) -> Result<Parser, ApiError> {
    let known = VERBS.iter().find(|(name, _)| *name == verb);
    known.map(|(_, parser)| *parser).ok_or_else(|| {
        let names: Vec<&str> = VERBS.iter().map(|(name, _)| *name).collect();
        let detail = format!("there is no verb {verb:?}: use {}", names.join(", "));
        ApiError::not_found("unknown_verb", detail)
    })
}

/// Verbs that take nothing: an empty body, or an empty object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn bare(payload: &Payload, command: Command) -> Result<Command, ApiError> {
    payload.parse_or_default().map(|Nothing {}| command)
}

fn promote(payload: &Payload) -> Result<Command, ApiError> {
    let PromoteBody {
        version,
        weight,
        force,
        supersede,
    } = payload.parse()?;
    Ok(Command::Promote {
        version,
        weight: weight.as_ref().map(share).transpose()?,
        insist: Insist { force, supersede },
    })
}

fn switch(payload: &Payload) -> Result<Command, ApiError> {
    let SwitchBody { force } = payload.parse_or_default()?;
    Ok(Command::Switch {
        insist: Insist {
            force,
            ..Insist::NONE
        },
    })
}

fn weight(payload: &Payload) -> Result<Command, ApiError> {
    let WeightBody { weight, force } = payload.parse()?;
    Ok(Command::Weight {
        weight: share(&weight)?,
        insist: Insist {
            force,
            ..Insist::NONE
        },
    })
}

fn shift(payload: &Payload) -> Result<Command, ApiError> {
    let ShiftBody {
        plan,
        force,
        supersede,
    } = payload.parse_or_default()?;
    let plan = plan.as_ref().map(plan::parse).transpose();
    Ok(Command::Shift {
        plan: plan.map_err(invalid)?,
        insist: Insist { force, supersede },
    })
}

fn freeze(payload: &Payload) -> Result<Command, ApiError> {
    let FreezeBody { why, until, lasts } = payload.parse_or_default()?;
    let until = match (until, lasts) {
        (Some(_), Some(_)) => return Err(invalid("until, for: give one of them")),
        (Some(text), None) => Some(Until::At(rfc3339(&text)?)),
        (None, Some(text)) => Some(Until::After(plan::millis("for", &text).map_err(invalid)?)),
        (None, None) => None,
    };
    let why = text("why", why)?;
    Ok(Command::Freeze { why, until })
}

fn retire(payload: &Payload) -> Result<Command, ApiError> {
    let RetireBody { version, force } = payload.parse()?;
    Ok(Command::Retire {
        version,
        insist: Insist {
            force,
            ..Insist::NONE
        },
    })
}

fn maintenance(payload: &Payload) -> Result<Command, ApiError> {
    let MaintenanceBody {
        on,
        message,
        retry_after,
    } = payload.parse()?;
    if !on {
        if message.is_some() || retry_after.is_some() {
            return Err(invalid(
                "message, retry_after: they belong to {\"on\": true}",
            ));
        }
        return Ok(Command::Maintenance(None));
    }
    Ok(Command::Maintenance(Some(Closure {
        message: text("message", message)?,
        retry_after_s: retry_after_s(retry_after.as_deref())?,
    })))
}

/// In whole seconds, as the header wants it, and never 0.
fn retry_after_s(given: Option<&str>) -> Result<u32, ApiError> {
    let millis = given.map(|given| plan::millis("retry_after", given));
    let millis = millis.transpose().map_err(invalid)?;
    let seconds = millis.unwrap_or(RETRY_AFTER_MS).div_ceil(1000).max(1);
    let short = u32::try_from(seconds).ok();
    let short = short.filter(|_| seconds <= MAX_RETRY_AFTER_MS / 1000);
    short.ok_or_else(|| invalid("retry_after: it may be 168h at most"))
}

fn share(input: &WeightInput) -> Result<Weight, ApiError> {
    plan::weight(input).map_err(|error| invalid(error.to_string()))
}

fn rfc3339(text: &str) -> Result<Timestamp, ApiError> {
    let wrong = || {
        let right = "write it as 2026-12-24T18:00:00Z or with an offset";
        invalid(format!("until: {text:?} is not a time: {right}"))
    };
    let at: jiff::Timestamp = text.parse().map_err(|_error| wrong())?;
    let millis = u64::try_from(at.as_millisecond()).map_err(|_before_1970| wrong())?;
    Ok(Timestamp::from_millis(millis))
}

/// A few lines for people; nothing when it is left out.
fn text(field: &str, given: Option<String>) -> Result<String, ApiError> {
    let given = given.unwrap_or_default();
    let printable = !given.chars().any(|c| c.is_control() && c != '\n');
    if printable && given.chars().count() <= TEXT {
        return Ok(given);
    }
    Err(invalid(format!(
        "{field}: it may have {TEXT} printable characters at most"
    )))
}

fn invalid(detail: impl Into<String>) -> ApiError {
    ApiError::bad_request("invalid_body", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;
    use crate::routing::plan::named;

    fn read(verb: &str, body: &str) -> Result<Command, String> {
        let parsed = parser(verb).unwrap()(&Payload::of(body));
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

    #[test]
    fn a_mistake_is_told_by_field() {
        let long = format!(r#"{{"why":"{}"}}"#, "a".repeat(TEXT + 1));
        for (verb, body, expected) in [
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
            ("freeze", &long, "why: it may have 500"),
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
        ] {
            let error = read(verb, body).unwrap_err();
            assert!(error.contains(expected), "{verb} {body}: {error}");
        }
    }
}
