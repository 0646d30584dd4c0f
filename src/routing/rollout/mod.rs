//! The slot state machine of one (app, env): what a verb does, and nothing else.
//!
//! [`step()`] takes the record, an event, a view of the stacks' health and the time, and gives the next record
//! or a [`Refusal`]. It reads no clock and touches no disk; the reconciler persists what it returns before
//! anything is published. A move is guarded by the health of its target only, never of its origin.

mod command;
mod record;
mod refusal;
mod step;
mod view;
mod what;

#[cfg(test)]
mod tests;

pub use command::{Closure, Command, Event, HookAnswer, Insist, Until, Verdict};
pub use record::{
    Failed, Freeze, Hold, Maintenance, Phase, Placed, Record, Removal, Retired, Shift, Slots,
};
pub use refusal::Refusal;
pub use step::{Step, next_deadline, stand_in, step};
pub use view::{Made, Policy, StackHealth, View};
pub use what::{Cause, What};
