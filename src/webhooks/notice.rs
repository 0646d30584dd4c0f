//! News as notifications: which hooks want to hear of it, and what they are sent.

use bytes::Bytes;
use jiff::Timestamp as Rfc3339;
use serde::Serialize;

use crate::reconciler::{Condition, News, NewsKind};
use crate::routing::ids::{AppName, EnvKey, EnvName, Version};
use crate::routing::model::{HookEvent, HookFormat};
use crate::routing::time::Timestamp;

/// One notification, before it is known who wants it.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    /// The env; `None` is each of them.
    pub(super) key: Option<EnvKey>,
    pub(super) event: HookEvent,
    pub(super) seq: u64,
    version: Option<Version>,
    previous: Option<Version>,
    actor: String,
    generation: Option<u64>,
    revision: Option<String>,
    message: String,
    time: String,
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'static str,
    app: &'a AppName,
    env: &'a EnvName,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a Version>,
    actor: &'a str,
    #[serde(rename = "gen", skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
    message: &'a str,
    time: &'a str,
    seq: u64,
}

#[derive(Serialize)]
struct Chat {
    text: String,
}

/// Who acts when nobody asked.
const ITSELF: &str = "pointsman";

impl Notice {
    /// What a piece of news is to hooks; most are nothing.
    pub(super) fn all_of(news: &News) -> Vec<Self> {
        let notice = |event| Self {
            key: news.key.clone(),
            event,
            seq: news.seq,
            version: None,
            previous: None,
            actor: ITSELF.to_owned(),
            generation: None,
            revision: None,
            message: news.kind.to_string(),
            time: rfc3339(news.time),
        };
        match &news.kind {
            NewsKind::Moved(moved) => {
                let act = |event: &HookEvent| Self {
                    version: moved.version.clone(),
                    previous: moved.previous.clone(),
                    actor: moved.actor.clone(),
                    generation: Some(moved.generation),
                    revision: Some(moved.revision.to_string()),
                    ..notice(*event)
                };
                moved.acts.iter().map(act).collect()
            }
            NewsKind::Health(health) => {
                let was_sufficient = health.before.map(Condition::is_sufficient);
                let is_sufficient = health.condition.is_sufficient();
                let event = match (was_sufficient, is_sufficient, health.slot) {
                    (None, _, _) => HookEvent::Deploy,
                    (Some(true), false, Some(_)) => HookEvent::Unhealthy,
                    (Some(_), _, _) => return Vec::new(),
                };
                vec![Self {
                    version: Some(health.version.clone()),
                    ..notice(event)
                }]
            }
            NewsKind::NotApplied { revision, .. } => vec![Self {
                revision: Some(revision.to_string()),
                ..notice(HookEvent::NotApplied)
            }],
            NewsKind::Refused(_)
            | NewsKind::Recorded { .. }
            | NewsKind::Removed { .. }
            | NewsKind::Applied(_)
            | NewsKind::GateAsked(_)
            | NewsKind::GateAnswered { .. }
            | NewsKind::Undelivered { .. } => Vec::new(),
        }
    }

    /// What a hook of an env is sent.
    pub(super) fn body(&self, key: &EnvKey, format: HookFormat) -> Result<Bytes, String> {
        let event = self.event.word();
        let json = match format {
            HookFormat::Json => serde_json::to_vec(&Body {
                event,
                app: &key.app,
                env: &key.env,
                version: self.version.as_ref(),
                previous: self.previous.as_ref(),
                actor: &self.actor,
                generation: self.generation,
                revision: self.revision.as_deref(),
                message: &self.message,
                time: &self.time,
                seq: self.seq,
            }),
            HookFormat::Chat => serde_json::to_vec(&Chat {
                text: format!("{key} {event}: {}", unmarked(&self.message)),
            }),
        };
        json.map(Bytes::from).map_err(|error| error.to_string())
    }
}

/// Chat services take `<`, `>` and `&` for marks: a text of others could mention everybody, or show another link.
fn unmarked(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

fn rfc3339(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).ok();
    let at = millis.and_then(|millis| Rfc3339::from_millisecond(millis).ok());
    at.unwrap_or(Rfc3339::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconciler::HealthNews;
    use crate::routing::ids::Slot;

    fn key() -> EnvKey {
        EnvKey::parse("whoami", "dev").unwrap()
    }

    fn health(condition: Condition, before: Option<Condition>, slot: Option<Slot>) -> News {
        let kind = NewsKind::Health(HealthNews {
            version: Version::parse("v2").unwrap(),
            condition,
            before,
            healthy: 0,
            expected: 1,
            reason: "<!channel> & co".to_owned(),
            slot,
        });
        News {
            seq: 7,
            time: Timestamp::ZERO,
            key: Some(key()),
            kind,
        }
    }

    fn events(news: &News) -> Vec<&'static str> {
        let notices = Notice::all_of(news);
        notices.iter().map(|notice| notice.event.word()).collect()
    }

    #[test]
    fn only_a_slot_that_loses_servers_is_unhealthy() {
        let (blue, ready) = (Some(Slot::Blue), Some(Condition::Ready));
        let told = |condition, before, slot| events(&health(condition, before, slot));
        assert_eq!(told(Condition::Down, None, None), ["deploy"], "new");
        assert_eq!(told(Condition::Down, ready, blue), ["unhealthy"], "lost");
        assert_eq!(told(Condition::Down, ready, None), [""; 0], "a preview");
        let degraded = Some(Condition::Degraded);
        assert_eq!(told(Condition::Down, degraded, blue), [""; 0], "told");
        assert_eq!(told(Condition::Ready, degraded, blue), [""; 0], "better");
    }

    #[test]
    fn both_forms_say_the_same() {
        let news = health(Condition::Down, Some(Condition::Ready), Some(Slot::Blue));
        let notice = Notice::all_of(&news).remove(0);
        let json = notice.body(&key(), HookFormat::Json).unwrap();
        let expected = serde_json::json!({
            "event": "unhealthy", "app": "whoami", "env": "dev", "version": "v2", "actor": "pointsman",
            "message": "v2 in blue is down 0/1: <!channel> & co", "time": "1970-01-01T00:00:00Z", "seq": 7,
        });
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json, expected, "all fields");
        let chat = notice.body(&key(), HookFormat::Chat).unwrap();
        let text =
            r#"{"text":"whoami/dev unhealthy: v2 in blue is down 0/1: &lt;!channel&gt; &amp; co"}"#;
        assert_eq!(chat, text, "as a text, without marks");
    }
}
