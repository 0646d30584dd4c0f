//! What is wrong, as the admin API tells it: the table's findings, and slots that nobody remembers.

use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::table::StackStatus;
use crate::routing::time::Timestamp;

use super::Reconciler;

impl Reconciler {
    /// All findings, sorted.
    pub(super) fn findings(&self, now: Timestamp) -> Vec<Diagnostic> {
        let mut findings = self.table.diagnostics();
        let stacks = self.table.all_stacks(now);
        let envs = self.table.envs();
        let untouched = envs.filter(|env| self.table.rollout(&env.key).generation == 0);
        findings.extend(untouched.filter_map(|env| slots_unknown(env, &stacks)));
        findings.sort();
        findings
    }
}

/// Several versions ran before this env was first heard of: which one was live is not known, and is never chosen.
fn slots_unknown(env: &EnvRecord, stacks: &[StackStatus]) -> Option<Diagnostic> {
    let recorded = env.created_at.as_millis() / 1000;
    let own = stacks.iter().filter(|stack| stack.key == env.key);
    let older = own.filter(|stack| stack.created < recorded);
    let versions: Vec<String> = older.map(|stack| stack.version.to_string()).collect();
    if versions.len() < 2 {
        return None;
    }
    let (app, name) = (&env.key.app, &env.key.env);
    let message = format!(
        "the stored state is new, and {} ran before it: all are previews, because which one was live is not known; \
         restore the state directory, or run `pointsman promote {app} {name} VERSION` and `pointsman switch {app} {name}`",
        versions.join(", ")
    );
    Some(Diagnostic::new(
        "slots-unknown",
        format!("env {}", env.key),
        message,
    ))
}
