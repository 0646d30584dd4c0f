//! `healthcheck`: is the daemon of this machine ready; for Docker's HEALTHCHECK in an image without a shell.
//!
//! Reads the same settings as `serve`, so that it asks where the daemon listens. Exit code 0 or 1, as Docker
//! wants it.

use clap::Args;

use crate::config::Flags;

use super::client::{Client, Request};
use super::failure::{Failure, Outcome};
use super::target::Global;
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  HEALTHCHECK --interval=5s CMD [\"pointsman\", \"healthcheck\"]
  pointsman healthcheck --admin-listen 127.0.0.1:9001";

/// Arguments of `healthcheck`.
#[derive(Args, Clone, Debug)]
pub(super) struct HealthcheckArgs {
    #[arg(
        long,
        value_name = "ADDR",
        help = "Where the daemon listens [env: POINTSMAN_ADMIN_LISTEN] [default: 127.0.0.1:9001]"
    )]
    admin_listen: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "The daemon's settings [env: POINTSMAN_CONFIG]"
    )]
    config: Option<String>,
}

/// Runs the verb.
pub(super) fn run(args: &HealthcheckArgs, global: &Global) -> Outcome {
    let client = client(args, global)?;
    let answer = client
        .send(&Request::get("/ready"))
        .map_err(|failure| Failure {
            code: exit::UNEXPECTED,
            ..failure
        })?;
    let said = answer.body.trim();
    if answer.is_success() {
        output::print(&format!("ready: {}", client.base()))?;
        return Ok(exit::DONE);
    }
    Err(Failure::unexpected(format!(
        "{} is not ready (status {}): {said}",
        client.base(),
        answer.status
    )))
}

fn client(args: &HealthcheckArgs, global: &Global) -> Result<Client, Failure> {
    let is_local = args.admin_listen.is_some() || args.config.is_some();
    if global.names_a_url() && !is_local {
        return global.client();
    }
    let given = [
        ("admin-listen", &args.admin_listen),
        ("config", &args.config),
    ];
    global.local_client(&Flags::given(given))
}
