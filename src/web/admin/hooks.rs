//! The hooks of an env body: checked on the way in, written as they were said on the way out.

use std::collections::BTreeSet;

use hyper::Uri;

use crate::api::HookBody;
use crate::go_duration;
use crate::routing::model::{Hook, HookEvent, HookFormat, OnFailure};
use crate::web::error::ApiError;

use super::convert;
use super::validate::wrong;

/// More is a list, not an env.
const MOST: usize = 20;
/// Longest attempt, in milliseconds; what takes longer is asked once more, or holds.
const LONGEST_MS: u64 = 300_000;
const MOST_RETRIES: u32 = 10;
/// Names of variables that a record may name: no other one of the daemon's leaves it.
const SECRET_PREFIX: &str = "POINTSMAN_HOOK_";

const NAME: &str = "1 to 40 lower case letters, digits and -";
const URL: &str = "an address as https://host/path, without a user (a token comes from secret_env)";

pub(super) fn parse(bodies: &[HookBody]) -> Result<Vec<Hook>, ApiError> {
    if bodies.len() > MOST {
        let right = format!("at most {MOST} hooks");
        return Err(wrong("hooks", &bodies.len().to_string(), &right));
    }
    let mut names = BTreeSet::new();
    let mut hooks = Vec::new();
    for (index, body) in bodies.iter().enumerate() {
        let field = |name: &str| format!("hooks[{index}].{name}");
        if !is_name(&body.name) {
            return Err(wrong(&field("name"), &body.name, NAME));
        }
        if !names.insert(&body.name) {
            let right = "another name than the hook before has";
            return Err(wrong(&field("name"), &body.name, right));
        }
        hooks.push(hook(body, &field)?);
    }
    asked_once(&hooks)?;
    Ok(hooks)
}

fn hook(body: &HookBody, field: &dyn Fn(&str) -> String) -> Result<Hook, ApiError> {
    if !is_url(&body.url) {
        return Err(wrong(&field("url"), &without_secrets(&body.url), URL));
    }
    let on = on(body, field)?;
    let format = match body.format.as_deref() {
        None | Some("json") => HookFormat::Json,
        Some("chat") if !on.iter().any(|event| event.is_question()) => HookFormat::Chat,
        Some("chat") => {
            let right = "json for a hook that is asked: a chat service does not answer";
            return Err(wrong(&field("format"), "chat", right));
        }
        Some(other) => return Err(wrong(&field("format"), other, "json or chat")),
    };
    let on_failure = match body.on_failure.as_deref() {
        None => None,
        Some("hold") => Some(OnFailure::Hold),
        Some("abort") => Some(OnFailure::Abort),
        Some(other) => return Err(wrong(&field("on_failure"), other, "hold or abort")),
    };
    let retries = body.retries.unwrap_or(Hook::RETRIES);
    if retries > MOST_RETRIES {
        let right = format!("0 to {MOST_RETRIES}");
        return Err(wrong(&field("retries"), &retries.to_string(), &right));
    }
    if let Some(name) = body.secret_env.as_ref().filter(|name| !is_secret(name)) {
        let right = format!("a variable as {SECRET_PREFIX}CI");
        return Err(wrong(&field("secret_env"), name, &right));
    }
    Ok(Hook {
        name: body.name.clone(),
        url: body.url.clone(),
        on,
        format,
        timeout_ms: timeout(body.timeout.as_deref(), field)?,
        retries,
        on_failure,
        secret_env: body.secret_env.clone(),
    })
}

fn on(body: &HookBody, field: &dyn Fn(&str) -> String) -> Result<BTreeSet<HookEvent>, ApiError> {
    let parsed = body
        .on
        .iter()
        .map(|word| HookEvent::parse(word).ok_or(word));
    let words = HookEvent::ALL.map(HookEvent::word).join(", ");
    let on: Result<BTreeSet<HookEvent>, &String> = parsed.collect();
    match on {
        Ok(on) if on.is_empty() => {
            let right = format!("at least one of {words}");
            Err(wrong(&field("on"), "", &right))
        }
        Ok(on) => Ok(on),
        Err(word) => Err(wrong(&field("on"), word, &format!("one of {words}"))),
    }
}

fn timeout(text: Option<&str>, field: &dyn Fn(&str) -> String) -> Result<u64, ApiError> {
    let Some(text) = text else {
        return Ok(Hook::TIMEOUT_MS);
    };
    let parsed = go_duration::parse(text).ok();
    let millis = parsed.and_then(|time| u64::try_from(time.as_millis()).ok());
    millis
        .filter(|millis| (1..=LONGEST_MS).contains(millis))
        .ok_or_else(|| {
            let right = "a duration as 450ms or 10s, 5m at most";
            wrong(&field("timeout"), text, right)
        })
}

/// Before a switch, and after it, one hook is asked.
fn asked_once(hooks: &[Hook]) -> Result<(), ApiError> {
    for event in [HookEvent::PreSwitch, HookEvent::PostSwitch] {
        let mut asked = hooks.iter().filter(|hook| hook.on.contains(&event));
        if let (Some(first), Some(second)) = (asked.next(), asked.next()) {
            let right = format!("on one hook only, and {} has it", first.name);
            let field = format!("hooks: {}", second.name);
            return Err(wrong(&field, event.word(), &right));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&name.len()) && name.chars().all(inner) && !name.starts_with('-')
}

fn is_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let has_user = uri.authority().is_none_or(|it| it.as_str().contains('@'));
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    is_web && !has_user && uri.host().is_some_and(|host| !host.is_empty()) && url.len() <= 2000
}

/// As much of a wrong address as is certainly no secret.
fn without_secrets(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://.."),
        None => "..".to_owned(),
    }
}

fn is_secret(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.strip_prefix(SECRET_PREFIX)
        .is_some_and(|rest| !rest.is_empty() && rest.len() <= 60 && rest.chars().all(inner))
}

/// As they were said: what has its default is left out.
pub(super) fn bodies(hooks: &[Hook]) -> Vec<HookBody> {
    hooks.iter().map(body).collect()
}

fn body(hook: &Hook) -> HookBody {
    let on_failure = |it| match it {
        OnFailure::Hold => "hold".to_owned(),
        OnFailure::Abort => "abort".to_owned(),
    };
    HookBody {
        name: hook.name.clone(),
        url: hook.url.clone(),
        on: hook.on.iter().map(|on| on.word().to_owned()).collect(),
        format: match hook.format {
            HookFormat::Json => None,
            HookFormat::Chat => Some("chat".to_owned()),
        },
        timeout: (hook.timeout_ms != Hook::TIMEOUT_MS)
            .then(|| convert::go_duration(hook.timeout_ms)),
        retries: (hook.retries != Hook::RETRIES).then_some(hook.retries),
        on_failure: hook.on_failure.map(on_failure),
        secret_env: hook.secret_env.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies_of(json: &str) -> Vec<HookBody> {
        serde_json::from_str(json).unwrap()
    }

    fn refusal(json: &str) -> String {
        let error = parse(&bodies_of(json)).unwrap_err();
        let (_, _, problem) = error.into_parts();
        let problem: crate::api::Problem = serde_json::from_slice(&problem).unwrap();
        problem.detail
    }

    fn with(fields: &str) -> String {
        format!(r#"[{{"name":"ci","url":"https://ci.example.com/x","on":["gate"]{fields}}}]"#)
    }

    #[test]
    fn each_mistake_names_the_hook_and_what_would_be_right() {
        let hook = |name: &str, url: &str, on: &str| {
            format!(r#"[{{"name":"{name}","url":"{url}","on":["{on}"]}}]"#)
        };
        let two = r#"[{"name":"a","url":"http://h","on":["pre-switch"]},{"name":"b","url":"http://h","on":["pre-switch"]}]"#;
        let same = r#"[{"name":"a","url":"http://h","on":["gate"]},{"name":"a","url":"http://h","on":["gate"]}]"#;
        for (json, expected) in [
            (hook("CI", "http://h", "gate"), "hooks[0].name: \"CI\""),
            (hook("", "http://h", "gate"), "hooks[0].name: \"\""),
            (
                hook("ci", "ftp://h/x", "gate"),
                "hooks[0].url: \"ftp://..\"",
            ),
            (
                hook("ci", "http://u:s3cret@h/", "gate"),
                "hooks[0].url: \"http://..\"",
            ),
            (hook("ci", "/x", "gate"), "hooks[0].url: \"..\""),
            (
                hook("ci", "http://h", "deployed"),
                "hooks[0].on: \"deployed\" is not right: it must be one of deploy, promote, switch, rollback, abort, unhealthy, not-applied, pre-switch, post-switch, gate",
            ),
            (with(r#","format":"chat""#), "hooks[0].format: \"chat\""),
            (with(r#","format":"xml""#), "json or chat"),
            (with(r#","timeout":"10""#), "hooks[0].timeout: \"10\""),
            (with(r#","timeout":"0""#), "hooks[0].timeout: \"0\""),
            (with(r#","timeout":"1h""#), "5m at most"),
            (
                with(r#","retries":11"#),
                "hooks[0].retries: \"11\" is not right: it must be 0 to 10",
            ),
            (with(r#","on_failure":"open""#), "hold or abort"),
            (
                with(r#","secret_env":"AWS_SECRET""#),
                "a variable as POINTSMAN_HOOK_CI",
            ),
            (
                two.to_owned(),
                "hooks: b: \"pre-switch\" is not right: it must be on one hook only, and a has it",
            ),
            (same.to_owned(), "hooks[1].name: \"a\""),
        ] {
            let detail = refusal(&json);
            assert!(detail.contains(expected), "{json}: {detail}");
            assert!(!detail.contains("s3cret"), "no secret: {detail}");
        }
    }

    #[test]
    fn what_is_said_comes_back_and_defaults_stay_unsaid() {
        let full = with(
            r#","timeout":"2500ms","retries":0,"on_failure":"abort","secret_env":"POINTSMAN_HOOK_CI""#,
        );
        let chat = r#"[{"name":"t","url":"https://h/","on":["deploy","switch"],"format":"chat"}]"#;
        for json in [full, with(""), chat.to_owned()] {
            let said = bodies_of(&json);
            assert_eq!(bodies(&parse(&said).unwrap()), said, "{json}");
        }
    }

    #[test]
    fn no_answer_stops_a_switch_and_holds_a_plan() {
        let on_failure = |on: &str| {
            let json = format!(r#"[{{"name":"a","url":"http://h","on":["{on}"]}}]"#);
            parse(&bodies_of(&json)).unwrap().remove(0).on_failure()
        };
        assert_eq!(on_failure("pre-switch"), OnFailure::Abort, "before");
        assert_eq!(on_failure("post-switch"), OnFailure::Abort, "after");
        assert_eq!(on_failure("gate"), OnFailure::Hold, "in a plan");
    }
}
