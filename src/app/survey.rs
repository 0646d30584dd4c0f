//! One look at the Engine that a daemon with these settings talks to, for `doctor`.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use crate::api::Settings;
use crate::docker::survey::survey;
use crate::docker::{Client, Endpoint, Error, TlsFiles};

pub use crate::docker::ApiVersion as EngineApi;
pub use crate::docker::survey::{
    Glimpse, Looked, Subnets as EngineSubnets, Survey as EngineSurvey, Writes,
};

/// Why there is nothing to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoEngine {
    /// The socket is there, and this user may not use it.
    Denied(String),
    /// Nobody answers, or not as an Engine does.
    Unreachable(String),
}

/// Looks; waits until it is done.
pub fn survey_engine(
    settings: &Settings,
    wanted: impl Fn(&Glimpse) -> bool,
) -> Result<EngineSurvey, NoEngine> {
    let files = settings.docker_tls.clone();
    let files = TlsFiles {
        ca: files.ca.map(Into::into),
        cert: files.cert.map(Into::into),
        key: files.key.map(Into::into),
    };
    let unusable = |error: &dyn std::fmt::Display| NoEngine::Unreachable(error.to_string());
    let endpoint = Endpoint::parse(&settings.docker_endpoint, files);
    let client = Client::new(endpoint.map_err(|error| unusable(&error))?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| unusable(&error))?;
    let looked = runtime.block_on(survey(&client, wanted));
    looked.map_err(|error| no_engine(&error))
}

fn no_engine(error: &Error) -> NoEngine {
    let cause = error.source();
    let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    let words = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    match cause.map(io::Error::kind) {
        Some(ErrorKind::PermissionDenied) => NoEngine::Denied(words),
        _ => NoEngine::Unreachable(words),
    }
}
