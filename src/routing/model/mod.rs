//! The nouns that come in: containers as Docker tells them, env records as operators write them, and the
//! alphabet of [`Change`] in which facts arrive.
//!
//! Nothing here knows labels' meaning, slots or Traefik.

mod attachment;
mod authority;
mod change;
mod container;
mod diagnostic;
mod env;
mod hook;
mod labels;
mod maintenance;
mod probe;
mod removal;
mod retention;
pub mod secrecy;

pub use attachment::{Attached, Attachments, Gateway, Reached};
pub use authority::{Authority, AuthorityError};
pub use change::Change;
pub use container::{Container, Endpoint, Health, Leaving, Port, State};
pub use diagnostic::Diagnostic;
pub use env::{
    EnvRecord, HealthPolicy, HostTemplates, Middlewares, Origin, PreviewCert, Tls, TlsDomain,
};
pub use hook::{Hook, HookEvent, HookFormat, OnFailure};
pub use labels::Labels;
pub use maintenance::{MAINTENANCE, maintenance_env, maintenance_path};
pub use probe::{Check, CheckScheme, Finding, HttpCheck, Redirects, Rhythm, Target, Targets};
pub use removal::{
    ImageUse, Leftover, Progress, RemovalOrder, RemovalReport, Removed, Usage, UsageQuestion,
};
pub use retention::{Retention, Upkeep};
