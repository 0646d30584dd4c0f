//! The admin listener, with a fake reconciler behind it.

mod events;
mod guards;
mod records;
mod transitions;
mod verbs;
mod waiting;
