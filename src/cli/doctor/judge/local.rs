//! What is on the daemon's machine: its listeners, its state, its clock.

use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::{Clock, Facts, State};
use crate::cli::doctor::report::Report;

/// Below this the journal may soon not fit.
const SPACE: u64 = 64 * 1024 * 1024;
/// Permissions of others to write.
const OTHERS_WRITE: u32 = 0o002;

pub(super) fn judge(facts: &Facts, report: &mut Report) {
    if let Err(why) = &facts.daemon {
        report.find(
            Code::DaemonUnreachable,
            facts.settings.admin_listen.to_string(),
            why,
            "`docker compose up -d`, or `pointsman serve`; elsewhere: --url http://HOST:9001 or --context NAME",
        );
        report.skip(
            "envs: their DNS and certificates",
            "the daemon does not say them",
        );
    }
    provider(facts, report);
    if let Some(state) = report.known("state directory", &facts.state) {
        of_state(state, report);
    }
    for clock in &facts.clocks {
        of_clock(clock, report);
    }
}

fn provider(facts: &Facts, report: &mut Report) {
    let listen = facts.settings.provider_listen;
    if listen.ip().is_unspecified() && !facts.settings.provider_token {
        report.find(
            Code::ProviderExposed,
            listen.to_string(),
            "the provider listener is open on every address, without a token",
            "--provider-listen=ADDRESS:9000, its address in the control network; or --provider-token-file=FILE",
        );
    }
}

fn of_state(state: &State, report: &mut Report) {
    for problem in &state.problems {
        report.find(
            Code::StateDamaged,
            &state.dir,
            problem,
            "`pointsman state verify` names the last good entry N; then, with the daemon stopped, `pointsman state accept --until N`",
        );
    }
    if let Some(why) = &state.refusal {
        report.find(
            Code::StateReadOnly,
            &state.dir,
            format!("this user cannot write here: {why}"),
            format!("volumes: [\"state:{0}\"]; or chown USER {0}", state.dir),
        );
    }
    if state.mode & OTHERS_WRITE != 0 {
        report.find(
            Code::StateOpen,
            &state.dir,
            format!("everybody may write here (mode {:o})", state.mode),
            format!("chmod 700 {}", state.dir),
        );
    }
    if state.free_bytes < SPACE {
        report.find(
            Code::StateSpace,
            &state.dir,
            format!("{} MiB are free", state.free_bytes / (1024 * 1024)),
            "room on that file system: `docker system prune`, or --state-dir=DIR on another",
        );
    }
}

fn of_clock(clock: &Clock, report: &mut Report) {
    if clock.ahead.abs() > clock.tolerance {
        let (seconds, way) = match clock.ahead {
            ahead if ahead < 0 => (ahead.abs(), "behind"),
            ahead => (ahead, "ahead of"),
        };
        report.find(
            Code::ClockSkew,
            &clock.whose,
            format!("its clock is {seconds} s {way} this one"),
            "timedatectl set-ntp true, on both machines",
        );
    }
}
