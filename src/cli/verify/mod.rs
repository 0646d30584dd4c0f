//! `verify`: is a version what it should be, asked from where its users are: through Traefik, by its URLs.
//!
//! The daemon says where the version is, how it is and what Traefik has applied; the requests are made from here,
//! also with `--context`. What is not yet so is tried again until the time is over; the last look is reported.

mod look;
mod probe;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::go_duration;
use crate::routing::ids::Version;

use super::connect::ConnectArgs;
use super::deploy::daemon::Daemon;
use super::failure::{Failure, Outcome};
use super::progress::Progress;
use super::session::EnvArgs;
use super::target::Global;
use super::{exit, output};
use probe::Prober;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman verify whoami dev v1.2.0                      wherever it is: live, staged or a preview
  pointsman verify whoami prod v1.2.0 --host staged --path /health
  pointsman verify whoami prod v1.2.0 --host live --expect-version /api/version
  pointsman verify whoami dev v1.2.0 --connect 127.0.0.1:8080   whatever DNS says
  pointsman verify whoami dev v1.2.0 --cacert default.pem       with a certificate of your own

Exit codes: 0 all is as it should be, 6 something is not.";

/// Arguments of `verify`.
#[derive(Args, Clone, Debug)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// The version that is to be there
    version: Version,
    /// Where; without it, wherever the version is
    #[arg(long, value_enum)]
    host: Option<Host>,
    /// What to ask for; answers below 400 are good
    #[arg(long, default_value = "/", value_name = "PATH", value_parser = parse_path)]
    path: String,
    /// Where the app says its version: the answer must name it, as a word of its own
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    expect_version: Option<String>,
    #[command(flatten)]
    connect: ConnectArgs,
    /// Trust these certificates (PEM), and no others
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// How long to try
    #[arg(long, default_value = "60s", value_name = "DURATION", value_parser = go_duration::parse)]
    timeout: Duration,
}

/// Which of its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Host {
    /// Its own hosts
    Preview,
    /// The host of what `switch` would make live
    Staged,
    /// The host that users have
    Live,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Check {
    /// `version`, `health`, `applied` or `answer`.
    name: &'static str,
    verdict: Verdict,
    detail: String,
}

/// How it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    /// Worth to know, and no reason to stop.
    Note,
    Bad,
}

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    ok: bool,
    checks: &'a [Check],
}

/// Runs the verb.
pub(super) fn run(args: &VerifyArgs, global: &Global) -> Outcome {
    let daemon = Daemon::open(global)?;
    let prober = Prober::new(args.connect.address()?, args.cacert.as_deref())?;
    let mut progress = Progress::start(&args.env, args.timeout);
    loop {
        let checks = look::look(args, &daemon, &prober)?;
        let bad = checks.iter().find(|check| check.verdict == Verdict::Bad);
        let Some(bad) = bad.filter(|_| !progress.is_over()) else {
            return report(args, global, &checks);
        };
        progress.tell(&bad.detail)?;
        std::thread::sleep(PAUSE);
    }
}

fn report(args: &VerifyArgs, global: &Global, checks: &[Check]) -> Outcome {
    let is_bad = |check: &Check| check.verdict == Verdict::Bad;
    let ok = !checks.iter().any(is_bad);
    if global.format().is_json() {
        let report = serde_json::to_string(&Report { ok, checks });
        output::print_json(&report.map_err(|error| Failure::unexpected(error.to_string()))?)?;
    } else {
        let lines = checks.iter().map(|check| {
            let verdict = match check.verdict {
                Verdict::Good => "ok",
                Verdict::Note => "note",
                Verdict::Bad => "BAD",
            };
            format!("{verdict:<5}{:<9}{}", check.name, check.detail)
        });
        let mut lines: Vec<String> = lines.collect();
        let (env, version) = (&args.env, &args.version);
        let is = if ok {
            "is as it should be"
        } else {
            "is not as it should be"
        };
        lines.push(format!("{env} {version} {is}"));
        output::print(&lines.join("\n"))?;
    }
    Ok(if ok { exit::DONE } else { exit::FINDINGS })
}

fn parse_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("a path starts with / and has no blanks".to_owned())
}
