//! Asking hooks about gates: one task for each gate that waits, until the answer has been heard or nobody waits.
//!
//! Which gates wait is a value that the reconciler keeps up to date, not a message that could be missed: a gate that
//! was waiting when the daemon stopped is asked about anew when it starts.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::reconciler::{
    CommandError, Feed, Handle, NewsKind, Question, VerdictRequest, answer_word,
};
use crate::routing::ids::{AppName, EnvKey, EnvName, Version};
use crate::routing::model::{Hook, OnFailure};
use crate::routing::rollout::{HookAnswer, Verdict};

use super::attempt::Courier;
use super::post::Answer;
use super::stats::Stats;

/// Between two questions about the same gate; it waits again when the way was not free after it had been opened.
const AGAIN: Duration = Duration::from_secs(2);
/// Longest reason that is kept of an answer, in characters.
const LONGEST: usize = 300;

/// A gate: env, hook, the shift it belongs to, and its step.
type Gate = (EnvKey, String, u64, usize);

#[derive(Serialize)]
struct Asked<'a> {
    event: &'static str,
    hook: &'a str,
    app: &'a AppName,
    env: &'a EnvName,
    from: Option<&'a Version>,
    to: Option<&'a Version>,
    weight: u8,
    step: usize,
    #[serde(rename = "gen")]
    generation: u64,
}

/// What a 2xx may say.
#[derive(Deserialize)]
struct Said {
    answer: Option<String>,
    why: Option<String>,
}

/// What it takes to ask.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) courier: Courier,
    pub(super) handle: Handle,
    pub(super) news: Feed,
    pub(super) stats: Stats,
}

/// The gates that are being asked about.
pub(super) struct Gates {
    asker: Asker,
    tasks: JoinSet<Gate>,
    asked: BTreeMap<Gate, AbortHandle>,
    /// When a gate may be asked about again.
    not_before: BTreeMap<Gate, Instant>,
}

impl Gates {
    pub(super) fn new(asker: Asker) -> Self {
        Self {
            asker,
            tasks: JoinSet::new(),
            asked: BTreeMap::new(),
            not_before: BTreeMap::new(),
        }
    }

    /// Asks about gates that wait and are not being asked about; gives up those that wait no longer.
    pub(super) fn look(&mut self, questions: &[Question]) {
        let waiting: BTreeMap<Gate, &Question> =
            questions.iter().map(|it| (gate(it), it)).collect();
        self.asked.retain(|gate, task| {
            let is_waiting = waiting.contains_key(gate);
            if !is_waiting {
                task.abort();
            }
            is_waiting
        });
        let now = Instant::now();
        self.not_before.retain(|_, at| *at > now);
        for (gate, question) in waiting {
            if self.asked.contains_key(&gate) {
                continue;
            }
            let at = self.not_before.get(&gate).copied().unwrap_or(now);
            self.not_before.insert(gate.clone(), at + AGAIN);
            let task = ask(self.asker.clone(), question.clone(), at);
            let task = self.tasks.spawn(task);
            self.asked.insert(gate, task);
        }
    }

    /// Waits for the end of a question; the gate may be asked about again after it.
    pub(super) async fn one_ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(gate)) => drop(self.asked.remove(&gate)),
            Some(Err(error)) if error.is_cancelled() => {}
            Some(Err(error)) => tracing::error!(%error, "asking a hook failed"),
            None => std::future::pending().await,
        }
    }

    pub(super) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn gate(question: &Question) -> Gate {
    let Question {
        key,
        name,
        started_generation,
        step,
        ..
    } = question;
    (key.clone(), name.clone(), *started_generation, *step)
}

async fn ask(asker: Asker, question: Question, at: Instant) -> Gate {
    tokio::time::sleep_until(at).await;
    let answer = match &question.hook {
        Some(hook) => {
            let news = NewsKind::GateAsked(Box::new(question.clone()));
            asker.news.tell(Some(question.key.clone()), news);
            asker.answer(hook, &question).await
        }
        None => HookAnswer::Hold {
            why: "the env's record has no such hook any more".to_owned(),
        },
    };
    asker.stats.counted("gate", answer_word(&answer));
    asker.hand_in(&question, answer).await;
    gate(&question)
}

impl Asker {
    async fn answer(&self, hook: &Hook, question: &Question) -> HookAnswer {
        let body = Asked {
            event: "gate",
            hook: &question.name,
            app: &question.key.app,
            env: &question.key.env,
            from: question.from.as_ref(),
            to: question.to.as_ref(),
            weight: question.weight,
            step: question.step + 1,
            generation: question.generation,
        };
        let sent = match serde_json::to_vec(&body) {
            Ok(body) => self.courier.send(hook, Bytes::from(body)).await,
            Err(error) => Err(error.to_string()),
        };
        let answer = sent.and_then(|answer| read(&answer));
        answer.unwrap_or_else(|why| {
            tracing::warn!(env = %question.key, hook = hook.name, why, "a hook gave no answer");
            match hook.on_failure() {
                OnFailure::Hold => HookAnswer::Hold { why },
                OnFailure::Abort => HookAnswer::Abort { why },
            }
        })
    }

    /// Until it is heard: a daemon whose disk is full hears it later.
    async fn hand_in(&self, question: &Question, answer: HookAnswer) {
        let request = VerdictRequest {
            key: question.key.clone(),
            verdict: Verdict {
                hook: question.name.clone(),
                started_generation: question.started_generation,
                step: question.step,
                answer,
            },
        };
        loop {
            match self.handle.verdict(request.clone()).await {
                Ok(_) | Err(CommandError::Stopped) => return,
                Err(error) => tracing::warn!(env = %request.key, %error, "a hook was not heard"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// A 2xx opens, unless its body says something else.
fn read(answer: &Answer) -> Result<HookAnswer, String> {
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        // no JSON, or not one of ours: the status has said it
        return Ok(HookAnswer::Open);
    };
    let why = said.why.unwrap_or_default();
    let why: String = why
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    let why = if why.is_empty() {
        "it gave no reason".to_owned()
    } else {
        why
    };
    match said.answer.as_deref() {
        None | Some("open") => Ok(HookAnswer::Open),
        Some("hold") => Ok(HookAnswer::Hold { why }),
        Some("abort") => Ok(HookAnswer::Abort { why }),
        Some(other) => {
            let other: String = other.chars().take(20).collect();
            Err(format!(
                "it answered {other:?}, which is not open, hold or abort"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;

    #[test]
    fn a_success_opens_unless_its_body_says_otherwise() {
        let read = |body: &'static str| {
            read(&Answer {
                status: StatusCode::OK,
                body: Bytes::from_static(body.as_bytes()),
            })
        };
        for body in [
            "",
            "ok",
            "{}",
            "[1]",
            r#"{"answer":"open"}"#,
            r#"{"answer":null}"#,
        ] {
            assert_eq!(read(body), Ok(HookAnswer::Open), "{body}");
        }
        let why = "not\u{7}yet".to_owned();
        let held = read(r#"{"answer":"hold","why":"not\u0007yet"}"#).unwrap();
        let clean = why.replace('\u{7}', "");
        assert_eq!(
            held,
            HookAnswer::Hold { why: clean },
            "without control characters"
        );
        let no_reason = "it gave no reason".to_owned();
        let aborted = read(r#"{"answer":"abort"}"#).unwrap();
        assert_eq!(aborted, HookAnswer::Abort { why: no_reason }, "back");
        let wrong = read(r#"{"answer":"yes"}"#).unwrap_err();
        assert!(wrong.contains("\"yes\""), "named: {wrong}");
    }
}
