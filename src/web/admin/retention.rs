//! The env record's `retention`, between the API's words and the model's.

use super::convert::go_duration;
use super::plan::millis;
use crate::api::RetentionBody;
use crate::byte_size;
use crate::routing::model::{Retention, Upkeep};

/// More versions than anybody keeps.
const MOST: u32 = 10_000;
/// More often than this nobody looks by itself.
const SHORTEST_MS: u64 = 60_000;
/// Longest beginning of a version.
const PREFIX: usize = 32;

/// Reads it; the error names the field, what was given and what would be right.
pub(super) fn parse(body: &RetentionBody) -> Result<Retention, String> {
    let RetentionBody {
        keep_last,
        max_age,
        idle,
        max_disk,
        pull_requests,
        min_age,
        when,
    } = body;
    if let Some(count) = keep_last.filter(|count| !(1..=MOST).contains(count)) {
        return Err(format!("keep_last: {count} must be 1 to {MOST}"));
    }
    Ok(Retention {
        keep_last: *keep_last,
        max_age_ms: positive("max_age", max_age.as_deref())?,
        idle_ms: not_idle(idle.as_deref())?,
        max_disk_bytes: size("max_disk", max_disk.as_deref())?,
        pull_requests: prefix(pull_requests.as_deref())?,
        min_age_ms: match min_age {
            Some(text) => millis("min_age", text)?,
            None => Retention::MIN_AGE_MS,
        },
        when: upkeep(when.as_deref())?,
    })
}

fn positive(field: &str, text: Option<&str>) -> Result<Option<u64>, String> {
    let given = text.map(|text| millis(field, text)).transpose()?;
    match given {
        Some(0) => Err(format!("{field}: it must be more than 0")),
        given => Ok(given),
    }
}

/// Nothing counts who asks for a preview: Traefik's API does not tell, and a rule without effect is worse than none.
fn not_idle(text: Option<&str>) -> Result<Option<u64>, String> {
    match text {
        None => Ok(None),
        Some(_) => Err(
            "idle: nobody tells Pointsman who asks for previews, so this rule could let nothing go; use max_age or pull_requests"
                .to_owned(),
        ),
    }
}

fn size(field: &str, text: Option<&str>) -> Result<Option<u64>, String> {
    let given = text.map(byte_size::parse).transpose();
    given.map_err(|error| format!("{field}: {error}"))
}

fn prefix(text: Option<&str>) -> Result<Option<String>, String> {
    let Some(text) = text else { return Ok(None) };
    let inner = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let ends_well = !text.ends_with(|c: char| c.is_ascii_digit());
    if !text.is_empty() && text.len() <= PREFIX && text.chars().all(inner) && ends_well {
        return Ok(Some(text.to_owned()));
    }
    Err(format!(
        "pull_requests: {text:?} must be what stands before the number in versions, as pr-"
    ))
}

fn upkeep(text: Option<&str>) -> Result<Upkeep, String> {
    match text {
        None | Some("manual") => Ok(Upkeep::Manual),
        Some("deploy") => Ok(Upkeep::Deploy),
        Some(text) => match millis("when", text) {
            Ok(every) if every >= SHORTEST_MS => Ok(Upkeep::Every(every)),
            Ok(_) | Err(_) => Err(format!(
                "when: {text:?} must be manual, deploy, or a duration from 1m on"
            )),
        },
    }
}

/// As it was said: what has its default is left out.
pub(super) fn render(retention: &Retention) -> RetentionBody {
    let Retention {
        keep_last,
        max_age_ms,
        idle_ms,
        max_disk_bytes,
        pull_requests,
        min_age_ms,
        when,
    } = retention;
    RetentionBody {
        keep_last: *keep_last,
        max_age: max_age_ms.map(go_duration),
        idle: idle_ms.map(go_duration),
        max_disk: max_disk_bytes.map(byte_size::write),
        pull_requests: pull_requests.clone(),
        min_age: (*min_age_ms != Retention::MIN_AGE_MS).then(|| go_duration(*min_age_ms)),
        when: match when {
            Upkeep::Manual => None,
            Upkeep::Deploy => Some("deploy".to_owned()),
            Upkeep::Every(every) => Some(go_duration(*every)),
        },
    }
}

/// The daemon's own policy: what an env file has under `[retention]`, on one line.
pub(crate) fn of_flag(text: &str) -> Result<Retention, String> {
    let body: RetentionBody = toml::from_str(&text.replace(',', "\n"))
        .map_err(|error| error.message().trim_end().to_owned())?;
    parse(&body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_names_its_field() {
        for (text, expected) in [
            ("keep_last = 0", "keep_last: 0 must be 1 to"),
            ("max_age = \"0s\"", "max_age: it must be more than 0"),
            ("max_age = \"30d\"", "max_age: \"30d\" is not a duration"),
            ("max_disk = \"20\"", "max_disk: \"20\" is not a size"),
            ("pull_requests = \"pr1\"", "pull_requests: \"pr1\" must be"),
            ("when = \"daily\"", "when: \"daily\" must be manual, deploy"),
            ("when = \"10s\"", "a duration from 1m on"),
            ("idle = \"48h\"", "idle: nobody tells Pointsman"),
            ("keep = 3", "unknown field `keep`"),
        ] {
            let error = of_flag(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_said_is_given_back() {
        let text = "keep_last = 3, max_age = \"720h\", max_disk = \"20GB\", pull_requests = \"pr-\", min_age = \"1h\", when = \"deploy\"";
        let retention = of_flag(text).unwrap();
        assert!(retention.has_rules(), "all of them");
        assert_eq!(parse(&render(&retention)), Ok(retention), "the same again");
        let nothing = of_flag("").unwrap();
        assert_eq!(nothing, Retention::default(), "nothing goes");
        assert!(!nothing.has_rules(), "by no rule");
    }
}
