//! The admin API's wire types, shared by the server (`web::admin`) and the client (`cli`). Serde only.
//!
//! Shapes are documented in `docs/admin-api.md`. Unknown fields in requests are refused by name, so that a typo
//! is never an option silently ignored; clients must ignore unknown fields in answers.

mod command;
mod env;
mod history;
mod problem;
mod status;

pub use command::{CommandAnswer, PromoteBody, WeightInput};
pub use env::{
    Env, EnvBody, HealthBody, HostsBody, MiddlewaresBody, PreviewCert, TlsBody, TlsDomainBody,
};
pub use history::{History, HistoryItem};
pub use problem::Problem;
pub use status::{
    Applied, DiagnosticEntry, EnvList, Health, HealthState, Held, Placement, Preview, Proxy, Shift,
    ShiftPhase, SlotWeights, Slots, StackEntry, Status, Weights,
};
