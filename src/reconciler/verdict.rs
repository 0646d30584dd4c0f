//! What a hook said about a gate: step, save, publish, reply, as for a command.

use crate::routing::rollout::{Event, HookAnswer, What, step};
use crate::routing::time::Timestamp;

use super::Reconciler;
use super::handle::{CommandError, VerdictRequest};
use super::news::{Hearing, NewsKind, answer_reason, answer_word};
use super::tell::Noted;

impl Reconciler {
    /// Hears a hook. An answer about a shift or a step that is over changes nothing and is not stored.
    pub(super) fn verdict(
        &mut self,
        request: &VerdictRequest,
        now: Timestamp,
    ) -> Result<What, CommandError> {
        let VerdictRequest { key, verdict } = request;
        if !self.table.is_synced() {
            return Err(CommandError::NotSynced);
        }
        if self.table.env(key).is_none() {
            return Err(CommandError::UnknownEnv(key.clone()));
        }
        let old = self.table.rollout(key);
        let next = step(
            &old,
            &Event::Verdict(verdict.clone()),
            &self.view(key, now),
            now,
        )
        .map_err(|refusal| super::transitions::refused(refusal, &old, now))?;
        let answered = |heard| NewsKind::GateAnswered {
            hook: verdict.hook.clone(),
            answer: verdict.answer.clone(),
            heard,
        };
        if next.record == old {
            let news = answered(Hearing::Late);
            self.outlets.news.tell(Some(key.clone()), news);
            return Ok(What::Nothing);
        }
        let actor = format!("hook {}", verdict.hook);
        let command = words(&verdict.answer);
        let noted = Noted {
            actor: &actor,
            command: &command,
            old: &old,
            step: &next,
        };
        self.save_move(key, &noted, now)?;
        self.notebook.note(key, answered(Hearing::Heard));
        self.make_move(key, noted, now);
        self.publish(now);
        Ok(next.what)
    }
}

fn words(answer: &HookAnswer) -> String {
    let word = answer_word(answer);
    match answer_reason(answer) {
        None => format!("gate {word}"),
        Some(why) => format!("gate {word}: {why}"),
    }
}
