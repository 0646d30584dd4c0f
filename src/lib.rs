//! Pointsman: blue/green slots and preview deployments for Traefik on plain Docker hosts.
//!
//! Facts come in through [`docker`] and [`probe`], one task ([`reconciler`]) owns everything that changes, the pure
//! [`routing`] decides, [`snapshot`] publishes one immutable value, and [`web`] hands its bytes to Traefik.
//! Nothing else writes.
//!
//! ```text
//! Docker Engine -> docker -> reconciler -> routing -> snapshot -> web -> Traefik
//!  servers <-> probe ----------^  |  ^
//!                             store  +---- web/admin <- CLI, curl; webhooks <-> hooks
//! ```
//!
//! Start reading at [`routing::table`] (facts to document) or [`routing::rollout`] (what a verb does).

pub mod any_certificate;
pub mod api;
pub mod app;
pub mod byte_size;
pub mod cli;
pub mod config;
pub mod docker;
pub mod fallback;
pub mod go_duration;
pub mod probe;
pub mod reconciler;
pub mod routing;
pub mod snapshot;
pub mod store;
pub mod telemetry;
pub mod upkeep;
pub mod web;
pub mod webhooks;
