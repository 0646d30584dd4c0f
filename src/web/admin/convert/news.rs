//! News as the API's events.

use crate::api::{Event, EventKind};
use crate::reconciler::{Condition, Hearing, News, NewsKind, Proof, answer_word};
use crate::routing::ids::{AppName, EnvName};
use crate::routing::model::HookEvent;
use crate::routing::time::Timestamp;

use super::rfc3339;

pub(in crate::web::admin) fn event(news: &News) -> Event {
    let (app, env): (Option<AppName>, Option<EnvName>) = news
        .key
        .as_ref()
        .map(|key| (key.app.clone(), key.env.clone()))
        .unzip();
    Event {
        seq: news.seq,
        time: time(news.time),
        app,
        env,
        kind: kind(&news.kind),
        message: news.kind.to_string(),
    }
}

/// What a listener that was too slow, or comes back too late, is told in place of what it missed.
pub(in crate::web::admin) fn lost(count: Option<u64>, seq: u64, now: Timestamp) -> Event {
    let message = match count {
        Some(count) => format!("{count} events were lost: this listener came too late for them"),
        None => "the daemon has started anew; events before that are lost".to_owned(),
    };
    Event {
        seq,
        time: time(now),
        app: None,
        env: None,
        kind: EventKind::Lost { count },
        message,
    }
}

fn time(at: Timestamp) -> String {
    rfc3339(at).unwrap_or_default()
}

fn kind(kind: &NewsKind) -> EventKind {
    match kind {
        NewsKind::Moved(moved) => EventKind::Moved {
            actor: moved.actor.clone(),
            command: moved.command.clone(),
            what: moved.what.code().to_owned(),
            result: moved.what.to_string(),
            acts: moved.acts.iter().copied().map(word).collect(),
            generation: moved.generation,
            revision: moved.revision.to_string(),
            version: moved.version.clone(),
            previous: moved.previous.clone(),
        },
        NewsKind::Refused(refused) => EventKind::Refused {
            actor: refused.actor.clone(),
            verb: refused.verb.to_owned(),
            code: refused.code.to_owned(),
        },
        NewsKind::Recorded { actor } => EventKind::Recorded {
            actor: actor.clone(),
        },
        NewsKind::Removed { actor } => EventKind::Removed {
            actor: actor.clone(),
        },
        NewsKind::Health(health) => EventKind::Health {
            version: health.version.clone(),
            state: health.condition.word().to_owned(),
            before: health.before.map(Condition::word).map(str::to_owned),
            healthy: health.healthy,
            expected: health.expected,
            slot: health.slot,
        },
        NewsKind::Applied(applied) => EventKind::Applied {
            proxy: applied.proxy.clone(),
            revision: applied.revision.to_string(),
            confirmed: applied.proof == Proof::Confirmed,
        },
        NewsKind::NotApplied { revision, by } => EventKind::NotApplied {
            revision: revision.to_string(),
            by: by.clone(),
        },
        NewsKind::GateAsked(question) => EventKind::GateAsked {
            hook: question.name.clone(),
            from: question.from.clone(),
            to: question.to.clone(),
            weight: question.weight,
            step: question.step + 1,
        },
        NewsKind::GateAnswered {
            hook,
            answer,
            heard,
        } => EventKind::GateAnswered {
            hook: hook.clone(),
            answer: answer_word(answer).to_owned(),
            late: *heard == Hearing::Late,
        },
        NewsKind::Undelivered { hook, event, .. } => EventKind::Undelivered {
            hook: hook.clone(),
            event: (*event).to_owned(),
        },
    }
}

fn word(event: HookEvent) -> String {
    event.word().to_owned()
}
