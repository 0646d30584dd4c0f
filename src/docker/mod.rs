//! IN: the Docker Engine's containers become [`Change`](crate::routing::model::Change)s, and Traefik is attached to
//! the networks that routing needs.
//!
//! ```text
//! /events -> reader -> inbox (dirty ids) -> session -> mirror -> Change -> reconciler
//!                                             |  ^
//!                 one list call for all dirty ids, a complete list every 30 s
//! ```
//!
//! Invariants: an event is a reason to look, never a fact, except that a signal to stop, `die` and `destroy` unroute at
//! once; nothing is told twice; a complete list is told as a whole; a lost connection is never an empty host. This station
//! does not know labels' meaning, slots or Traefik's document. What it changes in Docker are Traefik's own attachments, networks
//! that compose could not remove because of one, and stacks that the reconciler ordered to be removed ([`removal`]).

mod client;
mod convert;
mod endpoint;
mod error;
mod http;
mod json_objects;
pub mod networks;
mod query;
pub mod removal;
mod signal;
mod stats;
pub mod survey;
mod timing;
mod transport;
pub mod usage;
mod version;
mod watcher;
mod wire;

pub use client::Client;
pub use endpoint::{Authority, Endpoint, EndpointError, TlsFiles};
pub use error::Error;
pub use stats::{Counter, Stats};
pub use timing::Timing;
pub use version::ApiVersion;
pub use watcher::watch;
