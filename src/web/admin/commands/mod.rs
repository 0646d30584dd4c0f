//! From a verb and its body to a command; what is wrong is told by field.

use serde::{Deserialize, Serialize};

use super::payload::Payload;
use super::plan;
use crate::api::{
    FreezeBody, MaintenanceBody, PromoteBody, RetireBody, ShiftBody, SwitchBody, WeightBody,
    WeightInput,
};
use crate::routing::plan::Weight;
use crate::routing::rollout::{Closure, Command, Insist, Removal, Until};
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
#[derive(Debug, Default, Serialize, Deserialize)]
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
    let RetireBody {
        version,
        force,
        remove,
        volumes,
        keep_images,
    } = payload.parse()?;
    if !remove && (volumes || keep_images) {
        return Err(invalid("volumes, keep_images: they belong to remove"));
    }
    Ok(Command::Retire {
        version,
        removal: remove.then_some(Removal {
            volumes,
            keep_images,
            ..Removal::default()
        }),
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
mod tests;
