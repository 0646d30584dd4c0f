//! The admin API's wire types, shared by the server (`web::admin`) and the client (`cli`). Serde only.
//!
//! Shapes are documented in `docs/admin-api.md`. Unknown fields in requests are refused by name, so that a typo
//! is never an option silently ignored; clients must ignore unknown fields in answers.

mod command;
mod deploy;
mod env;
mod event;
mod history;
mod plan;
mod problem;
mod retention;
mod settings;
mod status;
mod transition;

pub use command::{
    CommandAnswer, DocumentChange, FreezeBody, MaintenanceBody, PromoteBody, RetireBody, ShiftBody,
    SwitchBody, WeightBody, WeightInput,
};
pub use deploy::{
    DeployBody, DeployHooksBody, OWN_VARIABLES, ResourcesBody, SecretBody, VariableBody,
};
pub use env::{
    Env, EnvBody, FirstDeploy, HealthBody, HookBody, HostsBody, MiddlewaresBody, PreviewCert,
    TlsBody, TlsDomainBody,
};
pub use event::{Event, EventKind};
pub use history::{History, HistoryItem};
pub use plan::{GateBody, MatchBody, OnDeadline, PlanBody, PlanInput, PlanStepBody, Sticky};
pub use problem::Problem;
pub use retention::{Fate, GcAnswer, GcBody, GcEntry, Removing, RetentionBody};
pub use settings::{DockerTlsFiles, Reads, Settings};
pub use status::{
    Applied, DiagnosticEntry, EnvList, Freeze, Health, HealthState, Held, Maintenance, Placement,
    Preview, Proxy, Shift, ShiftPhase, SlotWeights, Slots, StackEntry, Status, Weights,
};
pub use transition::{TransitionItem, TransitionResult, TransitionsAnswer};
