//! The pure core: facts and records in, Traefik's document out.
//!
//! No async, no clock, no I/O, no locks, no logging. Time enters as an argument. In the order of the flow:
//! [`labels`] (text to declaration), [`model`] (the nouns), [`rollout`] (the slot state machine), [`table`]
//! (facts and records to fragments, incrementally), [`traefik`] (the typed document and its encoding), [`retention`]
//! (which stacks may go), [`address_pools`] (how many networks Docker can still make).

pub mod address_pools;
pub mod ids;
pub mod labels;
pub mod model;
pub mod plan;
pub mod retention;
pub mod rollout;
pub mod table;
pub mod time;
pub mod traefik;
