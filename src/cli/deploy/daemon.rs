//! The daemon of a deployment: by its URL, or in the container of a docker context.
//!
//! Only questions, each one verb of the command line or one `GET`, so that both ways know the same.

use serde::de::DeserializeOwned;

use crate::api::{Env, EnvList, GcAnswer, StackEntry, Status};
use crate::cli::context::Remote;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::session::{EnvArgs, Session};
use crate::cli::target::Global;
use crate::routing::ids::Version;

/// Where it is.
pub(in crate::cli) enum Daemon {
    /// Asked by HTTP; the Engine may be that of another context.
    Here {
        session: Session,
        context: Option<String>,
    },
    /// Asked in its container.
    There(Remote),
}

/// What it knows.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The env.
    pub(super) env: Env,
    /// All others.
    pub(super) others: Vec<Env>,
    /// All versions that have containers.
    pub(super) stacks: Vec<StackEntry>,
    /// Versions of the env that were withdrawn for good, and whose containers are left.
    pub(super) retired: Vec<Version>,
}

impl Daemon {
    /// The one of a context is in a container, unless a URL says where it is.
    pub(in crate::cli) fn open(global: &Global) -> Result<Self, Failure> {
        match global.context() {
            Some(context) if global.url.is_none() => Ok(Self::There(Remote::find(&context)?)),
            context => Ok(Self::Here {
                session: Session {
                    client: global.client()?,
                    format: global.format(),
                },
                context,
            }),
        }
    }

    /// The Engine's context.
    pub(in crate::cli) fn context(&self) -> Option<&str> {
        match self {
            Self::Here { context, .. } => context.as_deref(),
            Self::There(remote) => Some(remote.context()),
        }
    }

    /// All about an env that must be there, and what is beside it.
    pub(super) fn known(&self, env: &EnvArgs) -> Result<Known, Failure> {
        let list: EnvList = self.ask("/v1/envs", &["env", "list"])?;
        let (mut named, others): (Vec<Env>, Vec<Env>) = list
            .envs
            .into_iter()
            .partition(|one| one.app == env.app && one.env == env.env);
        let Some(known) = named.pop() else {
            return Err(unknown(env, &others));
        };
        Ok(Known {
            env: known,
            others,
            stacks: self.stacks()?,
            retired: self.status(env)?.retired,
        })
    }

    /// What the retention policies let go, and what is being removed.
    pub(super) fn gc_plan(&self, env: &EnvArgs) -> Result<GcAnswer, Failure> {
        let (app, name) = (env.app.as_str(), env.env.as_str());
        let path = format!("/v1/gc?app={app}&env={name}");
        self.ask(&path, &["gc", app, name, "--plan"])
    }

    /// All versions that have containers.
    pub(in crate::cli) fn stacks(&self) -> Result<Vec<StackEntry>, Failure> {
        self.ask("/v1/stacks", &["stacks"])
    }

    /// An env's status.
    pub(in crate::cli) fn status(&self, env: &EnvArgs) -> Result<Status, Failure> {
        let (app, name) = (env.app.as_str(), env.env.as_str());
        self.ask(&env.path(), &["status", app, name])
    }

    fn ask<T: DeserializeOwned>(&self, path: &str, verb: &[&str]) -> Result<T, Failure> {
        match self {
            Self::Here { session, .. } => session.get(path).map_err(container_hint)?.decode(),
            Self::There(remote) => remote.ask(verb),
        }
    }
}

/// Who deploys has docker, and may have forgotten that the daemon is in a container.
fn container_hint(failure: Failure) -> Failure {
    if failure.code == exit::UNREACHABLE {
        return failure.next(
            "with Pointsman in a container: --context NAME (`default` for this machine); else --url",
        );
    }
    failure
}

fn unknown(env: &EnvArgs, others: &[Env]) -> Failure {
    let swapped = others
        .iter()
        .any(|one| one.app.as_str() == env.env.as_str() && one.env.as_str() == env.app.as_str());
    let (app, name) = (&env.app, &env.env);
    let next = if swapped {
        format!("the app comes first: did you mean `{name} {app}`?")
    } else {
        format!(
            "create it: `pointsman env init {app} {name} DOMAIN`, then `pointsman env apply {app}-{name}.toml`"
        )
    };
    Failure::new(exit::REFUSED, format!("{env}: there is no such env")).next(next)
}
