//! Facts in, findings out. Pure: everything that was looked at comes as an argument.

mod advisories;
mod engine;
mod flags;
mod local;
mod names;
#[cfg(test)]
mod tests;
mod traefik;

pub(super) use engine::is_own;

use super::facts::Facts;
use super::report::Report;

/// Judges.
pub(super) fn judge(facts: &Facts) -> Report {
    let mut report = Report::default();
    engine::judge(facts, &mut report);
    traefik::judge(facts, &mut report);
    for container in &facts.containers {
        flags::judge(container, &facts.settings, &mut report);
    }
    names::judge(&facts.hosts, &mut report);
    local::judge(facts, &mut report);
    report
}
